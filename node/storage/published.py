"""What of the store may be published, in an order that is the same on every node: for archives and open data.

Until a round's close is certified nobody outside is told who votes and how. So a chain is given up to its first ballot,
receipt or seal of such a round, without a word on what follows: a gap would say that a member has voted.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, cast

from node.storage.database import Connection, Row
from protocol.envelope import Envelope
from protocol.ids import KeyId, RecordId, TextHash

_RUNNING: Final = (
    "SELECT id FROM register WHERE kind = 'open' AND id NOT IN (SELECT subject FROM register WHERE kind = 'close')"
)
_VOTING: Final = "('ballot', 'receipt', 'seal')"
_ENVELOPE: Final = "kind, key, seq, signature, payload"
_PAGE: Final = 500


def running_rounds(connection: Connection) -> tuple[RecordId, ...]:
    """Return the rounds whose close isn't certified, in the register's order."""
    return tuple(RecordId(str(row[0])) for row in connection.rows(f"{_RUNNING} ORDER BY height"))


def ends(connection: Connection) -> dict[KeyId, int]:
    """Return the keys whose statements are given in part, each with the sequence number before which they end."""
    rows = connection.rows(
        f"SELECT key, min(seq) FROM events WHERE kind IN {_VOTING} AND subject IN ({_RUNNING}) GROUP BY key"
    )
    return {KeyId(str(key)): cast("int", seq) for key, seq in rows}


def keys(connection: Connection) -> list[KeyId]:
    """Return the keys of all chains, ascending."""
    rows = connection.rows("SELECT key FROM heads WHERE length > 0 ORDER BY key")
    return [KeyId(str(row[0])) for row in rows]


def chain(connection: Connection, key: KeyId, start: int = 0, end: int | None = None) -> Iterator[Envelope]:
    """Yield a chain's events from one sequence number on and before another, page by page."""
    seq = start
    last = 2**62 if end is None else end
    while True:
        rows = connection.rows(
            f"SELECT {_ENVELOPE} FROM events WHERE key = $1 AND seq >= $2 AND seq < $3 AND chained = 1"
            " ORDER BY seq LIMIT $4",
            key,
            seq,
            last,
            _PAGE,
        )
        yield from map(_envelope, rows)
        if len(rows) < _PAGE:
            return
        seq = cast("int", rows[-1][2]) + 1


def evidence(connection: Connection) -> Iterator[Envelope]:
    """Yield the events of forked keys that stand beside the chains."""
    place = ("", -1, "")
    while True:
        rows = connection.rows(
            f"SELECT {_ENVELOPE}, id FROM events WHERE chained = 0 AND (key, seq, id) > ($1, $2, $3)"
            " ORDER BY key, seq, id LIMIT $4",
            *place,
            _PAGE,
        )
        yield from (_envelope(row[:5]) for row in rows)
        if len(rows) < _PAGE:
            return
        place = (str(rows[-1][1]), cast("int", rows[-1][2]), str(rows[-1][5]))


@dataclass(frozen=True, slots=True)
class TextState:
    """A text that some event names: held, erased or not here."""

    hash: TextHash
    member: str
    data: bytes | None
    is_erased: bool


def texts(connection: Connection) -> Iterator[TextState]:
    """Yield all texts, ascending by hash, page by page."""
    after = ""
    while True:
        rows = connection.rows(
            "SELECT hash, member, data, erased_by IS NOT NULL FROM texts WHERE hash > $1 ORDER BY hash LIMIT $2",
            after,
            _PAGE // 10,
        )
        for digest, member, data, is_erased in rows:
            yield TextState(TextHash(str(digest)), str(member), cast("bytes | None", data), bool(is_erased))
        if not rows:
            return
        after = str(rows[-1][0])


@dataclass(frozen=True, slots=True)
class Amounts:
    """How much there is to write."""

    events: int
    texts: int
    records: int

    @property
    def total(self) -> int:
        """All of it together."""
        return self.events + self.texts + self.records


def amounts(connection: Connection) -> Amounts:
    """Return how much the store holds."""
    row = connection.row(
        "SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM texts), (SELECT count(*) FROM register)"
    )
    return Amounts(*cast("tuple[int, int, int]", row))


def _envelope(row: Row) -> Envelope:
    kind, key, seq, signature, payload = row
    return Envelope(str(kind), KeyId(str(key)), cast("int", seq), cast("bytes", signature), cast("bytes", payload))
