"""Words of any language as an index holds them, the marking of what was looked for, and one order out of two.

Plain Python without a dictionary, so that a node finds words by itself: accents and cases are folded, Arabic letters
that are written in several ways too; scripts that put no space between words (Chinese, Japanese, Thai and others) are
cut into pairs of neighbouring signs, in the text and in what is looked for alike. There is no stemming: other forms of
a word are found by meaning, or while it is the last one and only begun.
"""

import re
import unicodedata
from collections.abc import Collection, Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeVar

from topics.text import function_words

QUERY_CHARACTERS_MAX = 300
QUERY_WORDS_MAX = 24
EXCERPT_CHARACTERS = 240
WORD_CHARACTERS_MAX = 64
_FUSION_REST = 60
"""Of reciprocal rank fusion (Cormack, Clarke and Büttcher 2009): how little the first places differ."""
_BEGUN_CHARACTERS_MIN = 2

_MARKS = "\u0300-\u036f\u0483-\u0489\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed"
_VOWEL_SIGNS = "\u0900-\u0903\u093a-\u094f\u0981-\u0dff\u0e31-\u0e4e\u0eb1-\u0ecd\u102b-\u103e\u17b4-\u17d3\u3099\u309a"
_WORD = re.compile(f"(?:[^\\W_]|[{_MARKS}{_VOWEL_SIGNS}])+")
_UNSPACED = re.compile(
    "[\u3400-\u9fff\uf900-\ufaff\u3005\u3040-\u30ff\u31f0-\u31ff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
    "\U00020000-\U0003ffff]+"
)
_FOLDED_AWAY = re.compile(f"[{_MARKS}\u0640]")
_ALIKE = str.maketrans({"ٱ": "ا", "ى": "ي", "ة": "ه", "ی": "ي", "ک": "ك", "’": "'"})
_ARTICLE = re.compile("^(?:[وفبك]?ال|لل)(?=[\u0621-\u064a]{3})")

