"""A teller's whole part in agreement, and an onlooker's: step(state, input, now) → state, outputs.

Theory of operation
-------------------
The core holds what a node knows of the register, of open rounds and of the height being decided. It reads no clock,
signs nothing, stores nothing. The shell feeds it inputs, one at a time and each after it was stored, and carries out
the outputs of each step in order before the next step:

``Sign``         1. persist the lock (with its listing) durably, and with it everything fed before, since a receipt
                 and a seal vouch for it; 2. sign the body as the next event of the teller's chain; 3. store event and
                 listing durably; 4. publish; 5. feed ListingSeen and StatementSeen back, once the other outputs of
                 this step are carried out.
``Decided``      assemble the certificate from the stored precommits; store and publish it. The core has moved on.
``Need…``        ask peers until it is here, then feed it. Asked once by the core; the shell repeats.
``Wake``         send a Tick then; the latest Wake replaces earlier ones.
``Stalled``, ``Unstalled``  show it.
``Halt``         stop signing for good, publish both certificates, show the offenders.

A node begins with ``restore``: certified records in order, its sign-locks, the listings and the statements in store
that speak of heights and rounds not yet done, each with the time it reached the node. What was signed before is never
contradicted: a slot's lock decides what is signed in it, however the rest of the state has changed. Before the first
restore after a start, the shell has asked several peers for the heads of its own chain and adopted what it lacked.

A node that is no teller runs the same core with ``me=None``; it signs nothing and still finds decisions and stalls.

Certificates are fed as ``Certified``, in order of height, once certificates.check_certificate() has accepted them; one
for a height that is already known is harmless if equal, and halts the core if not. Locks of certified heights and
closed rounds may be deleted.

Does not check signatures, chains or forks: a statement is an event that the store took.
"""

from pydantic import ValidationError

from consensus.agreement.accountability import name_offenders
from consensus.agreement.collecting import Collecting
from consensus.agreement.inputs import (
    Certified,
    Claim,
    ConflictingCertificates,
    History,
    Input,
    ListingSeen,
    StatementSeen,
    TextHeld,
    Tick,
    claim_of,
)
from consensus.agreement.outbox import Outbox
from consensus.agreement.outputs import (
    Halt,
    Lock,
    Need,
    NeedListing,
    NeedTexts,
    Output,
    RoundStatus,
    order_of,
    slot_of,
)
from consensus.agreement.ports import Rules
from consensus.agreement.quorum import Quorum
from consensus.agreement.register import Missing, Register, is_within_limit
from consensus.agreement.rounds import OpenRound
from consensus.agreement.settings import Bench, Timing
from consensus.agreement.statements import Statement
from consensus.agreement.tendermint import Candidate, Tendermint
from consensus.agreement.waiting import Waiter, Waiting
from protocol.canonical import NotCanonicalError
from protocol.errors import LocalError
from protocol.events.consultation import AgendaDraft
from protocol.events.rounds import Ballot, OpenRequest
from protocol.events.tellers import Precommit, Prevote, Receipt, RecordProposal, Seal
from protocol.ids import MemberId, RecordId
from protocol.register import CloseRecord, record_from_value, record_id


def step(state: "TellerState", input_: Input, now: int) -> tuple["TellerState", list[Output]]:
    """Return the state after an input at a time in milliseconds, and the outputs to carry out in order.

    The state given is used up. Raises LocalError if certified records are fed out of order.
    """
    return state, state.step(input_, now)


def restore(  # noqa: PLR0913 - everything a node starts from, each by its name
    *,
    bench: Bench,
    timing: Timing,
    rules: Rules,
    me: MemberId | None,
    history: History,
    now: int,
    quorum: Quorum | None = None,
    machine: type[Tendermint] = Tendermint,
) -> tuple["TellerState", list[Output]]:
    """Return a node's state at a start, first or later, and what it has to do at once.

    `me` is None for a node that is no teller. `quorum` and `machine` are the honest ones unless a test says otherwise.
    """
    state = TellerState(bench, timing, rules, me, quorum or Quorum.of(len(bench.tellers)), machine)
    return state, state.restore(history, now)


