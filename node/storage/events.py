"""Events, chains and forks in the store."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from node.storage.database import Connection, Row
from protocol import frames
from protocol.chain import ForkProof, Head, Link
from protocol.envelope import Envelope, Verified
from protocol.events import consultation, discussion, rounds, tellers
from protocol.frontier import Want
from protocol.ids import EventId, KeyId

_ENVELOPE = "kind, key, seq, signature, payload"
_STORED = f"position, received, {_ENVELOPE}"


@dataclass(frozen=True, slots=True)
class Stored:
    """An event that passed verification before it was stored, at its place in the store."""

    position: int
    received: int
    """When it reached this node, by this node's clock."""
    envelope: Envelope


ABOUT_A_PROPOSAL = frozenset(
    {
        "endorsement",
        "position",
        "screening",
        "revision",
        "amendment",
        "amendment-endorsement",
        "amendment-answer",
        "objection-answer",
        "withdrawal",
        "take-over",
        "consultation-call",
        "disposition",
        "yielding",
        "merge-answer",
    }
)
"""Kinds about one proposal that its stage may depend on; comments are not among them."""


def subject_of(verified: Verified) -> str:
    """Return what an event is about: the id under which the events of one proposal, round, text or height are found."""
    body = verified.event.body
    if verified.event.kind in ABOUT_A_PROPOSAL:
        return str(body.proposal)  # type: ignore[union-attr]
    match body:
        case rounds.Ballot() | rounds.Reminder() | tellers.Receipt() | tellers.Seal():
            return body.round
        case tellers.RecordProposal() | tellers.Prevote() | tellers.Precommit():
            return f"height:{body.height}"
        case tellers.Cosignature():
            return log_subject(body.height)
        case consultation.Topic():
            return body.replaces or verified.id
        case consultation.TopicEnding():
            return body.topic
        case consultation.Erasure():
            return body.text
        case discussion.Comment():
            return body.subject
        case discussion.Translation():
            return body.of
        case _:
            return verified.id


def log_subject(height: int) -> str:
    """Return under what the cosignatures of the log's checkpoint of a height are found."""
    return f"log:{height}"


def load_heads(connection: Connection) -> dict[KeyId, Head]:
    """Return the heads of all chains."""
    rows = connection.rows("SELECT key, length, id, fork_at FROM heads")
    return {KeyId(str(row[0])): Head(*cast("tuple[int, EventId | None, int | None]", row[1:])) for row in rows}


def last_position(connection: Connection) -> int:
    """Return the position of the newest event, 0 in an empty store."""
    return int(connection.value("SELECT max(position) FROM events") or 0)


def insert(connection: Connection, events: Sequence[Verified], first_position: int, now: int, *, chained: bool) -> None:
    """Store events at consecutive positions, as received now."""
    connection.execute_many(
        "INSERT INTO events (position, id, key, seq, prev, member, kind, time, subject, chained, received,"
        " payload, signature) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        (_row(position, verified, chained, now) for position, verified in enumerate(events, start=first_position)),
    )


def _row(position: int, verified: Verified, chained: bool, now: int) -> Row:
    event, envelope = verified.event, verified.envelope
    return (
        position,
        verified.id,
        event.key,
        event.seq,
        event.prev,
        event.member,
        event.kind,
        event.time,
        subject_of(verified),
        int(chained),
        now,
        envelope.payload,
        envelope.signature,
    )


def save_heads(connection: Connection, heads: Iterable[tuple[KeyId, Head]]) -> None:
    """Store the heads of chains that moved."""
    connection.execute_many(
        "INSERT INTO heads (key, length, id, fork_at) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (key) DO UPDATE SET length = excluded.length, id = excluded.id, fork_at = excluded.fork_at",
        ((key, head.length, head.id, head.fork_at) for key, head in heads),
    )


def link(connection: Connection, key: KeyId, seq: int) -> Link | None:
    """Return the id and predecessor of the event that a chain has at a sequence number."""
    row = connection.row("SELECT id, prev FROM events WHERE key = $1 AND seq = $2 AND chained = 1", key, seq)
    return None if row is None else Link(EventId(str(row[0])), None if row[1] is None else EventId(str(row[1])))


