"""Drives consensus.agreement: feeds it what is stored, carries out what it says. Sign-lock first, then publish.

Every node runs it; only a teller's signs. Inputs wait in one queue and are worked through one at a time, so nothing is
polled: what has been stored is on its way into the core before its sender hears that it was.
"""

import asyncio
import base64
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import orjson

from consensus.agenda import Closing, Published
from consensus.agreement import certificates, outputs
from consensus.agreement.inputs import (
    Certified,
    ConflictingCertificates,
    History,
    Input,
    ListingSeen,
    StatementSeen,
    TextHeld,
    Tick,
)
from consensus.agreement.outputs import (
    Decided,
    Halt,
    Lock,
    Locked,
    Need,
    NeedListing,
    NeedTexts,
    RoundStatus,
    Sign,
    slot_of,
)
from consensus.agreement.settings import Bench, Timing
from consensus.agreement.statements import statement_of
from consensus.agreement.teller import TellerState, restore, step
from consensus.rulings import Rulings
from node.clock import Clock
from node.deliveries import Batch, Draft
from node.ledger import Ledger
from node.peers import Peers
from node.register import Entry, Register
from node.storage import events as store
from node.storage import locks, texts
from node.storage.database import Connection, Database
from node.storage.events import Stored
from protocol import canonical
from protocol.charter import Charter
from protocol.envelope import Verified, reopen_verified
from protocol.errors import ComitiaError
from protocol.events.consultation import AgendaDraft
from protocol.events.rounds import OpenRequest
from protocol.events.tellers import Precommit, Prevote, Receipt, RecordProposal, Seal
from protocol.ids import EventId, MemberId, RecordId, TextHash
from protocol.keys import Signer
from protocol.register import AgendaRecord, CloseRecord, OpenRecord, Record

_LOG = logging.getLogger(__name__)
_HEIGHT_KINDS = ("record-proposal", "prevote", "precommit")
_ROUND_KINDS = ("ballot", "receipt", "seal")
_FED_KINDS = frozenset({*_HEIGHT_KINDS, *_ROUND_KINDS, "open-request", "agenda-draft"})
_ASK_AGAIN_SECONDS = 1.0
_BODIES: dict[str, type[Locked]] = {"seal": Seal, "propose": RecordProposal, "prevote": Prevote, "precommit": Precommit}
_KIND_OF: dict[type[Locked], str] = {
    Seal: "seal",
    RecordProposal: "record-proposal",
    Prevote: "prevote",
    Precommit: "precommit",
}


@dataclass(slots=True)
class Wanted:
    """What the core waits for and peers are asked for until it is here."""

    events: set[EventId]
    listings: set[str]
    texts: set[TextHash]


