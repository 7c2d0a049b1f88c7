"""What has been said already: near-duplicates and similar texts, within a language and across.

By wording where two texts share it (topics/shingles.py), else by the cosine of the encoder's vectors. The threshold for
a near-duplicate by meaning was chosen on the official targets in ten languages, see MODEL_CARD.md.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from topics.embed import DIMENSIONS, Int8, unit
from topics.shingles import Hashes, copies, same_words, shingles

Float = npt.NDArray[np.float32]

DUPLICATE = 0.66
SIMILAR = 0.5

Kind = Literal["duplicate", "similar"]
By = Literal["words", "meaning"]
_BLOCK = 1_024
_WORDING_COMPARED = 50
"""How many of the nearest by meaning are compared word by word with a text."""
_NO_WORDS: Hashes = np.zeros(0, dtype=np.uint64)


@dataclass(frozen=True)
class Match:
    """A text that is near another: its id, the cosine, how that is to be read, and whether words or meaning told."""

    id: str
    cosine: float
    kind: Kind
    by: By = "meaning"


@dataclass(frozen=True)
class Pair:
    """Two texts that say nearly the same; `first` sorts before `second`. `shared` is the share of common wording."""

    first: str
    second: str
    cosine: float
    by: By = "meaning"
    shared: float = 0.0


class Index:
    """Vectors and wordings by id, kept in memory."""

    def __init__(self) -> None:
        self._rows: dict[str, int] = {}
        self._names: list[str] = []
        self._directions: Float = np.zeros((0, DIMENSIONS), dtype=np.float32)
        self._wording: dict[str, Hashes] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, name: str) -> bool:
        return name in self._rows

    def add(self, name: str, vector: Int8, text: str = "") -> None:
        """Keep a vector, and the wording of a text, under a name; what was there is replaced."""
        row = self._rows.setdefault(name, len(self._rows))
        if row == len(self._names):
            self._names.append(name)
            if row == len(self._directions):
                self._directions = np.vstack([self._directions, np.zeros((64 + row // 8, DIMENSIONS), np.float32)])
        self._directions[row] = unit(vector)
        self._wording[name] = shingles(text) if text else _NO_WORDS

    def remove(self, name: str) -> None:
        """Forget a name; nothing happens if it isn't there."""
        row = self._rows.pop(name, None)
        if row is None:
            return
        last = self._names.pop()
        if last != name:
            self._names[row], self._rows[last] = last, row
            self._directions[row] = self._directions[len(self._names)]
        del self._wording[name]

    def nearest(self, vector: Int8, most: int, least: float = SIMILAR, text: str = "") -> list[Match]:
        """Return the nearest with a cosine of at least `least`, nearest first, equal ones by name.

        With the text, those that share its wording come before all others, as duplicates by words.
        """
        near = np.round(self._directions[: len(self._names)] @ unit(vector), 4)
        rows = np.flatnonzero(near >= least).tolist()
        ranked = sorted(rows, key=lambda row: (-near[row], self._names[row]))[: max(most, _WORDING_COMPARED)]
        own = shingles(text) if text else _NO_WORDS
        found = [self._match(self._names[row], float(near[row]), own) for row in ranked]
        return sorted(found, key=lambda one: one.by != "words")[:most]

    def duplicates(self, least: float = DUPLICATE) -> list[Pair]:
        """Return all pairs with a cosine of at least `least` or common wording, nearest first, equal ones by names.

        Of texts that are the same to the letter each is paired with the first of them alone, and so are others that
        are near them: a thousand copies make 999 pairs.
        """
        names = sorted(self._rows)
        firsts = self._firsts(names)
        kept = [name for name in names if firsts[name] == name]
        found = {(p.first, p.second): p for p in self._by_meaning(kept, least)}
        for one, two, shared in copies([self._wording[name] for name in kept]):
            found[kept[one], kept[two]] = self._pair(kept[one], kept[two], "words", shared)
        for name in names:
            if firsts[name] != name:
                by: By = "words" if len(self._wording[name]) else "meaning"
                found[firsts[name], name] = self._pair(firsts[name], name, by, float(by == "words"))
        return sorted(found.values(), key=lambda pair: (-pair.cosine, pair.first, pair.second))

    def _match(self, name: str, near: float, own: Hashes) -> Match:
        if same_words(self._wording[name], own):
            return Match(name, near, "duplicate", "words")
        return match(name, near)

    def _firsts(self, names: Sequence[str]) -> dict[str, str]:
        seen: dict[tuple[bytes, bytes], str] = {}
        return {
            name: seen.setdefault((self._directions[self._rows[name]].tobytes(), self._wording[name].tobytes()), name)
            if self._directions[self._rows[name]].any()
            else name
            for name in names
        }

    def _by_meaning(self, names: Sequence[str], least: float) -> Iterator[Pair]:
        directions = self._directions[[self._rows[name] for name in names]]
        for start in range(0, len(names), _BLOCK):
            near = np.round(directions[start : start + _BLOCK] @ directions[start:].T, 4)
            for row, other in zip(*np.nonzero(near >= least), strict=True):
                if other > row:
                    yield Pair(names[start + row], names[start + other], round(float(near[row, other]), 4))

    def _pair(self, first: str, second: str, by: By, shared: float) -> Pair:
        near = self._directions[self._rows[first]] @ self._directions[self._rows[second]]
        return Pair(first, second, round(float(near), 4), by, shared)


def match(name: str, cosine: float) -> Match:
    """Return what a cosine means for the text of that name."""
    return Match(name, round(cosine, 4), "duplicate" if cosine >= DUPLICATE else "similar")


def among(vector: Int8, others: Sequence[tuple[str, Int8]], most: int) -> list[Match]:
    """Return the nearest among these (id, vector) pairs, as Index.nearest does."""
    index = Index()
    for name, row in others:
        index.add(name, row)
    return index.nearest(vector, most)
