"""Proposals grouped into topics: goals first, inside each goal by likeness, then across goals what belongs together.

Likeness of two items is VECTOR_SHARE times the cosine of their texts plus the rest times that of their goals.
Groups grow by average linkage while the mean likeness stays at SAME_TOPIC or above, so no number of groups is
given. Items are put in the order of their ids first: the order in which they come changes nothing.
`place` adds one item to what is there and moves nothing else.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.cluster.vq import kmeans2
from scipy.spatial.distance import squareform

from topics.embed import Int8, quantise, unit

Float = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

GOALS = 17
VECTOR_SHARE = 0.8
SAME_TOPIC = 0.6
MAX_BLOCK = 1_000
_LIKELY = 0.5
_NEARLY = 0.15
_SHARE_OF_MEMBERS = 1 / 3
_ALL_ALIKE = 1e-4
_JUDGED = 256
_PIECE = 512
_ROUNDS = 10
_LEAST_SIDE = 0.05
"""A block falls in two halves where two means would cut off less: so many cuts are never needed."""


class GroupingError(ValueError):
    """The items can't be grouped: what is wrong with which."""


@dataclass(frozen=True)
class Item:
    """What grouping needs of one proposal: its vector, the probability of each goal, and which are confirmed.

    `confirmed` are goals that people chose; they take the place of the probabilities.
    """

    id: str
    vector: Int8
    chances: tuple[float, ...]
    confirmed: tuple[int, ...] = ()

    def profile(self) -> Float:
        """Return the seventeen goals as a direction of length 1; zeros if nothing is known."""
        raw: Float = np.sqrt(np.array(self.chances, dtype=np.float32))
        if self.confirmed:
            raw = np.zeros(GOALS, dtype=np.float32)
            raw[[goal - 1 for goal in self.confirmed]] = 1.0
        length = float(np.linalg.norm(raw))
        return (raw / length).astype(np.float32) if length else raw

    def goals(self) -> tuple[int, ...]:
        """Return the goals that the item speaks on, likeliest first; none if none is likely."""
        if self.confirmed:
            return self.confirmed
        order = np.argsort(-np.array(self.chances), kind="stable")
        return tuple(int(goal) + 1 for goal in order if self.chances[goal] >= _LIKELY)

    def is_between(self) -> bool:
        """Tell whether the item lies between goals: several hold, or the two likeliest are nearly even."""
        if len(self.goals()) != 1:
            first, second = sorted(self.chances, reverse=True)[:2]
            return len(self.goals()) > 1 or (second > 0.2 and first - second < _NEARLY)
        return False


@dataclass(frozen=True)
class Group:
    """One topic. `members` in the order of their ids; `sureness` from 0 (might as well lie elsewhere) to 1.

    `centre` with `tightness` lets `place` compare without the members: the mean likeness in text of an item
    to the members is tightness times the cosine to the centre. `profile` is the members' mean goal profile.
    """

    members: tuple[str, ...]
    representative: str
    sureness: float
    goals: tuple[int, ...]
    between_goals: bool
    between: tuple[str, ...]
    centre: Int8
    tightness: float
    profile: tuple[float, ...]


@dataclass(frozen=True)
class Placement:
    """Where one more item goes: the index of the group, or None for a topic of its own, and the likeness."""

    group: int | None
    likeness: float


def positions(items: Sequence[Item]) -> Float:
    """Return one row per item; the product of two rows is the likeness of their items."""
    return placed(np.stack([item.vector for item in items]), np.stack([item.profile() for item in items]))


def placed(vectors: Int8, profiles: Float) -> Float:
    """Return the positions of items with these vectors and goal profiles, whose lengths don't matter."""
    found = np.empty((len(vectors), vectors.shape[1] + profiles.shape[1]), dtype=np.float32)
    length = np.linalg.norm(profiles, axis=1, keepdims=True)
    goals = np.divide(profiles, length, out=np.zeros_like(profiles), where=length > 0)
    found[:, vectors.shape[1] :] = goals * np.float32((1 - VECTOR_SHARE) ** 0.5)
    for start in range(0, len(vectors), _PIECE):
        texts = unit(vectors[start : start + _PIECE]) * np.float32(VECTOR_SHARE**0.5)
        found[start : start + _PIECE, : vectors.shape[1]] = texts
    return found


