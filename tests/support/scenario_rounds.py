"""Rounds of a scenario: drafted, opened by the tellers, voted in, receipted, sealed, counted and closed.

Each teller holds the protocol's own OpenRound: which ballots it seals, and so which are included, is decided there.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from pydantic import JsonValue, ValidationError

from consensus.agenda import Closing
from consensus.agreement import seals
from consensus.agreement.ports import MissingTexts
from consensus.agreement.quorum import Quorum
from consensus.agreement.rounds import OpenRound
from consensus.agreement.seals import Count
from consensus.agreement.statements import Statement, statement_of
from consensus.ballots import Fault
from consensus.outcome import Outcome
from consensus.rules import registry
from consensus.rules.proxies import Resolution
from protocol.envelope import Verified
from protocol.events.consultation import Proposal, TextRef, Track
from protocol.events.deliberation import Amendment
from protocol.events.rounds import Ballot, OpenRequest, Option, ProcedureName, Question, RoundSpec
from protocol.events.tellers import Receipt, Seal
from protocol.ids import EventId, MemberId, RecordId
from protocol.register import CloseBody, CloseRecord, OpenBody, OpenRecord, record_id
from tests.support.builders import BuiltMember
from tests.support.scenario_phrases import Found, time_words
from tests.support.scenario_world import World, refused

_SLUG: Final = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A round as it is asked for."""

    procedure: ProcedureName
    titles: Sequence[str]
    until: int
    may_change: bool = True
    proxies: int | None = None
    capacity: int | None = None
    rule: dict[str, JsonValue] | None = None


@dataclass
class Round:
    """A round that was opened, as every teller sees it."""

    id: RecordId
    spec: RoundSpec
    name: str
    boxes: dict[MemberId, OpenRound]
    ballots: list[Verified] = field(default_factory=list)
    seals: dict[MemberId, EventId] = field(default_factory=dict)
    is_closed: bool = False
    is_reported: bool = False
    waits: bool = False
    """Whether too few tellers have sealed it although it is time."""
    count: Count | None = None
    included: frozenset[EventId] = frozenset()
    outcome: Outcome | None = None
    resolution: Resolution | None = None
    forked: set[EventId] = field(default_factory=set)

    @property
    def seal_at(self) -> int:
        """When its seals are due."""
        return next(iter(self.boxes.values())).seal_at


