"""What waits for members about each proposal: a cache beside the events, so that nobody folds all proposals to know.

A proposal's rows are written anew whenever it is folded. Time alone may end what they say; readers look at the times.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from node.storage.database import Connection

WaitKind = Literal["call", "notice", "amendment", "objection", "reconfirm", "reply"]
EVERYBODY = ""


@dataclass(frozen=True, slots=True)
class Wait:
    """One thing that waits for a member, or for everybody."""

    proposal: str
    kind: WaitKind
    subject: str
    """The amendment or objection, the number of a call, or for `reconfirm` the proposal to look at."""
    member: str
    """For whom it waits; nothing for everybody."""
    other: str
    """Whose amendment, objection or answer it is."""
    since: int
    until: int | None


_SELECT = "SELECT proposal, kind, subject, member, other, since, until FROM waits"


def keep(connection: Connection, proposal: str, found: Iterable[Wait]) -> None:
    """Put what waits about a proposal in the place of what waited."""
    connection.execute("DELETE FROM waits WHERE proposal = $1", proposal)
    connection.execute_many(
        "INSERT INTO waits (proposal, kind, subject, member, other, since, until) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        ((w.proposal, w.kind, w.subject, w.member, w.other, w.since, w.until) for w in found),
    )


def clear(connection: Connection) -> None:
    """Forget everything; folding all proposals brings it back."""
    connection.execute("DELETE FROM waits")


def of_member(connection: Connection, member: str, since: int) -> list[Wait]:
    """Return what waits for a member; of replies those that came after a time."""
    rows = connection.rows(
        _SELECT + " WHERE member = $1 AND (kind <> 'reply' OR since > $2) ORDER BY since, proposal, kind, subject",
        member,
        since,
    )
    return [Wait(*cast("tuple[str, WaitKind, str, str, str, int, int | None]", row)) for row in rows]


def ending(connection: Connection, kinds: Sequence[WaitKind], start: int, end: int, limit: int) -> list[Wait]:
    """Return what ends between two times, whoever it waits for, the earliest first."""
    marks = ", ".join(f"${n}" for n in range(4, len(kinds) + 4))
    rows = connection.rows(
        f"{_SELECT} WHERE until > $1 AND until <= $2 AND kind IN ({marks}) ORDER BY until, proposal, subject LIMIT $3",
        start,
        end,
        limit,
        *kinds,
    )
    return [Wait(*cast("tuple[str, WaitKind, str, str, str, int, int | None]", row)) for row in rows]


def of_sponsor(connection: Connection, sponsor: str, stages: Sequence[str], limit: int) -> list[str]:
    """Return the counted proposals that a member carries and that were in one of these stages when last folded."""
    marks = ", ".join(f"${n}" for n in range(3, len(stages) + 3))
    sql = f"SELECT id FROM proposals WHERE sponsor = $1 AND stage IN ({marks}) AND is_counted = 1 LIMIT $2"
    return [str(row[0]) for row in connection.rows(sql, sponsor, limit, *stages)]


def due_after(connection: Connection, start: int, limit: int) -> list[str]:
    """Return the counted proposals with which something happens by itself after a time, the earliest first."""
    sql = "SELECT id FROM proposals WHERE due > $1 AND is_counted = 1 ORDER BY due LIMIT $2"
    return [str(row[0]) for row in connection.rows(sql, start, limit)]


def fields_of(connection: Connection, member: str, limit: int) -> int:
    """Return as bits the goals of what a member carries and of what it endorses, of each so many of the latest."""
    own = "SELECT goals FROM proposals WHERE sponsor = $1 ORDER BY position DESC LIMIT $2"
    endorsed = (
        "SELECT proposals.goals FROM endorsements JOIN proposals ON proposals.id = endorsements.proposal"
        " WHERE endorsements.member = $1 AND endorses = 1 ORDER BY proposals.position DESC LIMIT $2"
    )
    bits = 0
    for sql in (own, endorsed):
        for (goals,) in connection.rows(sql, member, limit):
            bits |= int(goals or 0)
    return bits


def is_endorsed_by(connection: Connection, proposal: str, member: str) -> bool:
    """Whether a member endorses a proposal."""
    sql = "SELECT endorses FROM endorsements WHERE proposal = $1 AND member = $2"
    return connection.value(sql, proposal, member) == 1
