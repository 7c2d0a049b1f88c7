"""Which of a vocabulary's key phrases stand in a text, counted per goal.

The phrases are English. In an English text they are looked for as they are; a text in another language comes
with what each of its words may mean in English (topics/gloss.py), and a phrase is in it if all its words are
meant within a few words of each other, in any order. A phrase may need another to stand in the same text, or
be barred by one.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from topics.text import function_words, words

Float = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]
Found = Mapping[int, str]
"""Numbers of phrases that stand in a text, each with the words of the text that it was found in."""

LANGUAGE = "en"
MAX_PHRASE_WORDS = 6
GOALS = 17
SLACK_WORDS = 1
"""How many words more than it has a phrase may span in a text of another language."""
_FREE = -1
_TELLING_IN_PHRASES = frozenset({"work", "use", "need"})
"""They would say nothing alone, but do in decent work, land use, unmet need."""


@dataclass(frozen=True)
class Entry:
    """A key phrase of one goal, as a vocabulary gives it: it needs one of `needs` and none of `bars`."""

    phrase: str
    goal: int
    needs: tuple[str, ...] = ()
    bars: tuple[str, ...] = ()


def empty_words() -> frozenset[str]:
    """Return the English words that say nothing in a phrase."""
    return function_words(LANGUAGE) - _TELLING_IN_PHRASES


@dataclass(frozen=True)
class Meant:
    """A word as it stands in a text, and the English stems that it may mean."""

    word: str
    stems: frozenset[str]


def stems(text: str) -> list[str]:
    """Return the words in lower case, cut at hyphens, without a plural's s."""
    whole = [part for word in words(text) for part in word.replace("-", " ").split()]
    return [word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word for word in whole]


@dataclass(frozen=True)
class Keywords:
    """The compiled vocabulary.

    Phrase number n has the stems `members[cuts[n] : cuts[n + 1]]`, as places in `stems`. Entry by entry: its
    phrase, its goal, its share (one over the goals that have the phrase), and the numbers of the sets of
    phrases that it needs and that bar it, or -1. Set number n is `sets[bounds[n] : bounds[n + 1]]`.
    """

    stems: tuple[str, ...]
    members: Ints
    cuts: Ints
    phrase: Ints
    goal: npt.NDArray[np.int8]
    share: Float
    needs: Ints
    bars: Ints
    sets: Ints
    bounds: Ints

    def in_english(self, text: str) -> Found:
        """Return the phrases that stand in an English text."""
        parts = stems(text)
        found: dict[int, str] = {}
        for start in range(len(parts)):
            for length in range(1, min(MAX_PHRASE_WORDS, len(parts) - start) + 1):
                run = tuple(parts[start : start + length])
                number = self._numbers.get(run)
                if number is not None:
                    found.setdefault(number, " ".join(run))
        return found

    def in_glossed(self, text: Sequence[Meant]) -> Found:
        """Return the phrases whose telling words are meant close together, in any order."""
        places: dict[str, list[int]] = {}
        for place, meant in enumerate(text):
            for stem in meant.stems & self._known:
                places.setdefault(stem, []).append(place)
        found: dict[int, str] = {}
        for stem, starts in places.items():
            for number in self._by_rarest.get(stem, ()):
                spot = _spot(self._cores[number], stem, starts, places)
                if spot:
                    found[number] = " ".join(dict.fromkeys(text[place].word for place in sorted(spot)))
        return found

    def holding(self, found: Found, *, is_glossed: bool = False) -> Iterator[tuple[int, str, float]]:
        """Yield (goal, words of the text, share) for each entry whose phrase was found and whose conditions hold.

        A glossed phrase of which one telling word is left says too little to count for its goal.
        """
        for number in sorted(found):
            if is_glossed and not self._is_whole[number]:
                continue
            for row in self._entries.get(number, ()):
                if self._holds(row, found.keys()):
                    yield int(self.goal[row]), found[number], float(self.share[row])

    def scores(self, found: Found, *, is_glossed: bool = False) -> Float:
        """Return for each goal the square root of its entries' summed shares."""
        total = np.zeros(GOALS, dtype=np.float32)
        for goal, _, share in self.holding(found, is_glossed=is_glossed):
            total[goal - 1] += share
        return np.asarray(np.sqrt(total), dtype=np.float32)

    def reasons(self, found: Found, goal: int, *, is_glossed: bool = False) -> list[str]:
        """Return the words that speak for the goal, longest first, then by the alphabet."""
        own = {wording for number, wording, _ in self.holding(found, is_glossed=is_glossed) if number == goal}
        return sorted(own, key=lambda wording: (-len(wording.split()), wording))

    @cached_property
    def _phrases(self) -> list[tuple[str, ...]]:
        return [tuple(self.stems[stem] for stem in self.members[a:b]) for a, b in pairwise(self.cuts.tolist())]

    @cached_property
    def _numbers(self) -> dict[tuple[str, ...], int]:
        return {phrase: number for number, phrase in enumerate(self._phrases)}

    @cached_property
    def _cores(self) -> list[tuple[str, ...]]:
        """Each phrase without the words that say nothing, unless it has no others."""
        empty = empty_words()
        return [tuple(stem for stem in phrase if stem not in empty) or phrase for phrase in self._phrases]

    @cached_property
    def _is_whole(self) -> list[bool]:
        """Whether what is left of a phrase still tells its meaning."""
        pairs = zip(self._phrases, self._cores, strict=True)
        return [len(core) > 1 or len(phrase) == 1 for phrase, core in pairs]

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(stem for core in self._cores for stem in core)

    @cached_property
    def _by_rarest(self) -> dict[str, list[int]]:
        often: dict[str, int] = {}
        for core in self._cores:
            for stem in set(core):
                often[stem] = often.get(stem, 0) + 1
        found: dict[str, list[int]] = {}
        for number, core in enumerate(self._cores):
            found.setdefault(min(core, key=lambda stem: (often[stem], stem)), []).append(number)
        return found

    @cached_property
    def _entries(self) -> dict[int, list[int]]:
        rows: dict[int, list[int]] = {}
        for row, number in enumerate(self.phrase.tolist()):
            rows.setdefault(number, []).append(row)
        return rows

    @cached_property
    def _sets(self) -> list[frozenset[int]]:
        return [frozenset(self.sets[a:b].tolist()) for a, b in pairwise(self.bounds.tolist())]

    def _holds(self, row: int, present: Iterable[int]) -> bool:
        needs, bars = int(self.needs[row]), int(self.bars[row])
        if needs != _FREE and self._sets[needs].isdisjoint(present):
            return False
        return bars == _FREE or self._sets[bars].isdisjoint(present)