class Teller:
    """This node's part in closing rounds and certifying records."""

    def __init__(  # noqa: PLR0913 - the composition root names each
        self,
        *,
        database: Database,
        ledger: Ledger,
        register: Register,
        peers: Peers,
        clock: Clock,
        charter: Charter,
        me: MemberId | None,
        signer: Signer | None,
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._register = register
        self._peers = peers
        self._clock = clock
        self._signer = signer
        self._me = me if signer is not None else None
        self.closings: dict[int, Closing] = {}
        self.closed: dict[RecordId, Closing] = {}
        """The same by round."""
        self.agendas: dict[int, Published] = {}
        self.opened: dict[RecordId, OpenRecord] = {}
        self.certified: list[tuple[RecordId, Record]] = []
        """All certified records with their ids, in the order of the register."""
        self._texts: dict[TextHash, bytes] = {}
        self.rulings = Rulings(ledger.federation, charter, self._texts, self.closings, self.agendas)
        self._bench = Bench(
            federation=ledger.federation,
            roll=0,
            tellers=charter.roll.tellers,
            teller_keys=ledger.ring.teller_keys,
            secretariat=frozenset(charter.roll.secretariat),
        )
        view_ms = charter.timing.view_ms
        self._timing = Timing(
            grace_ms=charter.timing.grace_ms,
            stall_ms=charter.timing.stall_ms,
            receipt_window_ms=charter.timing.receipt_window_ms,
            propose_ms=view_ms,
            prevote_ms=view_ms // 2,
            precommit_ms=view_ms // 2,
            growth_ms=view_ms // 2,
        )
        self._state: TellerState | None = None
        self._queue: asyncio.Queue[Input] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._wanted = Wanted(set(), set(), set())
        self._changed: list[Callable[[], None]] = []
        self.halted = ""
        ledger.listen(self._on_batch)
        register.listen(self._on_record)
        register.listen_for_conflicts(self._on_conflict)

    async def start(self) -> None:
        """Take up where the store says that this node left off."""
        self._tasks = [
            asyncio.create_task(self._run(), name="teller"),
            asyncio.create_task(self._ask_again(), name="teller-ask"),
        ]

    async def stop(self) -> None:
        """Stop. Nothing is lost: what was signed is stored, and the rest is begun again at the next start."""
        if self._timer is not None:
            self._timer.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def listen(self, listener: Callable[[], None]) -> None:
        """Call a listener whenever the state of a round may have changed."""
        self._changed.append(listener)

    def round_status(self, round_id: RecordId) -> RoundStatus | None:
        """Return how far a round is, or None for one that is not open here."""
        return None if self._state is None else self._state.round_status(round_id, self._clock.now())

    def note_record(self, entry: Entry) -> None:
        """Keep what rulings and pages need of a certified record."""
        record = entry.record
        self.certified.append((entry.id, record))
        match record:
            case OpenRecord():
                self.opened[entry.id] = record
            case CloseRecord():
                opened = self.opened[record.body.round]
                closing = Closing(entry.height, record.body.round, opened.body.spec, record.body)
                self.closings[entry.height] = self.closed[record.body.round] = closing
            case AgendaRecord():
                self.agendas[record.body.version] = Published(entry.height, record.body.document)

    async def load_register(self) -> None:
        """Read all certified records; to be done before anything asks about rounds."""
        for entry in await self._register.since(1, self._register.height + 1):
            self.note_record(entry)

    def _on_batch(self, batch: Batch) -> None:
        for digest, data in batch.texts.items():
            self._note_text(TextHash(digest), data)
        for verified in (*batch.accepted, *batch.evidence):
            if verified.event.kind in _FED_KINDS:
                self._wanted.events.discard(verified.id)
                self._queue.put_nowait(StatementSeen(statement_of(verified)))

    def _note_text(self, digest: TextHash, data: bytes) -> None:
        if digest in self._wanted.texts:
            self._wanted.texts.discard(digest)
            self._texts[digest] = data
            self._queue.put_nowait(TextHeld(digest))
        if digest in self._wanted.listings:
            self._wanted.listings.discard(digest)
            self._queue.put_nowait(ListingSeen(data))

    def _on_record(self, entry: Entry, certified: Certified) -> None:
        self.note_record(entry)
        self._queue.put_nowait(certified)
        self._tell()

    def _on_conflict(self, first: Certified, second: Certified) -> None:
        self._queue.put_nowait(ConflictingCertificates(first, second, ()))

    async def _run(self) -> None:
        try:
            await self._begin()
        except Exception as error:  # noqa: BLE001 - pages go on without agreement, and say why
            _LOG.exception("agreement: this node's part could not be taken up")
            self.halted = f"its part in agreement could not be taken up: {error}"
            self._tell()
            return
        while True:
            input_ = await self._queue.get()
            try:
                await self._take(input_)
            except Exception:  # noqa: BLE001 - a fault of ours over one input must not stop the closing of rounds
                _LOG.exception("agreement: an input could not be taken")
            if self._queue.empty():
                self._tell()

    async def _begin(self) -> None:
        """Restore the core. A teller first learns from peers what it has signed itself, and is bound by it."""
        if self._signer is not None:
            await self._ledger.signing_allowed()
        history = await self._history()
        self._state, out = restore(
            bench=self._bench,
            timing=self._timing,
            rules=self.rulings,
            me=self._me,
            history=history,
            now=self._clock.now(),
        )
        await self._carry_out_all(out)
        await self._register.recall_conflict()

    async def _take(self, input_: Input) -> None:
        assert self._state is not None
        if isinstance(input_, ConflictingCertificates):
            input_ = await self._with_prevotes(input_)
        await self._prepare(input_)
        self._state, out = step(self._state, input_, self._clock.now())
        await self._carry_out_all(out)
        if isinstance(input_, Certified):
            await self._after_record(input_.record)

    def _tell(self) -> None:
        for listener in self._changed:
            listener()

    async def _prepare(self, input_: Input) -> None:
        """Have the texts at hand that a request or draft will be judged by."""
        if isinstance(input_, StatementSeen):
            body = input_.statement.body
            if isinstance(body, OpenRequest):
                await self._hold({option.text.sha256 for option in body.spec.question.options})
            elif isinstance(body, AgendaDraft):
                await self._hold({body.document})

    async def _with_prevotes(self, conflict: ConflictingCertificates) -> ConflictingCertificates:
        """Add all prevotes of the height that are here: they tell who voted for both records."""
        subject = f"height:{conflict.first.record.height}"
        stored = await self._database.read(lambda c: store.about_with_evidence(c, subject, "prevote"))
        prevotes = tuple(statement_of(reopen_verified(item.envelope)) for item in stored)
        return ConflictingCertificates(conflict.first, conflict.second, prevotes)

    async def _hold(self, digests: Iterable[TextHash]) -> None:
        for digest in digests:
            row = await self._database.read(lambda c, digest=digest: texts.get(c, digest))  # type: ignore[misc]
            if row is not None and row.data is not None:
                self._texts[digest] = row.data
            elif row is not None and row.erased_by is not None:
                self._texts[digest] = b""

    async def _after_record(self, record: Record) -> None:
        """Feed what came before the record that it speaks of; forget what is no longer needed."""
        if isinstance(record, OpenRecord):
            stored = await self._database.read(
                lambda c: store.about_with_evidence(c, self._register.head, *_ROUND_KINDS)
            )
            for item in stored:
                self._queue.put_nowait(StatementSeen(statement_of(reopen_verified(item.envelope))))
        subjects = [str(record.height)]
        if isinstance(record, CloseRecord):
            subjects.append(record.body.round)
        await self._database.write(lambda c: locks.release(c, subjects))

    async def _carry_out_all(self, out: list[outputs.Output]) -> None:
        for output in out:
            try:
                await self._carry_out(output)
            except ComitiaError:
                _LOG.exception("agreement: an output could not be carried out")

    async def _carry_out(self, output: outputs.Output) -> None:
        match output:
            case Sign():
                await self._sign(output)
            case Decided():
                await self._certify(output)
            case Need():
                await self._need(output.events)
            case NeedListing():
                await self._need_listing(output.listing)
            case NeedTexts():
                await self._need_texts(output.texts)
            case outputs.Wake():
                self._wake(output.at_ms)
            case outputs.Stalled():
                _LOG.warning("round %s is stalled; absent: %s", output.round[:8], ", ".join(sorted(output.absent)))
            case outputs.Unstalled():
                _LOG.info("round %s has closed after all", output.round[:8])
            case Halt():
                self._halt(output)

    async def _sign(self, sign: Sign) -> None:
        assert self._signer is not None
        kind = "receipt" if isinstance(sign.body, Receipt) else _KIND_OF[type(sign.body)]
        lock = None if sign.lock is None else (_scope(sign.lock), _lock_value(sign.lock))
        listing = None if sign.lock is None else sign.lock.listing
        await self._ledger.publish(Draft(kind, sign.body, self._signer, listing=listing, lock=lock))

    async def _certify(self, decided: Decided) -> None:
        votes = await self._database.read(lambda c: store.by_ids(c, decided.votes))
        certificate = certificates.assemble(decided.record, tuple(votes))
        await self._register.take("this node", certificate.to_bytes())

    async def _need(self, ids: tuple[EventId, ...]) -> None:
        here = await self._database.read(lambda c: store.by_ids(c, ids))
        for envelope in here:
            self._queue.put_nowait(StatementSeen(statement_of(reopen_verified(envelope))))
        absent = set(ids) - {envelope.id for envelope in here}
        self._wanted.events |= absent
        self._ledger.needed |= absent
        self._peers.ask_events(absent)

    async def _need_listing(self, digest: str) -> None:
        row = await self._database.read(lambda c: texts.get(c, digest))
        if row is not None and row.data is not None:
            self._queue.put_nowait(ListingSeen(row.data))
        else:
            self._wanted.listings.add(digest)
            self._peers.ask_texts([digest])

    async def _need_texts(self, digests: Iterable[TextHash]) -> None:
        self._wanted.texts |= set(digests)
        await self._hold(digests)
        for digest in list(self._wanted.texts):
            if digest in self._texts:
                self._wanted.texts.discard(digest)
                self._queue.put_nowait(TextHeld(digest))
        self._peers.ask_texts(self._wanted.texts)

    async def _ask_again(self) -> None:
        while True:
            await asyncio.sleep(_ASK_AGAIN_SECONDS)
            if self._wanted.events:
                self._peers.ask_events(self._wanted.events)
            if self._wanted.texts or self._wanted.listings:
                self._peers.ask_texts([*self._wanted.texts, *self._wanted.listings])

    def _wake(self, at_ms: int) -> None:
        if self._timer is not None:
            self._timer.cancel()
        delay = max(0, at_ms - self._clock.now()) / 1000
        self._timer = asyncio.get_running_loop().call_later(delay, self._queue.put_nowait, Tick())

    def _halt(self, halt: Halt) -> None:
        blamed = ", ".join(sorted(halt.offenders)) or "not yet known"
        self.halted = f"two records are certified at height {halt.height}; offenders: {blamed}"
        _LOG.error("agreement halted: %s", self.halted)
        self._tell()

    async def _history(self) -> History:
        entries = await self._register.since(1, self._register.height + 1)
        statements = await self._database.read(self._stored_statements)
        for verified, _ in statements:
            if verified.event.kind in ("open-request", "agenda-draft"):
                await self._prepare(StatementSeen(statement_of(verified)))
        bound = await self._database.read(locks.load)
        return History(
            certified=tuple(self._register.certified(entry) for entry in entries),
            locks=tuple(_lock_from(value) for value in bound),
            statements=tuple((statement_of(verified), received) for verified, received in statements),
        )

    def _stored_statements(self, connection: Connection) -> list[tuple[Verified, int]]:
        found: list[Stored] = []
        for round_id in self.opened:
            if round_id not in self.closed:
                found += store.about_with_evidence(connection, round_id, *_ROUND_KINDS)
        for height in range(self._register.height + 1, self._register.height + 4):
            found += store.about_with_evidence(connection, f"height:{height}", *_HEIGHT_KINDS)
        followed = {str(record.body.request) for record in self.opened.values()}
        for stored in store.of_kind(connection, "open-request", "agenda-draft"):
            if stored.envelope.id not in followed:
                found.append(stored)
        return [(reopen_verified(stored.envelope), stored.received) for stored in found]


def _scope(lock: Lock) -> str:
    return f"{lock.slot.subject} {lock.slot.stage} {lock.slot.view}"


def _lock_value(lock: Lock) -> str:
    listing = None if lock.listing is None else base64.b64encode(lock.listing).decode()
    value = {"stage": lock.slot.stage, "body": lock.body.model_dump(mode="json"), "listing": listing}
    return canonical.encode(value).decode()


def _lock_from(text: str) -> Lock:
    value = orjson.loads(text)
    body = _BODIES[value["stage"]].model_validate_json(canonical.encode(value["body"]))
    listing = None if value["listing"] is None else base64.b64decode(value["listing"])
    return Lock(slot_of(body), body, listing)
