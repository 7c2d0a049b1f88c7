"""The fold of a consultation is a function of the set of what happened: of no order, and of no event's duplicates."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import get_args

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from consensus.consultation import causal_order, endorses
from consensus.lifecycle import TABLE, Result
from consensus.proposal_state import Joining
from protocol.envelope import Verified
from protocol.events.consultation import Endorsement, Position
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
    TakeOver,
    Withdrawal,
    Yielding,
)
from protocol.events.rounds import ProcedureName
from protocol.ids import EventId
from protocol.roll import KeyRole
from tests.support.builders import EPOCH_MS, ChainWriter, hash_of, proposal_text
from tests.support.story import DAY, FEDERATION, Story

OTHER = EventId(hash_of("another"))
EVENTS_MAX = 24
ROLES: tuple[KeyRole, ...] = ("node", "teller")
WORDS = proposal_text("Words")
TEXTS = tuple(proposal_text(title) for title in ("The text", "Second", "Third"))


@dataclass(frozen=True)
class Told:
    """A history about one proposal: what was said, in an order in which it could have been said."""

    story: Story
    events: tuple[Verified, ...]

    def latest(self, of: Callable[[Verified], bool]) -> set[str]:
        """Return the events of a kind that no other of the kind by the same key follows."""
        last: dict[str, Verified] = {}
        for event in self.events:
            if of(event) and (event.event.key not in last or last[event.event.key].event.seq < event.event.seq):
                last[event.event.key] = event
        return {event.id for event in last.values()}


def body_about(draw: st.DrawFn, proposal: EventId, said: list[Verified], *, is_plain: bool) -> BaseModel:
    """Draw anything that can be said of a proposal, about what was said before, and about what never was."""
    known = draw(st.sampled_from([*(each.id for each in said), OTHER]))
    text, base = draw(st.sampled_from(TEXTS)), draw(st.sampled_from(TEXTS)).sha256
    yes, words = draw(st.booleans()), draw(st.sampled_from([WORDS, None]))
    stance = draw(st.sampled_from(["support", "conditional", "concern", "objection"]))
    fields: list[tuple[type[BaseModel], dict[str, object]]] = [
        (Endorsement, {"endorses": yes}),
        (Position, {"stance": stance, "reasons": WORDS}),
        (Screening, {"verdict": draw(st.sampled_from(["admissible", "inadmissible", "returned"])), "reasons": words}),
        (Revision, {"base": base, "text": text, "minutes": 5}),
        (Amendment, {"base": base, "text": text, "reasons": WORDS}),
        (AmendmentEndorsement, {"amendment": known, "endorses": yes}),
        (AmendmentAnswer, {"amendment": known, "accepts": yes, "reasons": words}),
        (ObjectionAnswer, {"objection": known, "answer": "addressed", "reply": WORDS}),
        (Withdrawal, {"reasons": words}),
        (TakeOver, {}),
        (ConsultationCall, {"number": draw(st.integers(1, 3)), "until": EPOCH_MS + DAY, "question": words}),
        (Disposition, {"step": draw(st.sampled_from(["adjourned", "referred", "resumed"])), "reasons": WORDS}),
        (Yielding, {"to": known, "why": draw(st.sampled_from(["duplicate", "superseded"]))}),
        (MergeAnswer, {"into": known, "joins": yes}),
    ]
    model, values = draw(st.sampled_from(fields[:2] if is_plain else fields))
    return model.model_validate({"proposal": proposal, **values})


@st.composite
def histories(draw: st.DrawFn, *, forks: bool = False, is_plain: bool = False) -> Told:
    """Draw what several members say with both of their keys, under clocks that nobody sets right, and records.

    With forks, a key may go back and say something else in a place that is taken. Plain ones hold endorsements and
    positions alone, and no records.
    """
    story = Story(merges=() if is_plain or draw(st.booleans()) else (OTHER,))
    writers: dict[tuple[int, KeyRole], ChainWriter] = {
        (member, role): FEDERATION.writer(member, role) for member in range(4) for role in ROLES
    }
    writers[1, "node"] = story.writers[1]
    said: list[Verified] = []
    for _ in range(draw(st.integers(0, EVENTS_MAX))):
        who = (draw(st.integers(0, 3)), draw(st.sampled_from(ROLES)))
        if forks and writers[who].length > 1 and draw(st.booleans()):
            writers[who] = writers[who].branch(draw(st.integers(1, writers[who].length - 1)))
        refs = draw(st.lists(st.sampled_from(said), max_size=2, unique=True)) if said else []
        time = EPOCH_MS + draw(st.integers(0, 40)) * DAY
        body = body_about(draw, story.proposal.id, said, is_plain=is_plain)
        said.append(writers[who].write(body, refs=[event.id for event in refs], time_ms=time))
    for _ in range(0 if is_plain else draw(st.integers(0, 4))):
        amendments = [each.id for each in said if isinstance(each.event.body, Amendment)]
        subject = draw(st.sampled_from([*amendments, ""]))
        procedure = draw(st.sampled_from(get_args(ProcedureName)))
        story.open(procedure, draw(st.integers(0, 40)), subject)
        if draw(st.booleans()):
            story.close(procedure, draw(st.sampled_from(get_args(Result))), draw(st.integers(0, 40)), subject)
    story.joinings = tuple(joining(draw, member) for member in draw(st.lists(st.integers(4, 6), max_size=4)))
    return Told(story, tuple(said))


def joining(draw: st.DrawFn, member: int) -> Joining:
    """Draw that a member's proposal joins the story's or leaves it; on one day it does one of both."""
    day, joins = draw(st.integers(0, 40)), draw(st.booleans())
    at = EPOCH_MS + day * DAY + joins
    return Joining(at, EventId(hash_of("parent", member)), OTHER, FEDERATION.member(member).id, joins)


@settings(max_examples=80, deadline=None)
@given(histories(), st.data())
def test_no_order_of_arrival_changes_the_state(told: Told, data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(told.events))
    again = data.draw(st.lists(st.sampled_from(told.events), max_size=3)) if told.events else []
    now = EPOCH_MS + data.draw(st.integers(0, 60)) * DAY
    assert causal_order([*shuffled, *again]) == causal_order(told.events)
    state = told.story.fold(told.events, now)
    assert told.story.fold([*shuffled, *again], now) == state
    told.story.joinings = tuple(data.draw(st.permutations(told.story.joinings)))
    assert told.story.fold(told.events, now) == state


@settings(max_examples=50, deadline=None)
@given(histories(forks=True), st.data())
def test_not_even_with_both_branches_of_a_forked_key(told: Told, data: st.DataObject) -> None:
    now = EPOCH_MS + 60 * DAY
    assert told.story.fold(data.draw(st.permutations(told.events)), now) == told.story.fold(told.events, now)


@settings(max_examples=50, deadline=None)
@given(histories())
def test_each_step_follows_from_a_line_of_the_table(told: Told) -> None:
    state = told.story.fold(told.events, EPOCH_MS + 60 * DAY)
    for before, step in zip(state.history, state.history[1:], strict=False):
        if step.void is not None:
            assert step.stage == before.stage
            continue
        lines = [line for line in TABLE if line.act == step.act and before.stage in line.stages]
        assert lines, f"{step.act} in {before.stage}"
        assert lines[0].to in (None, "before", step.stage)
    assert {step.event for step in state.history} >= {each.id for each in told.events}


@settings(max_examples=50, deadline=None)
@given(histories(), st.integers(0, 50))
def test_what_has_happened_stays_as_time_goes_on(told: Told, day: int) -> None:
    earlier = told.story.fold(told.events, EPOCH_MS + day * DAY).history
    later = told.story.fold(told.events, EPOCH_MS + (day + 10) * DAY).history
    assert later[: len(earlier)] == earlier


@settings(max_examples=50, deadline=None)
@given(histories())
def test_nothing_stands_before_its_cause_and_nothing_is_lost(told: Told) -> None:
    ordered = causal_order(told.events)
    assert {event.id for event in ordered} == {event.id for event in told.events}
    place = {event.id: at for at, event in enumerate(ordered)}
    for event in told.events:
        assert all(place[ref] < place[event.id] for ref in event.event.refs)
        earlier = [e for e in told.events if e.event.key == event.event.key and e.event.seq < event.event.seq]
        assert all(place[e.id] < place[event.id] for e in earlier)


@settings(max_examples=50, deadline=None)
@given(histories(is_plain=True))
def test_a_members_word_is_the_last_of_one_of_its_keys(told: Told) -> None:
    found = told.story.fold(told.events, EPOCH_MS + 60 * DAY)
    last = told.latest(lambda event: isinstance(event.event.body, Endorsement))
    by_member: dict[str, set[bool]] = {}
    for event in told.events:
        if event.id in last and isinstance(event.event.body, Endorsement):
            by_member.setdefault(event.event.member, set()).add(event.event.body.endorses)
    endorsing = endorses(told.events)
    assert {member for member, words in by_member.items() if words == {True}} <= endorsing
    assert endorsing <= {member for member, words in by_member.items() if True in words}
    assert set(found.endorsed_by) == endorsing - {found.sponsor}
    positions = told.latest(lambda event: isinstance(event.event.body, Position))
    assert {event.id for event in found.positions.values()} <= positions
    assert set(found.positions) == {e.event.member for e in told.events if isinstance(e.event.body, Position)}
