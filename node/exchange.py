"""Export and import: what nodes say to each other, in a file, for a member without a line.

A file holds, in this order: fork proofs, certificates, tellers' chains, then chains with ballots, with proposals, and
the rest, each chain oldest first, each text behind its event; last what stands beside the chains but certified records
rest on. Import gives all of it to the ledger and the register, as if a peer had sent it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from typing import BinaryIO

from pydantic import ValidationError

from node.deliveries import Batch, Delivery, Report
from node.offline import OfflineNode
from node.packet_files import PacketFileError, PacketReader, PacketWriter
from node.register import Taken
from node.storage import events as store
from node.storage import rows as stored_rows
from node.storage import texts
from node.storage.database import Connection
from node.vouching import Vouching
from protocol import canonical, frames, limits
from protocol.envelope import Envelope, reopen_verified
from protocol.errors import Rejection, RejectionKind
from protocol.events import rounds, tellers
from protocol.events.kinds import Event
from protocol.frames import Frame, FrameError, FrameType
from protocol.frontier import Entry, Want
from protocol.ids import KeyId
from protocol.sync import WantRecords
from protocol.texts import texts_of

FRONTIER_FILE_BYTES_MAX = 16 * 1024 * 1024
_EVENTS_AT_ONCE = 100
_BYTES_AT_ONCE = 700_000
_RECORDS_AT_ONCE = 64
_BESIDE_BYTES_MAX = {FrameType.TEXT: limits.TEXT_BYTES_MAX, FrameType.LISTING: limits.SEAL_BALLOTS_MAX * 32}

Progress = Callable[[int, int], None]
"""Is called with how much is done and how much there is in all."""


@dataclass(frozen=True, slots=True)
class Lack:
    """How far a node has come, by its frontier file: what it has of each chain and of the register."""

    heads: dict[KeyId, Entry] = field(default_factory=dict)
    record: int = 1
    """The first height that it lacks."""
    texts: tuple[str, ...] = ()


@dataclass(slots=True)
class Exported:
    """What was written."""

    events: int = 0
    texts: int = 0
    records: int = 0
    forks: int = 0
    size: int = 0
    """In bytes."""


@dataclass(slots=True)
class Imported:
    """What became of what a file held."""

    events: int = 0
    texts: int = 0
    records: int = 0
    forks: int = 0
    known: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    deferred: Counter[str] = field(default_factory=Counter)
    reasons: dict[str, str] = field(default_factory=dict)
    """The first reason of each kind of refusal."""
    damage: str = ""
    """Why the rest of the file could not be read; what came before it was taken."""

    def note_batch(self, batch: Batch) -> None:
        """Count what was stored."""
        self.events += len(batch.accepted) + len(batch.evidence)
        self.texts += len(batch.texts)
        self.forks += len(batch.forks)

    def note_refused(self, refused: Iterable[Rejection]) -> None:
        """Count what was not."""
        for rejection in refused:
            table = self.deferred if rejection.is_deferred else self.refused
            table[rejection.kind.value] += 1
            self.reasons.setdefault(rejection.kind.value, rejection.reason)


async def export_frontier(node: OfflineNode, file: BinaryIO) -> None:
    """Write how far this node has come, for whoever writes a file with what it lacks."""
    writer = PacketWriter(file, "frontier", node.federation)
    writer.write(frames.frontier_frames(node.ledger.frontier.entries()))
    start = canonical.encode(WantRecords(start=node.register.height + 1).model_dump(mode="json"))
    missing = await node.database.read(lambda c: texts.missing(c, limits.WANTED_TEXTS_MAX))
    writer.write([Frame(FrameType.WANT_RECORDS, start), frames.hashes_frame(FrameType.WANT_TEXTS, missing)])
    writer.end()


def read_frontier(node: OfflineNode, file: BinaryIO) -> Lack:
    """Return what a frontier file says. Raises PacketFileError."""
    heads: dict[KeyId, Entry] = {}
    start = 1
    wanted: list[str] = []
    for content in PacketReader(file, "frontier", node.federation, FRONTIER_FILE_BYTES_MAX).packets():
        for frame in content:
            try:
                match frame.type:
                    case FrameType.FRONTIER | FrameType.FRONTIER_END:
                        heads |= {entry.key: entry for entry in frames.parse_frontier(frame.body)}
                    case FrameType.WANT_RECORDS:
                        start = WantRecords.model_validate_json(frame.body).start
                    case FrameType.WANT_TEXTS:
                        wanted += frames.parse_hashes(frame.body)
                    case _:
                        raise PacketFileError(f"a frontier file doesn't hold {frame.type.name} frames")
            except (FrameError, ValidationError) as error:
                raise PacketFileError("the frontier file is damaged") from error
    return Lack(heads, start, tuple(wanted[: limits.WANTED_TEXTS_MAX]))


class Exporter:
    """Writes what a node holds, all of it or what another lacks, with no more than a few packets in memory."""

    def __init__(self, node: OfflineNode, file: BinaryIO, lack: Lack, progress: Progress) -> None:
        self.done = Exported()
        self._node = node
        self._writer = PacketWriter(file, "events", node.federation)
        self._lack = lack
        self._progress = progress
        self._total = 0

    async def run(self) -> Exported:
        """Write everything in the order stated above, then the end."""
        self._total = await self._node.database.read(store.count)
        await self._write_forks()
        await self._write_records()
        for key in await self._chains():
            await self._write_chain(key, await self._node.database.read(partial(self._start, key=key)))
        await self._write_evidence(lambda kind: kind == "seal")
        await self._write_evidence(lambda kind: kind != "seal")
        await self._write_wanted_texts()
        self._writer.end()
        self.done.size = self._writer.bytes_written
        return self.done

    async def _write_forks(self) -> None:
        proofs = await self._node.database.read(store.forks)
        self._writer.write(frames.fork_frame(first, second) for first, second in proofs)
        self.done.forks = len(proofs)

    async def _write_records(self) -> None:
        height = self._lack.record
        while entries := await self._node.register.since(height, _RECORDS_AT_ONCE):
            self._writer.write(Frame(FrameType.RECORD, entry.data) for entry in entries)
            self.done.records += len(entries)
            height = entries[-1].height + 1

    async def _chains(self) -> list[KeyId]:
        keys = await self._node.database.read(stored_rows.chains_by_urgency)
        teller_keys = self._node.ring.teller_keys
        return sorted(keys, key=lambda key: key not in teller_keys)

    def _start(self, connection: Connection, key: KeyId) -> int:
        """Return from where on the other lacks a chain: from its start if the other's is another branch."""
        theirs = self._lack.heads.get(key)
        if theirs is None or theirs.length == 0:
            return 0
        ours = store.link(connection, key, theirs.length - 1)
        is_same = ours is None or ours.id == theirs.id
        return theirs.length if is_same else 0

    async def _write_chain(self, key: KeyId, start: int) -> None:
        due = start
        while found := await self._node.database.read(partial(_page, want=Want(key, due))):
            self._write_events(found)
            due = found[-1][0].seq + 1

    def _write_events(self, found: list[tuple[Envelope, list[Frame]]]) -> None:
        self._writer.write(_in_order(found))
        self.done.events += len(found)
        self.done.texts += sum(len(beside) for _, beside in found)
        self._progress(self.done.events, self._total)

    async def _write_evidence(self, is_due: Callable[[str], bool]) -> None:
        """Write events of some kinds that stand beside the chains and that records rest on."""
        database = self._node.database
        vouching = Vouching(database, self._node.register)
        position = 0
        while rows := await database.read(partial(stored_rows.evidence, position=position, limit=_EVENTS_AT_ONCE)):
            position = rows[-1].position
            due = [row.envelope for row in rows if is_due(row.envelope.kind)]
            covered = [envelope for envelope in due if await vouching.covers(envelope)]
            self._write_events(await database.read(partial(_with_texts, envelopes=covered)))

    async def _write_wanted_texts(self) -> None:
        for digest in self._lack.texts:
            held = await self._node.database.read(partial(texts.data_of, hashes=[digest]))
            self._writer.write(_beside(data) for data in held.values())
            self.done.texts += len(held)


