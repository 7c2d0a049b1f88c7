"""A proposal's state: a fold over the set of everything that happened to it, so that arrival order never matters.

The table in lifecycle.py says what counts; this module says what it does. An act without effect is kept with the reason
why, so that nobody wonders where it went.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from consensus.happenings import Closed, Happening, LongTermAgenda, Opened, Published, in_order
from consensus.lifecycle import Condition, Stage, Transition, act_of, acts_in, line_for
from consensus.proposal_state import (
    AmendmentState,
    Call,
    Consultation,
    Deadline,
    Joining,
    Objection,
    Setting,
    Step,
    Version,
    Void,
)
from protocol.envelope import Verified
from protocol.events.consultation import Position, Proposal, TextRef
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
    Withdrawal,
    Yielding,
)
from protocol.ids import EventId, MemberId, RecordId


def fold(
    proposal: Verified,
    said: Iterable[Verified],
    records: Sequence[Happening],
    setting: Setting,
    now: int,
    joinings: Iterable[Joining] = (),
) -> Consultation:
    """Return a proposal's state at a time.

    said holds the events about it, in any order; records what the tellers certified about it, in the register's order;
    joinings which sponsors of other proposals joined this one or left it, those of one proposal in its order.
    """
    body = proposal.event.body
    assert isinstance(body, Proposal)
    events = [proposal, *said]
    course = _Course(proposal, body, setting, joinings, {str(each.id): each for each in events})
    for time, happening in in_order(events, records, proposal.event.time):
        if happening.id != proposal.id and time <= now:
            course.pass_time(time)
            course.take(time, happening)
    course.pass_time(now)
    return course.state()


def endorses(said: Iterable[Verified]) -> frozenset[MemberId]:
    """Return who endorses a proposal by these endorsements of it, given in any order, whatever its stage."""
    latest: dict[MemberId, bool] = {}
    for _, happening in in_order(list(said), (), 0):
        act = None if happening.member is None else act_of(happening.what)  # type: ignore[arg-type]
        if happening.member is not None and act in ("endorse", "unendorse"):
            latest[happening.member] = act == "endorse"
    return frozenset(member for member, is_for in latest.items() if is_for)


def possible_acts(state: Consultation, member: MemberId, setting: Setting) -> tuple[str, ...]:
    """Return the acts that a member may do now as far as stage and office tell; conditions on their content apart."""
    course = _Roles(state.sponsor, setting)
    return tuple(
        dict.fromkeys(
            line.act
            for line in acts_in(state.stage)
            if line.who not in ("tellers", "time") and course.may(line.who, member)
        )
    )


def causal_order(events: Iterable[Verified]) -> list[Verified]:
    """Return events so that each stands behind its predecessor and behind those that it refers to."""
    by_id = {str(each.id): each for each in events}
    return [by_id[happening.id] for _, happening in in_order(list(by_id.values()), (), 0)]


@dataclass(frozen=True, slots=True)
class _Roles:
    """Whose an act is."""

    sponsor: MemberId
    setting: Setting

    def may(self, who: str, member: MemberId | None) -> bool:
        if member is None:
            return who in ("tellers", "time")
        match who:
            case "sponsor":
                return member == self.sponsor
            case "other":
                return member != self.sponsor
            case "secretariat":
                return member in self.setting.secretariat
            case "member":
                return True
            case _:
                return False


class _Course:
    """A proposal's way so far, while it is folded."""

    def __init__(
        self,
        proposal: Verified,
        body: Proposal,
        setting: Setting,
        joinings: Iterable[Joining],
        events: Mapping[str, Verified],
    ) -> None:
        self._id = proposal.id
        self._setting = setting
        self._to_come = deque(sorted(joinings, key=lambda each: (each.at, each.proposal)))
        self._joined: dict[EventId, MemberId] = {}
        self._events = events
        self._is_consolidation = bool(body.merges)
        self._stage: Stage = "endorsing" if body.merges or not setting.policy.screening else "submitted"
        self._stage_since = self._left = proposal.event.time
        self._before: Stage = self._stage
        self._endorsing: set[MemberId] = set()
        self._positions: dict[MemberId, Verified] = {}
        self._objections: dict[str, Objection] = {}
        self._amendments: dict[str, AmendmentState] = {}
        self._calls: list[Call] = []
        self._joinings: list[Joining] = []
        self._rounds: set[RecordId] = set()
        self._amending: set[RecordId] = set()
        self._waived = False
        self._adopted = 0
        self._admitted: int | None = None
        self._link: tuple[Literal["merged", "duplicate", "superseded"], EventId] | None = None
        self._reasons: TextRef | None = None
        self._sponsor = proposal.event.member
        self._versions = [Version(body.text, body.minutes, proposal.event.time, proposal.id)]
        self._history = [Step(proposal.event.time, "submit", self._sponsor, proposal.id, self._stage, None)]
        self._admit_if_due(proposal.event.time)

    def state(self) -> Consultation:
        """Return what has come of it."""
        return Consultation(
            stage=self._stage,
            sponsor=self._sponsor,
            versions=tuple(self._versions),
            endorsed_by=tuple(sorted(self._endorsing - {self._sponsor})),
            positions=dict(self._positions),
            objections=tuple(self._objections.values()),
            amendments=tuple(self._amendments.values()),
            calls=tuple(self._calls),
            admitted=self._admitted,
            notice_until=self._notice_until(),
            link=self._link,
            reasons=self._reasons,
            deadline=self._deadline(),
            joinings=tuple(self._joinings),
            history=tuple(self._history),
        )

    def take(self, time: int, happening: Happening) -> None:
        """Let one thing happen, if the table allows it now."""
        act = _act(happening)
        if act is None:
            return
        if isinstance(happening.what, Closed):
            self._amending.discard(happening.what.round)
        line = line_for(act, self._stage)
        void = self._void(line, time, happening)
        if void is None and line is not None:
            self._apply(act, time, happening)
            self._go(line.to, time)
        self._note(time, act, happening.member, happening.id, void)
        if void is None and happening.member is not None:
            self._admit_if_due(time)

    def pass_time(self, now: int) -> None:
        """Let happen what happens by itself or to other proposals up to a time."""
        while self._to_come and self._to_come[0].at <= now:
            joining = self._to_come.popleft()
            self._pass_deadlines(joining.at)
            if joining.joins:
                self._joined[joining.proposal] = joining.member
            else:
                self._joined.pop(joining.proposal, None)
            self._admit_if_due(max(joining.at, self._versions[0].since))
        self._pass_deadlines(now)

    def _pass_deadlines(self, now: int) -> None:
        while (due := self._deadline()) is not None and due.at <= now:
            self._stage, self._before = due.stage, self._stage
            self._stage_since = due.at
            self._note(due.at, due.act, None, "", None)

    def _note(self, time: int, act: str, by: MemberId | None, event: str, void: Void | None) -> None:
        self._history.append(Step(time, act, by, event, self._stage, void))

    def _go(self, to: Stage | Literal["before"] | None, time: int) -> None:
        if to is None:
            return
        target: Stage = self._before if to == "before" else to
        if to == "before":
            self._stage_since += time - self._left
        if target == "consulting" and self._admitted is None:
            self._admitted = time
        if target == "endorsing" and self._stage == "submitted":
            self._stage_since = time
        if target in ("adopted", "confirmed"):
            self._adopted = time
        if target != self._stage:
            self._before, self._stage, self._left = self._stage, target, time

    def _admit_if_due(self, time: int) -> None:
        if self._stage == "endorsing" and self._is_supported():
            self._go("consulting", time)
            self._note(time, "admit", None, "", None)

    def _is_supported(self) -> bool:
        if {"inclusion", "inclusion-vote"} & self._setting.policy.procedures.keys():
            return False
        joined = set(self._joined.values())
        if self._is_consolidation and len(joined) < _JOINED_LEAST:
            return False
        return self._setting.is_supported({self._sponsor} | self._endorsing | joined, self._setting.policy.endorsement)

    def _deadline(self) -> Deadline | None:
        policy = self._setting.policy
        if self._stage == "endorsing" and policy.endorsing_ms:
            return Deadline(self._stage_since + policy.endorsing_ms, "lapse", "lapsed")
        if self._stage in ("adopted", "published", "confirmed") and policy.review_ms:
            return Deadline(self._adopted + policy.review_ms, "review-due", "under-review")
        if self._stage == "under-review" and policy.sunset_ms:
            return Deadline(self._stage_since + policy.sunset_ms, "sunset", "ended")
        return None

    def _notice_until(self) -> int | None:
        if self._admitted is None:
            return None
        return self._admitted + (0 if self._waived else self._setting.policy.notice_ms)

    def _void(self, line: Transition | None, time: int, happening: Happening) -> Void | None:
        if line is None:
            return "stage"
        if not _Roles(self._sponsor, self._setting).may(line.who, happening.member):
            return "who"
        if isinstance(happening.what, Closed) and happening.what.round not in self._rounds:
            return "round"
        if self._amending and line.act in _NEEDS_SETTLED_TEXT:
            return "amending"
        if line.condition == "consent-tried" and not self._holds("notice-over", time, happening):
            return "notice-over"
        return None if self._holds(line.condition, time, happening) else line.condition

    def _holds(self, condition: Condition, time: int, happening: Happening) -> bool:
        what = happening.what
        match condition:
            case "reasons":
                return isinstance(what, Screening) and what.reasons is not None
            case "current-version":
                return isinstance(what, Revision | Amendment) and what.base == self._versions[-1].text.sha256
            case "amendment-open" | "amendment-applies" | "amendment-declined" | "amendment-supported":
                return self._amendment_holds(condition, what)
            case "objection-stands":
                found = self._objections.get(what.objection) if isinstance(what, ObjectionAnswer) else None
                return found is not None and found.is_standing
            case "next-call":
                if not isinstance(what, ConsultationCall):
                    return False
                return what.number == len(self._calls) + 1 and what.until > time
            case "another":
                return isinstance(what, Yielding) and what.to != self._id
            case "names-it":
                return isinstance(what, MergeAnswer) and what.into != self._id
            case "notice-over":
                until = self._notice_until()
                return until is not None and time >= until
            case "consent-tried":
                has_consent = "consent" in self._setting.policy.procedures
                return self._stage in ("broken", "no-quorum") or not has_consent
            case "unratified":
                return self._setting.policy.ratification and time > self._adopted
            case _:
                return True

    def _amendment_holds(self, condition: Condition, what: object) -> bool:
        found = self._amendments.get(_amendment_in(what) or "")
        if found is None:
            return False
        is_current = found.body.base == self._versions[-1].text.sha256
        match condition:
            case "amendment-declined":
                return found.outcome == "open" and isinstance(what, AmendmentAnswer) and what.reasons is not None
            case "amendment-applies":
                return found.outcome in ("open", "declined", "in-ballot") and is_current
            case "amendment-supported":
                asked = self._setting.policy.amendment
                return (
                    found.outcome in ("open", "declined")
                    and is_current
                    and self._setting.is_supported(found.backers, asked)
                )
            case _:
                return found.outcome in ("open", "declined")

    def _apply(self, act: str, time: int, happening: Happening) -> None:
        what, member = happening.what, happening.member
        if member is None:
            if isinstance(what, Opened | Closed):
                self._apply_round(act, time, what, happening.id)
            return
        match act:
            case "endorse" | "unendorse":
                (self._endorsing.add if act == "endorse" else self._endorsing.discard)(member)
            case "position":
                self._position(member, time, happening)
            case "revise":
                assert isinstance(what, Revision)
                self._versions.append(Version(what.text, what.minutes, time, happening.id))
            case "take-over":
                self._sponsor = member
            case "call":
                assert isinstance(what, ConsultationCall)
                self._calls.append(Call(what.number, time, what.until, what.question))
            case "answer-objection":
                assert isinstance(what, ObjectionAnswer)
                self._objections[what.objection] = replace(self._objections[what.objection], answer=what)
            case _ if isinstance(what, MergeAnswer):
                self._join(time, member, what)
            case _ if isinstance(what, Yielding):
                self._link = (what.why, what.to)
            case _ if isinstance(what, Screening | Withdrawal | Disposition):
                self._reasons = what.reasons
            case _:
                self._apply_amendment(act, time, happening, member)

    def _join(self, time: int, member: MemberId, what: MergeAnswer) -> None:
        """Let this proposal go into another, or leave the one that it went into."""
        if what.joins:
            self._joinings.append(Joining(time, self._id, what.into, member, joins=True))
        elif self._link is not None:
            self._joinings.append(Joining(time, self._id, self._link[1], member, joins=False))
        self._link = ("merged", what.into) if what.joins else None

    def _position(self, member: MemberId, time: int, happening: Happening) -> None:
        what = happening.what
        assert isinstance(what, Position)
        before = self._positions.get(member)
        if before is not None and before.id in self._objections:
            self._objections[before.id] = replace(self._objections[before.id], is_standing=False)
        verified = self._events[happening.id]
        self._positions[member] = verified
        if what.stance == "objection":
            self._objections[verified.id] = Objection(verified.id, member, what.reasons, time)

    def _apply_amendment(self, act: str, time: int, happening: Happening, member: MemberId) -> None:
        what = happening.what
        if isinstance(what, Amendment):
            amendment = AmendmentState(EventId(happening.id), member, what, time, frozenset({member}))
            self._amendments[happening.id] = amendment
            return
        assert isinstance(what, AmendmentEndorsement | AmendmentAnswer)
        found = self._amendments[what.amendment]
        match act:
            case "back-amendment":
                found = replace(found, backers=found.backers | {member})
            case "unback-amendment":
                found = replace(found, backers=found.backers - {member})
            case "accept-amendment":
                found = replace(found, outcome="accepted")
                self._take_text_of(found, time, happening.id)
            case "decline-amendment":
                assert isinstance(what, AmendmentAnswer)
                found = replace(found, outcome="declined", reasons=what.reasons)
        self._amendments[what.amendment] = found

    def _apply_round(self, act: str, time: int, what: Opened | Closed, event: str) -> None:
        if isinstance(what, Opened):
            self._rounds.add(what.round)
        if act == "waiver adopted":
            self._waived = True
        if what.procedure != "amendment" or what.subject not in self._amendments:
            return
        found = self._amendments[what.subject]
        if isinstance(what, Opened):
            self._amending.add(what.round)
            found = replace(found, outcome="in-ballot")
        elif what.result == "adopted":
            found = replace(found, outcome="adopted")
            self._take_text_of(found, time, event)
        else:
            found = replace(found, outcome="rejected" if what.result == "rejected" else "open")
        self._amendments[what.subject] = found

    def _take_text_of(self, amendment: AmendmentState, time: int, event: str) -> None:
        self._versions.append(Version(amendment.body.text, self._versions[-1].minutes, time, event))


_NEEDS_SETTLED_TEXT: Final = frozenset(
    {"revise", "accept-amendment", "open prioritisation", "open consent", "open vote", "open alternatives"}
)
"""What has to wait while members vote on an amendment, or else their vote could be made void."""
_JOINED_LEAST: Final = 2
"""A consolidated text stands once so many sponsors have joined it."""


def _act(happening: Happening) -> str | None:
    what = happening.what
    match what:
        case Opened():
            return f"open {what.procedure}"
        case Closed():
            return f"{what.procedure} {what.result}"
        case Published():
            return "publish"
        case LongTermAgenda():
            return "long-term agenda"
        case _:
            return act_of(what)


def _amendment_in(what: object) -> str | None:
    match what:
        case AmendmentEndorsement() | AmendmentAnswer():
            return what.amendment
        case Opened() | Closed():
            return what.subject
        case _:
            return None
