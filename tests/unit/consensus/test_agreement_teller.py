"""One teller's part in a round: receipts, grace, its seal, what it asks for, and what it does after a restart."""

from dataclasses import dataclass, field, replace

import pytest

from consensus.agreement import seals
from consensus.agreement.inputs import Certified, History, Input, ListingSeen, StatementSeen, Tick
from consensus.agreement.outputs import (
    Decided,
    Lock,
    Need,
    NeedListing,
    Output,
    Sign,
    Stalled,
    Unstalled,
    Wake,
    slot_of,
)
from consensus.agreement.settings import Timing
from consensus.agreement.statements import Statement
from consensus.agreement.teller import TellerState, restore, step
from protocol import limits
from protocol.errors import LocalError
from protocol.events.kinds import Body
from protocol.events.tellers import Precommit, Prevote, Receipt, RecordProposal, Seal
from protocol.ids import EventId, MemberId, RecordId
from protocol.register import record_id
from tests.simulation.federation import (
    VOTERS,
    SimulatedRules,
    ballot_body,
    bench_of,
    key_of,
    open_record,
    teller_name,
)
from tests.support.builders import hash_of

CLOSES = 10_000
TIMING = Timing(grace_ms=1_000, stall_ms=5_000, receipt_window_ms=300)
SEAL_AT = CLOSES + TIMING.grace_ms
OPENED, ROUND = open_record(CLOSES)
OPENING = Certified(OPENED, ROUND, 0, frozenset(bench_of(4).tellers))


def statement(name: object, member: str, body: Body, seq: int = 0) -> Statement:
    return Statement(EventId(hash_of("event", name)), MemberId(member), key_of(member), seq, 0, body)


def ballot(name: object, voter: int = 0, seq: int = 0) -> Statement:
    return statement(("ballot", name), VOTERS[voter], ballot_body(ROUND, str(name)), seq)


def receipt(teller: int, *ballots: Statement) -> Statement:
    body = Receipt(round=ROUND, ballots=tuple(sorted(found.id for found in ballots)))
    return statement(("receipt", teller, body.ballots), teller_name(teller), body)


def seal(teller: int, *ballots: Statement) -> Statement:
    body, _ = seals.build_seal(ROUND, [found.id for found in ballots])
    return statement(("seal", teller, body.listing), teller_name(teller), body)


@dataclass
class Driver:
    """One core and a shell that does what it asks for at once."""

    me: int | None = 0
    tellers: int = 4
    history: History = field(default_factory=lambda: History(certified=(OPENING,)))
    now: int = 1
    locks: list[Lock] = field(default_factory=list)
    said: list[Statement] = field(default_factory=list)
    outputs: list[Output] = field(default_factory=list)
    wake_at: int | None = None

    def __post_init__(self) -> None:
        me = None if self.me is None else teller_name(self.me)
        self.state, outputs = restore(
            bench=bench_of(self.tellers),
            timing=TIMING,
            rules=SimulatedRules(),
            me=me,
            history=self.history,
            now=self.now,
        )
        self._carry_out(outputs)

    def feed(self, *inputs: Input | Statement, at: int | None = None) -> list[Output]:
        """Feed inputs at a time; return everything that was asked for."""
        self.now = self.now if at is None else at
        before = len(self.outputs)
        for input_ in inputs:
            given = StatementSeen(input_) if isinstance(input_, Statement) else input_
            self.state, outputs = step(self.state, given, self.now)
            self._carry_out(outputs)
        return self.outputs[before:]

    def bodies(self, kind: type[Body]) -> list[Body]:
        return [found.body for found in self.said if isinstance(found.body, kind)]

    def sealed(self) -> set[EventId]:
        """Return what this teller's one seal lists."""
        (body,) = self.bodies(Seal)
        assert isinstance(body, Seal)
        assert body.ballots is not None
        return set(body.ballots)

    def _carry_out(self, outputs: list[Output]) -> None:
        for output in outputs:
            self.outputs.append(output)
            if isinstance(output, Wake):
                self.wake_at = output.at_ms
            if isinstance(output, Sign):
                if output.lock is not None:
                    self.locks.append(output.lock)
                name = f"said {len(self.said)} by {self.me}"
                mine = statement(name, teller_name(self.me or 0), output.body, len(self.said))
                self.said.append(mine)
                self.feed(mine)
                if output.lock is not None and output.lock.listing is not None:
                    self.feed(ListingSeen(output.lock.listing))


