"""A table at which a schedule is played by hand: who hears what, whose time runs out, who is restarted.

The tellers' cores are real. A traitor has no core; the script says its lines.
"""

import hashlib
from collections.abc import Callable

from consensus.agreement.inputs import Certified, History, Input, StatementSeen, Tick
from consensus.agreement.outputs import Decided, Halt, Lock, Output, Sign, Slot, Stage, Wake, slot_of
from consensus.agreement.settings import Timing
from consensus.agreement.statements import Statement
from consensus.agreement.teller import TellerState, restore
from protocol.events.kinds import Body
from protocol.events.rounds import OpenRequest
from protocol.events.tellers import NO_VIEW, Precommit, Prevote, RecordProposal
from protocol.ids import EventId, MemberId, RecordId
from protocol.register import OpenBody, OpenRecord, record_id
from tests.simulation.design import HONEST, Design
from tests.simulation.federation import (
    FEDERATION,
    SECRETARIAT,
    SimulatedRules,
    bench_of,
    key_of,
    round_spec,
    teller_name,
)

_CLOSES = 10_000_000
_TIMEOUTS_MAX = 8


class Table:
    """Tellers at height 1, with two requests to open a round in everyone's hands, so that two records are valid."""

    def __init__(self, tellers: int, traitors: set[int], design: Design = HONEST) -> None:
        self.tellers = tellers
        self.design = design
        self.bench = bench_of(tellers)
        self.honest = [at for at in range(tellers) if at not in traitors]
        self.certified: dict[int, Certified] = {}
        """What each honest teller has decided."""
        self.halts: dict[int, Halt] = {}
        self.said: dict[tuple[int, Slot], Statement] = {}
        """What each teller said last in each place."""
        self.everything: list[Statement] = []
        self.locks: dict[int, dict[Slot, Lock]] = {at: {} for at in self.honest}
        self._issued = 0
        self._clocks = dict.fromkeys(range(tellers), 1)
        self._wake: dict[int, int] = {}
        self._cores: dict[int, TellerState] = {}
        requests = [self._request(number) for number in (1, 2)]
        self.requests = sorted(requests, key=lambda request: request.id)
        self.records = [self._record(request) for request in self.requests]
        self.values = [record_id(record) for record in self.records]
        """The two valid records' ids; the first is the one that an honest proposer chooses."""
        for at in self.honest:
            self._start(at, History())
            for request in self.requests:
                self._step(at, StatementSeen(request))

    def pass_on(self, stage: Stage, view: int, senders: list[int], receivers: list[int]) -> None:
        """Let receivers hear what senders said at a stage of a view."""
        for sender in senders:
            for receiver in receivers:
                statement = self.said[sender, Slot(stage, "1", view)]
                if receiver != sender:
                    self._step(receiver, StatementSeen(statement))

    def propose(self, teller: int, view: int, value: RecordId, to: list[int], valid_view: int = NO_VIEW) -> None:
        """A traitor puts a record forward."""
        record = self.records[self.values.index(value)].model_dump(mode="json")
        self._lie(teller, RecordProposal(height=1, view=view, valid_view=valid_view, value=value, record=record), to)

    def prevote(self, teller: int, view: int, value: RecordId | None, to: list[int]) -> None:
        """A traitor prevotes."""
        self._lie(teller, Prevote(height=1, view=view, value=value), to)

    def precommit(self, teller: int, view: int, value: RecordId | None, to: list[int]) -> None:
        """A traitor precommits."""
        self._lie(teller, Precommit(height=1, view=view, value=value), to)

    def wait_for_vote(self, at: int, stage: Stage, view: int) -> None:
        """Let timeouts run out until a teller has voted at a stage of a view."""
        self._wait_until(at, lambda: (at, Slot(stage, "1", view)) in self.said)

    def wait_for_view(self, view: int, *tellers: int) -> None:
        """Let timeouts run out until tellers are in a view."""
        for at in tellers:
            self._wait_until(at, lambda at=at: self._cores[at]._machine.view == view)  # type: ignore[misc]

    def restart(self, at: int, *, adopts: bool = False) -> None:
        """Crash a teller so that it loses all that it stored; its sign-locks stay if the design keeps them.

        If it adopts, it gets its own statements back from its peers before it starts.
        """
        locks = tuple(self.locks[at].values()) if self.design.keeps_locks else ()
        own = [said for said in self.everything if said.member == teller_name(at)] if adopts else []
        self.locks[at] = {lock.slot: lock for lock in locks}
        statements = tuple((statement, 0) for statement in [*self.requests, *own])
        self._start(at, History(locks=locks, statements=statements))

    def show(self, at: int, certified: Certified) -> None:
        """Let a teller see a certificate."""
        self._step(at, certified)

    def tell(self, at: int, input_: Input) -> None:
        """Give a teller's core an input."""
        self._step(at, input_)

    def let_time_pass(self, *tellers: int) -> None:
        """Let an hour pass."""
        for at in tellers:
            self._clocks[at] += 3_600_000
            self._step(at, Tick())

    def vote(self, at: int, stage: Stage, view: int) -> RecordId | None:
        """Return what an honest teller voted for."""
        body = self.said[at, Slot(stage, "1", view)].body
        assert isinstance(body, Prevote | Precommit)
        return body.value

    def decided(self) -> dict[int, RecordId]:
        """Return which record each teller holds decided."""
        return {at: certified.id for at, certified in self.certified.items()}

    def prevotes(self) -> tuple[Statement, ...]:
        """Return every prevote that was ever cast."""
        return tuple(statement for statement in self.everything if isinstance(statement.body, Prevote))

    def _wait_until(self, at: int, is_so: Callable[[], bool]) -> None:
        for _ in range(_TIMEOUTS_MAX):
            if is_so():
                return
            self._clocks[at] = max(self._clocks[at], self._wake[at])
            self._step(at, Tick())
        raise AssertionError(f"teller {at} is stuck in view {self._cores[at]._machine.view}")

    def _start(self, at: int, history: History) -> None:
        self._cores[at], outputs = restore(
            bench=self.bench,
            timing=Timing(grace_ms=1, stall_ms=1_000),
            rules=SimulatedRules(),
            me=teller_name(at),
            history=history,
            now=self._clocks[at],
            quorum=self.design.quorum(self.tellers),
            machine=self.design.machine,
        )
        self._carry_out(at, outputs)

    def _step(self, at: int, input_: Input) -> None:
        self._carry_out(at, self._cores[at].step(input_, self._clocks[at]))

    def _carry_out(self, at: int, outputs: list[Output]) -> None:
        for output in outputs:
            if isinstance(output, Sign) and output.lock is not None:
                self.locks[at][output.lock.slot] = output.lock
                self._step(at, StatementSeen(self._state(at, output.body)))
            elif isinstance(output, Wake):
                self._wake[at] = output.at_ms
            elif isinstance(output, Decided):
                self.certified[at] = Certified(output.record, output.id, output.view, output.voters)
            elif isinstance(output, Halt):
                self.halts[at] = output

    def _lie(self, teller: int, body: RecordProposal | Prevote | Precommit, to: list[int]) -> None:
        statement = self._state(teller, body)
        for receiver in to:
            self._step(receiver, StatementSeen(statement))

    def _state(self, at: int, body: Body) -> Statement:
        statement = self._statement(teller_name(at), body)
        if isinstance(body, RecordProposal | Prevote | Precommit):
            self.said[at, slot_of(body)] = statement
        return statement

    def _statement(self, member: MemberId, body: Body) -> Statement:
        self._issued += 1
        event = EventId(hashlib.sha256(b"%d" % self._issued).hexdigest())
        statement = Statement(event, member, key_of(member), self._issued, 0, body)
        self.everything.append(statement)
        return statement

    def _request(self, number: int) -> Statement:
        return self._statement(SECRETARIAT, OpenRequest(spec=round_spec(_CLOSES, number)))

    def _record(self, request: Statement) -> OpenRecord:
        assert isinstance(request.body, OpenRequest)
        return OpenRecord(
            v=1,
            federation=FEDERATION,
            height=1,
            prev=RecordId(FEDERATION),
            roll=0,
            kind="open",
            body=OpenBody(request=request.id, spec=request.body.spec),
        )
