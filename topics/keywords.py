"""Which of a vocabulary's key phrases stand in an English text, counted per goal.

The phrases are kept as hashes: enough to find them in a text, and a tenth of the size. A phrase may need
another to stand in the same text, or be barred by one.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from topics.text import words

Float = npt.NDArray[np.float32]
Hashes = npt.NDArray[np.uint64]

LANGUAGE = "en"
MAX_PHRASE_WORDS = 6
GOALS = 17
_FREE = -1


@dataclass(frozen=True)
class Entry:
    """A key phrase of one goal, as a vocabulary gives it: it needs one of `needs` and none of `bars`."""

    phrase: str
    goal: int
    needs: tuple[str, ...] = ()
    bars: tuple[str, ...] = ()


def stems(text: str) -> list[str]:
    """Return the words in lower case, cut at hyphens, without a plural's s."""
    whole = [part for word in words(text) for part in word.replace("-", " ").split()]
    return [word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word for word in whole]


def phrase_hash(parts: Sequence[str]) -> int:
    """Return the 64-bit hash of a phrase's stems."""
    return int.from_bytes(hashlib.blake2b(" ".join(parts).encode(), digest_size=8).digest(), "big")


def phrases_in(text: str) -> dict[int, str]:
    """Return every run of up to MAX_PHRASE_WORDS stems in the text by its hash."""
    parts = stems(text)
    return {
        phrase_hash(parts[start : start + length]): " ".join(parts[start : start + length])
        for length in range(1, MAX_PHRASE_WORDS + 1)
        for start in range(len(parts) - length + 1)
    }


@dataclass(frozen=True)
class Keywords:
    """The compiled vocabulary.

    Row by row: a phrase's hash, its goal, its share (one over the goals that have it), and the numbers of the
    sets of phrases that it needs and that bar it, or -1. Set number n is `members[bounds[n] : bounds[n + 1]]`.
    """

    phrase: Hashes
    goal: npt.NDArray[np.int8]
    share: Float
    needs: npt.NDArray[np.int32]
    bars: npt.NDArray[np.int32]
    members: Hashes
    bounds: npt.NDArray[np.int32]

    @cached_property
    def _rows(self) -> dict[int, list[int]]:
        rows: dict[int, list[int]] = {}
        for row, phrase in enumerate(self.phrase.tolist()):
            rows.setdefault(phrase, []).append(row)
        return rows

    @cached_property
    def _sets(self) -> list[frozenset[int]]:
        cuts = self.bounds.tolist()
        return [frozenset(self.members[a:b].tolist()) for a, b in pairwise(cuts)]

    def _holds(self, row: int, present: Iterable[int]) -> bool:
        needs, bars = int(self.needs[row]), int(self.bars[row])
        if needs != _FREE and self._sets[needs].isdisjoint(present):
            return False
        return bars == _FREE or self._sets[bars].isdisjoint(present)

    def found(self, text: str) -> list[tuple[int, str, float]]:
        """Return (goal, phrase as it stands in the text, share) for each phrase that holds, in the text's order."""
        present = phrases_in(text)
        return [
            (int(self.goal[row]), phrase, float(self.share[row]))
            for number, phrase in present.items()
            for row in self._rows.get(number, ())
            if self._holds(row, present.keys())
        ]

    def scores(self, text: str) -> Float:
        """Return for each goal the square root of its phrases' summed shares."""
        total = np.zeros(GOALS, dtype=np.float32)
        for goal, _, share in self.found(text):
            total[goal - 1] += share
        return np.asarray(np.sqrt(total), dtype=np.float32)

    def reasons(self, text: str, goal: int) -> list[str]:
        """Return the phrases that speak for the goal, longest first, then by the alphabet."""
        own = {phrase for number, phrase, _ in self.found(text) if number == goal}
        return sorted(own, key=lambda phrase: (-len(phrase.split()), phrase))


def compile_keywords(entries: Iterable[Entry]) -> Keywords:
    """Return the vocabulary in its compiled form; the same entries in any order give the same."""
    chosen = sorted({entry for entry in entries if 0 < len(stems(entry.phrase)) <= MAX_PHRASE_WORDS}, key=_order)
    goals: dict[int, set[int]] = {}
    for entry in chosen:
        goals.setdefault(_hash(entry.phrase), set()).add(entry.goal)
    sets = sorted({_hashes(names) for entry in chosen for names in (entry.needs, entry.bars) if names})
    number = {one: place for place, one in enumerate(sets)}
    return Keywords(
        phrase=np.array([_hash(entry.phrase) for entry in chosen], dtype=np.uint64),
        goal=np.array([entry.goal for entry in chosen], dtype=np.int8),
        share=np.array([1 / len(goals[_hash(entry.phrase)]) for entry in chosen], dtype=np.float32),
        needs=np.array([number.get(_hashes(entry.needs), _FREE) for entry in chosen], dtype=np.int32),
        bars=np.array([number.get(_hashes(entry.bars), _FREE) for entry in chosen], dtype=np.int32),
        members=np.array([one for group in sets for one in group], dtype=np.uint64),
        bounds=np.cumsum([0, *[len(group) for group in sets]]).astype(np.int32),
    )


def _order(entry: Entry) -> tuple[int, int, tuple[str, ...], tuple[str, ...], str]:
    return _hash(entry.phrase), entry.goal, entry.needs, entry.bars, entry.phrase


def _hash(phrase: str) -> int:
    return phrase_hash(stems(phrase))


def _hashes(names: Iterable[str]) -> tuple[int, ...]:
    return tuple(sorted({_hash(name) for name in names}))