def of_type(outputs: list[Output], kind: type[Output]) -> list[Output]:
    return [output for output in outputs if isinstance(output, kind)]


def test_the_first_ballot_gets_its_receipt_at_once_and_the_next_ones_one_together() -> None:
    driver = Driver()
    driver.feed(ballot(1), at=100)
    assert driver.bodies(Receipt) == [Receipt(round=ROUND, ballots=(ballot(1).id,))]
    driver.feed(ballot(2, 1), ballot(3, 2), at=150)
    assert len(driver.said) == 1
    assert driver.wake_at == 400
    driver.feed(Tick(), at=400)
    assert driver.bodies(Receipt)[1:] == [
        Receipt(round=ROUND, ballots=tuple(sorted((ballot(2, 1).id, ballot(3, 2).id))))
    ]
    driver.feed(ballot(4, 3), at=5_000)
    assert len(driver.said) == 3


def test_a_receipt_names_no_more_than_its_limit() -> None:
    driver = Driver()
    driver.feed(*(ballot(at, seq=at) for at in range(limits.RECEIPT_BALLOTS_MAX + 5)), at=100)
    driver.feed(Tick(), at=400)
    driver.feed(Tick(), at=700)
    sizes = [len(body.ballots) for body in driver.bodies(Receipt) if isinstance(body, Receipt)]
    assert sizes == [1, limits.RECEIPT_BALLOTS_MAX, 4]


def test_a_ballot_on_the_deadline_is_timely_and_one_after_it_is_not() -> None:
    driver = Driver()
    driver.feed(ballot(1), at=CLOSES)
    driver.feed(ballot(2, 1), at=CLOSES + 1)
    driver.feed(Tick(), at=SEAL_AT)
    assert driver.sealed() == {ballot(1).id}


def test_a_late_ballot_is_added_once_f_plus_1_tellers_list_it() -> None:
    late = ballot(1)
    for vouching, expected in (((1,), set()), ((1, 1), set()), ((1, 2), {late.id})):
        driver = Driver()
        driver.feed(late, at=CLOSES + 10)
        driver.feed(*(receipt(teller, late) for teller in vouching), at=CLOSES + 20)
        driver.feed(Tick(), at=SEAL_AT)
        assert driver.sealed() == expected


def test_receipts_and_seals_vouch_together_and_before_the_ballot_itself_is_here() -> None:
    late = ballot(1)
    driver = Driver()
    asked = driver.feed(receipt(1, late), seal(2, late), at=CLOSES + 10)
    assert of_type(asked, Need) == [Need((late.id,))]
    driver.feed(late, at=CLOSES + 20)
    driver.feed(Tick(), at=SEAL_AT)
    assert driver.sealed() == {late.id}


def test_a_tellers_word_under_another_key_is_no_tellers_word() -> None:
    late = ballot(1)
    driver = Driver()
    driver.feed(late, at=CLOSES + 10)
    for teller in (1, 2, 3):
        driver.feed(replace(receipt(teller, late), key=key_of("someone")))
    driver.feed(Tick(), at=SEAL_AT)
    assert driver.sealed() == set()


def test_one_seal_at_the_deadline_plus_the_grace_time_never_earlier() -> None:
    driver = Driver()
    driver.feed(*(ballot(at, at) for at in range(4)), at=100)
    driver.feed(Tick(), at=SEAL_AT - 1)
    assert driver.bodies(Seal) == []
    driver.feed(Tick(), at=SEAL_AT)
    driver.feed(ballot(9, 1, 7), Tick(), at=SEAL_AT + 5)
    assert len(driver.bodies(Seal)) == 1
    assert [lock.slot.stage for lock in driver.locks] == ["seal"]


def test_a_round_without_ballots_is_sealed_and_closed_all_the_same() -> None:
    driver = Driver(me=None)
    driver.feed(*(seal(teller) for teller in range(3)), at=SEAL_AT)
    record, _ = driver.state.register.choose(SEAL_AT) or (None, None)
    assert record is not None
    assert record.kind == "close"
    assert record.body.count == 0


def test_a_member_that_may_not_vote_gets_no_receipt() -> None:
    driver = Driver()
    driver.feed(statement("stranger", "stranger", ballot_body(ROUND, "yes")), at=100)
    assert driver.said == []


