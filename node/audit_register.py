"""Checks the register from the charter's fingerprint on: each certificate, and what each record says, computed anew.

1. Each certificate holds at its height, on the record below; the first rests on the charter.
2. A round was asked for by the secretariat in these very words, once, and within the charter.
3. A close names enough seals of distinct tellers, and is what they and the ballots that they list come to.
4. An agenda was drafted by the secretariat and is what follows from the closed rounds.
"""

from collections.abc import Sequence
from functools import partial

from consensus.agenda import Closing, Published, parse_agenda
from consensus.agreement import seals
from consensus.agreement.certificates import check_certificate
from consensus.agreement.inputs import Certified
from consensus.agreement.quorum import Quorum
from consensus.agreement.statements import Statement, statement_of
from consensus.recounting import (
    ballot_objection,
    draft_objection,
    follows,
    inclusion_objection,
    seal_objection,
    sealers_objection,
    tally_objection,
)
from consensus.rulings import Rulings
from node.audit import Audited, AuditError, Progress
from node.offline import OfflineNode
from node.register import Entry, subject_of
from node.storage import events as store
from node.storage import rows, texts
from node.vouching import ballots_of
from protocol import canonical
from protocol.canonical import sha256_hex
from protocol.envelope import reopen_verified
from protocol.events.consultation import AgendaDraft
from protocol.events.rounds import OpenRequest
from protocol.events.tellers import Seal
from protocol.ids import EventId, RecordId
from protocol.register import AgendaBody, AgendaRecord, CloseBody, CloseRecord, OpenBody, OpenRecord

_RECORDS_AT_ONCE = 32
_ELSEWHERE = "is not here: sync or import what is missing, then verify again"


