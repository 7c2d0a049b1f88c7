"""A federation's history as signed events, texts and certificates: proposals, rounds that were closed, an agenda.

Everything is what honest members and tellers would have said; the same each time. Tests break it as they need.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel

from consensus.agenda import Closing, Published, agenda_bytes
from consensus.agreement import certificates, seals
from consensus.agreement.quorum import Quorum
from consensus.agreement.statements import statement_of
from consensus.rulings import Rulings
from node import config
from node.config import Layout
from node.deliveries import Delivery
from node.offline import OfflineNode, offline_node
from node.register import Taken
from protocol import limits
from protocol.canonical import sha256_hex
from protocol.envelope import Envelope, Verified
from protocol.events.consultation import AgendaDraft, Endorsement, Position, Proposal
from protocol.events.rounds import OpenRequest, Option, Question, RoundSpec
from protocol.events.tellers import Precommit
from protocol.ids import EventId, RecordId, TextHash
from protocol.register import AgendaBody, AgendaRecord, CloseBody, CloseRecord, OpenBody, OpenRecord, Record, record_id
from protocol.roll import KeyRole
from tests.support.builders import (
    EPOCH_MS,
    EQUAL_SHARES,
    ChainWriter,
    Federation,
    ballot_body,
    build_federation,
    document,
    proposal_body,
    proposal_text,
    receipt_body,
)
from tests.support.hand_clock import HandClock


@dataclass
class History:
    """What has been said so far, in the order in which it was."""

    federation: Federation = field(default_factory=lambda: build_federation(members=4))
    events: list[Verified] = field(default_factory=list)
    texts: list[bytes] = field(default_factory=list)
    certificates: list[bytes] = field(default_factory=list)
    forks: list[tuple[Verified, Verified]] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    _writers: dict[tuple[int, KeyRole], ChainWriter] = field(default_factory=dict)
    closings: dict[int, Closing] = field(default_factory=dict)
    """What the next agenda is built from."""
    _agendas: dict[int, Published] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rulings = Rulings(self.federation.id, self.federation.charter, {}, self.closings, self._agendas)

    def writer(self, member: int, role: KeyRole = "node") -> ChainWriter:
        """Return the writer of a member's chain."""
        if (member, role) not in self._writers:
            self._writers[member, role] = self.federation.writer(member, role)
        return self._writers[member, role]

    def say(self, member: int, body: BaseModel, role: KeyRole = "node") -> Verified:
        """Have a member say something."""
        event = self.writer(member, role).write(body)
        self.events.append(event)
        return event

    def propose(self, member: int, title: str) -> Verified:
        """Have a member propose something, with its text."""
        self.texts.append(document(title))
        return self.say(member, proposal_body(proposal_text(title)))

    def open_round(self, proposals: Sequence[Verified], number: int = 1) -> RecordId:
        """Have the secretariat ask for a round on proposals, and the tellers open it; return its id."""
        options = tuple(_option(at, event) for at, event in enumerate(proposals, start=1))
        spec = RoundSpec(
            number=number,
            track="long",
            procedure="prioritisation",
            question=Question(options=options, capacity_minutes=20),
            rule=dict(EQUAL_SHARES),
            roll=0,
            opens=EPOCH_MS,
            closes=EPOCH_MS + 10_000,
            may_change=True,
            hide_running=True,
            proxies_per_holder=0,
        )
        request = self.say(0, OpenRequest(spec=spec))
        body = OpenBody(request=request.id, spec=spec)
        return self.certify(OpenRecord(**self._header(), kind="open", body=body))  # type: ignore[arg-type]

    def vote(self, member: int, round_id: RecordId, *options: str) -> Verified:
        """Have a member approve options."""
        return self.say(member, ballot_body(round_id, {"form": "approval", "approves": [*sorted(options)]}))

    def close_round(self, round_id: RecordId, ballots: Sequence[Verified]) -> RecordId:
        """Have all tellers receipt and seal these ballots and close the round; return the record's id."""
        ids = sorted(ballot.id for ballot in ballots)
        tellers = range(len(self.federation.tellers))
        for teller in tellers:
            self.say(teller, receipt_body(round_id, ids), "teller")
        body, listing = seals.build_seal(round_id, ids)
        if listing is not None:
            self.texts.append(listing)
        named = sorted(self.say(teller, body, "teller").id for teller in tellers)
        record = self._close_record(round_id, named, ballots)
        value = self.certify(record)
        self.closings[record.height] = Closing(record.height, round_id, self._spec(round_id), record.body)
        return value

    def publish(self) -> RecordId:
        """Have the secretariat draft the agenda that is due, and the tellers publish it; return the record's id."""
        version = len(self._agendas) + 1
        built = self.rulings.due_agenda(version, max(self.closings))
        data = agenda_bytes(built)
        self.texts.append(data)
        draft = self.say(
            0, AgendaDraft(version=version, document=TextHash(sha256_hex(data)), size=len(data), order=None)
        )
        body = AgendaBody(draft=draft.id, version=version, document=TextHash(sha256_hex(data)), size=len(data))
        record = AgendaRecord(**self._header(), kind="agenda", body=body)  # type: ignore[arg-type]
        self._agendas[version] = Published(record.height, body.document)
        return self.certify(record)

    def certify(self, record: Record) -> RecordId:
        """Have a quorum of tellers certify a record, whatever it says."""
        value = record_id(record)
        quorum = Quorum.of(len(self.federation.tellers)).votes
        votes = [self.say(t, Precommit(height=record.height, view=0, value=value), "teller") for t in range(quorum)]
        certificate = certificates.assemble(record, tuple(vote.envelope for vote in votes))
        self.certificates.append(certificate.to_bytes())
        self.records.append(record)
        return value

    def fork(self, event: Verified, body: BaseModel) -> Verified:
        """Have an event's author say something else in its place; return what it said."""
        writer = next(writer for writer in self._writers.values() if writer.key == event.event.key)
        other = writer.branch(event.event.seq).write(body)
        self.forks.append((event, other))
        return other

    def _header(self) -> dict[str, object]:
        prev = record_id(self.records[-1]) if self.records else self.federation.id
        return {"v": 1, "federation": self.federation.id, "height": len(self.records) + 1, "prev": prev, "roll": 0}

    def _spec(self, round_id: RecordId) -> RoundSpec:
        record = next(record for record in self.records if record_id(record) == round_id)
        assert isinstance(record, OpenRecord)
        return record.body.spec

    def _close_record(self, round_id: RecordId, named: list[EventId], ballots: Sequence[Verified]) -> CloseRecord:
        count = seals.count_ballots(map(statement_of, ballots), may_change=True)
        tally = self.rulings.tally(round_id, self._spec(round_id), count.counted, named)
        ids = sorted(ballot.id for ballot in ballots)
        body = CloseBody(
            round=round_id,
            seals=tuple(named),
            count=len(ids),
            listing=seals.listing_hash(ids),
            outcome=tally.outcome,
            result=tally.result,
        )
        return CloseRecord(**self._header(), kind="close", body=body)  # type: ignore[arg-type]


