"""Where groups lie on a map, and which are close to which.

The first map is drawn along the two directions in which the groups differ most (principal components), largest groups
first; each takes the free cell of a grid that is nearest to where it should lie, so that none covers another. The grid
gets finer the more groups there are. Later groups settle near those that they are most like. What lies somewhere stays.
"""

from collections.abc import Mapping, Sequence
from math import ceil, floor

import numpy as np
import numpy.typing as npt

from topics.cluster import Float

Doubles = npt.NDArray[np.float64]
Place = tuple[float, float]

NEIGHBOUR = 0.55
MAX_NEIGHBOURS = 5
_COARSEST = 8
_CELLS_PER_GROUP = 2.5
_DRAWN_TO = 3
_BLOCK = 128


class Map:
    """The places of groups by name, each coordinate from 0 to 1, and who is close to whom."""

    def __init__(self) -> None:
        self.places: dict[str, Place] = {}
        self.neighbours: dict[str, tuple[str, ...]] = {}
        self._grid = _Grid([])

    def update(self, names: Sequence[str], means: Float, changed: frozenset[str]) -> set[str]:
        """Take in the groups that there are now, largest first where all are new; return those with other neighbours.

        `means` holds their mean positions in the order of names; `changed` names those that are new or moved in
        meaning.
        """
        directions = _directions(means)
        known = set(names)
        if not self.places.keys() <= known or len(self._grid) != len(self.places):
            self.places = {name: place for name, place in self.places.items() if name in known}
            self._grid = _Grid(list(self.places.values()))
        new: list[int] = [row for row, name in enumerate(names) if name not in self.places]
        if not self.places:
            self._draw(names, directions)
        else:
            self._settle(names, directions, new)
        return self._meet(names, directions, changed)

    def _draw(self, names: Sequence[str], directions: Float) -> None:
        for name, target in zip(names, principal(directions), strict=True):
            self.places[name] = self._grid.settle(target)

    def _settle(self, names: Sequence[str], directions: Float, new: Sequence[int]) -> None:
        is_placed = np.array([name in self.places for name in names])
        for row in new:
            near = np.where(is_placed, np.round(directions @ directions[row], 4), -np.inf)
            nearest: list[int] = np.argsort(-near, kind="stable")[:_DRAWN_TO].tolist()
            nearest = [at for at in nearest if is_placed[at]]
            weights = np.maximum(near[nearest], 0.01).astype(np.float64)
            target = weights @ np.array([self.places[names[at]] for at in nearest]) / weights.sum()
            self.places[names[row]] = self._grid.settle((float(target[0]), float(target[1])))
            is_placed[row] = True

    def _meet(self, names: Sequence[str], directions: Float, changed: frozenset[str]) -> set[str]:
        before = self.neighbours
        rows = {name: row for row, name in enumerate(names)}
        asked = {name for name in names if name in changed or name not in before}
        asked |= {name for name, others in before.items() if any(o in changed or o not in rows for o in others)}
        if len(asked) < len(names):
            asked |= {names[row] for row in _close_to(directions[[rows[name] for name in changed]], directions)}
        wanted = sorted(rows[name] for name in asked if name in rows)
        self.neighbours = {name: before.get(name, ()) for name in names} | _nearest(wanted, names, directions)
        return {names[row] for row in wanted if self.neighbours[names[row]] != before.get(names[row])}


def _close_to(some: Float, directions: Float) -> list[int]:
    found: list[int] = np.flatnonzero((some @ directions.T >= NEIGHBOUR).any(axis=0)).tolist()
    return found


def _directions(means: Float) -> Float:
    length = np.linalg.norm(means, axis=1, keepdims=True)
    return np.asarray(np.divide(means, length, out=np.zeros_like(means), where=length > 0))


def _nearest(rows: Sequence[int], names: Sequence[str], directions: Float) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for start in range(0, len(rows), _BLOCK):
        block = rows[start : start + _BLOCK]
        for row, near in zip(block, np.round(directions[block] @ directions.T, 4), strict=True):
            near[row] = -1.0
            found[names[row]] = tuple(names[at] for at in _ranked(near, names)[:MAX_NEIGHBOURS])
    return found


def _ranked(near: Float, names: Sequence[str]) -> list[int]:
    close: list[int] = np.flatnonzero(near >= NEIGHBOUR).tolist()
    return sorted(close, key=lambda at: (-near[at], names[at]))


def principal(directions: Float) -> list[Place]:
    """Return where rows lie along their two principal components, each stretched over 0 to 1.

    Half by value and half by rank, so that one outlier doesn't press all others together.
    """
    if len(directions) < 2:
        return [(0.5, 0.5)] * len(directions)
    middle = directions.mean(axis=0, dtype=np.float64)
    spread = (directions.T @ directions) / len(directions) - np.outer(middle, middle)
    _, axes = np.linalg.eigh(spread)
    along = directions @ axes[:, [-1, -2]] - middle @ axes[:, [-1, -2]]
    signs = np.sign(along[np.abs(along).argmax(axis=0), [0, 1]])
    across, down = _stretched(along[:, 0] * signs[0]), _stretched(along[:, 1] * signs[1])
    return list(zip(across.tolist(), down.tolist(), strict=True))


def _stretched(values: Doubles) -> Doubles:
    rounded = np.round(values, 6)
    span = np.ptp(rounded)
    if not span:
        return np.full(len(values), 0.5)
    ranks = np.searchsorted(np.unique(rounded), rounded) / max(1, len(np.unique(rounded)) - 1)
    return np.asarray(((rounded - rounded.min()) / span + ranks) / 2.0)


class _Grid:
    """Cells in which groups may lie, as fine as their number asks for."""

    def __init__(self, taken: Sequence[Place]) -> None:
        self._taken = list(taken)
        self._side = _COARSEST // 2
        self._refine()

    def __len__(self) -> int:
        return len(self._taken)

    def settle(self, target: Place) -> Place:
        """Return the middle of the free cell nearest to where a group should lie, and take it."""
        while not self._is_free.any() or self._side**2 < _CELLS_PER_GROUP * (len(self._taken) + 1):
            self._refine()
        middles = self._middles
        far = (middles[:, None] - target[0]) ** 2 + (middles[None, :] - target[1]) ** 2
        far[~self._is_free] = np.inf
        across, down = divmod(int(np.argmin(np.round(far, 12))), self._side)
        place = round(float(middles[across]), 6), round(float(middles[down]), 6)
        self._taken.append(place)
        self._cover(place)
        return place

    def _refine(self) -> None:
        self._side *= 2
        while self._side**2 < _CELLS_PER_GROUP * (len(self._taken) + 1):
            self._side *= 2
        self._middles = (np.arange(self._side) + 0.5) / self._side
        self._is_free = np.ones((self._side, self._side), dtype=bool)
        for place in self._taken:
            self._cover(place)

    def _cover(self, place: Place) -> None:
        across, down = (self._span(value) for value in place)
        self._is_free[across, down] = False

    def _span(self, value: float) -> slice:
        """Return the cells whose middle is less than a cell away."""
        return slice(max(0, floor(value * self._side - 1.49) + 1), ceil(value * self._side + 0.49))


def restored(places: Mapping[str, Place]) -> Map:
    """Return a map on which groups already lie."""
    found = Map()
    found.places = dict(places)
    return found