def group(items: Sequence[Item], progress: Callable[[int, int], None] | None = None) -> list[Group]:
    """Return the groups, largest first, then by their first member. Raises GroupingError at a repeated id."""
    ordered = sorted(items, key=lambda item: item.id)
    for one, two in pairwise(ordered):
        if one.id == two.id:
            raise GroupingError(f"two items have the id {one.id!r}")
    if not ordered:
        return []
    where = positions(ordered)
    parts = partition(ordered, where, progress)
    means = np.stack([where[part].mean(axis=0) for part in parts])
    sure = sureness([where[part] for part in parts], range(len(parts)), means)
    return [
        describe([ordered[row] for row in part], where[part], means[number], sure[number])
        for number, part in enumerate(parts)
    ]


def partition(items: Sequence[Item], where: Float, progress: Callable[[int, int], None] | None = None) -> list[Ints]:
    """Return the rows of each group, largest first, then by their first row; `where` holds the items' positions.

    The items have to be in the order of their ids, or what comes out depends on how they came.
    """
    parts: list[Ints] = []
    blocks = _blocks(items, where)
    for number, block in enumerate(blocks):
        parts.extend(block[part] for part in inside(where[block]))
        if progress:
            progress(number + 1, len(blocks))
    return sorted(across(parts, where), key=lambda part: (-len(part), int(part[0])))


def _blocks(items: Sequence[Item], where: Float) -> list[Ints]:
    first = np.array([(item.goals() or (0,))[0] for item in items])
    found: list[Ints] = []
    for goal in range(GOALS + 1):
        rows = np.flatnonzero(first == goal)
        if len(rows):
            found.extend(halved(rows, where))
    return found


def halved(rows: Ints, where: Float) -> list[Ints]:
    """Return the rows in blocks of MAX_BLOCK at most, what is alike together."""
    if len(rows) <= MAX_BLOCK:
        return [rows]
    if np.ptp(where[rows], axis=0).max() < _ALL_ALIKE:
        middle = len(rows) // 2
        return halved(rows[:middle], where) + halved(rows[middle:], where)
    side = _sides(where[rows])
    return halved(rows[~side], where) + halved(rows[side], where)


