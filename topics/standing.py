"""Groups that stand while items come, change and go.

Items have a place in time: the time that they state, then their id. Of n items the first reach(n) are the base: they
are grouped all together, and those groups stay. Every later item is placed: with the group of the base that it is most
like, if it is like enough; else, in the order of time, with the groups of such newcomers or in one of its own. Which
groups come out is thus settled by the set of items, in whatever order they come, and an item that is the latest moves
no other. When reach(n) grows, at most a ninth of the items (or seven) having been placed, all are grouped anew; so
they are when an item turns up late, from before the end of the base.

An item that goes leaves its group; one that changes is placed anew. Neither moves another, so from then on until the
next full grouping the groups may differ from those of a node that never saw it. Enough of such changes bring one about.

A group's name stays with it. After a full grouping, names go to the groups that have most members in common with those
that had them; a group without one gets the first name that was never used.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from topics.cluster import GOALS, SAME_TOPIC, Float, Item, partition, positions
from topics.embed import DIMENSIONS
from topics.naming import inherited, name_of, number_of

Key = tuple[int, str]
_STEP_ITEMS = 8
_STEP_SHARE = 8
_WIDTH = DIMENSIONS + GOALS
_NEVER: Key = (-1, "")


def reach(count: int) -> int:
    """Return how many of so many items are the base: a number that grows by an eighth, at least by eight, at a time."""
    base = 0
    while (following := base + _step(base)) <= count:
        base = following
    return base


def _step(base: int) -> int:
    return max(_STEP_ITEMS, base // _STEP_SHARE)


@dataclass(frozen=True)
class Change:
    """What an arrangement did: the names of groups whose members changed, and of those that are no more."""

    is_full: bool
    changed: frozenset[str]
    gone: frozenset[str]


@dataclass
class _Group:
    """A group's items; those among them that say what it is about, and the sum of their positions."""

    members: set[str] = field(default_factory=set)
    telling: set[str] = field(default_factory=set)
    total: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(_WIDTH))

    def mean(self) -> Float:
        return np.asarray(self.total / max(1, len(self.telling)), dtype=np.float32)

    def join(self, item: str, row: Float) -> None:
        self.members.add(item)
        self.telling.add(item)
        self.total = self.total + row