class RegisterAudit:
    """Checks every record. The events that records rest on have been checked before."""

    def __init__(self, node: OfflineNode, done: Audited, progress: Progress) -> None:
        self._node = node
        self._done = done
        self._progress = progress
        self._quorum = Quorum.of(len(node.ring.tellers))
        self._opened: dict[RecordId, OpenBody] = {}
        self._closings: dict[int, Closing] = {}
        self._agendas: dict[int, Published] = {}
        self._specs: set[str] = set()
        self._rulings = Rulings(node.federation, node.charter, {}, self._closings, self._agendas)

    async def run(self) -> None:
        """Check all of it. Raises AuditError at the first thing that doesn't hold."""
        height, prev = 1, RecordId(self._node.federation)
        while entries := await self._node.register.since(height, _RECORDS_AT_ONCE):
            for entry in entries:
                if entry.height != height:
                    raise AuditError(f"the register lacks the record at height {height}")
                certified = await self._check_certificate(entry, prev)
                await self._check_record(entry)
                height, prev = height + 1, certified.id
                self._done.records += 1
                self._progress(self._done.records, self._node.register.height)

    async def _check_certificate(self, entry: Entry, prev: RecordId) -> Certified:
        certified = check_certificate(
            entry.certificate,
            federation=self._node.federation,
            tellers=self._node.ring.tellers,
            teller_keys=self._node.ring.teller_keys,
            expected_height=entry.height,
            expected_prev=prev,
        )
        if not isinstance(certified, Certified):
            raise AuditError(f"the record at height {entry.height}: {certified.reason}")
        found_under = await self._node.database.read(partial(rows.record_columns, height=entry.height))
        record = certified.record
        if (entry.id, *found_under) != (certified.id, record.kind, subject_of(record)):
            raise AuditError(f"the record at height {entry.height} is stored under something else than it says")
        return certified

    async def _check_record(self, entry: Entry) -> None:
        record, name = entry.record, f"the {entry.record.kind} record at height {entry.height}"
        match record:
            case OpenRecord():
                await self._check_open(name, record.body)
                self._opened[entry.id] = record.body
            case CloseRecord():
                closing = await self._check_close(name, entry.height, record.body)
                self._closings[entry.height] = closing
                self._done.rounds_closed += 1
            case AgendaRecord():
                await self._check_agenda(name, record.body)
                self._agendas[record.body.version] = Published(entry.height, record.body.document)
                self._done.agendas += 1

    async def _check_open(self, name: str, body: OpenBody) -> None:
        request = await self._statement(name, body.request)
        if not isinstance(request.body, OpenRequest) or request.body.spec != body.spec:
            raise AuditError(f"{name} differs from the request that it names")
        self._check_office(name, request)
        reason = self._rulings.objection(body.spec)
        if reason is not None or body.spec.roll != 0:
            raise AuditError(f"{name} should not have been certified: {reason or 'it goes by an unknown roll'}")
        spec = sha256_hex(canonical.encode(body.spec.model_dump(mode="json")))
        if spec in self._specs:
            raise AuditError(f"{name} opens a round for the second time")
        self._specs.add(spec)

    async def _check_close(self, name: str, height: int, body: CloseBody) -> Closing:
        opened = self._opened.get(body.round)
        if opened is None or any(closing.round == body.round for closing in self._closings.values()):
            raise AuditError(f"{name} closes a round that is not open")
        included = seals.included_ballots(await self._listings(name, body), self._quorum.inclusion)
        _refuse(name, inclusion_objection(included, body))
        ballots = [await self._ballot(name, body.round, ballot) for ballot in included]
        _refuse(name, tally_objection(ballots, body, opened.spec, self._rulings))
        return Closing(height, body.round, opened.spec, body)

    async def _listings(self, name: str, body: CloseBody) -> list[tuple[EventId, ...]]:
        named = [await self._statement(name, event) for event in body.seals]
        for statement in named:
            _refuse(name, seal_objection(statement, body.round))
        _refuse(name, sealers_objection(named, self._quorum))
        return [await self._listing(name, statement) for statement in named]

    async def _listing(self, name: str, statement: Statement) -> tuple[EventId, ...]:
        seal = statement.body
        assert isinstance(seal, Seal)
        listing = await self._node.database.read(partial(ballots_of, seal=seal))
        if listing is None:
            raise AuditError(f"{name} rests on listing {seal.listing[:8]}, which {_ELSEWHERE}")
        return listing

    async def _ballot(self, name: str, round_id: RecordId, event: EventId) -> Statement:
        ballot = await self._statement(name, event)
        _refuse(name, ballot_objection(ballot, round_id, self._opened[round_id].spec, self._rulings))
        return ballot

    async def _check_agenda(self, name: str, body: AgendaBody) -> None:
        draft = await self._statement(name, body.draft)
        due = len(self._agendas) + 1
        _refuse(name, draft_objection(draft, body))
        self._check_office(name, draft)
        if body.version != due:
            raise AuditError(f"{name} is version {body.version} of the agenda, due was {due}")
        assert isinstance(draft.body, AgendaDraft)
        if not await self._follows(body, draft.body.order):
            raise AuditError(f"{name} is not what follows from the rounds that have closed")

    async def _follows(self, body: AgendaBody, order: Sequence[EventId] | None) -> bool:
        """Whether an agenda follows from the rounds up to the height that it names; that of an erased one is tried."""
        data = (await self._node.database.read(partial(texts.data_of, hashes=[body.document]))).get(body.document)
        heights = sorted(self._closings, reverse=True) if data is None else [parse_agenda(data).height]
        known = (height for height in heights if height in self._closings)
        return any(follows(body, height, order, self._rulings) for height in known)

    async def _statement(self, name: str, event: EventId) -> Statement:
        found = await self._node.database.read(partial(store.by_ids, ids=[event]))
        if not found:
            raise AuditError(f"{name} rests on event {event[:8]}, which {_ELSEWHERE}")
        return statement_of(reopen_verified(found[0]))

    def _check_office(self, name: str, statement: Statement) -> None:
        if not self._node.ring.is_secretariat(statement.member):
            raise AuditError(f"{name} follows a request of {statement.member}, which is not the secretariat")


def _refuse(name: str, objection: str | None) -> None:
    if objection is not None:
        raise AuditError(f"{name} {objection}")
