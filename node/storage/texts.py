"""Texts that travel beside events: held, missing or erased."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, cast

from node.storage import events as store
from node.storage.database import Connection
from protocol.envelope import Verified, reopen_verified
from protocol.events.consultation import AgendaDraft
from protocol.events.kinds import Event
from protocol.events.tellers import Seal
from protocol.ids import EventId, MemberId
from protocol.texts import documents_of

_NAMING: Final = (
    "agenda-draft", "amendment", "amendment-answer", "comment", "consultation-call", "disposition", "objection-answer",
    "position", "proposal", "revision", "screening", "seal", "topic", "translation", "withdrawal",
)  # fmt: skip
"""The kinds of event beside which something may belong."""


@dataclass(frozen=True, slots=True)
class TextRow:
    """A text and who named it here first; is_named_by() knows all who did.

    Data is None while it is missing and for ever once it is erased.
    """

    hash: str
    event: EventId
    member: MemberId
    lang: str
    data: bytes | None
    erased_by: EventId | None


def expect(connection: Connection, refs: Sequence[tuple[Verified, str, str, int]]) -> None:
    """Note which texts (their event, hash, language, size in bytes) belong here, and who named them."""
    connection.execute_many(
        "INSERT INTO texts (hash, event, member, lang, size) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (hash) DO UPDATE"
        " SET size = CASE WHEN excluded.size > texts.size THEN excluded.size ELSE texts.size END",
        ((digest, owner.id, owner.event.member, lang, size) for owner, digest, lang, size in refs),
    )
    connection.execute_many(
        "INSERT INTO text_members (hash, member) SELECT hash, $2 FROM texts WHERE hash = $1 AND member <> $2"
        " ON CONFLICT (hash, member) DO NOTHING",
        ((digest, owner.event.member) for owner, digest, _, _ in refs),
    )


def refs_of(event: Event) -> list[tuple[str, str, int]]:
    """Return what belongs beside an event: texts and listings by hash, language and size in bytes."""
    body = event.body
    match body:
        case AgendaDraft():
            return [(body.document, "", body.size)]
        case Seal(ballots=None):
            return [(body.listing, "", body.count * 32)]
        case _:
            return [(ref.sha256, ref.lang, ref.size) for ref in documents_of(body)]


def rebuild(connection: Connection) -> None:
    """Note anew who named which texts; what is held or erased stays."""
    for stored in store.of_kind(connection, *_NAMING):
        verified = reopen_verified(stored.envelope)
        expect(connection, [(verified, *ref) for ref in refs_of(verified.event)])


def fill(connection: Connection, digest: str, data: bytes) -> bool:
    """Store a text that is missing and no longer than some event says; return whether it was.

    Of several events that name one text any may state a wrong size: the largest is what it may take.
    """
    return (
        connection.execute(
            "UPDATE texts SET data = $2 WHERE hash = $1 AND data IS NULL AND erased_by IS NULL AND size >= $3",
            digest,
            data,
            len(data),
        )
        > 0
    )


def is_expected(connection: Connection, digest: str) -> bool:
    """Whether an event names this text, held or not."""
    return connection.row("SELECT 1 FROM texts WHERE hash = $1", digest) is not None


def members_of(connection: Connection, digest: str) -> frozenset[str]:
    """Return every member of whose events one names this text: each of them may erase it (SPEC.md, 8.6)."""
    sql = "SELECT member FROM texts WHERE hash = $1 UNION SELECT member FROM text_members WHERE hash = $1"
    return frozenset(str(row[0]) for row in connection.rows(sql, digest))


def is_named_by(connection: Connection, digest: str, member: str) -> bool:
    """Whether an event of a member names this text."""
    sql = (
        "SELECT 1 FROM texts WHERE hash = $1 AND member = $2"
        " UNION ALL SELECT 1 FROM text_members WHERE hash = $1 AND member = $2"
    )
    return connection.row(sql, digest, member) is not None


def missing_among(connection: Connection, hashes: Sequence[str]) -> list[str]:
    """Return those of the texts that an event names and that are neither here nor erased."""
    sql = "SELECT hash FROM texts WHERE data IS NULL AND erased_by IS NULL AND hash"
    return [str(row[0]) for row in connection.rows_among(sql, hashes)]


def erase(connection: Connection, digest: str, erasure: EventId, time: int) -> bool:
    """Take a text away; return whether that changed anything. Of several erasures the earliest dated one is kept."""
    sql = (
        "UPDATE texts SET data = NULL, erased_by = $2 WHERE hash = $1 AND (erased_by IS NULL"
        " OR EXISTS (SELECT 1 FROM events WHERE events.id = texts.erased_by AND (events.time, events.id) > ($3, $2)))"
    )
    return connection.execute(sql, digest, erasure, time) > 0


def missing(connection: Connection, limit: int) -> list[str]:
    """Return hashes of texts that events name and that are not here."""
    rows = connection.rows("SELECT hash FROM texts WHERE data IS NULL AND erased_by IS NULL LIMIT $1", limit)
    return [str(row[0]) for row in rows]


def get(connection: Connection, digest: str) -> TextRow | None:
    """Return one text, or None if no event names it."""
    row = connection.row("SELECT hash, event, member, lang, data, erased_by FROM texts WHERE hash = $1", digest)
    return None if row is None else TextRow(*cast("tuple[str, EventId, MemberId, str, bytes, EventId]", row))


def data_of(connection: Connection, hashes: Iterable[str]) -> dict[str, bytes]:
    """Return those of the texts that are held."""
    found = {}
    for digest in hashes:
        data = connection.value("SELECT data FROM texts WHERE hash = $1", digest)
        if isinstance(data, bytes):
            found[digest] = data
    return found


def held_among(connection: Connection, hashes: Sequence[str]) -> set[str]:
    """Return those of the texts that are here."""
    sql = "SELECT hash FROM texts WHERE data IS NOT NULL AND hash"
    return {str(row[0]) for row in connection.rows_among(sql, hashes)}