class Standing:
    """Items by id and the groups that they stand in: those of the base, and those of newcomers that fit none."""

    def __init__(self) -> None:
        self._items: dict[str, Item] = {}
        self._keys: dict[str, Key] = {}
        self._fresh: set[str] = set()
        """Items that have no group yet."""
        self._new: set[str] = set()
        """Those of them that were not here before in another form."""
        self._base: dict[str, _Group] = {}
        self._base_means: Float = np.zeros((0, _WIDTH), dtype=np.float32)
        self._others: dict[str, _Group] = {}
        self._name: dict[str, str] = {}
        self._touched: set[str] = set()
        self._before: dict[str, Sequence[str]] = {}
        self._next = 0
        self._reach = 0
        self._end = _NEVER
        self._drift = 0

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, item: str) -> bool:
        return item in self._items

    def put(self, item: Item, time: int) -> None:
        """Take an item in, or what it has changed to; it has no group until arrange."""
        if item.id not in self._items:
            self._new.add(item.id)
        self._leave(item.id)
        self._items[item.id] = item
        self._keys[item.id] = (time, item.id)
        self._fresh.add(item.id)

    def drop(self, item: str) -> None:
        """Let an item go, if it is here: it leaves its group at once and says no more what that is about."""
        if item in self._items:
            self._leave(item)
            del self._items[item], self._keys[item]
            self._fresh.discard(item)
            self._new.discard(item)

    def seed(self, groups: Mapping[str, Sequence[str]]) -> None:
        """Take names and members of groups that stood before: the next arrangement is full and goes on with them.

        Raises ValueError for a name that is none.
        """
        self._next = max([self._next, *(number_of(name) + 1 for name in groups)])
        self._before = dict(groups)

    def names(self) -> list[str]:
        """Return the names of all groups."""
        return [*self._base, *self._others]

    def members(self, name: str) -> list[Item]:
        """Return a group's items in the order of their ids."""
        return [self._items[member] for member in sorted(self._group(name).members)]

    def rows(self, name: str) -> Float:
        """Return the positions of a group's items in the order of their ids."""
        return positions(self.members(name))

    def means(self) -> Float:
        """Return the mean position of each group in the order of names()."""
        return np.vstack([self._base_means, *(group.mean() for group in self._others.values())])

    def arrange(self) -> Change:
        """Give every item that came a group; group all anew if that is due."""
        before = set(self.names())
        is_full = self._is_due()
        if is_full:
            self._arrange_all()
        else:
            self._place(self._fresh)
        self._sweep()
        changed, self._touched, self._fresh, self._new = self._touched, set(), set(), set()
        now = set(self.names())
        return Change(is_full, frozenset(now if is_full else changed & now), frozenset(before - now))

    def _group(self, name: str) -> _Group:
        return self._base.get(name) or self._others[name]

    def _is_due(self) -> bool:
        is_late = any(self._keys[item] < self._end for item in self._new)
        is_worn = self._drift >= _step(self._reach)
        return bool(self._before) or reach(len(self._items)) > self._reach or is_late or is_worn

    def _leave(self, item: str) -> None:
        name = self._name.pop(item, None)
        if name is None:
            return
        group = self._group(name)
        group.members.discard(item)
        if item in group.telling:
            group.telling = group.telling - {item} or set(group.members)
            group.total = self._sum(group.telling)
        if name in self._base:
            self._base_means[list(self._base).index(name)] = group.mean()
        self._touched.add(name)
        self._drift += 1

    def _sum(self, items: Iterable[str]) -> npt.NDArray[np.float64]:
        ordered = [self._items[item] for item in sorted(items, key=self._keys.__getitem__)]
        return np.sum(positions(ordered), axis=0, dtype=np.float64) if ordered else np.zeros(_WIDTH)

    def _row(self, item: str) -> Float:
        return np.asarray(positions([self._items[item]])[0])

    def _sweep(self) -> None:
        kept = [row for row, group in enumerate(self._base.values()) if group.members]
        if len(kept) < len(self._base):
            self._base_means = self._base_means[kept]
            self._base = {name: group for name, group in self._base.items() if group.members}
        self._others = {name: group for name, group in self._others.items() if group.members}

    def _arrange_all(self) -> None:
        before = {name: tuple(self._group(name).members) for name in self.names()} | self._before
        ordered = sorted(self._items, key=self._keys.__getitem__)
        self._reach = reach(len(ordered))
        self._end = self._keys[ordered[self._reach - 1]] if self._reach else _NEVER
        self._drift, self._before = 0, {}
        base = [self._made(part) for part in self._parts(sorted(ordered[: self._reach]))]
        means = np.stack([group.mean() for group in base]) if base else self._base_means[:0]
        late = [item for item in ordered[self._reach :] if self._joins(item, base, means) is None]
        groups = base + self._in_turn(late, [])
        names = self._named(groups, before)
        self._base, self._base_means = dict(zip(names[: len(base)], base, strict=True)), means
        self._others = dict(zip(names[len(base) :], groups[len(base) :], strict=True))

    def _parts(self, items: Sequence[str]) -> list[list[str]]:
        if not items:
            return []
        own = [self._items[item] for item in items]
        return [[items[row] for row in part] for part in partition(own, positions(own))]

    def _made(self, items: Sequence[str]) -> _Group:
        return _Group(set(items), set(items), self._sum(items))

    def _joins(self, item: str, base: Sequence[_Group], means: Float) -> int | None:
        """Return which group of the base takes the item, or None if it is like none."""
        best = _most_like(self._row(item), means)
        if best is not None:
            base[best].members.add(item)
        return best

    def _in_turn(self, items: Iterable[str], groups: list[_Group]) -> list[_Group]:
        """Return the groups after each item in turn joined the one that it is most like, or founded one."""
        for item in items:
            means = np.stack([group.mean() for group in groups]) if groups else self._base_means[:0]
            best = _most_like(self._row(item), means)
            if best is None:
                groups.append(_Group())
            groups[-1 if best is None else best].join(item, self._row(item))
        return groups

    def _place(self, items: Iterable[str]) -> None:
        names, base = list(self._base), list(self._base.values())
        late: list[str] = []
        for item in sorted(items, key=self._keys.__getitem__):
            taken = self._joins(item, base, self._base_means)
            if taken is None:
                late.append(item)
            else:
                self._name[item] = names[taken]
                self._touched.add(names[taken])
        if late:
            self._place_late(late)

    def _place_late(self, late: Sequence[str]) -> None:
        before = {name: frozenset(group.members) for name, group in self._others.items()}
        standing = {item for members in before.values() for item in members}
        if all(self._keys[item] < self._keys[late[0]] for item in standing):
            groups = self._in_turn(late, list(self._others.values()))
        else:
            groups = self._in_turn(sorted({*standing, *late}, key=self._keys.__getitem__), [])
        self._others = dict(zip(self._named(groups, before), groups, strict=True))
        now = {name: group.members for name, group in self._others.items()}
        self._touched |= {name for name in before.keys() | now.keys() if before.get(name) != now.get(name)}

    def _named(self, groups: Sequence[_Group], before: Mapping[str, Sequence[str] | frozenset[str]]) -> list[str]:
        names: list[str] = []
        ranked = inherited(before, [group.members for group in groups])
        for found, group in zip(ranked, groups, strict=True):
            names.append(found or name_of(self._next))
            self._next += found is None
            self._name |= dict.fromkeys(group.members, names[-1])
        return names


def _most_like(row: Float, means: Float) -> int | None:
    if not len(means):
        return None
    likeness = np.round(means @ row, 4)
    best = int(np.argmax(likeness))
    return best if likeness[best] >= SAME_TOPIC else None
