"""A proposal's story for tests of the fold: who says what when, and what the tellers certify."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from consensus.consultation import fold
from consensus.happenings import Closed, Happening, LongTermAgenda, Opened, Published
from consensus.lifecycle import Result, Stage
from consensus.proposal_state import Consultation, Joining, Setting
from protocol.envelope import Verified
from protocol.events.consultation import Endorsement, Position, TextRef
from protocol.events.deliberation import (
    Amendment,
    AmendmentAnswer,
    AmendmentEndorsement,
    ConsultationCall,
    Disposition,
    MergeAnswer,
    ObjectionAnswer,
    Revision,
    Screening,
    TakeOver,
    Withdrawal,
    Yielding,
)
from protocol.events.rounds import ProcedureName
from protocol.ids import EventId, RecordId
from protocol.policy import Portion, Procedure, Support, TrackPolicy
from tests.support.builders import (
    EPOCH_MS,
    SIMPLE_MAJORITY,
    ChainWriter,
    build_federation,
    hash_of,
    proposal_body,
    proposal_text,
    track_policy,
)

FEDERATION = build_federation(members=8)
DAY = 86_400_000
ENDED: frozenset[Stage] = frozenset(
    {"inadmissible", "lapsed", "withdrawn", "merged", "duplicate", "superseded", "not-adopted", "ended"}
)
"""Stages in which a proposal is no longer under way and not in force."""


def support(numerator: int, denominator: int, constituencies: int) -> Support:
    return Support(members=Portion(numerator=numerator, denominator=denominator), constituencies=constituencies)


def strict_policy(**changes: Any) -> TrackPolicy:
    """Screening, support of a quarter out of two constituencies within 30 days, ten days' notice, consent first."""
    names = ("waiver", "prioritisation", "consent", "vote", "alternatives", "amendment", "review", "ratification")
    procedures = {name: Procedure(rule=dict(SIMPLE_MAJORITY), voting_ms=DAY, proxies_per_holder=0) for name in names}
    given: dict[str, Any] = {
        "screening": True,
        "endorsement": support(1, 4, 2),
        "endorsing_ms": 30 * DAY,
        "notice_ms": 10 * DAY,
        "amendment": support(1, 4, 1),
        "procedures": procedures,
    }
    return track_policy(**{**given, **changes})