def at(connection: Connection, key: KeyId, seq: int) -> Envelope | None:
    """Return the event that a chain has at a sequence number."""
    row = connection.row(f"SELECT {_ENVELOPE} FROM events WHERE key = $1 AND seq = $2 AND chained = 1", key, seq)
    return None if row is None else _envelope(row)


def last_of_kind(connection: Connection, key: KeyId, kind: str) -> Envelope | None:
    """Return the last event of a kind in a key's chain."""
    sql = f"SELECT {_ENVELOPE} FROM events WHERE key = $1 AND kind = $2 AND chained = 1 ORDER BY seq DESC LIMIT 1"
    row = connection.row(sql, key, kind)
    return None if row is None else _envelope(row)


def chains(connection: Connection, wants: Sequence[Want], events_max: int, bytes_max: int) -> list[Envelope]:
    """Return the next events of chains, oldest first in each, chain after chain, up to the given amounts."""
    found: list[Envelope] = []
    size = 0
    for want in wants:
        for row in connection.rows(
            f"SELECT {_ENVELOPE} FROM events WHERE key = $1 AND seq >= $2 AND chained = 1 ORDER BY seq LIMIT $3",
            want.key,
            want.start,
            events_max - len(found),
        ):
            found.append(_envelope(row))
            size += len(found[-1].payload)
            if size >= bytes_max:
                return found
        if len(found) >= events_max:
            break
    return found


def by_ids(connection: Connection, ids: Sequence[str]) -> list[Envelope]:
    """Return the events with these ids that are here, evidence of forks included."""
    return [_envelope(row) for row in connection.rows_among(f"SELECT {_ENVELOPE} FROM events WHERE id", ids)]


def after(connection: Connection, position: int, limit: int) -> list[Stored]:
    """Return chained events in the order of their arrival, from behind a position."""
    rows = connection.rows(
        f"SELECT {_STORED} FROM events WHERE position > $1 AND chained = 1 ORDER BY position LIMIT $2",
        position,
        limit,
    )
    return [_stored(row) for row in rows]


def of_kinds_after(connection: Connection, position: int, limit: int, *kinds: str) -> list[Stored]:
    """Return chained events of these kinds in the order of their arrival, from behind a position."""
    marks = ", ".join(f"${n}" for n in range(3, len(kinds) + 3))
    rows = connection.rows(
        f"SELECT {_STORED} FROM events WHERE position > $1 AND kind IN ({marks}) AND chained = 1"
        " ORDER BY position LIMIT $2",
        position,
        limit,
        *kinds,
    )
    return [_stored(row) for row in rows]


def keys_after(connection: Connection, position: int) -> list[KeyId]:
    """Return the keys of which something arrived behind a position."""
    rows = connection.rows("SELECT DISTINCT key FROM events WHERE position > $1", position)
    return [KeyId(str(row[0])) for row in rows]


def about(connection: Connection, subject: str, *kinds: str) -> list[Stored]:
    """Return the chained events about a subject, of these kinds or of all, in the order of their arrival."""
    clause = f" AND kind IN ({', '.join(f'${n}' for n in range(2, len(kinds) + 2))})" if kinds else ""
    rows = connection.rows(
        f"SELECT {_STORED} FROM events WHERE subject = $1{clause} AND chained = 1 ORDER BY position",
        subject,
        *kinds,
    )
    return [_stored(row) for row in rows]


def erasures_of(connection: Connection, hashes: Sequence[str]) -> list[Envelope]:
    """Return the chained erasures of these texts."""
    sql = f"SELECT {_ENVELOPE} FROM events WHERE kind = 'erasure' AND chained = 1 AND subject"
    return [_envelope(row) for row in connection.rows_among(sql, hashes)]


