"""Proposals in lists: one page of those that pass a filter, and how many pass it.

A page costs what the page holds. Counting goes once over what is stored, inside the store, so counts are worth keeping
from one change to the next.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, cast

from node.storage.database import Connection, Row, Value
from protocol.events.consultation import Track

_CARRIER: Final = "CASE WHEN p.sponsor <> '' THEN p.sponsor ELSE p.member END"
_STAGE: Final = "CASE WHEN p.due <= $1 AND p.due_stage <> '' THEN p.due_stage ELSE p.stage END"
"""The stage at the time $1."""
_ITEM: Final = (
    f"SELECT p.id, {_CARRIER}, p.track, p.text, p.goals, p.endorsements, {_STAGE}, p.minutes, p.ready_amendments,"
    " e.time, t.lang, t.data IS NOT NULL FROM proposals p JOIN events e ON e.id = p.id"
    " LEFT JOIN texts t ON t.hash = p.text WHERE "
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which proposals a list holds. None asks for nothing in particular."""

    track: Track | None = None
    member: str | None = None
    """Who carries it."""
    before: str | None = None
    """Only what came before this proposal."""
    among: Sequence[str] | None = None
    """Only these."""


@dataclass(frozen=True, slots=True)
class Item:
    """A proposal as lists show it, but for the words of its text. Goals are bits: goal 1 is the lowest."""

    id: str
    carrier: str
    track: Track
    text: str
    goals: int
    endorsements: int
    stage: str
    minutes: int
    ready_amendments: int
    time: int
    lang: str
    """Of its text; nothing while no event of it is known."""
    is_held: bool

    @property
    def goal_numbers(self) -> tuple[int, ...]:
        """Its goals, ascending."""
        return tuple(goal for goal in range(1, 18) if self.goals & 1 << (goal - 1))


@dataclass(frozen=True, slots=True)
class Counts:
    """How many proposals pass a filter: by their goals (as bits) and stages; and when time alone changes that."""

    by_kind: tuple[tuple[int, str, int], ...]
    due: int | None

    @property
    def by_stage(self) -> dict[str, int]:
        """How many there are in each stage."""
        found: Counter[str] = Counter()
        for _, stage, count in self.by_kind:
            found[stage] += count
        return dict(found)

    def under(self, stage: str | None, goal: int | None) -> int:
        """Return how many are in a stage (any, if None) and under a goal; goal 0 stands for none at all."""
        return sum(
            count for goals, at, count in self.by_kind if stage in (None, at) and (goal is None or _has(goals, goal))
        )


def count(connection: Connection, wanted: Wanted, now: int) -> Counts:
    """Return how many proposals pass a filter at a time."""
    where, values = _where(wanted)
    rows = connection.rows(
        f"SELECT p.goals, {_STAGE}, count(*), min(CASE WHEN p.due > $1 THEN p.due END)"
        f" FROM proposals p WHERE {where} GROUP BY 1, 2",
        *(now, *values),
    )
    kinds = [cast("tuple[int, str, int, int | None]", row) for row in rows]
    dues = [due for *_, due in kinds if due is not None]
    return Counts(tuple((goals, stage, number) for goals, stage, number, _ in kinds), min(dues, default=None))


def page(
    connection: Connection, wanted: Wanted, now: int, stage: str | None, goal: int | None, limit: int, offset: int
) -> list[Item]:
    """Return a part of the proposals that pass a filter, in a stage and under a goal, the newest first."""
    where, values = _where(wanted)
    if stage is not None:
        values.append(stage)
        where += f" AND {_STAGE} = ${len(values) + 1}"
    if goal is not None:
        where += " AND p.goals = 0" if goal == 0 else f" AND p.goals & {1 << (goal - 1)}"
    rows = connection.rows(
        f"{_ITEM}{where} ORDER BY p.position DESC LIMIT ${len(values) + 2} OFFSET ${len(values) + 3}",
        *(now, *values, limit, offset),
    )
    return [_item(row) for row in rows]


def among(connection: Connection, proposals: Sequence[str], now: int) -> dict[str, Item]:
    """Return those of the proposals that are here, counted or not, by id."""
    rows = connection.rows(f"{_ITEM}p.id IN (SELECT value FROM json_each($2))", now, json.dumps(list(proposals)))
    return {item.id: item for item in map(_item, rows)}


def _where(wanted: Wanted) -> tuple[str, list[Value]]:
    """Return the condition of a filter and its values, which begin with $2."""
    parts, values = ["p.is_counted = 1"], cast("list[Value]", [])

    def also(condition: str, value: Value) -> None:
        values.append(value)
        parts.append(condition.replace("$", f"${len(values) + 1}"))

    if wanted.track is not None:
        also("p.track = $", wanted.track)
    if wanted.before is not None:
        also("p.position < (SELECT position FROM proposals WHERE id = $)", wanted.before)
    if wanted.member is not None:
        also(f"{_CARRIER} = $", wanted.member)
    if wanted.among is not None:
        also("p.id IN (SELECT value FROM json_each($))", json.dumps(list(wanted.among)))
    return " AND ".join(parts), values


def _has(goals: int, goal: int) -> bool:
    return goals == 0 if goal == 0 else bool(goals & 1 << (goal - 1))


def _item(row: Row) -> Item:
    told = cast("tuple[str, str, Track, str, int, int, str, int, int, int]", row[:-2])
    return Item(*told, lang=str(row[-2] or ""), is_held=bool(row[-1]))
