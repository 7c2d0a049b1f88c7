"""Texts that travel beside events: held, missing or erased."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import cast

from node.storage.database import Connection
from protocol.envelope import Verified
from protocol.ids import EventId, MemberId


@dataclass(frozen=True, slots=True)
class TextRow:
    """A text and whose it is. Data is None while it is missing and for ever once it is erased."""

    hash: str
    event: EventId
    member: MemberId
    lang: str
    data: bytes | None
    erased_by: EventId | None


def expect(connection: Connection, refs: Iterable[tuple[Verified, str, str, int]]) -> None:
    """Note which texts (their event, hash, language, size in bytes) belong here."""
    connection.execute_many(
        "INSERT INTO texts (hash, event, member, lang, size) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (hash) DO UPDATE"
        " SET size = CASE WHEN excluded.size > texts.size THEN excluded.size ELSE texts.size END",
        ((digest, owner.id, owner.event.member, lang, size) for owner, digest, lang, size in refs),
    )


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


def missing_among(connection: Connection, hashes: Sequence[str]) -> list[str]:
    """Return those of the texts that an event names and that are neither here nor erased."""
    sql = "SELECT hash FROM texts WHERE data IS NULL AND erased_by IS NULL AND hash"
    return [str(row[0]) for row in connection.rows_among(sql, hashes)]


def erase(connection: Connection, digest: str, erasure: EventId) -> bool:
    """Take a text away; return whether it is known here."""
    sql = "UPDATE texts SET data = NULL, erased_by = $2 WHERE hash = $1 AND erased_by IS NULL"
    return connection.execute(sql, digest, erasure) > 0


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
