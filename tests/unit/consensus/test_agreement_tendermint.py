"""Tendermint's rules one by one, with the paper's line numbers, and the bounds on what traitors can store."""

from dataclasses import dataclass, field

from consensus.agreement.outputs import Decided, Lock
from consensus.agreement.quorum import Quorum
from consensus.agreement.settings import Timing
from consensus.agreement.tendermint import PROPOSALS_PER_VIEW_MAX, VIEWS_AHEAD_MAX, Candidate, Tendermint
from consensus.agreement.timers import Task
from protocol.events.tellers import Precommit, Prevote, RecordProposal
from protocol.ids import EventId, RecordId
from protocol.register import Record, record_id
from tests.simulation.federation import bench_of, open_record
from tests.support.builders import hash_of

TIMING = Timing(grace_ms=1, stall_ms=1, propose_ms=100, prevote_ms=10, precommit_ms=20, growth_ms=5)
A, B = (open_record(closes) for closes in (1_000, 2_000))


@dataclass
class Values:
    """One record is due; which are valid is set by the test."""

    due: tuple[Record, RecordId] | None = None
    verdicts: dict[RecordId, bool | None] = field(default_factory=dict)
    late: set[RecordId] = field(default_factory=set)

    def choose(self, now: int) -> tuple[Record, RecordId] | None:
        return self.due

    def is_valid(self, record: Record, value: RecordId) -> bool | None:
        return self.verdicts.get(value, True)

    def is_timely(self, record: Record, now: int) -> bool:
        return record_id(record) not in self.late

    def has_due(self, now: int) -> bool:
        return self.due is not None


@dataclass
class Machine:
    """Teller 0 of four at height 1, whose proposers are 1, 2, 3, 0; what it says is heard by itself at once."""

    me: int | None = 0
    values: Values = field(default_factory=lambda: Values(due=A))
    said: list[RecordProposal | Prevote | Precommit] = field(default_factory=list)
    decided: Decided | None = None
    alarms: list[tuple[int, Task]] = field(default_factory=list)
    votes: int = 0

    def __post_init__(self) -> None:
        self.core = Tendermint(
            height=1,
            bench=bench_of(4),
            quorum=Quorum.of(4),
            timing=TIMING,
            values=self.values,
            desk=self,
            me=self.me,
        )

    def sign(self, lock: Lock) -> None:
        assert isinstance(lock.body, RecordProposal | Prevote | Precommit)
        self.said.append(lock.body)

    def decide(self, decided: Decided) -> None:
        self.decided = decided

    def alarm(self, at_ms: int, task: Task) -> None:
        self.alarms.append((at_ms, task))

    def propose(self, named: tuple[Record, RecordId], view: int = 0, valid_view: int = -1) -> None:
        self.core.take_proposal((1 + view) % 4, view, Candidate(named[0], named[1], valid_view))
        self.core.advance(0)

    def prevotes(self, value: RecordId | None, *tellers: int, view: int = 0) -> None:
        for teller in tellers:
            self.core.take_vote(teller, view, "prevote", value, self._event())
        self.core.advance(0)

    def precommits(self, value: RecordId | None, *tellers: int, view: int = 0) -> None:
        for teller in tellers:
            self.core.take_vote(teller, view, "precommit", value, self._event())
        self.core.advance(0)

    def time_out(self, alarm: str, view: int = 0) -> None:
        assert any(task.alarm == alarm and task.view == view for _, task in self.alarms), "no such alarm was set"
        self.core.on_timeout(alarm, view, 0)  # type: ignore[arg-type]

    def to_view(self, view: int) -> None:
        """Let views pass in which nobody proposes."""
        for at in range(self.core.view, view):
            self.core.advance(0)
            self.time_out("propose", at)
            self.prevotes(None, 0, 1, 2, view=at)
            self.precommits(None, 0, 1, 2, view=at)
            self.time_out("precommit", at)

    def _event(self) -> EventId:
        self.votes += 1
        return EventId(hash_of("vote", self.votes))


def prevote(value: RecordId | None, view: int = 0) -> Prevote:
    return Prevote(height=1, view=view, value=value)


def precommit(value: RecordId | None, view: int = 0) -> Precommit:
    return Precommit(height=1, view=view, value=value)


def test_line_22_prevotes_for_a_valid_record_of_the_views_proposer() -> None:
    machine = Machine()
    machine.core.take_proposal(2, 0, Candidate(*A, -1))
    machine.core.advance(0)
    assert machine.said == []
    machine.propose(A)
    assert machine.said == [prevote(A[1])]