def about_by(connection: Connection, subject: str, kind: str, member: str) -> list[Envelope]:
    """Return one member's chained events of a kind about a subject."""
    rows = connection.rows(
        f"SELECT {_ENVELOPE} FROM events WHERE subject = $1 AND kind = $2 AND member = $3 AND chained = 1",
        subject,
        kind,
        member,
    )
    return [_envelope(row) for row in rows]


def subjects_of(connection: Connection, member: str, *kinds: str) -> dict[str, dict[str, int]]:
    """Return what one member's chained events of these kinds are about, with the latest time by kind."""
    marks = ", ".join(f"${n}" for n in range(2, len(kinds) + 2))
    rows = connection.rows(
        f"SELECT subject, kind, max(time) FROM events WHERE member = $1 AND kind IN ({marks}) AND chained = 1"
        " GROUP BY subject, kind",
        member,
        *kinds,
    )
    found: dict[str, dict[str, int]] = {}
    for subject, kind, time in rows:
        found.setdefault(str(subject), {})[str(kind)] = cast("int", time)
    return found


def about_with_evidence(connection: Connection, subject: str, *kinds: str) -> list[Stored]:
    """Return all events about a subject, those of a forked key's branches included."""
    marks = ", ".join(f"${n}" for n in range(2, len(kinds) + 2))
    rows = connection.rows(
        f"SELECT {_STORED} FROM events WHERE subject = $1 AND kind IN ({marks}) ORDER BY position",
        subject,
        *kinds,
    )
    return [_stored(row) for row in rows]


def of_kind(connection: Connection, *kinds: str) -> Iterator[Stored]:
    """Yield the chained events of these kinds in the order of their arrival."""
    marks = ", ".join(f"${n}" for n in range(1, len(kinds) + 1))
    rows = connection.rows(
        f"SELECT {_STORED} FROM events WHERE kind IN ({marks}) AND chained = 1 ORDER BY position",
        *kinds,
    )
    return (_stored(row) for row in rows)


def of_kind_since(connection: Connection, received: int, *kinds: str) -> Iterator[Stored]:
    """Yield the chained events of these kinds that came here at a time or later, in the order of their arrival."""
    marks = ", ".join(f"${n}" for n in range(2, len(kinds) + 2))
    rows = connection.rows(
        f"SELECT {_STORED} FROM events WHERE kind IN ({marks}) AND chained = 1 AND received >= $1 ORDER BY position",
        received,
        *kinds,
    )
    return map(_stored, rows)


def save_fork(connection: Connection, proof: ForkProof) -> None:
    """Store a fork proof; what the chain held from the fork on becomes evidence and counts no more."""
    connection.execute(
        "INSERT INTO forks (key, seq, first, second) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (key) DO UPDATE SET seq = excluded.seq, first = excluded.first, second = excluded.second",
        proof.key,
        proof.seq,
        frames.event_bytes(proof.first.envelope),
        frames.event_bytes(proof.second.envelope),
    )
    connection.execute(
        "UPDATE events SET chained = 0 WHERE key = $1 AND seq >= $2 AND chained = 1", proof.key, proof.seq
    )


def forks(connection: Connection) -> list[tuple[Envelope, Envelope]]:
    """Return all fork proofs."""
    rows = connection.rows("SELECT first, second FROM forks ORDER BY key")
    return [
        (frames.parse_event(cast("bytes", first)), frames.parse_event(cast("bytes", second))) for first, second in rows
    ]


def is_stored(connection: Connection, event: EventId) -> bool:
    """Whether an event is here, in a chain or as evidence."""
    return connection.row("SELECT 1 FROM events WHERE id = $1", event) is not None


def count(connection: Connection) -> int:
    """Return how many events are stored, evidence included."""
    return int(connection.value("SELECT count(*) FROM events") or 0)


def _stored(row: Row) -> Stored:
    return Stored(cast("int", row[0]), cast("int", row[1]), _envelope(row[2:]))


def _envelope(row: Row) -> Envelope:
    kind, key, seq, signature, payload = row
    return Envelope(str(kind), KeyId(str(key)), cast("int", seq), cast("bytes", signature), cast("bytes", payload))
