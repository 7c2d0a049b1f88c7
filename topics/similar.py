"""What has been said already: near-duplicates and similar texts, within a language and across.

By the cosine of the encoder's vectors. The threshold for a near-duplicate was chosen on the official targets
in ten languages, see MODEL_CARD.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from topics.embed import Int8, unit

DUPLICATE = 0.66
SIMILAR = 0.5

Kind = Literal["duplicate", "similar"]


@dataclass(frozen=True)
class Match:
    """A text that is near another: its id, the cosine, and how that is to be read."""

    id: str
    cosine: float
    kind: Kind


@dataclass(frozen=True)
class Pair:
    """Two texts that say nearly the same; `first` sorts before `second`."""

    first: str
    second: str
    cosine: float


class Index:
    """Vectors by id, kept in memory as int8 (512 bytes each)."""

    def __init__(self) -> None:
        self._rows: dict[str, Int8] = {}
        self._stacked: tuple[list[str], npt.NDArray[np.float32]] | None = None

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, name: str) -> bool:
        return name in self._rows

    def add(self, name: str, vector: Int8) -> None:
        """Keep a vector under a name; one that was there is replaced."""
        self._rows[name] = vector
        self._stacked = None

    def remove(self, name: str) -> None:
        """Forget a name; nothing happens if it isn't there."""
        if self._rows.pop(name, None) is not None:
            self._stacked = None

    def nearest(self, vector: Int8, most: int, least: float = SIMILAR) -> list[Match]:
        """Return the nearest with a cosine of at least `least`, nearest first, equal ones by name."""
        if not self._rows:
            return []
        names, directions = self._directions()
        near = directions @ unit(vector)
        rows = np.flatnonzero(near >= least)
        ranked = sorted(rows, key=lambda row: (-round(float(near[row]), 4), names[row]))[:most]
        return [match(names[row], float(near[row])) for row in ranked]

    def duplicates(self, least: float = DUPLICATE) -> list[Pair]:
        """Return all pairs with a cosine of at least `least`, nearest first, equal ones by names."""
        if not self._rows:
            return []
        names, directions = self._directions()
        found: list[Pair] = []
        for row in range(len(names) - 1):
            near = directions[row + 1 :] @ directions[row]
            found.extend(
                Pair(names[row], names[row + 1 + int(other)], round(float(near[other]), 4))
                for other in np.flatnonzero(near >= least)
            )
        return sorted(found, key=lambda pair: (-pair.cosine, pair.first, pair.second))

    def _directions(self) -> tuple[list[str], npt.NDArray[np.float32]]:
        if self._stacked is None:
            names = sorted(self._rows)
            self._stacked = names, unit(np.stack([self._rows[name] for name in names]))
        return self._stacked


def match(name: str, cosine: float) -> Match:
    """Return what a cosine means for the text of that name."""
    return Match(name, round(cosine, 4), "duplicate" if cosine >= DUPLICATE else "similar")


def among(vector: Int8, others: Sequence[tuple[str, Int8]], most: int) -> list[Match]:
    """Return the nearest among these (id, vector) pairs, as Index.nearest does."""
    index = Index()
    for name, row in others:
        index.add(name, row)
    return index.nearest(vector, most)