def test_what_came_before_its_round_opened_is_judged_by_when_it_came() -> None:
    driver = Driver(history=History())
    driver.feed(ballot(1), at=CLOSES)
    driver.feed(ballot(2, 1), at=CLOSES + 1)
    driver.feed(OPENING, Tick(), at=SEAL_AT)
    assert driver.sealed() == {ballot(1).id}


def test_a_long_seal_goes_out_with_its_listing_and_is_asked_for() -> None:
    many = [ballot(at, seq=at) for at in range(limits.SEAL_INLINE_BALLOTS_MAX + 1)]
    author = Driver()
    author.feed(*many, at=100)
    author.feed(Tick(), at=SEAL_AT)
    listing = author.locks[0].listing
    assert listing is not None
    reader = Driver(me=None)
    asked = reader.feed(author.said[-1], at=SEAL_AT)
    assert of_type(asked, NeedListing) == [NeedListing(seals.listing_hash(sorted(found.id for found in many)))]
    status = reader.state.round_status(ROUND, SEAL_AT)
    assert status is not None
    assert status.sealed == frozenset()
    reader.feed(ListingSeen(b"no listing"), ListingSeen(bytes(32)), ListingSeen(listing))
    status = reader.state.round_status(ROUND, SEAL_AT)
    assert status is not None
    assert status.sealed == {teller_name(0)}


def test_a_seal_that_lies_about_its_listing_does_not_count() -> None:
    honest = seal(1, ballot(1)).body
    assert isinstance(honest, Seal)
    lie = statement("lie", teller_name(1), honest.model_copy(update={"listing": hash_of("other")}))
    driver = Driver(me=None)
    driver.feed(lie, at=SEAL_AT)
    status = driver.state.round_status(ROUND, SEAL_AT)
    assert status is not None
    assert status.sealed == frozenset()


def test_a_stalled_round_names_who_is_absent_until_it_closes() -> None:
    driver = Driver(me=None)
    driver.feed(seal(1), Tick(), at=SEAL_AT + TIMING.stall_ms - 1)
    assert of_type(driver.outputs, Stalled) == []
    driver.feed(Tick(), at=SEAL_AT + TIMING.stall_ms)
    shown = of_type(driver.outputs, Stalled)[-1]
    assert shown == Stalled(ROUND, frozenset(teller_name(at) for at in (0, 2, 3)))
    driver.feed(seal(2))
    assert of_type(driver.outputs, Stalled)[-1] == Stalled(ROUND, frozenset(teller_name(at) for at in (0, 3)))
    driver.feed(seal(3))
    status = driver.state.round_status(ROUND, driver.now)
    assert status is not None
    assert (status.phase, status.absent) == ("stalled", frozenset(bench_of(4).tellers))
    record, value = driver.state.register.choose(driver.now) or (None, None)
    assert record is not None
    assert value is not None
    closed = driver.feed(Certified(record, value, 0, frozenset(bench_of(4).tellers[:3])))
    assert of_type(closed, Unstalled) == [Unstalled(ROUND)]
    status = driver.state.round_status(ROUND, driver.now)
    assert status is not None
    assert status.phase == "certified"


def test_the_phases_of_a_round() -> None:
    driver = Driver(me=None)
    phases = []
    for time, inputs in ((1, ()), (CLOSES, ()), (CLOSES + 1, ()), (SEAL_AT, [seal(at) for at in range(3)])):
        driver.feed(*inputs, at=time)
        status = driver.state.round_status(ROUND, time)
        assert status is not None
        phases.append(status.phase)
    assert phases == ["open", "open", "sealing", "deciding"]
    assert driver.state.round_status(RecordId(hash_of("none")), 1) is None


def test_a_federation_of_one_closes_its_round_by_itself() -> None:
    alone = Certified(OPENED, ROUND, 0, frozenset(bench_of(1).tellers))
    driver = Driver(tellers=1, history=History(certified=(alone,)))
    driver.feed(ballot(1), at=100)
    outputs = driver.feed(Tick(), at=SEAL_AT)
    (decided,) = of_type(outputs, Decided)
    assert isinstance(decided, Decided)
    assert decided.record.kind == "close"
    assert decided.record.body.count == 1
    assert driver.state.register.height == 3


