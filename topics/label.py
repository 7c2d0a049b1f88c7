"""Words to call a group by, in every language that its members or the official goals offer.

What a term is worth depends on how many texts of its language have it, which is counted by a short hash of the term:
bounded memory for any number of texts, at the price that two terms may now and then be taken for one.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from heapq import nsmallest
from zlib import crc32

import numpy as np
import numpy.typing as npt

from topics.embed import Int8
from topics.keywords import LANGUAGE
from topics.taxonomy.catalogue import LANGUAGES, catalogue
from topics.text import UNKNOWN, base_language, normalise
from topics.words import distinct, is_telling, terms

Names = Callable[[Sequence[str], Int8], list[str]]
"""Gives English names for words of texts that are about what a vector says, as far as they have one that fits."""

MAX_LABEL_TERMS = 3
MAX_LABEL_TEXTS = 24
"""Of each language: those nearest to what the group is about."""
MAX_LABEL_CHARS = 1_500
MAX_COUNTED_LANGUAGES = 48
"""Each takes a megabyte; texts in further languages are counted together."""
_BUCKETS = 1 << 18
_JOIN = " · "
_PAIR_BONUS = 1.3
_RANKED = 24
_NAMED_MIN = 2
_NOTHING_SAID = "—"


def label_text(text: str) -> str:
    """Return the beginning of a text, as far as it counts for labels."""
    return normalise(text[: 4 * MAX_LABEL_CHARS])[:MAX_LABEL_CHARS]


class Spread:
    """In how many texts of each language a term occurs."""

    def __init__(self) -> None:
        self._counts: dict[str, npt.NDArray[np.int32]] = {}
        self._totals: Counter[str] = Counter()

    def add(self, lang: str, text: str) -> None:
        """Count a text, as label_text gives it."""
        self._count(lang, text, 1)

    def remove(self, lang: str, text: str) -> None:
        """Count a text no more that was counted before."""
        self._count(lang, text, -1)

    def rarities(self, lang: str) -> Callable[[str], float]:
        """Return what tells how rare a term is in a language: 1 if every text has it, more the fewer do."""
        shelf = self._shelf(lang)
        counts, total = self._counts.get(shelf), 1 + self._totals[shelf]

        def rarity(term: str) -> float:
            often = 0 if counts is None else int(counts[_bucket(term)])
            return max(0.0, math.log(total / (1 + often))) + 1.0

        return rarity

    def _count(self, lang: str, text: str, change: int) -> None:
        shelf = self._shelf(lang)
        counts = self._counts.setdefault(shelf, np.zeros(_BUCKETS, dtype=np.int32))
        self._totals[shelf] += change
        buckets = {_bucket(term) for term in terms(text)}
        counts[np.fromiter(buckets, dtype=np.int64, count=len(buckets))] += change

    def _shelf(self, lang: str) -> str:
        base = base_language(lang)
        return base if base in self._counts or len(self._counts) < MAX_COUNTED_LANGUAGES else UNKNOWN


def _bucket(term: str) -> int:
    return crc32(term.encode("utf-8", "replace")) % _BUCKETS


def label_terms(texts: Sequence[str], lang: str, spread: Spread) -> list[str]:
    """Return the terms that mark these texts of one language against all of that language, best first.

    A term counts by the share of the texts that have it, times its rarity in the whole.
    """
    found = [terms(text) for text in texts]
    inside = Counter(term for each in found for term in set(each))
    often = Counter(term for each in found for term in each)
    least = 1 if len(texts) < 3 else 2

    rarity = spread.rarities(lang)

    def weight(term: str) -> float:
        bonus = _PAIR_BONUS if " " in term else 1.0
        return inside[term] / len(texts) * (1.0 + math.log(often[term])) * rarity(term) * bonus

    telling = {term: weight(term) for term in inside if inside[term] >= least and is_telling(term, lang)}
    ranked = nsmallest(_RANKED, telling, key=lambda term: (-round(telling[term], 9), term))
    return distinct(ranked)


def marking_words(by_language: Mapping[str, Sequence[str]], spread: Spread) -> list[str]:
    """Return the single words among the terms that mark texts, language by language."""
    return [
        word
        for lang, texts in sorted(by_language.items())
        for term in label_terms(texts[:MAX_LABEL_TEXTS], lang, spread)
        for word in term.split()
        if is_telling(word, lang)
    ]


def without_names(_words: Sequence[str], _about: Int8) -> list[str]:
    """Return nothing: no word has an English name."""
    return []


def label(
    texts: Mapping[str, Sequence[str]],
    goals: Sequence[int],
    spread: Spread,
    about: Int8,
    names: Names = without_names,
) -> dict[str, str]:
    """Return a group's label by language: its telling terms where members wrote in it, else its goals' names.

    Where nobody wrote English, what marks the other languages gets English names if enough fit. `texts` holds the
    members' by language, as label_text gives them; `about` is the vector of what they are about.
    """
    by_language: dict[str, list[str]] = {}
    for lang, own in texts.items():
        by_language.setdefault(base_language(lang), []).extend(own)
    found = {
        lang: _joined(label_terms(by_language[lang][:MAX_LABEL_TEXTS], lang, spread), lang)
        for lang in map(base_language, LANGUAGES)
        if lang in by_language
    }
    if not found.get(LANGUAGE):
        named = [word for word in names(marking_words(by_language, spread), about) if is_telling(word, LANGUAGE)]
        found[LANGUAGE] = _joined(named, LANGUAGE) if len(named) >= _NAMED_MIN else ""
    for official in LANGUAGES:
        if goals and not found.get(base_language(official)):
            found[base_language(official)] = _JOIN.join(catalogue().goal(goal).short[official] for goal in goals[:2])
    if not any(found.values()):
        lang = min(by_language, default=UNKNOWN)
        own = by_language.get(lang, [])
        found[lang] = _joined(label_terms(own, lang, spread), lang) if own else ""
        found[lang] = found[lang] or next((text[:60] for text in own if text), _NOTHING_SAID)
    return {lang: words for lang, words in found.items() if words}


def _joined(found: Sequence[str], lang: str) -> str:
    chosen = found[:MAX_LABEL_TERMS]
    return _JOIN.join(term.replace(" ", "") for term in chosen) if lang == "zh" else _JOIN.join(chosen)