def test_line_22_prevotes_for_none_if_the_record_is_invalid_or_comes_too_late() -> None:
    assert _said_on(Values(A, verdicts={A[1]: False})) == [prevote(None)]
    assert _said_on(Values(A, late={A[1]})) == [prevote(None)]


def test_line_22_waits_while_something_is_missing() -> None:
    values = Values(A, verdicts={A[1]: None})
    machine = Machine(values=values)
    machine.propose(A)
    assert machine.said == []
    values.verdicts[A[1]] = True
    machine.core.advance(0)
    assert machine.said == [prevote(A[1])]


def _said_on(values: Values) -> list[RecordProposal | Prevote | Precommit]:
    machine = Machine(values=values)
    machine.propose(A)
    return machine.said


def test_line_57_prevotes_for_none_when_the_proposal_does_not_come() -> None:
    machine = Machine()
    machine.core.advance(0)
    assert machine.alarms == [(100, Task("propose", "1", 0))]
    machine.time_out("propose")
    assert machine.said == [prevote(None)]


def test_line_34_waits_for_more_prevotes_and_line_61_gives_up() -> None:
    machine = Machine()
    machine.propose(A)
    machine.prevotes(A[1], 0, 1)
    machine.prevotes(None, 2)
    assert machine.alarms[-1] == (10, Task("prevote", "1", 0))
    machine.time_out("prevote")
    assert machine.said[-1] == precommit(None)


def test_line_36_locks_and_precommits_on_a_quorum_of_prevotes() -> None:
    machine = Machine()
    machine.propose(A)
    machine.prevotes(A[1], 0, 1)
    assert machine.said == [prevote(A[1])]
    machine.prevotes(A[1], 2)
    assert machine.said[-1] == precommit(A[1])
    assert (machine.core.locked_value, machine.core.locked_view) == (A[1], 0)
    assert (machine.core.valid_value, machine.core.valid_view) == (A[1], 0)


def test_line_36_after_the_precommit_only_holds_the_record_valid() -> None:
    machine = Machine()
    machine.propose(A)
    machine.prevotes(A[1], 0, 1)
    machine.prevotes(None, 2)
    machine.time_out("prevote")
    machine.prevotes(A[1], 3)
    assert machine.said[-1] == precommit(None)
    assert machine.core.locked_value is None
    assert machine.core.valid_value == A[1]


def test_line_44_precommits_for_none_on_a_quorum_for_none() -> None:
    machine = Machine()
    machine.propose(A)
    machine.prevotes(None, 1, 2, 3)
    assert machine.said[-1] == precommit(None)


def test_line_47_waits_for_more_precommits_and_line_65_moves_on() -> None:
    machine = Machine()
    machine.precommits(None, 1, 2)
    machine.precommits(A[1], 3)
    assert machine.alarms[-1] == (20, Task("precommit", "1", 0))
    machine.time_out("precommit")
    assert machine.core.view == 1


def test_line_49_decides_in_whichever_view_and_step() -> None:
    machine = Machine()
    machine.to_view(2)
    machine.precommits(A[1], 1, 2, 3, view=0)
    before = machine.decided
    machine.propose(A, view=0)
    after = machine.decided
    assert before is None, "the record's bytes are not here"
    assert after is not None
    assert (after.id, after.view, len(after.votes)) == (A[1], 0, 3)


def test_line_49_never_adds_views_up() -> None:
    machine = Machine()
    machine.propose(A)
    machine.precommits(A[1], 1, 2, view=0)
    machine.precommits(A[1], 3, view=1)
    assert machine.decided is None


def test_line_49_sees_a_quorum_whichever_vote_of_an_equivocator_came_first() -> None:
    for values in ((A[1], None, B[1]), (None, B[1], A[1])):
        machine = Machine()
        machine.propose(A)
        machine.precommits(A[1], 1, 2)
        for value in values:
            machine.precommits(value, 3)
        assert machine.decided is not None


def test_line_55_catches_up_with_f_plus_1_in_later_views() -> None:
    machine = Machine()
    machine.prevotes(None, 3, view=9)
    assert machine.core.view == 0
    machine.prevotes(None, 2, view=4)
    assert machine.core.view == 4


def test_line_23_a_locked_teller_prevotes_for_no_other_record() -> None:
    machine = _locked_on_a()
    machine.propose(B, view=1)
    assert machine.said[-1] == prevote(None, view=1)


