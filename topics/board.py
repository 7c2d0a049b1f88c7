"""What a node shows of its proposals: the standing groups with labels and a map, kept up while proposals come and go.

Only what changed is told and only that is worked out again: labels, representative and sureness of a group when its
members change, the neighbours of a group when one of them does.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from topics.cluster import Float, Item, describe, sureness
from topics.label import MAX_LABEL_TEXTS, Names, Spread, label, label_text, without_names
from topics.layout import Map, Place, restored
from topics.standing import Standing
from topics.text import base_language

Told = dict[str, Any]
_AT_A_TIME = 512
_FEW_ITEMS = 128
"""Among so few, one more may change what is telling about all others: every group is told anew."""


@dataclass(frozen=True)
class Stood:
    """A group that stood before: its members and where it lay."""

    members: Sequence[str]
    place: Place


class Board:
    """Items with their texts, in groups."""

    def __init__(self, names: Names = without_names) -> None:
        self._names = names
        self._standing = Standing()
        self._texts: dict[str, tuple[str, str]] = {}
        self._spread = Spread()
        self._map = Map()

    def __len__(self) -> int:
        return len(self._standing)

    def __contains__(self, name: str) -> bool:
        return name in self._standing

    def put(self, item: Item, time: int, lang: str, text: str) -> None:
        """Take an item in, or what it has changed to."""
        self._forget_text(item.id)
        self._standing.put(item, time)
        self._texts[item.id] = lang, label_text(text)
        self._spread.add(*self._texts[item.id])

    def drop(self, name: str) -> None:
        """Let an item go, if it is here."""
        self._forget_text(name)
        self._standing.drop(name)

    def seed(self, groups: Mapping[str, Stood]) -> None:
        """Take groups that stood before this board was made: names and places go on. Raises ValueError."""
        self._standing.seed({name: stood.members for name, stood in groups.items()})
        self._map = restored({name: stood.place for name, stood in groups.items()})

    def arrange(self) -> Told:
        """Bring the groups up to date; return what changed.

        {"is_full": whether all were grouped anew, "groups": those with other members than before (all while there are
        few items), "gone": names of those that are no more, "neighbours": {name: names} where these changed}.
        """
        change = self._standing.arrange()
        names = self._standing.names()
        if not names:
            self._map = Map()
            return {"is_full": change.is_full, "groups": [], "gone": sorted(change.gone), "neighbours": {}}
        means = self._standing.means()
        met = self._map.update(names, means, change.changed)
        wanted = set(names) if len(self._standing) <= _FEW_ITEMS else change.changed
        told = [(row, name) for row, name in enumerate(names) if name in wanted]
        return {
            "is_full": change.is_full,
            "groups": [
                group
                for start in range(0, len(told), _AT_A_TIME)
                for group in self._some(told[start:][:_AT_A_TIME], means)
            ],
            "gone": sorted(change.gone),
            "neighbours": {name: list(self._map.neighbours[name]) for name in sorted(met)},
        }

    def _some(self, told: Sequence[tuple[int, str]], means: Float) -> Iterator[Told]:
        rows = [self._standing.rows(name) for _, name in told]
        sure = sureness(rows, [row for row, _ in told], means)
        for (row, name), own, sure_of_it in zip(told, rows, sure, strict=True):
            yield self._told(name, own, means[row], sure_of_it)

    def _told(self, name: str, rows: Float, middle: Float, sure: float) -> Told:
        members = self._standing.members(name)
        group = describe(members, rows, middle, sure)
        near = np.round(rows @ middle, 4)
        order = sorted(range(len(members)), key=lambda at: (-near[at], members[at].id))
        languages = {base_language(self._texts[member.id][0]) for member in members}
        texts = self._nearest_texts([members[at].id for at in order])
        return {
            "name": name,
            "label": label(texts, group.goals, self._spread, group.centre, self._names),
            "members": list(group.members),
            "representative": group.representative,
            "sureness": group.sureness,
            "goals": list(group.goals),
            "between_goals": group.between_goals,
            "between": list(group.between),
            "languages": len(languages),
            "place": list(self._map.places[name]),
        }

    def _nearest_texts(self, members: Sequence[str]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for member in members:
            lang, text = self._texts[member]
            own = found.setdefault(base_language(lang), [])
            if len(own) < MAX_LABEL_TEXTS:
                own.append(text)
        return found

    def _forget_text(self, name: str) -> None:
        if name in self._texts:
            self._spread.remove(*self._texts.pop(name))