def test_an_onlooker_signs_nothing_and_sees_what_a_quorum_decided() -> None:
    driver = Driver(me=None)
    driver.feed(*(seal(teller) for teller in range(4)), at=SEAL_AT)
    record, value = driver.state.register.choose(SEAL_AT) or (None, None)
    assert record is not None
    assert value is not None
    body = RecordProposal(height=2, view=0, valid_view=-1, value=value, record=record.model_dump(mode="json"))
    votes = [statement(("vote", at), teller_name(at), Precommit(height=2, view=0, value=value)) for at in range(3)]
    assert of_type(driver.feed(*votes), Decided) == []
    (decided,) = of_type(driver.feed(statement("proposal", teller_name(2), body)), Decided)
    assert decided == Decided(record, value, 0, tuple(vote.id for vote in votes), frozenset(bench_of(4).tellers[:3]))
    assert driver.said == []


def test_an_idle_federation_stays_silent_even_if_one_teller_speaks() -> None:
    driver = Driver(history=History())
    for view in range(3):
        for stage in (Prevote, Precommit):
            vote = stage(height=1, view=view, value=None)
            driver.feed(statement((stage, view), teller_name(1), vote), at=1_000 * (view + 1))
    driver.feed(Tick(), at=10_000_000)
    assert driver.said == []
    assert driver.wake_at is None


@pytest.mark.parametrize("is_stored", [True, False])
def test_after_a_restart_nothing_signed_is_contradicted_nor_signed_twice(is_stored: bool) -> None:
    before = Driver()
    before.feed(ballot(1), at=100)
    before.feed(Tick(), at=SEAL_AT)
    stored = tuple((found, 100) for found in before.said) if is_stored else ()
    after = Driver(history=History((OPENING,), tuple(before.locks), (), stored), now=SEAL_AT + 10)
    after.feed(ballot(2, 1), Tick())
    assert after.bodies(Seal) == ([] if is_stored else before.bodies(Seal))


def test_after_a_restart_a_vote_of_ones_own_binds_though_its_lock_is_lost() -> None:
    before = Driver(me=2)
    before.feed(*(seal(teller) for teller in (0, 1, 3)), at=SEAL_AT)
    (proposal,) = before.bodies(RecordProposal)
    (prevote,) = before.bodies(Prevote)
    assert isinstance(prevote, Prevote)
    assert prevote.value is not None
    stored = tuple((found, SEAL_AT) for found in before.said)
    after = Driver(me=2, history=History((OPENING,), (), (), stored), now=SEAL_AT + 10)
    after.feed(*(seal(teller) for teller in (0, 1, 3)))
    for _ in range(5):
        after.feed(Tick(), at=after.now + 10_000)
    assert [body for body in after.bodies(RecordProposal) if body != proposal] == []
    assert all(isinstance(body, Prevote) and body.view > 0 for body in after.bodies(Prevote))


def test_receipts_of_ones_own_are_stood_by_after_a_restart() -> None:
    before = Driver()
    before.feed(ballot(1), at=100)
    stored = tuple((found, 100) for found in before.said)
    after = Driver(history=History((OPENING,), (), (), stored), now=CLOSES + 10)
    after.feed(ballot(1))
    after.feed(Tick(), at=SEAL_AT)
    assert after.sealed() == {ballot(1).id}


def test_a_stored_ballot_without_receipt_is_timely_by_when_it_came() -> None:
    stored = ((ballot(1), CLOSES), (ballot(2, 1), CLOSES + 1))
    after = Driver(history=History((OPENING,), (), (), stored), now=CLOSES + 500)
    after.feed(Tick(), at=SEAL_AT)
    assert after.sealed() == {ballot(1).id}


def test_a_teller_must_be_on_the_bench_and_certificates_in_order() -> None:
    with pytest.raises(LocalError):
        Driver(me=9)
    record = OPENED.model_copy(update={"height": 3})
    with pytest.raises(LocalError):
        Driver().feed(Certified(record, record_id(record), 0, frozenset()))


def test_locks_know_their_place() -> None:
    driver = Driver(me=2)
    driver.feed(*(seal(teller) for teller in (0, 1, 3)), at=SEAL_AT)
    assert [lock.slot for lock in driver.locks] == [slot_of(lock.body) for lock in driver.locks]
    assert len({lock.slot for lock in driver.locks}) == len(driver.locks)
    assert isinstance(driver.state, TellerState)
