"""Agreement on one height of the register: Tendermint's algorithm 1, rule by rule.

The paper is "The latest gossip on BFT consensus" (Buchman, Kwon, Milosevic; arXiv 1807.04938), whose line numbers
the docstrings give.

What differs in wording only: the paper's round is called a view here, since a round is a vote of the members; 2f+1 is
`quorum.votes`, which is also safe where n is not 3f+1; f+1 is `quorum.catch_up`. What is added:

* The propose timeout of a view starts only once there is something to decide (a record is due here, or a record had a
  quorum of prevotes, or f+1 tellers speak in this view or a later one). So an idle federation stays silent.
* Line 55 asks for f+1 tellers that each sent something for that view *or a later one*; at least one is honest, too.
* Lines 49 to 54 ask for q precommits and the record's bytes alone. A quorum's word is enough.
* A record that is only timely now, such as the opening of a round, is judged by the clock when it is first put
  forward (line 22), never again (line 28): a lock must not be lost to the passing of time.

Votes are counted when their stored events come back as statements, one's own included; nothing is counted on the
strength of having asked for a signature. Messages of views far ahead are kept for a bounded number of views a teller.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

from consensus.agreement.outputs import Decided, Lock, Locked, order_of, slot_of
from consensus.agreement.quorum import Quorum
from consensus.agreement.settings import Bench, Timing
from consensus.agreement.timers import Alarm, Task
from consensus.agreement.votes import VoteBook, VoteStage
from protocol.events.tellers import NO_VIEW, Precommit, Prevote, RecordProposal
from protocol.ids import EventId, RecordId
from protocol.register import Record

Step = Literal["propose", "prevote", "precommit"]
PROPOSALS_PER_VIEW_MAX = 4
VIEWS_AHEAD_MAX = 64


class Values(Protocol):
    """What algorithm 1 calls getValue() and valid(v)."""

    def choose(self, now: int) -> tuple[Record, RecordId] | None:
        """Return the record that is due and complete here, or None."""
        ...

    def is_valid(self, record: Record, value: RecordId) -> bool | None:
        """Whether a record may be voted for; None while something that it rests on is missing."""
        ...

    def is_timely(self, record: Record, now: int) -> bool:
        """Whether a record may still be put forward for the first time."""
        ...

    def has_due(self, now: int) -> bool:
        """Whether there is something to decide."""
        ...


class Desk(Protocol):
    """Where the machine puts its outputs and alarms, and finds what it is bound to."""

    def sign(self, lock: Lock) -> None:
        """Ask for a statement, or for the one that the slot is already locked to."""
        ...

    def decide(self, decided: Decided) -> None:
        """Report the decision."""
        ...

    def alarm(self, at_ms: int, task: Task) -> None:
        """Ask to be woken."""
        ...


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record put forward in a view."""

    record: Record
    value: RecordId
    valid_view: int


