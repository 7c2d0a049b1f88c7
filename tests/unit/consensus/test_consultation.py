"""What a proposal's endorsements and positions come to, whatever the order they arrive in."""

from consensus.consultation import Consultation, causal_order, fold
from protocol.envelope import Verified
from protocol.events.consultation import Endorsement, Position
from protocol.ids import EventId
from tests.support.builders import EPOCH_MS, build_federation, hash_of, proposal_text

FEDERATION = build_federation(members=3)
PROPOSAL = EventId(hash_of("proposal"))
YES = Endorsement(proposal=PROPOSAL, endorses=True)
NO = Endorsement(proposal=PROPOSAL, endorses=False)
SUPPORT = Position(proposal=PROPOSAL, stance="support", reasons=proposal_text("For"))
OBJECTION = Position(proposal=PROPOSAL, stance="objection", reasons=proposal_text("Against"))


def both_ways(*events: Verified) -> Consultation:
    """Fold events in the order given and from the back; both must come to the same."""
    found = fold(events)
    assert fold(reversed(events)) == found
    return found


def test_nothing_said_is_nothing_known() -> None:
    assert fold([]) == Consultation((), {})


def test_endorsements_are_listed_by_member() -> None:
    said = [FEDERATION.writer(at).write(YES) for at in (2, 0)]
    assert both_ways(*said).endorsed_by == ("member-001", "member-003")


def test_an_endorsement_can_be_taken_back_and_given_again() -> None:
    writer = FEDERATION.writer(1)
    first, second, third = writer.write(YES), writer.write(NO), writer.write(YES)
    assert both_ways(first).endorsed_by == ("member-002",)
    assert both_ways(first, second).endorsed_by == ()
    assert both_ways(first, second, third).endorsed_by == ("member-002",)


def test_a_chain_decides_against_its_authors_clock() -> None:
    writer = FEDERATION.writer(0)
    first = writer.write(YES, time_ms=EPOCH_MS + 9_000)
    second = writer.write(NO, time_ms=EPOCH_MS)
    assert both_ways(first, second).endorsed_by == ()
    assert causal_order([second, first]) == [first, second]


def test_a_chain_decides_although_events_between_are_about_something_else() -> None:
    writer = FEDERATION.writer(0)
    first = writer.write(YES, time_ms=EPOCH_MS + 9_000)
    writer.write(Endorsement(proposal=EventId(hash_of("another")), endorses=True))
    last = writer.write(NO, time_ms=EPOCH_MS)
    assert both_ways(first, last).endorsed_by == ()


def test_of_two_keys_of_one_member_the_later_time_counts() -> None:
    node, teller = FEDERATION.writer(0, "node"), FEDERATION.writer(0, "teller")
    early = node.write(YES, time_ms=EPOCH_MS + 1)
    late = teller.write(NO, time_ms=EPOCH_MS + 2)
    assert both_ways(early, late).endorsed_by == ()


def test_a_reference_decides_against_the_time_between_two_keys() -> None:
    node, teller = FEDERATION.writer(0, "node"), FEDERATION.writer(0, "teller")
    seen = node.write(YES, time_ms=EPOCH_MS + 9_000)
    answer = teller.write(NO, refs=[seen.id], time_ms=EPOCH_MS)
    assert both_ways(seen, answer).endorsed_by == ()


def test_at_the_same_time_the_greater_id_counts() -> None:
    node, teller = FEDERATION.writer(0, "node"), FEDERATION.writer(0, "teller")
    said = sorted((node.write(YES, time_ms=EPOCH_MS), teller.write(NO, time_ms=EPOCH_MS)), key=lambda event: event.id)
    last = said[-1].event.body
    assert isinstance(last, Endorsement)
    assert both_ways(*said).endorsed_by == (("member-001",) if last.endorses else ())


def test_each_members_latest_position_stands() -> None:
    first, second = FEDERATION.writer(0), FEDERATION.writer(1)
    old, other, new = first.write(SUPPORT), second.write(OBJECTION), first.write(OBJECTION)
    assert both_ways(old, other, new).positions == {"member-001": new, "member-002": other}


def test_what_is_neither_endorsement_nor_position_changes_nothing() -> None:
    writer = FEDERATION.writer(0)
    said = [*writer.write_proposals(1), writer.write(YES), *writer.write_proposals(1)]
    assert both_ways(*said) == Consultation((FEDERATION.members[0].id,), {})


def test_a_reference_to_what_is_not_here_holds_nothing_up() -> None:
    event = FEDERATION.writer(0).write(YES, refs=[hash_of("elsewhere")])
    assert causal_order([event]) == [event]


def test_the_same_event_twice_stands_once() -> None:
    event = FEDERATION.writer(0).write(YES)
    assert causal_order([event, event]) == [event]
