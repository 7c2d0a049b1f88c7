"""The store row by row, for files and checks: everything in it, page after page, with all columns."""

from dataclasses import dataclass
from typing import cast

from node.storage.database import Connection, Row, StoreError
from protocol.envelope import Envelope
from protocol.ids import EventId, KeyId

_URGENCY = "max(CASE kind WHEN 'ballot' THEN 2 WHEN 'proposal' THEN 1 ELSE 0 END)"
_COLUMNS = "position, id, prev, member, time, subject, chained, kind, key, seq, signature, payload"
_TYPES = (int, str, str, str, int, str, int, str, str, int, bytes, bytes)
"""Of the columns in this order; a damaged store may hold others."""


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event as its row stands in the store: the envelope, and what is kept beside it to find it by."""

    position: int
    id: EventId
    prev: EventId | None
    member: str
    time: int
    subject: str
    is_chained: bool
    envelope: Envelope


def chains_by_urgency(connection: Connection) -> list[KeyId]:
    """Return the keys of all chains: those with ballots first, then those with proposals, then the rest."""
    rows = connection.rows(
        f"SELECT key, {_URGENCY} AS urgency FROM events WHERE chained = 1 GROUP BY key ORDER BY urgency DESC, key"
    )
    return [KeyId(str(row[0])) for row in rows]


def chained(connection: Connection, key: str, seq: int, limit: int) -> list[EventRow]:
    """Return rows of chains, ordered by key and sequence number, from behind one place on."""
    rows = connection.rows(
        f"SELECT {_COLUMNS} FROM events WHERE chained = 1 AND (key, seq) > ($1, $2) ORDER BY key, seq LIMIT $3",
        key,
        seq,
        limit,
    )
    return [_row(row) for row in rows]


def evidence(connection: Connection, position: int, limit: int) -> list[EventRow]:
    """Return rows of events that stand beside the chains, in the order of their arrival, from behind a position."""
    rows = connection.rows(
        f"SELECT {_COLUMNS} FROM events WHERE chained = 0 AND position > $1 ORDER BY position LIMIT $2",
        position,
        limit,
    )
    return [_row(row) for row in rows]


def text_hashes(connection: Connection, after: str, limit: int) -> list[str]:
    """Return hashes of texts that events name, ascending, from behind one on."""
    rows = connection.rows("SELECT hash FROM texts WHERE hash > $1 ORDER BY hash LIMIT $2", after, limit)
    return [str(row[0]) for row in rows]


def record_columns(connection: Connection, height: int) -> tuple[str, str]:
    """Return the kind and subject under which the record at a height is found."""
    kind, subject = connection.row("SELECT kind, subject FROM register WHERE height = $1", height) or ("", "")
    return str(kind), str(subject)


def _row(row: Row) -> EventRow:
    if not all(type(value) is kind or value is None for value, kind in zip(row, _TYPES, strict=True)):
        raise StoreError(f"row {row[0]!r} of the events is damaged: restore a copy of the store, or sync anew")
    position, event, prev, member, time, subject, chained = cast("tuple[int, str, str, str, int, str, int]", row[:7])
    kind, key, seq, signature, payload = cast("tuple[str, str, int, bytes, bytes]", row[7:])
    return EventRow(
        position=position,
        id=EventId(event),
        prev=None if prev is None else EventId(prev),
        member=member,
        time=time,
        subject=subject,
        is_chained=bool(chained),
        envelope=Envelope(kind, KeyId(key), seq, signature, payload),
    )