@dataclass(slots=True)
class Tendermint:
    """One teller's part in one height, or an onlooker's if `me` is None."""

    height: int
    bench: Bench
    quorum: Quorum
    timing: Timing
    values: Values
    desk: Desk
    me: int | None
    votes: VoteBook = field(default_factory=VoteBook)
    view: int = 0
    step: Step = "propose"
    locked_value: RecordId | None = None
    locked_view: int = NO_VIEW
    valid_value: RecordId | None = None
    valid_view: int = NO_VIEW
    is_decided: bool = False
    records: dict[RecordId, Record] = field(default_factory=dict)
    _candidates: dict[int, list[Candidate]] = field(default_factory=dict)
    _heard: dict[int, int] = field(default_factory=dict)
    """Each teller's highest view."""
    _ahead: dict[int, set[int]] = field(default_factory=dict)
    _quorate: list[tuple[int, RecordId]] = field(default_factory=list)
    """Views and values with a quorum of precommits; it takes the record's bytes to decide."""
    _fired: set[tuple[int, str]] = field(default_factory=set)
    """Which once-only rules have fired in which view."""
    _had_polka: bool = False
    _may_be_behind: bool = False

    def take_proposal(self, teller: int, view: int, candidate: Candidate) -> None:
        """Keep a record that a teller put forward, if it is its turn in that view."""
        if teller != self.bench.proposer(self.height, view) or not self._hear(teller, view):
            return
        candidates = self._candidates.setdefault(view, [])
        if candidate not in candidates and len(candidates) < PROPOSALS_PER_VIEW_MAX:
            candidates.append(candidate)
            self.records[candidate.value] = candidate.record

    def take_vote(self, teller: int, view: int, stage: VoteStage, value: RecordId | None, event: EventId) -> None:
        """Keep a vote."""
        if not self._hear(teller, view) or not self.votes.add(view, stage, teller, value, event):
            return
        if value is not None and self._has_quorum(view, stage, value):
            if stage == "prevote":
                self._had_polka = True
            elif (view, value) not in self._quorate:
                self._quorate.append((view, value))

    def resume(self, locks: list[Lock]) -> None:
        """Stand again where one's sign-locks of this height say one stood."""
        for lock in sorted(locks, key=order_of):
            body = lock.body
            if isinstance(body, Precommit) and body.value is not None and body.view > self.locked_view:
                self.locked_value, self.locked_view = body.value, body.view
                self.valid_value, self.valid_view = body.value, body.view
            if isinstance(body, RecordProposal | Prevote | Precommit) and body.view >= self.view:
                self.view = body.view
                self.step = "propose" if isinstance(body, RecordProposal) else _step_after(body)

    def advance(self, now: int) -> None:
        """Apply every rule that holds until none does."""
        if self.me is None:
            self._line_49_decide(now)
            return
        rules = self._rules()
        while not self.is_decided and any(rule(now) for rule in rules):
            pass

    def on_timeout(self, alarm: Alarm, view: int, now: int) -> None:
        """Do what the paper's OnTimeout functions do (lines 57 to 67)."""
        if view != self.view or self.is_decided or self.me is None:
            return
        if alarm == "propose" and self.step == "propose":
            self._prevote(None)
        elif alarm == "prevote" and self.step == "prevote":
            self._precommit(None)
        elif alarm == "precommit":
            self._start_view(view + 1)
        self.advance(now)

    def heard(self) -> frozenset[int]:
        """Return the tellers that said anything at this height."""
        return frozenset(self._heard)

    def _rules(self) -> tuple[Callable[[int], bool], ...]:
        return (
            self._line_49_decide,
            self._line_55_catch_up,
            self._line_14_propose,
            self._start_clock,
            self._line_22_prevote_new,
            self._line_28_prevote_reproposed,
            self._line_34_await_prevotes,
            self._line_36_accept_polka,
            self._line_44_precommit_nil,
            self._line_47_await_precommits,
        )

    def _start_view(self, view: int) -> None:
        """Line 11, StartRound: the rules of lines 14 to 21 follow in advance()."""
        self.view = view
        self.step = "propose"
        for ahead in self._ahead.values():
            ahead.difference_update([past for past in ahead if past <= view])

    def _start_clock(self, now: int) -> bool:
        """Line 21: the propose timeout, once there is something to decide."""
        if self.step != "propose" or self._has_fired("clock") or not self._is_wanted(now):
            return False
        return self._fire("clock", self._set_timeout("propose", self.timing.propose_ms, now))

    def _line_14_propose(self, now: int) -> bool:
        """Lines 14 to 19: the proposer puts forward its valid value, or what is due."""
        if self.step != "propose" or self.me != self.bench.proposer(self.height, self.view):
            return False
        if self._has_fired("propose"):
            return False
        if self.valid_value is not None:
            record = self.records.get(self.valid_value)
            chosen = None if record is None else (record, self.valid_value)
        else:
            chosen = self.values.choose(now)
        if chosen is None:
            return False
        self.records[chosen[1]] = chosen[0]
        body = RecordProposal(
            height=self.height,
            view=self.view,
            valid_view=self.valid_view,
            value=chosen[1],
            record=chosen[0].model_dump(mode="json"),
        )
        return self._fire("propose", self._sign(body))

    def _line_22_prevote_new(self, now: int) -> bool:
        """Lines 22 to 27: a record put forward for the first time."""
        if self.step != "propose":
            return False
        for candidate in self._candidates.get(self.view, ()):
            if candidate.valid_view != NO_VIEW:
                continue
            is_valid = self.values.is_valid(candidate.record, candidate.value)
            if is_valid is None:
                continue
            accepts = is_valid and self.values.is_timely(candidate.record, now) and self._lock_allows(candidate)
            return self._prevote(candidate.value if accepts else None)
        return False

    def _line_28_prevote_reproposed(self, _now: int) -> bool:
        """Lines 28 to 33: a record that had a quorum of prevotes in an earlier view."""
        if self.step != "propose":
            return False
        for candidate in self._candidates.get(self.view, ()):
            if not 0 <= candidate.valid_view < self.view:
                continue
            if not self._has_quorum(candidate.valid_view, "prevote", candidate.value):
                continue
            is_valid = self.values.is_valid(candidate.record, candidate.value)
            if is_valid is None:
                continue
            return self._prevote(candidate.value if is_valid and self._lock_allows(candidate) else None)
        return False

    def _line_34_await_prevotes(self, now: int) -> bool:
        """Lines 34 and 35: a quorum has prevoted, for whatever it may be."""
        if self.step != "prevote" or self._has_fired("prevote"):
            return False
        if self.votes.count_any(self.view, "prevote") < self.quorum.votes:
            return False
        return self._fire("prevote", self._set_timeout("prevote", self.timing.prevote_ms, now))

    def _line_36_accept_polka(self, _now: int) -> bool:
        """Lines 36 to 43: a quorum prevoted for a valid record: lock on it and precommit, and hold it valid."""
        if self.step == "propose" or self._has_fired("polka"):
            return False
        for candidate in self._candidates.get(self.view, ()):
            if not self._has_quorum(self.view, "prevote", candidate.value):
                continue
            if not self.values.is_valid(candidate.record, candidate.value):
                continue
            if self.step == "prevote":
                self.locked_value, self.locked_view = candidate.value, self.view
                self._precommit(candidate.value)
            self.valid_value, self.valid_view = candidate.value, self.view
            return self._fire("polka")
        return False

    def _line_44_precommit_nil(self, _now: int) -> bool:
        """Lines 44 to 46: a quorum prevoted for no record."""
        if self.step != "prevote" or not self._has_quorum(self.view, "prevote", None):
            return False
        return self._precommit(None)

    def _line_47_await_precommits(self, now: int) -> bool:
        """Lines 47 and 48: a quorum has precommitted, for whatever it may be."""
        if self._has_fired("precommit") or self.votes.count_any(self.view, "precommit") < self.quorum.votes:
            return False
        return self._fire("precommit", self._set_timeout("precommit", self.timing.precommit_ms, now))

    def _line_49_decide(self, _now: int) -> bool:
        """Lines 49 to 54: a quorum precommitted for a record in one view, whichever view that is."""
        for view, value in self._quorate:
            if value in self.records and not self.is_decided:
                self.is_decided = True
                supporters = self.votes.supporters(view, "precommit", value)
                votes = tuple(supporters[teller] for teller in sorted(supporters))
                voters = frozenset(self.bench.tellers[teller] for teller in supporters)
                self.desk.decide(Decided(self.records[value], value, view, votes, voters))
                return True
        return False

    def _line_55_catch_up(self, _now: int) -> bool:
        """Lines 55 and 56: f+1 tellers are in later views."""
        if not self._may_be_behind:
            return False
        self._may_be_behind = False
        views = sorted((view for view in self._heard.values() if view > self.view), reverse=True)
        if len(views) < self.quorum.catch_up:
            return False
        self._start_view(views[self.quorum.catch_up - 1])
        return True

    def _lock_allows(self, candidate: Candidate) -> bool:
        """Lines 23 and 29: whether the lock lets one prevote for a record."""
        return self.locked_view <= candidate.valid_view or self.locked_value == candidate.value

    def _has_quorum(self, view: int, stage: VoteStage, value: RecordId | None) -> bool:
        return self.votes.count(view, stage, value) >= self.quorum.votes

    def _is_wanted(self, now: int) -> bool:
        if self._had_polka or self.valid_value is not None or self.values.has_due(now):
            return True
        return sum(view >= self.view for view in self._heard.values()) >= self.quorum.catch_up

    def _prevote(self, value: RecordId | None) -> bool:
        self.step = "prevote"
        return self._sign(Prevote(height=self.height, view=self.view, value=value))

    def _precommit(self, value: RecordId | None) -> bool:
        self.step = "precommit"
        return self._sign(Precommit(height=self.height, view=self.view, value=value))

    def _sign(self, body: Locked) -> bool:
        self.desk.sign(Lock(slot_of(body), body, None))
        return True

    def _set_timeout(self, alarm: Alarm, first_ms: int, now: int) -> bool:
        at = now + first_ms + self.view * self.timing.growth_ms
        self.desk.alarm(at, Task(alarm, str(self.height), self.view))
        return True

    def _has_fired(self, rule: str) -> bool:
        return (self.view, rule) in self._fired

    def _fire(self, rule: str, _done: bool = True) -> bool:
        self._fired.add((self.view, rule))
        return True

    def _hear(self, teller: int, view: int) -> bool:
        """Note that a teller speaks in a view; return whether what it says there is kept."""
        if view > self.view:
            self._may_be_behind = True
            ahead = self._ahead.setdefault(teller, set())
            if view not in ahead and len(ahead) >= VIEWS_AHEAD_MAX:
                lowest = min(ahead)
                if view < lowest:
                    return False
                ahead.discard(lowest)
                self.votes.drop(lowest, teller)
            ahead.add(view)
        if view > self._heard.get(teller, NO_VIEW):
            self._heard[teller] = view
        return True


def _step_after(vote: Prevote | Precommit) -> Step:
    return "precommit" if isinstance(vote, Precommit) else "prevote"