def _sides(where: Float) -> npt.NDArray[np.bool_]:
    """Return on which side each row lies: two means, begun with the halves along the direction of most variance."""
    _, directions = np.linalg.eigh(np.cov(where, rowvar=False))
    along = where @ directions[:, -1]
    upper = np.zeros(len(where), dtype=np.bool_)
    upper[np.argsort(along, kind="stable")[len(where) // 2 :]] = True
    middles = np.stack([where[~upper].mean(axis=0), where[upper].mean(axis=0)])
    found = np.asarray(kmeans2(where, middles, minit="matrix", iter=_ROUNDS)[1]) == 1
    few = min(found.sum(), len(found) - found.sum())
    return found if few >= _LEAST_SIDE * len(found) else upper


def inside(where: Float) -> list[Ints]:
    """Return the rows of each group of one block, by average linkage over a table of all distances."""
    if len(where) == 1:
        return [np.array([0])]
    apart = where @ where.T
    np.subtract(1.0, apart, out=apart)
    np.clip(apart, 0.0, 2.0, out=apart)
    np.fill_diagonal(apart, 0.0)
    tree = linkage(squareform(apart, checks=False), method="average")
    labels = fcluster(tree, 1.0 - SAME_TOPIC, criterion="distance")
    order = np.argsort(labels, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(labels[order])) + 1)


def across(parts: list[Ints], where: Float) -> list[Ints]:
    """Return the groups after average linkage went on over all: each other's nearest join, until none does.

    A group that is like no other never will be: a merged group is at most as like to it as its better half was.
    """
    means = np.stack([where[part].mean(axis=0) for part in parts])
    chains, _ = joined(means, np.array([len(part) for part in parts]))
    return [np.sort(np.concatenate([parts[one] for one in chain])) for chain in chains]


def joined(means: Float, sizes: Ints) -> tuple[list[list[int]], Float]:
    """Return which of the groups with these mean positions and sizes become one, and the mean positions of these.

    As lists of their numbers. What is given is used up.
    """
    chains = [[number] for number in range(len(means))]
    done: list[list[int]] = []
    done_means: list[Float] = []
    while len(chains) > 1:
        nearest, likeness = _nearest(means)
        mate = {
            one: int(two)
            for one, two in enumerate(nearest)
            if one < two and nearest[two] == one and likeness[one] >= SAME_TOPIC
        }
        if not mate:
            break
        for one, two in mate.items():
            weight = np.float32(sizes[one] / (sizes[one] + sizes[two]))
            means[one] = weight * means[one] + (1 - weight) * means[two]
            sizes[one] += sizes[two]
            chains[one] = chains[one] + chains[two]
        is_left = np.ones(len(chains), dtype=bool)
        is_left[list(mate.values())] = False
        goes_on = is_left & (likeness >= SAME_TOPIC)
        ended = np.flatnonzero(is_left & ~goes_on)
        done.extend(chains[row] for row in ended)
        done_means.append(means[ended])
        kept = np.flatnonzero(goes_on)
        chains, means, sizes = [chains[row] for row in kept], means[kept], sizes[kept]
    return done + chains, np.vstack([*done_means, means])


def _nearest(means: Float, step: int = 256) -> tuple[Ints, Float]:
    nearest = np.empty(len(means), dtype=np.int64)
    likeness = np.empty(len(means), dtype=np.float32)
    for start in range(0, len(means), step):
        block = means[start : start + step] @ means.T
        rows = np.arange(len(block))
        block[rows, start + rows] = -np.inf
        nearest[start : start + step] = block.argmax(axis=1)
        likeness[start : start + step] = block.max(axis=1)
    return nearest, likeness


def describe(members: Sequence[Item], rows: Float, middle: Float, sure: float) -> Group:
    """Return the group of these members, whose positions are the rows and whose mean position is the middle."""
    mean = unit(np.stack([member.vector for member in members])).mean(axis=0)
    near = rows @ middle
    goals = _goals_of(members)
    return Group(
        members=tuple(member.id for member in members),
        representative=members[int(np.argmax(np.round(near, 5)))].id,
        sureness=sure,
        goals=goals,
        between_goals=len(goals) > 1,
        between=tuple(member.id for member in members if member.is_between()),
        centre=quantise(mean[None, :])[0],
        tightness=round(min(1.0, float(np.linalg.norm(mean))), 4),
        profile=tuple(round(min(1.0, float(x)), 4) for x in np.mean([m.profile() for m in members], axis=0)),
    )


def _goals_of(members: Sequence[Item]) -> tuple[int, ...]:
    votes = np.zeros(GOALS)
    for member in members:
        for goal in member.goals():
            votes[goal - 1] += 1
    order = np.argsort(-votes, kind="stable")
    return tuple(int(goal) + 1 for goal in order if votes[goal] >= max(1.0, _SHARE_OF_MEMBERS * len(members)))


def sureness(rows: Sequence[Float], numbers: Sequence[int], means: Float) -> list[float]:
    """Return for each group the mean over its members of how much nearer they are to each other than to another group.

    `rows` holds the positions of each group's members, `numbers` which of the means is its own; `means` are those of
    all groups, or at least of all that are near. It is the simplified silhouette (distances to group means), brought
    from -1..1 to 0..1; of a large group some members at equal steps are asked.
    """
    asked = [each[:: -(-len(each) // _JUDGED)] for each in rows]
    found: list[float] = []
    for start, end in _batches([len(each) for each in asked]):
        near = np.vstack(asked[start:end]) @ means.T
        at = 0
        for group_rows, sample, number in zip(rows[start:end], asked[start:end], numbers[start:end], strict=True):
            found.append(_silhouette(near[at : at + len(sample)], len(group_rows), number))
            at += len(sample)
    return found


def _batches(lengths: Sequence[int]) -> Iterator[tuple[int, int]]:
    start = total = 0
    for end, length in enumerate(lengths):
        if total and total + length > _JUDGED:
            yield start, end
            start, total = end, 0
        total += length
    if total:
        yield start, len(lengths)


def _silhouette(near: Float, count: int, number: int) -> float:
    own = (near[:, number] * count - 1.0) / (count - 1) if count > 1 else np.full(len(near), SAME_TOPIC)
    near[:, number] = -np.inf
    other = near.max(axis=1) if near.shape[1] > 1 else np.zeros(len(near))
    own_gap, other_gap = np.maximum(1.0 - own, 1e-6), np.maximum(1.0 - other, 1e-6)
    silhouette = (other_gap - own_gap) / np.maximum(own_gap, other_gap)
    return round(float((np.clip(silhouette, -1.0, 1.0).mean() + 1.0) / 2.0), 4)


def place(item: Item, groups: Sequence[Group]) -> Placement:
    """Return the group whose members are on average most like the item, if they are like enough.

    Nothing else moves: the groups given stay as they are.
    """
    if not groups:
        return Placement(None, 0.0)
    texts = unit(np.stack([g.centre for g in groups])) @ unit(item.vector)
    texts *= np.array([g.tightness for g in groups], dtype=np.float32)
    goals = np.array([g.profile for g in groups], dtype=np.float32) @ item.profile()
    likeness = VECTOR_SHARE * texts + (1 - VECTOR_SHARE) * goals
    best = int(np.argmax(likeness))
    found = round(float(likeness[best]), 4)
    return Placement(best if found >= SAME_TOPIC else None, found)
