"""What automatic groups are made of, the texts in force, and which group each proposal was in when last looked at."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import cast

from node.storage.database import Connection

_MILLIONTHS = 1_000_000


@dataclass(frozen=True, slots=True)
class Current:
    """A proposal's text in force, as far as it tells whether something has changed. Goals are bits, 1 the lowest."""

    text: str
    lang: str
    goals: int


@dataclass(frozen=True, slots=True)
class Spot:
    """The group of a proposal, and where that group lies: from 0 to 1 across and down."""

    name: str
    across: float
    down: float


def current(connection: Connection, limit: int) -> dict[str, Current]:
    """Return the proposals that count and whose text in force is held here, by id; the first that came if too many."""
    rows = connection.rows(
        "SELECT p.id, p.text, t.lang, p.goals FROM proposals p JOIN texts t ON t.hash = p.text"
        " WHERE p.is_counted = 1 AND t.data IS NOT NULL ORDER BY p.position LIMIT $1",
        limit,
    )
    return {str(row[0]): Current(str(row[1]), str(row[2]), cast("int", row[3])) for row in rows}


def spots(connection: Connection) -> dict[str, Spot]:
    """Return where each proposal was when that was last kept."""
    rows = connection.rows("SELECT proposal, name, across, down FROM grouped")
    return {
        str(row[0]): Spot(str(row[1]), cast("int", row[2]) / _MILLIONTHS, cast("int", row[3]) / _MILLIONTHS)
        for row in rows
    }


def keep_spots(connection: Connection, changed: Mapping[str, Spot], gone: Iterable[str]) -> None:
    """Keep where proposals are now, and forget those that are in no group any more."""
    connection.execute_many("DELETE FROM grouped WHERE proposal = $1", ((proposal,) for proposal in sorted(gone)))
    connection.execute_many(
        "INSERT INTO grouped (proposal, name, across, down) VALUES ($1, $2, $3, $4) ON CONFLICT (proposal)"
        " DO UPDATE SET name = excluded.name, across = excluded.across, down = excluded.down",
        (
            (proposal, spot.name, round(spot.across * _MILLIONTHS), round(spot.down * _MILLIONTHS))
            for proposal, spot in sorted(changed.items())
        ),
    )