class Importer:
    """Reads one file that may be hostile and hands what it holds to the ledger and the register."""

    def __init__(self, node: OfflineNode, source: str, progress: Progress) -> None:
        self.done = Imported()
        self._node = node
        self._source = source
        self._progress = progress
        self._vouching = Vouching(node.database, node.register)
        self._is_reading = True
        node.ledger.listen(self._on_batch)

    async def run(self, file: BinaryIO, bytes_total: int, bytes_max: int) -> Imported:
        """Take everything up to the end or to the first damage, which is noted. Raises PacketFileError for no file."""
        reader = PacketReader(file, "events", self._node.federation, bytes_max)
        try:
            for content in reader.packets():
                await self._take_packet(content)
                self._progress(reader.bytes_read, bytes_total)
        except PacketFileError as error:
            self.done.damage = str(error)
        finally:
            self._is_reading = False
        return self.done

    def _on_batch(self, batch: Batch) -> None:
        if self._is_reading:
            self.done.note_batch(batch)
            self._vouching.forget()

    async def _take_packet(self, content: list[Frame]) -> None:
        for kind, group in groupby(content, key=lambda frame: _GROUPS.get(frame.type)):
            try:
                match kind:
                    case FrameType.FORK:
                        forks = [frames.parse_fork(frame.body) for frame in group]
                        await self._deliver(Delivery(self._source, forks=forks))
                    case FrameType.RECORD:
                        for frame in group:
                            await self._take_record(frame.body)
                    case FrameType.EVENT:
                        await self._take_events(list(group))
                    case _:
                        raise PacketFileError(f"a file of events doesn't hold {next(group).type.name} frames")
            except FrameError as error:
                raise PacketFileError(f"the file is damaged: {error}") from error

    async def _take_events(self, group: list[Frame]) -> None:
        envelopes = [frames.parse_event(frame.body) for frame in group if frame.type is FrameType.EVENT]
        beside = [frame.body for frame in group if frame.type is not FrameType.EVENT and _is_within_limit(frame)]
        self.done.note_refused(
            Rejection(RejectionKind.OVERSIZE, f"a text of {len(frame.body)} bytes")
            for frame in group
            if frame.type is not FrameType.EVENT and not _is_within_limit(frame)
        )
        await self._deliver(Delivery(self._source, [e for e in envelopes if not self._is_after_fork(e)], beside))
        for envelope in envelopes:
            if self._is_after_fork(envelope):
                await self._take_evidence(envelope, beside)

    def _is_after_fork(self, envelope: Envelope) -> bool:
        fork_at = self._node.ledger.frontier.head(envelope.key).fork_at
        return fork_at is not None and envelope.seq >= fork_at

    async def _take_evidence(self, envelope: Envelope, beside: Sequence[bytes]) -> None:
        if await self._vouching.covers(envelope):
            self._node.ledger.needed.add(envelope.id)
        await self._deliver(Delivery(self._source, [envelope], beside if envelope.kind == "seal" else ()))

    async def _deliver(self, delivery: Delivery) -> None:
        report: Report = await self._node.ledger.take(delivery)
        self.done.known += report.duplicates
        self.done.note_refused(report.refused)

    async def _take_record(self, data: bytes) -> None:
        match await self._node.register.take(self._source, data):
            case Taken.NEW:
                self.done.records += 1
            case Taken.KNOWN:
                self.done.known += 1
            case Taken.AHEAD:
                self._refuse(RejectionKind.ORPHAN, "a record before others that are not here")
            case Taken.CONFLICT:
                self._refuse(
                    RejectionKind.BAD_CERTIFICATE,
                    "a second record is certified at one height: tellers signed both, tell all",
                )
            case Taken.REFUSED:
                self._refuse(RejectionKind.BAD_CERTIFICATE, self._node.refusals.latest[0].reason)

    def _refuse(self, kind: RejectionKind, reason: str) -> None:
        self.done.note_refused([Rejection(kind, reason)])