class Rounds:
    """The rounds of one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.all: list[Round] = []
        self.silent: set[MemberId] = set()
        """Tellers that neither receipt nor seal."""
        self.quorum = Quorum.of(len(world.federation.tellers))

    def open(self, who: BuiltMember, wanted: Wanted, found: Found) -> Round | None:
        """Have a member ask for a round and the tellers open it; return it, or None with the reason told."""
        world = self.world
        subjects = [self._subject(title, wanted.procedure, found) for title in wanted.titles]
        track = self._track(subjects[0], found)
        try:
            spec = self._spec(track, subjects, wanted)
        except ValidationError as error:
            world.tell(f"refused: {refused(error)}")
            return None
        objection = world.rulings.check_spec(spec)
        assert not isinstance(objection, MissingTexts), objection
        if objection is not None:
            world.tell(f"refused: {objection}")
            return None
        request = world.say(who, OpenRequest(spec=spec))
        return None if request is None else self._opened(request, spec, wanted)

    def _opened(self, request: Verified, spec: RoundSpec, wanted: Wanted) -> Round:
        world = self.world
        body = OpenBody(request=request.id, spec=spec)
        record = OpenRecord(**world.header(), kind="open", body=body)  # type: ignore[arg-type]
        world.certify(record)
        round_id, seal_at = record_id(record), spec.closes + world.charter.timing.grace_ms
        boxes = {each.id: OpenRound(round_id, spec, self.quorum, seal_at) for each in world.federation.tellers}
        titles = [world.last_title if title == "it" else title for title in wanted.titles]
        name = f"{wanted.procedure} on {', '.join(repr(title) for title in titles)}"
        self.all.append(Round(round_id, spec, name, boxes))
        world.tell(f"{name} is open until {time_words(spec.closes)}")
        return self.all[-1]

    def _subject(self, title: str, procedure: ProcedureName, found: Found) -> Verified:
        world = self.world
        return world.amendment(title, found) if procedure == "amendment" else world.proposal(title, found)

    def _track(self, subject: Verified, found: Found) -> Track:
        body = subject.event.body
        if isinstance(body, Amendment):
            parent = next(each for each in self.world.proposals.values() if each.id == body.proposal)
            return self._track(parent, found)
        assert isinstance(body, Proposal)
        return body.track

    def _spec(self, track: Track, subjects: Sequence[Verified], wanted: Wanted) -> RoundSpec:
        """Return the specification of a round that opens now. Raises ValidationError if it can't be one."""
        world = self.world
        policy = world.charter.long if track == "long" else world.charter.short
        procedure = policy.procedures.get(wanted.procedure)
        rule = wanted.rule or (procedure.rule if procedure else {"rule": "none"})
        options = tuple(self._option(subject) for subject in subjects)
        settings = registry.parse_settings(rule)
        capacity = policy.capacity_minutes if wanted.capacity is None else wanted.capacity
        if len(options) == 1 or not (isinstance(settings, Fault) or registry.shares_capacity(settings)):
            capacity = max(capacity, *(option.minutes for option in options))
        allowed = procedure.proxies_per_holder if procedure else 0
        return RoundSpec(
            number=len(self.all),
            track=track,
            procedure=wanted.procedure,
            question=Question(options=options, capacity_minutes=capacity),
            rule=rule,
            roll=0,
            opens=world.now,
            closes=wanted.until,
            may_change=wanted.may_change,
            hide_running=True,
            proxies_per_holder=allowed if wanted.proxies is None else wanted.proxies,
        )

    def _option(self, subject: Verified) -> Option:
        text, minutes = self._text(subject)
        title = self.world.subject_titles()[str(subject.id)]
        return Option(id=option_id(title), subject=subject.id, text=text, minutes=minutes)

    def _text(self, subject: Verified) -> tuple[TextRef, int]:
        body = subject.event.body
        if isinstance(body, Amendment):
            parent = next(each for each in self.world.proposals.values() if each.id == body.proposal)
            return body.text, self.world.state(parent).text.minutes
        version = self.world.state(subject).text
        return version.text, version.minutes

    def current(self, found: Found, title: str | None = None) -> Round:
        """Return the round that was opened last among those not yet closed; about a title, closed ones as well."""
        fitting = [each for each in self.all if title is None or option_id(title) in _option_ids(each)]
        running = [each for each in fitting if not each.is_closed]
        if not running and (title is None or not fitting):
            raise found.fail(f"no such round is open{self._last_refusal()}")
        return (running or fitting)[-1]

    def _last_refusal(self) -> str:
        refusals = [line for line in self.world.output if line.startswith("refused: ")]
        return f" ({refusals[-1]})" if refusals else ""

    def cast(
        self, round_: Round, who: BuiltMember, content: dict[str, JsonValue], heard_by: frozenset[str] | None
    ) -> Verified | None:
        """Have a member cast a ballot that reaches all tellers at once, or in time only the ones named."""
        world = self.world
        before = [each.id for each in round_.ballots if each.event.member == who.id]
        body = Ballot(
            round=round_.id,
            content=content,
            replaces=before[-1] if before else None,
            delegate="delegate",
            authorisation=None,
        )
        ballot = world.say(who, body)
        if ballot is not None:
            self.deliver(round_, ballot, heard_by)
        return ballot

    def deliver(self, round_: Round, ballot: Verified, heard_by: frozenset[str] | None) -> None:
        """Bring a ballot to tellers; whom it doesn't reach now, it reaches right after the deadline."""
        round_.ballots.append(ballot)
        if round_.is_closed:
            self.world.tell(f"{ballot.event.member}'s ballot comes after the round has closed")
            return
        for teller in self._bench(heard_by):
            self._hand_over(round_, teller, statement_of(ballot), self.world.now)

    def _bench(self, heard_by: frozenset[str] | None) -> list[MemberId]:
        tellers = [member.id for member in self.world.federation.tellers if member.id not in self.silent]
        return [teller for teller in tellers if heard_by is None or teller in heard_by]

    def _hand_over(self, round_: Round, teller: MemberId, statement: Statement, reached: int) -> None:
        if self.world.rulings.is_entitled(round_.spec, statement.member):
            round_.boxes[teller].take_ballot(statement, reached)

    def close_due(self, until: int) -> None:
        """Close every round whose seals are due by a time, in the order in which they are."""
        due = [each for each in self.all if not each.is_closed and each.seal_at <= until]
        for round_ in sorted(due, key=lambda each: each.seal_at):
            self.world.now = max(self.world.now, round_.seal_at)
            self._receipt(round_)
            self._seal(round_)
            if len(round_.seals) >= self.quorum.seals:
                self._close(round_)
            elif not round_.waits:
                round_.waits = True
                absent = sorted(set(round_.boxes) - set(round_.seals))
                self.world.tell(f"{round_.name} waits for the seals of {', '.join(absent)}")

    def _receipt(self, round_: Round) -> None:
        """Have each teller vouch for what came in time, and bring each what it lacks."""
        bench = self._bench(None)
        tellers = [member.id for member in self.world.federation.tellers]
        for teller in bench:
            box = round_.boxes[teller]
            if not box.owed:
                continue
            receipt = Receipt(round=round_.id, ballots=tuple(sorted(box.owed)))
            self._sign(teller, receipt)
            box.take_own_receipt(receipt)
            for other in bench:
                round_.boxes[other].take_listed(tellers.index(teller), receipt.ballots)
        for teller in bench:
            for ballot in round_.ballots:
                self._hand_over(round_, teller, statement_of(ballot), max(round_.spec.closes + 1, ballot.event.time))

    def _seal(self, round_: Round) -> None:
        for teller in self._bench(None):
            if teller in round_.seals:
                continue
            box = round_.boxes[teller]
            seal, _ = seals.build_seal(round_.id, box.seal_ballots())
            box.is_sealed = True
            event = self._sign(teller, seal)
            assert event is not None
            round_.seals[teller] = event.id
            tellers = [member.id for member in self.world.federation.tellers]
            for other in round_.boxes.values():
                if other.take_seal(event.id, tellers.index(teller), seal):
                    other.settle(seal.listing)

    def _sign(self, teller: MemberId, body: Receipt | Seal) -> Verified | None:
        member = next(each for each in self.world.federation.tellers if each.id == teller)
        return self.world.say(member, body, "teller")

    def _close(self, round_: Round) -> None:
        world, box = self.world, next(iter(round_.boxes.values()))
        named = tuple(sorted(round_.seals.values()))
        included = box.included(named)
        statements = [statement_of(ballot) for ballot in round_.ballots if ballot.id in included]
        count = seals.count_ballots(statements, may_change=round_.spec.may_change)
        tally = world.rulings.tally(round_.id, round_.spec, count.counted, named)
        body = CloseBody(
            round=round_.id,
            seals=named,
            count=len(included),
            listing=seals.listing_hash(included),
            outcome=tally.outcome,
            result=tally.result,
        )
        record = CloseRecord(**world.header(), kind="close", body=body)  # type: ignore[arg-type]
        world.register.closings[record.height] = Closing(record.height, round_.id, round_.spec, body)
        world.certify(record)
        round_.is_closed, round_.count, round_.included = True, count, frozenset(included)
        round_.outcome = world.rulings.outcome(round_.id, round_.spec, count.counted, named)
        round_.resolution = world.rulings.resolution(round_.spec, count.counted)


def option_id(title: str) -> str:
    """Return the id by which a ballot names a title."""
    return _SLUG.sub("-", title.lower()).strip("-")


def _option_ids(round_: Round) -> Iterable[str]:
    return (option.id for option in round_.spec.question.options)