class TellerState:
    """One node's part in agreement. Made by restore(), moved by step()."""

    def __init__(
        self,
        bench: Bench,
        timing: Timing,
        rules: Rules,
        me: MemberId | None,
        quorum: Quorum,
        machine: type[Tendermint],
    ) -> None:
        if me is not None and me not in bench.tellers:
            raise LocalError(f"{me} is no teller of this roll")
        self.bench = bench
        self.me = None if me is None else bench.tellers.index(me)
        self.is_halted = False
        self._timing = timing
        self._quorum = quorum
        self._machine_type = machine
        self._places = {key: bench.tellers.index(member) for key, member in bench.teller_keys.items()}
        self._outbox = Outbox(is_teller=me is not None)
        self.register = Register(bench, quorum, timing, rules, self._need)
        self._collecting = Collecting(bench, timing, rules, self.register, self._outbox, self.me)
        self._claims: dict[int, Claim] = {}
        self._early_rounds: Waiting[RecordId] = Waiting()
        self._early_heights: Waiting[int] = Waiting()
        self._arrivals = 0
        self._machine = self._new_machine()

    def step(self, input_: Input, now: int) -> list[Output]:
        """Take an input, as the function `step` says."""
        if not self.is_halted:
            self._take_input(input_, now)
            self._run(now)
        elif isinstance(input_, ConflictingCertificates):
            self._take_conflict(input_)
        return self._outbox.drain(must_wake=isinstance(input_, Tick))

    def restore(self, history: History, now: int) -> list[Output]:
        """Take in what a node starts from, as the function `restore` says."""
        for lock in history.locks:
            self._outbox.lock(lock)
        for certified in history.certified:
            self._take_certified(certified, now)
        for statement, reached_ms in history.statements:
            self._take(statement, reached_ms, now)
        for listing in history.listings:
            self._collecting.take_listing(listing)
        self._outbox.is_live = True
        self._collecting.resume(now)
        self._stand_again()
        self._run(now)
        return self._outbox.drain(must_wake=True)

    def round_status(self, round_id: RecordId, now: int) -> RoundStatus | None:
        """Return how far a round is that is or was open, or None for one that never was."""
        if round_id in self.register.past_rounds:
            return RoundStatus("certified", frozenset(), frozenset())
        round_ = self.register.rounds.get(round_id)
        if round_ is None:
            return None
        sealed = frozenset(self.bench.tellers[at] for at in round_.sealers)
        absent = self._collecting.absent(round_, self._unheard())
        if round_id in self._collecting.stalled:
            return RoundStatus("stalled", sealed, absent)
        if round_.is_ready:
            return RoundStatus("deciding", sealed, absent)
        return RoundStatus("open" if now <= round_.spec.closes else "sealing", sealed, absent)

    def _take_input(self, input_: Input, now: int) -> None:
        if isinstance(input_, StatementSeen):
            self._take(input_.statement, now, now)
        elif isinstance(input_, ListingSeen):
            self._collecting.take_listing(input_.data)
        elif isinstance(input_, TextHeld):
            self.register.arrived(input_.text)
        elif isinstance(input_, Certified):
            self._take_certified(input_, now)
        elif isinstance(input_, ConflictingCertificates):
            self._take_conflict(input_)

    def _run(self, now: int) -> None:
        for task in self._outbox.timers.pop_due(now):
            if task.alarm in ("receipt", "seal", "stall"):
                self._collecting.on_alarm(task, now)
            elif task.subject == str(self.register.height):
                self._machine.on_timeout(task.alarm, task.view, now)
                self._apply_decided(now)
        self._machine.advance(now)
        self._apply_decided(now)
        if self._collecting.stalled:
            self._collecting.update_stalled(self._unheard())

    def _take(self, statement: Statement, reached_ms: int, now: int) -> None:
        body = statement.body
        if isinstance(body, Ballot):
            self._take_of_round(body.round, statement, reached_ms, now)
        elif isinstance(body, OpenRequest):
            self.register.take_request(statement)
            self.register.arrived(statement.id)
        elif isinstance(body, AgendaDraft):
            self.register.take_draft(statement)
            self.register.arrived(statement.id)
        elif self._places.get(statement.key) is None:
            return
        elif isinstance(body, Receipt | Seal):
            self._take_of_round(body.round, statement, reached_ms, now)
        elif isinstance(body, RecordProposal | Prevote | Precommit):
            self._take_of_height(body.height, statement, reached_ms)

    def _take_of_round(self, round_id: RecordId, statement: Statement, reached_ms: int, now: int) -> None:
        round_ = self.register.rounds.get(round_id)
        if round_ is not None:
            self._take_in_round(round_, statement, reached_ms, now)
        elif round_id not in self.register.past_rounds:
            self._arrivals += 1
            self._early_rounds.hold(round_id, self._arrivals, Waiter(statement, reached_ms))

    def _take_in_round(self, round_: OpenRound, statement: Statement, reached_ms: int, now: int) -> None:
        body = statement.body
        if isinstance(body, Ballot):
            self._collecting.take_ballot(round_, statement, reached_ms, now)
            return
        teller = self._places[statement.key]
        if isinstance(body, Receipt):
            self._collecting.take_receipt(round_, teller, body)
        elif isinstance(body, Seal):
            self._collecting.take_seal(round_, statement, teller, body)

    def _take_of_height(self, height: int, statement: Statement, reached_ms: int) -> None:
        if height == self.register.height:
            self._take_at_height(statement)
        elif height > self.register.height:
            self._early_heights.hold(height, height, Waiter(statement, reached_ms))

    def _take_at_height(self, statement: Statement) -> None:
        body = statement.body
        teller = self._places[statement.key]
        if isinstance(body, RecordProposal):
            candidate = self._read_candidate(body, teller)
            if candidate is not None:
                self._machine.take_proposal(teller, body.view, candidate)
        elif isinstance(body, Prevote):
            self._machine.take_vote(teller, body.view, "prevote", body.value, statement.id)
        elif isinstance(body, Precommit):
            self._machine.take_vote(teller, body.view, "precommit", body.value, statement.id)
        if teller == self.me and isinstance(body, RecordProposal | Prevote | Precommit):
            self._stand_by(body)

    def _read_candidate(self, body: RecordProposal, teller: int) -> Candidate | None:
        """Return the record in a proposal if it is its author's turn and the record is what it is called."""
        if self.bench.proposer(body.height, body.view) != teller:
            return None
        try:
            record = record_from_value(body.record)
        except (ValidationError, NotCanonicalError, LocalError):
            return None
        if record_id(record) != body.value or not is_within_limit(record):
            return None
        return Candidate(record, body.value, body.valid_view)

    def _stand_by(self, body: RecordProposal | Prevote | Precommit) -> None:
        """Be bound by a statement of one's own; one that this run didn't ask for was adopted from peers."""
        lock = Lock(slot_of(body), body, None)
        if not self._outbox.has_said(lock) and self._outbox.is_live:
            self._machine.resume([lock])

    def _stand_again(self) -> None:
        locks = self._outbox.locks(str(self.register.height))
        self._machine.resume(locks)
        for lock in sorted(locks, key=order_of):
            self._outbox.sign(lock)

    def _take_certified(self, certified: Certified, now: int) -> None:
        height = certified.record.height
        if height > self.register.height:
            raise LocalError(f"height {height} is fed before height {self.register.height}")
        if height == self.register.height:
            self._apply(certified, now)
        elif self._claims[height].id != certified.id:
            self._halt_on(self._claims[height], claim_of(certified), ())

    def _apply_decided(self, now: int) -> None:
        decided = self._outbox.take_decided()
        while decided is not None:
            self._apply(Certified(decided.record, decided.id, decided.view, decided.voters), now)
            self._machine.advance(now)
            decided = self._outbox.take_decided()

    def _apply(self, certified: Certified, now: int) -> None:
        record = certified.record
        self._claims[record.height] = claim_of(certified)
        self._outbox.forget(str(record.height))
        opened = self.register.apply(record, certified.id)
        if opened is not None:
            self._collecting.open(opened)
            for waiter in self._early_rounds.take(opened.id):
                self._take_in_round(opened, waiter.statement, waiter.reached_ms, now)
        elif isinstance(record, CloseRecord):
            self._collecting.close(record.body.round)
        self._machine = self._new_machine()
        for waiter in self._early_heights.take(self.register.height):
            self._take_at_height(waiter.statement)
        if self._outbox.is_live:
            self._stand_again()

    def _halt_on(self, first: Claim, second: Claim, prevotes: tuple[Statement, ...]) -> None:
        self.is_halted = True
        offenders = name_offenders(first, second, prevotes, self.bench.teller_keys, self._quorum)
        self._outbox.emit(Halt(first.height, (first.id, second.id), offenders))

    def _take_conflict(self, conflict: ConflictingCertificates) -> None:
        self._halt_on(claim_of(conflict.first), claim_of(conflict.second), conflict.prevotes)

    def _unheard(self) -> frozenset[MemberId]:
        heard = self._machine.heard()
        return frozenset(member for at, member in enumerate(self.bench.tellers) if at not in heard)

    def _new_machine(self) -> Tendermint:
        return self._machine_type(
            height=self.register.height,
            bench=self.bench,
            quorum=self._quorum,
            timing=self._timing,
            values=self.register,
            desk=self._outbox,
            me=self.me,
        )

    def _need(self, missing: Missing) -> None:
        if missing.events:
            self._outbox.emit(Need(tuple(sorted(missing.events))))
        for listing in sorted(missing.listings):
            self._outbox.emit(NeedListing(listing))
        if missing.texts:
            self._outbox.emit(NeedTexts(missing.texts))