_GROUPS = {
    FrameType.FORK: FrameType.FORK,
    FrameType.RECORD: FrameType.RECORD,
    FrameType.EVENT: FrameType.EVENT,
    FrameType.TEXT: FrameType.EVENT,
    FrameType.LISTING: FrameType.EVENT,
}
"""What a file of events may hold, and with what it is taken together."""


def _is_within_limit(frame: Frame) -> bool:
    return len(frame.body) <= _BESIDE_BYTES_MAX[frame.type]


def _page(connection: Connection, want: Want) -> list[tuple[Envelope, list[Frame]]]:
    return _with_texts(connection, store.chains(connection, [want], _EVENTS_AT_ONCE, _BYTES_AT_ONCE))


def _with_texts(connection: Connection, envelopes: list[Envelope]) -> list[tuple[Envelope, list[Frame]]]:
    found = []
    for envelope in envelopes:
        held = texts.data_of(connection, texts_beside(reopen_verified(envelope).event))
        found.append((envelope, [_beside(data) for data in held.values()]))
    return found


def _in_order(found: list[tuple[Envelope, list[Frame]]]) -> Iterator[Frame]:
    for envelope, beside in found:
        yield frames.event_frame(envelope)
        yield from beside


def _beside(data: bytes) -> Frame:
    return Frame(FrameType.TEXT if len(data) <= limits.TEXT_BYTES_MAX else FrameType.LISTING, data)


def texts_beside(event: Event) -> tuple[str, ...]:
    """Return the hashes of an event's own texts: of what it repeats from others, the others bring them."""
    body = event.body
    if isinstance(body, tellers.Seal) and body.ballots is None:
        return (body.listing,)
    return () if isinstance(body, rounds.OpenRequest) else texts_of(event)