@dataclass
class Story:
    """What happens, a minute after the other unless a day is given."""

    policy: TrackPolicy = field(default_factory=strict_policy)
    merges: tuple[EventId, ...] = ()
    sponsor: int = 1
    said: list[Verified] = field(default_factory=list)
    records: list[Happening] = field(default_factory=list)
    joinings: tuple[Joining, ...] = ()
    minute: int = 0
    writers: dict[int, ChainWriter] = field(default_factory=dict)

    def __post_init__(self) -> None:
        body = proposal_body(proposal_text("The text")).model_copy(update={"merges": self.merges})
        self.proposal = self.write(self.sponsor, body)
        self.said.clear()

    @property
    def setting(self) -> Setting:
        members = {each.id: each.entry.constituencies for each in FEDERATION.members}
        return Setting(self.policy, members, frozenset(FEDERATION.roll.secretariat))

    def time(self, day: float | None) -> int:
        self.minute += 1
        return EPOCH_MS + self.minute * 60_000 if day is None else EPOCH_MS + round(day * DAY)

    def write(self, member: int, body: BaseModel, day: float | None = None) -> Verified:
        writer = self.writers.setdefault(member, FEDERATION.writer(member))
        event = writer.write(body, time_ms=self.time(day), refs=[self.said[-1].id] if self.said else [])
        self.said.append(event)
        return event

    def screen(self, verdict: Any = "admissible", member: int = 0, reasons: TextRef | None = None) -> None:
        self.write(member, Screening(proposal=self.proposal.id, verdict=verdict, reasons=reasons))

    def endorse(self, *members: int, day: float | None = None, endorses: bool = True) -> None:
        for member in members:
            self.write(member, Endorsement(proposal=self.proposal.id, endorses=endorses), day)

    def position(self, member: int, stance: Any, words: str = "Because") -> Verified:
        reasons = proposal_text(words)
        return self.write(member, Position(proposal=self.proposal.id, stance=stance, reasons=reasons))

    def answer(self, objection: Verified, member: int | None = None, answer: Any = "addressed") -> None:
        body = ObjectionAnswer(
            proposal=self.proposal.id, objection=objection.id, answer=answer, reply=proposal_text("So")
        )
        self.write(self.sponsor if member is None else member, body)

    def revise(self, title: str, base: TextRef | None = None, member: int | None = None) -> None:
        base = base or self.state().text.text
        body = Revision(proposal=self.proposal.id, base=base.sha256, text=proposal_text(title), minutes=20)
        self.write(self.sponsor if member is None else member, body)

    def amend(self, member: int, title: str) -> Verified:
        base = self.state().text.text.sha256
        body = Amendment(
            proposal=self.proposal.id, base=base, text=proposal_text(title), reasons=proposal_text("Better so")
        )
        return self.write(member, body)

    def back(self, member: int, amendment: Verified, *, endorses: bool = True) -> None:
        body = AmendmentEndorsement(proposal=self.proposal.id, amendment=amendment.id, endorses=endorses)
        self.write(member, body)

    def answer_amendment(self, amendment: Verified, *, accepts: bool, member: int | None = None) -> None:
        reasons = None if accepts else proposal_text("No")
        body = AmendmentAnswer(proposal=self.proposal.id, amendment=amendment.id, accepts=accepts, reasons=reasons)
        self.write(self.sponsor if member is None else member, body)

    def call(self, number: int, member: int = 0) -> None:
        until = EPOCH_MS + 100 * DAY
        self.write(member, ConsultationCall(proposal=self.proposal.id, number=number, until=until, question=None))

    def dispose(self, step: Any, member: int = 0) -> None:
        self.write(member, Disposition(proposal=self.proposal.id, step=step, reasons=proposal_text("Not now")))

    def withdraw(self, member: int | None = None) -> None:
        self.write(self.sponsor if member is None else member, Withdrawal(proposal=self.proposal.id, reasons=None))

    def take_over(self, member: int) -> None:
        self.write(member, TakeOver(proposal=self.proposal.id))

    def yield_to(self, other: EventId, why: Any, member: int | None = None) -> None:
        body = Yielding(proposal=self.proposal.id, to=other, why=why)
        self.write(self.sponsor if member is None else member, body)

    def merge(self, into: EventId, *, joins: bool = True, member: int | None = None) -> None:
        body = MergeAnswer(proposal=self.proposal.id, into=into, joins=joins)
        self.write(self.sponsor if member is None else member, body)

    def open(self, procedure: ProcedureName, day: float | None = None, subject: str = "") -> None:
        what = Opened(RecordId(hash_of("round", len(self.records))), procedure, subject or self.proposal.id)
        self._record(what, day)

    def close(self, procedure: ProcedureName, result: Result, day: float | None = None, subject: str = "") -> None:
        what = Closed(RecordId(hash_of("round", len(self.records) - 1)), procedure, subject or self.proposal.id, result)
        self._record(what, day)

    def publish(self, day: float | None = None) -> None:
        self._record(Published(1), day)

    def long_term_agenda(self, day: float | None = None) -> None:
        self._record(LongTermAgenda(RecordId(hash_of("long"))), day)

    def state(self, day: float | None = None) -> Consultation:
        """Return the state on a day, or when the last thing has happened."""
        times = [EPOCH_MS + self.minute * 60_000, *(each.event.time for each in self.said)]
        last = max([*times, *(record.time for record in self.records)])
        return self.fold(self.said, last if day is None else EPOCH_MS + round(day * DAY))

    def fold(self, said: Sequence[Verified], now: int) -> Consultation:
        return fold(self.proposal, said, self.records, self.setting, now, self.joinings)

    def _record(self, what: Any, day: float | None) -> None:
        id_ = hash_of("record", len(self.records))
        self.records.append(Happening(id_, self.time(day), None, what, frozenset()))