def _option(number: int, proposal: Verified) -> Option:
    body = proposal.event.body
    assert isinstance(body, Proposal)
    return Option(id=f"o{number}", subject=proposal.id, text=body.text, minutes=10)


def told() -> History:
    """Return a history with everything in it: two rounds, an agenda, a forked key that counted."""
    history = History()
    proposals = [history.propose(member, f"Proposal of {member}") for member in range(4)]
    history.say(1, Endorsement(proposal=proposals[0].id, endorses=True))
    history.texts.append(document("Reasons"))
    reasons = proposal_text("Reasons")
    history.say(2, Position(proposal=proposals[0].id, stance="support", reasons=reasons))
    first = history.open_round(proposals)
    ballots = [history.vote(member, first, "o1", "o2") for member in range(4)]
    history.close_round(first, ballots)
    second = history.open_round(proposals[:1], number=2)
    ballots = [history.vote(member, second, "o1") for member in range(4)]
    history.close_round(second, ballots)
    history.publish()
    history.say(3, Endorsement(proposal=proposals[1].id, endorses=True))
    history.fork(ballots[3], Endorsement(proposal=proposals[2].id, endorses=True))
    return history


def told_at_length() -> History:
    """Return a history with one closed round whose seals are long: a member changed its ballot often."""
    history = History()
    first = history.open_round([history.propose(0, "Often considered")])
    ballots = [history.vote(1, first, "o1") for _ in range(limits.SEAL_INLINE_BALLOTS_MAX + 1)]
    history.close_round(first, ballots)
    return history


def make_directory(path: Path, federation: Federation) -> Path:
    """Return the data directory of a node that has joined and never run. It holds no keys."""
    path.mkdir(mode=0o700)
    layout = Layout(path)
    layout.charter.write_bytes(federation.file.to_bytes())
    layout.config.write_bytes(config.new_config(public_url="", is_teller=True))
    return path


async def fill(node: OfflineNode, history: History) -> None:
    """Have a node take a whole history; every part of it must be taken."""
    report = await node.ledger.take(Delivery("history", _envelopes(history.events), history.texts))
    assert not report.refused, report.refused
    for certificate in history.certificates:
        assert await node.register.take("history", certificate) is Taken.NEW
    forks = [(first.envelope, second.envelope) for first, second in history.forks]
    report = await node.ledger.take(Delivery("history", forks=forks))
    assert not report.refused, report.refused


async def filled(path: Path, history: History) -> Path:
    """Return a new data directory that holds a whole history."""
    directory = make_directory(path, history.federation)
    async with offline_node(directory, HandClock(), may_create=True) as node:
        await fill(node, history)
    return directory


def _envelopes(events: Iterable[Verified]) -> list[Envelope]:
    return [event.envelope for event in events]
