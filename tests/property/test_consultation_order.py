"""The fold of a consultation is a function of the set of events: of no order, and of no event's duplicates."""

from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from consensus.consultation import causal_order, fold
from protocol.envelope import Verified
from protocol.events.consultation import Endorsement, Position
from protocol.ids import EventId
from protocol.roll import KeyRole
from tests.support.builders import EPOCH_MS, ChainWriter, build_federation, hash_of, proposal_text

FEDERATION = build_federation(members=3)
PROPOSAL = EventId(hash_of("proposal"))
ROLES: tuple[KeyRole, ...] = ("node", "teller")
BODIES = (
    Endorsement(proposal=PROPOSAL, endorses=True),
    Endorsement(proposal=PROPOSAL, endorses=False),
    Position(proposal=PROPOSAL, stance="support", reasons=proposal_text("For")),
    Position(proposal=PROPOSAL, stance="concern", reasons=proposal_text("Doubt")),
)
EVENTS_MAX = 14


@dataclass(frozen=True)
class Told:
    """A history about one proposal: what was said, in an order in which it could have been said."""

    events: tuple[Verified, ...]

    def latest(self, of: Callable[[Verified], bool]) -> set[str]:
        """Return the events of a kind that no other of the kind by the same key follows."""
        last: dict[str, Verified] = {}
        for event in self.events:
            if of(event) and (event.event.key not in last or last[event.event.key].event.seq < event.event.seq):
                last[event.event.key] = event
        return {event.id for event in last.values()}


@st.composite
def histories(draw: st.DrawFn, *, forks: bool = False) -> Told:
    """Draw what several members say with both of their keys, under clocks that nobody sets right.

    With forks, a key may go back and say something else in a place that is taken.
    """
    writers: dict[tuple[int, KeyRole], ChainWriter] = {
        (member, role): FEDERATION.writer(member, role) for member in range(3) for role in ROLES
    }
    said: list[Verified] = []
    for _ in range(draw(st.integers(0, EVENTS_MAX))):
        who = (draw(st.integers(0, 2)), draw(st.sampled_from(ROLES)))
        if forks and writers[who].length and draw(st.booleans()):
            writers[who] = writers[who].branch(draw(st.integers(0, writers[who].length - 1)))
        refs = draw(st.lists(st.sampled_from(said), max_size=2, unique=True)) if said else []
        time = EPOCH_MS + draw(st.integers(0, 3))
        body = draw(st.sampled_from(BODIES))
        said.append(writers[who].write(body, refs=[event.id for event in refs], time_ms=time))
    return Told(tuple(said))


@settings(max_examples=150, deadline=None)
@given(histories(), st.data())
def test_no_order_of_arrival_changes_what_was_said(told: Told, data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(told.events))
    again = data.draw(st.lists(st.sampled_from(told.events), max_size=3)) if told.events else []
    assert causal_order([*shuffled, *again]) == causal_order(told.events)
    assert fold([*shuffled, *again]) == fold(told.events)


@settings(max_examples=150, deadline=None)
@given(histories(forks=True), st.data())
def test_not_even_with_both_branches_of_a_forked_key(told: Told, data: st.DataObject) -> None:
    assert fold(data.draw(st.permutations(told.events))) == fold(told.events)


@settings(max_examples=150, deadline=None)
@given(histories())
def test_nothing_stands_before_its_cause_and_nothing_is_lost(told: Told) -> None:
    ordered = causal_order(told.events)
    assert {event.id for event in ordered} == {event.id for event in told.events}
    place = {event.id: at for at, event in enumerate(ordered)}
    for event in told.events:
        assert all(place[ref] < place[event.id] for ref in event.event.refs)
        earlier = [e for e in told.events if e.event.key == event.event.key and e.event.seq < event.event.seq]
        assert all(place[e.id] < place[event.id] for e in earlier)


@settings(max_examples=150, deadline=None)
@given(histories())
def test_a_members_word_is_the_last_of_one_of_its_keys(told: Told) -> None:
    found = fold(told.events)
    positions = told.latest(lambda event: isinstance(event.event.body, Position))
    assert {event.id for event in found.positions.values()} <= positions
    assert set(found.positions) == {e.event.member for e in told.events if isinstance(e.event.body, Position)}
    last = told.latest(lambda event: isinstance(event.event.body, Endorsement))
    by_member: dict[str, set[bool]] = {}
    for event in told.events:
        if event.id in last and isinstance(event.event.body, Endorsement):
            by_member.setdefault(event.event.member, set()).add(event.event.body.endorses)
    assert {member for member, words in by_member.items() if words == {True}} <= set(found.endorsed_by)
    assert set(found.endorsed_by) <= {member for member, words in by_member.items() if True in words}
