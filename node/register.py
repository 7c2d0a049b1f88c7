"""The register as this node holds it: certified records in order, and the alarm when two conflict."""

import asyncio
import base64
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import cast

from pydantic import ValidationError

from consensus.agreement import certificates
from consensus.agreement.certificates import Certificate
from consensus.agreement.inputs import Certified
from node.refusals import Refusals
from node.storage.database import Connection, Database, Row, StoreError
from protocol.canonical import NotCanonicalError
from protocol.errors import Rejection, RejectionKind
from protocol.ids import FederationId, RecordId
from protocol.register import AgendaRecord, CloseRecord, OpenRecord, Record, parse_record
from protocol.roll import KeyRing


class Taken(Enum):
    """What became of a certificate."""

    NEW = "new"
    KNOWN = "known"
    AHEAD = "ahead"
    """Records before it are missing."""
    REFUSED = "refused"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Entry:
    """A certified record as it is stored."""

    height: int
    id: RecordId
    record: Record
    certificate: Certificate
    data: bytes


RecordListener = Callable[[Entry, Certified], None]
ConflictListener = Callable[[Certified, Certified], None]


class Register:
    """The list of certified records. Grows by take(); never shrinks."""

    def __init__(self, database: Database, federation: FederationId, ring: KeyRing, refusals: Refusals) -> None:
        self.height = 0
        self.head = RecordId(federation)
        self.conflict: bytes | None = None
        """A certificate that contradicts one in the register: proof that more than a third of the tellers cheated."""
        self._database = database
        self._federation = federation
        self._ring = ring
        self._refusals = refusals
        self._lock = asyncio.Lock()
        self._listeners: list[RecordListener] = []
        self._conflict_listeners: list[ConflictListener] = []

    async def start(self) -> None:
        """Load where the register ends."""
        row = await self._database.read(lambda c: c.row("SELECT height, id FROM register ORDER BY height DESC LIMIT 1"))
        if row is not None:
            self.height, self.head = cast("tuple[int, RecordId]", row)
        held = await self._database.read(lambda c: c.value(_CONFLICT))
        self.conflict = base64.b64decode(held) if isinstance(held, str) else None

    def listen(self, listener: RecordListener) -> None:
        """Tell a listener of every record from now on, once it is on disk."""
        self._listeners.append(listener)

    def listen_for_conflicts(self, listener: ConflictListener) -> None:
        """Tell a listener when two valid certificates for one height have been seen."""
        self._conflict_listeners.append(listener)

    async def take(self, source: str, data: bytes) -> Taken:
        """Check a certificate and store it if it is the next one."""
        certificate = certificates.from_bytes(data)
        if isinstance(certificate, Rejection):
            return self._refuse(source, certificate)
        height = _claimed_height(certificate)
        if height is None:
            return self._refuse(source, Rejection(RejectionKind.BAD_CERTIFICATE, "a certificate without a record"))
        async with self._lock:
            if height > self.height + 1:
                return Taken.AHEAD
            if height <= self.height:
                return await self._compare(source, certificate, height)
            certified = self._check(certificate, height, self.head)
            if isinstance(certified, Rejection):
                return self._refuse(source, certified)
            entry = Entry(height, certified.id, certified.record, certificate, data)
            await self._database.write(lambda c: _insert(c, entry))
            self.height, self.head = height, certified.id
        for listener in self._listeners:
            listener(entry, certified)
        return Taken.NEW

    def _check(self, certificate: Certificate, height: int, prev: RecordId) -> Certified | Rejection:
        return certificates.check_certificate(
            certificate,
            federation=self._federation,
            tellers=self._ring.tellers,
            teller_keys=self._ring.teller_keys,
            expected_height=height,
            expected_prev=prev,
        )

    async def _compare(self, source: str, certificate: Certificate, height: int) -> Taken:
        held = await self.at(height)
        below = await self.at(height - 1) if height > 1 else None
        if held is None or held.certificate.record == certificate.record:
            return Taken.KNOWN
        prev = below.id if below is not None else RecordId(self._federation)
        other = self._check(certificate, height, prev)
        if isinstance(other, Rejection):
            return self._refuse(source, other)
        if self.conflict is None:
            data = certificate.to_bytes()
            await self._database.write(lambda c: _keep_conflict(c, data))
            self.conflict = data
            self._tell_conflict(self.certified(held), other)
        return Taken.CONFLICT

    def _tell_conflict(self, mine: Certified, other: Certified) -> None:
        for listener in self._conflict_listeners:
            listener(mine, other)

    async def conflicting(self) -> tuple[bytes, ...]:
        """Return both certificates of a conflict, or nothing where there is none."""
        certificate = None if self.conflict is None else certificates.from_bytes(self.conflict)
        if self.conflict is None or not isinstance(certificate, Certificate):
            return ()
        held = await self.at(_claimed_height(certificate) or 0)
        return () if held is None else (held.data, self.conflict)

    async def recall_conflict(self) -> None:
        """Tell the listeners of a conflict that was found before this start."""
        certificate = None if self.conflict is None else certificates.from_bytes(self.conflict)
        if not isinstance(certificate, Certificate):
            return
        held = await self.at(_claimed_height(certificate) or 0)
        other = None if held is None else self._check(certificate, held.height, held.record.prev)
        if held is not None and isinstance(other, Certified):
            self._tell_conflict(self.certified(held), other)

    def certified(self, entry: Entry) -> Certified:
        """Return what a stored record's certificate proved when it was taken."""
        prev = entry.record.prev
        checked = self._check(entry.certificate, entry.height, prev)
        if isinstance(checked, Rejection):
            raise StoreError(f"a stored certificate does not hold: {checked.reason}")
        return checked

    def _refuse(self, source: str, rejection: Rejection) -> Taken:
        self._refusals.note(source, [rejection])
        return Taken.REFUSED

    async def at(self, height: int) -> Entry | None:
        """Return the record at a height, or None."""
        row = await self._database.read(lambda c: c.row(_SELECT + " WHERE height = $1", height))
        return None if row is None else _entry(row)

    async def find(self, record: str) -> Entry | None:
        """Return the record with an id, or None."""
        return await self._database.read(lambda c: find_entry(c, record))

    async def about(self, subject: str) -> list[Entry]:
        """Return the records about a round (its close) or a request or draft, ascending."""
        rows = await self._database.read(lambda c: c.rows(_SELECT + " WHERE subject = $1 ORDER BY height", subject))
        return [_entry(row) for row in rows]

    async def of_kind(self, kind: str) -> list[Entry]:
        """Return all records of a kind, ascending."""
        rows = await self._database.read(lambda c: c.rows(_SELECT + " WHERE kind = $1 ORDER BY height", kind))
        return [_entry(row) for row in rows]

    async def since(self, height: int, limit: int) -> list[Entry]:
        """Return records from a height on, ascending."""
        return await self._database.read(lambda c: entries_since(c, height, limit))


