"""What is due and what is valid: openings, closings and agendas, one fault at a time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from consensus.agreement import seals
from consensus.agreement.ports import MissingTexts
from consensus.agreement.quorum import Quorum
from consensus.agreement.register import REQUESTS_PENDING_MAX, Missing, Register
from consensus.agreement.settings import Timing
from consensus.agreement.statements import Statement
from protocol.events.consultation import AgendaDraft
from protocol.events.kinds import Body
from protocol.events.rounds import OpenRequest, RoundSpec
from protocol.events.tellers import Seal
from protocol.ids import EventId, MemberId, RecordId, TextHash
from protocol.register import AgendaRecord, CloseRecord, OpenRecord, Record, record_id
from tests.simulation.federation import (
    SECRETARIAT,
    VOTERS,
    SimulatedRules,
    ballot_body,
    bench_of,
    key_of,
    open_record,
    round_spec,
    teller_name,
)
from tests.support.builders import hash_of

CLOSES = 10_000
TEXT = TextHash(hash_of("text"))


@dataclass
class Rules(SimulatedRules):
    """Rules whose answers a test sets."""

    spec_answer: str | MissingTexts | None = None
    agenda_answer: str | MissingTexts | None = None

    def check_spec(self, spec: RoundSpec) -> str | MissingTexts | None:  # type: ignore[override]
        return self.spec_answer

    def check_agenda(self, draft: AgendaDraft) -> str | MissingTexts | None:  # type: ignore[override]
        return self.agenda_answer


@dataclass
class Desk:
    """A register, and what it said is missing."""

    rules: Rules = field(default_factory=Rules)
    needed: list[Missing] = field(default_factory=list)

    def __post_init__(self) -> None:
        timing = Timing(grace_ms=1_000, stall_ms=1_000)
        self.register = Register(bench_of(4), Quorum.of(4), timing, self.rules, self.needed.append)

    def due(self, now: int = 1) -> Record | None:
        named = self.register.choose(now)
        return None if named is None else named[0]

    def judge(self, record: Record) -> str | Missing | None:
        return self.register.judge(record, record_id(record))

    def with_round(self) -> RecordId:
        """Open a round; give it a ballot and the seals of three tellers, of which two list it."""
        record, value = open_record(CLOSES)
        round_ = self.register.apply(record, value)
        assert round_ is not None
        ballot = statement("ballot", VOTERS[0], ballot_body(value, "yes"))
        round_.take_ballot(ballot, 1)
        for teller, listed in ((0, [ballot.id]), (1, [ballot.id]), (2, [])):
            self.take_seal(value, teller, listed)
        return value

    def take_seal(self, round_id: RecordId, teller: int, listed: list[EventId]) -> Statement:
        round_ = self.register.rounds[round_id]
        body, _ = seals.build_seal(round_id, listed)
        found = statement(("seal", teller, len(listed)), teller_name(teller), body)
        assert round_.take_seal(found.id, teller, body)
        round_.settle(body.listing)
        self.register.mark_ready(round_)
        return found


def statement(name: object, member: str, body: Body) -> Statement:
    return Statement(EventId(hash_of("event", name)), MemberId(member), key_of(member), 0, 0, body)


def request(number: int = 0, member: str = SECRETARIAT, roll: int = 0) -> Statement:
    spec = round_spec(CLOSES, number).model_copy(update={"roll": roll})
    return statement(("request", number, member), member, OpenRequest(spec=spec))


def draft(version: int = 1, name: str = "draft") -> Statement:
    return statement((name, version), SECRETARIAT, AgendaDraft(version=version, document=TEXT, size=3, order=None))


def changed(record: Record, **body: Any) -> Record:
    return record.model_copy(update={"body": record.body.model_copy(update=body)})


def test_a_request_of_the_secretariat_is_due_word_for_word() -> None:
    desk = Desk()
    desk.register.take_request(request())
    record = desk.due()
    assert isinstance(record, OpenRecord)
    assert record.body.request == request().id
    assert record.body.spec == round_spec(CLOSES)
    assert desk.judge(record) is None


def test_nobody_else_can_ask_for_a_round() -> None:
    desk = Desk()
    desk.register.take_request(request(member="teller-1"))
    assert desk.due() is None


@pytest.mark.parametrize(
    "change",
    [
        lambda record: record.model_copy(update={"height": 2}),
        lambda record: record.model_copy(update={"prev": RecordId(hash_of("other"))}),
        lambda record: record.model_copy(update={"federation": hash_of("other")}),
        lambda record: record.model_copy(update={"roll": 1}),
        lambda record: changed(record, spec=round_spec(CLOSES + 1)),
    ],
    ids=["height", "predecessor", "federation", "roll", "another question"],
)
def test_an_opening_that_differs_from_what_was_asked_is_refused(change: Callable[[Record], Record]) -> None:
    desk = Desk()
    desk.register.take_request(request())
    record = desk.due()
    assert record is not None
    assert isinstance(desk.judge(change(record)), str)


def test_an_unknown_request_is_asked_for_and_judged_when_it_comes() -> None:
    other = Desk()
    other.register.take_request(request())
    record = other.due()
    assert record is not None
    desk = Desk()
    assert desk.judge(record) == Missing(events=frozenset({request().id}))
    assert desk.judge(record) == Missing(events=frozenset({request().id}))
    assert desk.needed == [Missing(events=frozenset({request().id}))]
    desk.register.take_request(request())
    desk.register.arrived(request().id)
    assert desk.judge(record) is None


def test_a_missing_text_is_asked_for_and_changes_the_verdict_when_it_comes() -> None:
    desk = Desk(Rules(spec_answer=MissingTexts(frozenset({TEXT}))))
    desk.register.take_request(request())
    assert desk.due() is None
    assert desk.needed == [Missing(texts=frozenset({TEXT}))]
    desk.rules.spec_answer = None
    assert desk.due() is None
    desk.register.arrived(TEXT)
    assert desk.due() is not None


def test_a_rule_that_is_refused_or_another_roll_is_never_due() -> None:
    desk = Desk(Rules(spec_answer="no such rule"))
    desk.register.take_request(request())
    assert desk.due() is None
    desk = Desk()
    desk.register.take_request(request(roll=1))
    assert desk.due() is None


def test_the_same_specification_opens_once() -> None:
    desk = Desk()
    desk.register.take_request(request())
    record = desk.due()
    assert record is not None
    desk.register.apply(record, record_id(record))
    spec = OpenRequest(spec=round_spec(CLOSES))
    desk.register.take_request(statement("again", SECRETARIAT, spec))
    assert desk.due() is None
    desk.register.take_request(request(number=1))
    assert desk.due() is not None


def test_a_round_is_opened_before_its_close_or_not_at_all_but_a_lock_outlives_the_clock() -> None:
    desk = Desk()
    desk.register.take_request(request())
    record = desk.due(CLOSES - 1)
    assert record is not None
    assert desk.due(CLOSES) is None
    assert not desk.register.is_timely(record, CLOSES)
    assert desk.judge(record) is None


def test_closings_come_first_then_openings_then_agendas_each_by_id() -> None:
    desk = Desk()
    desk.register.take_draft(draft())
    assert isinstance(desk.due(), AgendaRecord)
    requests = sorted((request(1), request(2)), key=lambda found: found.id)
    for found in reversed(requests):
        desk.register.take_request(found)
    opening = desk.due()
    assert isinstance(opening, OpenRecord)
    assert opening.body.request == requests[0].id
    desk.with_round()
    assert isinstance(desk.due(), CloseRecord)


def test_a_closing_follows_from_its_seals() -> None:
    desk = Desk()
    desk.with_round()
    record = desk.due()
    assert isinstance(record, CloseRecord)
    assert record.body.count == 1
    assert record.body.result == {"counted": 1}
    assert desk.judge(record) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda body: {"count": 2},
        lambda body: {"listing": hash_of("other")},
        lambda body: {"outcome": hash_of("other")},
        lambda body: {"result": {"counted": 7}},
        lambda body: {"seals": body.seals[:2]},
        lambda body: {"round": RecordId(hash_of("other"))},
    ],
    ids=["count", "listing", "outcome", "result", "too few seals", "another round"],
)
def test_a_closing_that_does_not_follow_is_refused(change: Callable[[Any], dict[str, Any]]) -> None:
    desk = Desk()
    desk.with_round()
    record = desk.due()
    assert record is not None
    assert isinstance(desk.judge(changed(record, **change(record.body))), str)


def test_two_seals_of_one_teller_do_not_close_a_round() -> None:
    desk = Desk()
    round_id = desk.with_round()
    record = desk.due()
    assert isinstance(record, CloseRecord)
    second = desk.take_seal(round_id, 2, [EventId(hash_of("x"))])
    kept = [event for event in record.body.seals if event != desk.register.rounds[round_id].sealers[0]]
    assert desk.judge(changed(record, seals=tuple(sorted([*kept, second.id])))) == "it names two seals of one teller"


def test_a_seal_that_is_named_but_not_here_is_asked_for_even_if_its_teller_has_had_its_share() -> None:
    desk = Desk()
    round_id = desk.with_round()
    record = desk.due()
    assert isinstance(record, CloseRecord)
    many = [seals.build_seal(round_id, [EventId(hash_of(at))])[0] for at in range(3)]
    names = [EventId(hash_of("seal of three", at)) for at in range(3)]
    round_ = desk.register.rounds[round_id]
    for name, body in zip(names, many, strict=True):
        round_.take_seal(name, 3, body)
    assert names[2] not in round_.seals
    naming = changed(record, seals=tuple(sorted([*record.body.seals[:2], names[2]])))
    assert desk.judge(naming) == Missing(events=frozenset({names[2]}))
    assert isinstance(many[2], Seal)
    assert round_.take_seal(names[2], 3, many[2])
    assert names[2] in round_.seals


def test_nobody_votes_on_a_closing_whose_ballots_are_not_all_here() -> None:
    desk = Desk()
    record, value = open_record(CLOSES)
    desk.register.apply(record, value)
    unseen = statement("unseen", VOTERS[1], ballot_body(value, "no"))
    for teller in range(3):
        desk.take_seal(value, teller, [unseen.id])
    assert desk.due() is None
    assert desk.register.has_due(1)
    assert desk.needed == [Missing(events=frozenset({unseen.id}))]
    desk.register.rounds[value].take_ballot(unseen, 1)
    desk.register.arrived(unseen.id)
    assert isinstance(desk.due(), CloseRecord)


def test_a_closed_round_is_not_closed_again() -> None:
    desk = Desk()
    round_id = desk.with_round()
    record = desk.due()
    assert record is not None
    desk.register.apply(record, record_id(record))
    assert desk.due() is None
    assert not desk.register.has_due(1)
    again = record.model_copy(update={"height": 3, "prev": record_id(record)})
    assert desk.judge(again) == "the round that it closes is not open"
    assert desk.register.past_rounds == {round_id}


def test_agendas_are_published_version_by_version() -> None:
    desk = Desk()
    desk.register.take_draft(draft(2))
    assert desk.due() is None
    desk.register.take_draft(draft(1))
    first = desk.due()
    assert isinstance(first, AgendaRecord)
    assert first.body.version == 1
    assert isinstance(desk.judge(changed(first, size=4)), str)
    desk.register.apply(first, record_id(first))
    second = desk.due()
    assert isinstance(second, AgendaRecord)
    assert second.body.version == 2
    desk.register.take_draft(draft(1, "too late"))
    desk.register.apply(second, record_id(second))
    assert desk.due() is None


def test_an_agenda_that_is_refused_or_not_here_is_not_due() -> None:
    desk = Desk(Rules(agenda_answer="it misstates a result"))
    desk.register.take_draft(draft())
    assert desk.due() is None
    desk = Desk(Rules(agenda_answer=MissingTexts(frozenset({TEXT}))))
    desk.register.take_draft(draft())
    assert desk.due() is None
    assert desk.needed == [Missing(texts=frozenset({TEXT}))]


def test_requests_that_wait_are_bounded() -> None:
    desk = Desk(Rules(spec_answer="refused"))
    for number in range(REQUESTS_PENDING_MAX + 10):
        desk.register.take_request(request(number))
    assert len(desk.register._requests) == REQUESTS_PENDING_MAX
