"""Who has voted in a round so far: by constituency, over time, and who is awaited. Pure values for the desk."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from web.constituencies import shown
from web.present import People

_MOMENTS: Final = 6
"""So many points in time stand in the table."""
_HEIGHT: Final = 34


@dataclass(frozen=True, slots=True)
class TurnoutRow:
    """One constituency, or all members together."""

    name: str
    """Of the constituency; empty for all."""
    voted: int
    total: int
    at: tuple[int, ...]
    """How many had voted at each moment of the table."""
    line: str
    """The path of its steps, in the units of turnout_drawing()."""


@dataclass(frozen=True, slots=True)
class Turnout:
    """Turnout over time."""

    moments: tuple[int, ...]
    rows: tuple[TurnoutRow, ...]
    """Constituencies in their order, then all members."""


def turnout(
    people: People, first_ballots: Sequence[tuple[str, int]], opens: int, until: int, width: int, *, is_rtl: bool
) -> Turnout:
    """Return who had voted when, from a round's opening until now or its close; drawn width pixels wide."""
    until = max(until, opens + 1)
    moments = tuple(opens + (until - opens) * at // _MOMENTS for at in range(1, _MOMENTS + 1))
    seats = people.by_constituency(people.ids)
    names = shown(seats)
    rows = [
        _row(name, [at for member, at in first_ballots if name in people.constituencies(member)], seats[name][1])
        for name in names
    ]
    rows.append(_row("", [at for _, at in first_ballots], len(people)))
    return Turnout(
        moments,
        tuple(
            TurnoutRow(
                name=name,
                voted=len(times),
                total=total,
                at=tuple(sum(time <= moment for time in times) for moment in moments),
                line=_steps(times, total, opens, until, width, is_rtl=is_rtl),
            )
            for name, times, total in rows
        ),
    )


def _row(name: str, times: list[int], total: int) -> tuple[str, list[int], int]:
    return name, sorted(times), total


def _steps(times: Sequence[int], total: int, opens: int, until: int, width: int, *, is_rtl: bool) -> str:
    """Return the path of a line that rises by a step with each ballot; time runs in the reader's direction."""

    def x(time: int) -> float:
        part = min(1.0, max(0.0, (time - opens) / (until - opens)))
        return round(width * (1 - part if is_rtl else part), 1)

    def y(count: int) -> float:
        return round(_HEIGHT - 1 - (_HEIGHT - 2) * count / max(1, total), 1)

    path = [f"M{x(opens)} {y(0)}"]
    for count, time in enumerate(times, 1):
        path += [f"H{x(time)}", f"V{y(count)}"]
    return " ".join([*path, f"H{x(until)}"])


@dataclass(frozen=True, slots=True)
class Absent:
    """A member that hasn't voted, and when its node was last heard of; None for never."""

    member: str
    heard: int | None


def absentees(people: People, voted: Iterable[str], heard: Mapping[str, int]) -> list[Absent]:
    """Return who hasn't voted, those heard of longest ago first."""
    done = set(voted)
    found = [Absent(member, heard.get(member)) for member in people.ids if member not in done]
    return sorted(found, key=lambda each: (each.heard or 0, each.member))