def test_line_23_a_locked_teller_prevotes_for_its_own_record_again() -> None:
    machine = _locked_on_a()
    machine.propose(A, view=1)
    assert machine.said[-1] == prevote(A[1], view=1)


def test_line_28_a_later_quorum_frees_a_locked_teller() -> None:
    machine = _locked_on_a()
    machine.propose(B, view=1)
    machine.precommits(None, 0, 1, 2, view=1)
    machine.time_out("precommit", 1)
    machine.propose(B, view=2, valid_view=1)
    assert machine.core.step == "propose", "the quorum of prevotes for it is not here"
    machine.prevotes(B[1], 1, 2, 3, view=1)
    assert machine.said[-1] == prevote(B[1], view=2)


def test_line_28_an_earlier_quorum_does_not() -> None:
    machine = Machine()
    machine.to_view(1)
    machine.propose(A, view=1)
    machine.prevotes(A[1], 0, 1, 2, view=1)
    assert machine.core.locked_view == 1
    machine.precommits(None, 1, 2, 3, view=1)
    machine.time_out("precommit", 1)
    machine.prevotes(B[1], 1, 2, 3, view=0)
    machine.propose(B, view=2, valid_view=0)
    assert machine.said[-1] == prevote(None, view=2)


def test_line_28_ignores_the_clock_that_line_22_asks() -> None:
    machine = Machine(values=Values(A, late={A[1]}))
    machine.to_view(1)
    machine.prevotes(A[1], 1, 2, 3, view=0)
    machine.propose(A, view=1, valid_view=0)
    assert machine.said[-1] == prevote(A[1], view=1)


def _locked_on_a() -> Machine:
    machine = Machine()
    machine.propose(A)
    machine.prevotes(A[1], 0, 1, 2)
    machine.precommits(None, 1, 2)
    machine.precommits(A[1], 0)
    machine.time_out("precommit")
    assert (machine.core.view, machine.core.locked_value) == (1, A[1])
    return machine


def test_line_14_proposes_what_is_due_or_what_is_valid() -> None:
    machine = Machine(me=1, values=Values(due=B))
    machine.core.advance(0)
    (proposal,) = machine.said
    assert isinstance(proposal, RecordProposal)
    assert (proposal.value, proposal.valid_view) == (B[1], -1)
    holder = _locked_on_a()
    holder.to_view(3)
    proposals = [body for body in holder.said if isinstance(body, RecordProposal)]
    assert [(body.value, body.valid_view, body.view) for body in proposals] == [(A[1], 0, 3)]


def test_line_14_waits_for_something_to_propose() -> None:
    machine = Machine(me=1, values=Values(due=None))
    machine.core.advance(0)
    assert machine.said == []
    machine.values.due = A
    machine.core.advance(0)
    machine.core.advance(0)
    assert len(machine.said) == 1


def test_timeouts_grow_from_view_to_view() -> None:
    machine = Machine()
    machine.to_view(2)
    firsts = [at for at, task in machine.alarms if task.alarm == "propose"]
    assert firsts == [100, 105, 110]


def test_the_clock_of_a_view_starts_with_something_to_decide() -> None:
    machine = Machine(values=Values(due=None))
    machine.core.advance(0)
    machine.prevotes(None, 3)
    assert machine.alarms == []
    machine.prevotes(None, 2)
    assert machine.alarms == [(100, Task("propose", "1", 0))]


def test_old_alarms_do_nothing() -> None:
    machine = Machine()
    machine.to_view(2)
    said = list(machine.said)
    for alarm in ("propose", "prevote", "precommit"):
        machine.core.on_timeout(alarm, 0, 0)
    assert machine.said == said


def test_an_onlooker_only_decides() -> None:
    machine = Machine(me=None)
    machine.propose(A)
    machine.prevotes(A[1], 1, 2, 3)
    assert machine.said == []
    machine.precommits(A[1], 1, 2, 3)
    assert machine.decided is not None


def test_a_traitor_far_ahead_fills_only_its_own_few_places() -> None:
    machine = Machine()
    for view in range(1, 2_000):
        machine.prevotes(None, 3, view=view)
    kept = [view for view in range(2_000) if machine.core.votes.count_any(view, "prevote")]
    assert kept == list(range(2_000 - VIEWS_AHEAD_MAX, 2_000))
    assert machine.core.view == 0


def test_a_proposer_fills_only_a_few_places() -> None:
    machine = Machine(values=Values(A, verdicts={}))
    for closes in range(5_000, 5_020):
        machine.propose(open_record(closes))
    assert len(machine.core.records) == PROPOSALS_PER_VIEW_MAX
