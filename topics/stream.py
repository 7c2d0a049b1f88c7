"""More items than memory holds, grouped: written to disk, cut into blocks of what is alike, grouped block by block.

The blocks come from k-means fed piece by piece (MiniBatchKMeans.partial_fit) in the order of the ids' hashes, so that
the order in which the items came makes no difference. Groups then go on to join over all blocks, as those of fewer
items do. Items that are the same count once while groups are sought, and go where the first of them goes.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import ceil

import numpy as np

from topics.cluster import Float, Group, Ints, describe, halved, inside, joined, positions, sureness
from topics.label import MAX_LABEL_TEXTS, Names, Spread, label, without_names
from topics.spill import Spill
from topics.text import base_language

Told = Callable[[str, int, int], None]
"""Is told what is being done, how much of it is, and how much there is."""

_PIECE = 8_192
_BLOCK = 1_000
_NEAR_BLOCKS = 12
_JUDGED = 64
_DESCRIBED = 2_000
"""Members at equal steps that a description of a larger group rests on."""


@dataclass(frozen=True)
class Found:
    """Groups as numbers of items in the order of their ids, largest group first, with mean positions and sureness."""

    groups: list[Ints]
    means: Float
    sureness: list[float]


def find_groups(spill: Spill, told: Told) -> Found:
    """Return the groups of all items of a sealed spill."""
    firsts, like = spill.twins()
    block_of, centres = _blocks(spill, firsts, told)
    parts: list[Ints] = []
    homes: list[int] = []
    pieces: list[Float] = []
    for block in range(len(centres)):
        own = list(_within(spill, firsts[block_of == block]))
        parts.extend(part for part, _ in own)
        homes.extend([block] * len(own))
        if own:
            pieces.append(np.stack([mean for _, mean in own]))
        told("blocks grouped", block + 1, len(centres))
    means = np.vstack(pieces)
    pieces.clear()
    chains, means = joined(means, np.array([len(part) for part in parts]))
    told("groups joined", 1, 1)
    members = _members(firsts, like)
    whole = [_ordered(spill, [members[int(n)] for at in chain for n in parts[at]]) for chain in chains]
    sure = _sureness(spill, whole, means, np.array([homes[chain[0]] for chain in chains]), centres, told)
    order = sorted(range(len(chains)), key=lambda at: (-len(whole[at]), spill.ids[whole[at][0]]))
    return Found([whole[at] for at in order], means[order], [sure[at] for at in order])


def _ordered(spill: Spill, pieces: list[Ints]) -> Ints:
    numbers = np.concatenate(pieces).tolist()
    return np.array(sorted(numbers, key=lambda number: spill.ids[number]), dtype=np.int64)


def _blocks(spill: Spill, firsts: Ints, told: Told) -> tuple[Ints, Float]:
    from sklearn.cluster import MiniBatchKMeans  # noqa: PLC0415 (100 MB that a node's worker never needs)

    count = max(1, ceil(len(firsts) / _BLOCK))
    pieces = [firsts[start : start + _PIECE] for start in range(0, len(firsts), _PIECE)]
    model = MiniBatchKMeans(n_clusters=count, n_init=1, random_state=0, reassignment_ratio=0.0)
    for done, piece in enumerate(pieces, start=1):
        if len(piece) >= count:
            model.partial_fit(spill.positions(piece))
        told("blocks learned", done, len(pieces))
    found = np.concatenate([model.predict(spill.positions(piece)) for piece in pieces])
    return found.astype(np.int64), np.asarray(model.cluster_centers_, dtype=np.float32)


def _within(spill: Spill, rows: Ints) -> Iterator[tuple[Ints, Float]]:
    """Yield the groups of one block with their mean positions."""
    if not len(rows):
        return
    where = spill.positions(rows)
    for block in halved(np.arange(len(rows)), where):
        for part in inside(where[block]):
            yield rows[block[part]], where[block[part]].mean(axis=0)


def _members(firsts: Ints, like: Ints) -> dict[int, Ints]:
    """Return for the number of each item that is the first of its like the numbers of all of these."""
    order = np.argsort(like, kind="stable")
    bounds = np.searchsorted(like[order], np.arange(len(firsts) + 1))
    return {int(first): order[bounds[at] : bounds[at + 1]] for at, first in enumerate(firsts)}


def _sureness(
    spill: Spill, groups: list[Ints], means: Float, homes: Ints, centres: Float, told: Told
) -> dict[int, float]:
    """Return how sure each group is against the groups of its own block and of those that are nearest to it."""
    nearest = np.argsort(-(centres @ centres.T), axis=1, kind="stable")[:, :_NEAR_BLOCKS]
    found: dict[int, float] = {}
    for block in range(len(centres)):
        near = np.flatnonzero(np.isin(homes, [block, *nearest[block]]))
        others = means[near]
        own: list[int] = np.flatnonzero(homes[near] == block).tolist()
        here = [groups[int(near[at])] for at in own]
        rows = [spill.positions(group[:: ceil(len(group) / _JUDGED)]) for group in here]
        found |= dict(zip(near[own].tolist(), sureness(rows, own, others), strict=True))
        told("groups judged", block + 1, len(centres))
    return found


def described(
    spill: Spill, found: Found, spread: Spread, names: Names = without_names
) -> Iterator[tuple[Group, dict[str, str]]]:
    """Yield each group with its label, largest first."""
    for numbers, middle, sure in zip(found.groups, found.means, found.sureness, strict=True):
        sample = numbers[:: ceil(len(numbers) / _DESCRIBED)]
        members = spill.items(sample)
        rows = positions(members)
        one = describe(members, rows, middle, sure)
        order = np.argsort(-np.round(rows @ middle, 4), kind="stable")
        words = label(_texts(spill, sample[order]), one.goals, spread, one.centre, names)
        yield _whole(spill, one, numbers), words


def _whole(spill: Spill, one: Group, numbers: Ints) -> Group:
    if len(one.members) == len(numbers):
        return one
    between = (
        item.id
        for start in range(0, len(numbers), _PIECE)
        for item in spill.items(numbers[start : start + _PIECE])
        if item.is_between()
    )
    return replace(one, members=tuple(spill.ids[number] for number in numbers), between=tuple(between))


def _texts(spill: Spill, numbers: Ints) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for number in numbers.tolist():
        own = found[base_language(spill.lang(number))]
        if len(own) < MAX_LABEL_TEXTS:
            own.append(spill.text(number))
    return found