def entries_since(connection: Connection, height: int, limit: int) -> list[Entry]:
    """Return records from a height on, ascending."""
    rows = connection.rows(_SELECT + " WHERE height >= $1 ORDER BY height LIMIT $2", height, limit)
    return [_entry(row) for row in rows]


def find_entry(connection: Connection, record: str) -> Entry | None:
    """Return the record with an id, or None."""
    row = connection.row(_SELECT + " WHERE id = $1", record)
    return None if row is None else _entry(row)


_SELECT = "SELECT height, id, certificate FROM register"
_CONFLICT = "SELECT value FROM meta WHERE name = 'conflict'"


def _insert(connection: Connection, entry: Entry) -> None:
    connection.execute(
        "INSERT INTO register (height, id, kind, subject, certificate) VALUES ($1, $2, $3, $4, $5)",
        entry.height,
        entry.id,
        entry.record.kind,
        subject_of(entry.record),
        entry.data,
    )


def _keep_conflict(connection: Connection, data: bytes) -> None:
    text = base64.b64encode(data).decode()
    connection.execute("INSERT INTO meta (name, value) VALUES ('conflict', $1) ON CONFLICT (name) DO NOTHING", text)


def subject_of(record: Record) -> str:
    """Return what a record is about: the request that it opens, the round that it closes, or the agenda's draft."""
    match record:
        case OpenRecord():
            return record.body.request
        case CloseRecord():
            return record.body.round
        case AgendaRecord():
            return record.body.draft


def _entry(row: Row) -> Entry:
    height, record_id, data = cast("tuple[int, RecordId, bytes]", row)
    certificate = certificates.from_bytes(data)
    if isinstance(certificate, Rejection):
        raise StoreError(f"a stored certificate is damaged: {certificate.reason}")
    return Entry(height, record_id, parse_record(certificate.record), certificate, data)


def _claimed_height(certificate: Certificate) -> int | None:
    try:
        return parse_record(certificate.record).height
    except (NotCanonicalError, ValidationError):
        return None