def _spot(core: tuple[str, ...], rarest: str, starts: Sequence[int], places: Mapping[str, list[int]]) -> set[int]:
    """Return the places of a phrase's stems around one of the starts of its rarest, or nothing."""
    if not all(stem in places for stem in core):
        return set()
    width = len(core) - 1 + SLACK_WORDS
    others = list(core)
    others.remove(rarest)
    for start in starts:
        spot = {start}
        for stem in others:
            near = next((p for p in places[stem] if abs(p - start) <= width and p not in spot), None)
            if near is None:
                break
            spot.add(near)
        else:
            if max(spot) - min(spot) <= width:
                return spot
    return set()


def compile_keywords(entries: Iterable[Entry]) -> Keywords:
    """Return the vocabulary in its compiled form; the same entries in any order give the same."""
    chosen = sorted({entry for entry in entries if 0 < len(stems(entry.phrase)) <= MAX_PHRASE_WORDS}, key=_order)
    phrases = sorted({_stems(name) for one in chosen for name in (one.phrase, *one.needs, *one.bars) if _stems(name)})
    number = {phrase: place for place, phrase in enumerate(phrases)}
    known = sorted({stem for phrase in phrases for stem in phrase})
    place = {stem: row for row, stem in enumerate(known)}
    goals: dict[tuple[str, ...], set[int]] = {}
    for entry in chosen:
        goals.setdefault(_stems(entry.phrase), set()).add(entry.goal)
    sets = sorted({_numbers(names, number) for entry in chosen for names in (entry.needs, entry.bars) if names})
    where = {one: row for row, one in enumerate(sets)}
    return Keywords(
        stems=tuple(known),
        members=_ints(place[stem] for phrase in phrases for stem in phrase),
        cuts=np.cumsum([0, *[len(phrase) for phrase in phrases]]).astype(np.int32),
        phrase=_ints(number[_stems(entry.phrase)] for entry in chosen),
        goal=np.array([entry.goal for entry in chosen], dtype=np.int8),
        share=np.array([1 / len(goals[_stems(entry.phrase)]) for entry in chosen], dtype=np.float32),
        needs=_ints(where.get(_numbers(entry.needs, number), _FREE) for entry in chosen),
        bars=_ints(where.get(_numbers(entry.bars, number), _FREE) for entry in chosen),
        sets=_ints(one for group in sets for one in group),
        bounds=np.cumsum([0, *[len(group) for group in sets]]).astype(np.int32),
    )


def _order(entry: Entry) -> tuple[tuple[str, ...], int, tuple[str, ...], tuple[str, ...], str]:
    return _stems(entry.phrase), entry.goal, entry.needs, entry.bars, entry.phrase


def _stems(phrase: str) -> tuple[str, ...]:
    return tuple(stems(phrase))


def _numbers(names: Iterable[str], number: Mapping[tuple[str, ...], int]) -> tuple[int, ...]:
    return tuple(sorted({number[_stems(name)] for name in names if _stems(name)}))


def _ints(values: Iterable[int]) -> Ints:
    return np.array(list(values), dtype=np.int32)