Way = Literal["words", "meaning", "both"]
Thing = TypeVar("Thing", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for: the words in order, each once, and whether the last may only be begun."""

    text: str
    """What is compared by meaning."""
    words: tuple[str, ...]
    is_last_begun: bool

    def has(self, word: str) -> bool:
        """Whether a word of a text is one that is looked for."""
        return word in self.words or (self.is_last_begun and word.startswith(self.words[-1]))


def query(text: str) -> Query:
    """Return what a typed text looks for; of a long one the beginning counts. Without words there is nothing."""
    typed = " ".join(text[: 4 * QUERY_CHARACTERS_MAX].split())[:QUERY_CHARACTERS_MAX]
    found = [word for _, _, word in _placed(typed, with_ends=False)]
    distinct = tuple(dict.fromkeys(found))[:QUERY_WORDS_MAX]
    is_last = bool(distinct) and distinct[-1] == found[-1] and not text[-1].isspace()
    return Query(typed if found else "", distinct, is_last and _is_begun(typed))


def telling(wanted: Query, langs: Collection[str]) -> Query:
    """Return what is looked for without the function words of some languages, or as it is if nothing else is left."""
    empty = {fold(word) for lang in langs for word in function_words(lang)}
    kept = tuple(word for word in wanted.words if word not in empty)
    if not kept:
        return wanted
    return Query(wanted.text, kept, wanted.is_last_begun and kept[-1] == wanted.words[-1])


def words(text: str) -> list[str]:
    """Return the words of a text as an index holds them, in order."""
    return [word for _, _, word in _placed(text)]


def _is_begun(typed: str) -> bool:
    """Whether a text ends in the middle of a word: one that is long enough, or a single sign without spaces."""
    last = list(_WORD.finditer(typed))[-1]
    if last.end() != len(typed):
        return False
    runs = list(_UNSPACED.finditer(last.group()))
    if runs and runs[-1].end() == len(last.group()):
        return len(runs[-1].group()) == 1
    return len(last.group()) >= _BEGUN_CHARACTERS_MIN


@lru_cache(maxsize=65_536)
def fold(word: str) -> str:
    """Return a word without what different people write differently: case, accents, signs for vowels, the article."""
    plain = _FOLDED_AWAY.sub("", unicodedata.normalize("NFKD", word).casefold().translate(_ALIKE))
    return unicodedata.normalize("NFC", _ARTICLE.sub("", plain))[:WORD_CHARACTERS_MAX]


def _placed(text: str, *, with_ends: bool = True) -> Iterator[tuple[int, int, str]]:
    """Yield the words of a text with where they begin and end; with_ends, the last sign of a run alone as well."""
    for found in _WORD.finditer(text):
        start = found.start()
        done = 0
        for run in _UNSPACED.finditer(found.group()):
            yield from _spaced(found.group()[done : run.start()], start + done)
            yield from _pairs(run.group(), start + run.start(), with_ends=with_ends)
            done = run.end()
        yield from _spaced(found.group()[done:], start + done)


def _spaced(word: str, start: int) -> Iterator[tuple[int, int, str]]:
    folded = fold(word) if word else ""
    if folded:
        yield start, start + len(word), folded


def _pairs(run: str, start: int, *, with_ends: bool) -> Iterator[tuple[int, int, str]]:
    """Yield each sign with the next one, and the last one alone: so every sign of a text begins something."""
    for at in range(len(run) if with_ends or len(run) == 1 else len(run) - 1):
        pair = run[at : at + 2]
        yield start + at, start + at + len(pair), unicodedata.normalize("NFKC", pair)


def excerpt(text: str, wanted: Query) -> tuple[tuple[str, bool], ...]:
    """Return pieces of the part of a text that holds most of the words looked for, and whether each is one of them.

    Without any it is the beginning.
    """
    plain = " ".join(text.split())
    hits = [(start, _end(start, end, word, wanted), word) for start, end, word in _placed(plain) if wanted.has(word)]
    start, end = _best_part(plain, hits)
    pieces = _marked(plain, start, end, hits)
    before, after = "… " if start else "", " …" if end < len(plain) else ""
    return _joined([(before, False), *pieces, (after, False)])


def _end(start: int, end: int, word: str, wanted: Query) -> int:
    """Return where to stop marking: a pair of signs of which only the first is looked for ends with that."""
    is_half = word not in wanted.words and _UNSPACED.match(word)
    return start + len(wanted.words[-1]) if is_half else end


def _best_part(plain: str, hits: Sequence[tuple[int, int, str]]) -> tuple[int, int]:
    """Return where the part begins and ends, at the edges of words."""
    best, most = 0, 0
    for number, (start, _, _) in enumerate(hits):
        within = {word for s, e, word in hits[number:] if e <= start + EXCERPT_CHARACTERS * 3 // 4}
        if len(within) > most:
            best, most = start, len(within)
    start = 0 if best < EXCERPT_CHARACTERS // 3 else best - EXCERPT_CHARACTERS // 4
    end = start + EXCERPT_CHARACTERS
    edges = [found.span() for found in re.finditer(r"\S+", plain) if found.start() < end + 80]
    if start:
        start = next((s for s, _ in edges if start <= s <= best), start)
    if end >= len(plain):
        return start, len(plain)
    last = max((e for _, e in edges if start < e <= end), default=end)
    return start, last if last > start + EXCERPT_CHARACTERS // 2 else end


def _marked(plain: str, start: int, end: int, hits: Sequence[tuple[int, int, str]]) -> Iterator[tuple[str, bool]]:
    at = start
    for left, right, _ in hits:
        if right <= at or left < start or left >= end:
            continue
        yield plain[at : max(at, left)], False
        yield plain[max(at, left) : min(right, end)], True
        at = min(right, end)
    yield plain[at:end], False


def _joined(pieces: Sequence[tuple[str, bool]]) -> tuple[tuple[str, bool], ...]:
    """Return the pieces, none empty, neighbours of a kind made one."""
    found: list[tuple[str, bool]] = []
    for piece, is_hit in pieces:
        if piece and found and found[-1][1] == is_hit:
            found[-1] = (found[-1][0] + piece, is_hit)
        elif piece:
            found.append((piece, is_hit))
    return tuple(found)


def fuse(by_words: Sequence[Thing], by_meaning: Sequence[Thing]) -> list[tuple[Thing, Way]]:
    """Return what both orders found as one order, by reciprocal ranks; of equal ones those found by words come first.

    Neither order's figures need compare with the other's.
    """
    scores: dict[Thing, float] = {}
    for order in (by_words, by_meaning):
        for place, thing in enumerate(order, start=1):
            scores[thing] = scores.get(thing, 0.0) + 1.0 / (_FUSION_REST + place)
    ranked = sorted(scores, key=lambda thing: -scores[thing])
    return [(thing, _way(thing, set(by_words), set(by_meaning))) for thing in ranked]


def _way(thing: Thing, words_found: Collection[Thing], meaning_found: Collection[Thing]) -> Way:
    if thing in words_found and thing in meaning_found:
        return "both"
    return "words" if thing in words_found else "meaning"
