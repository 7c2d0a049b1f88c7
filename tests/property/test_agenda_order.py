"""Every order of an agenda that the decisions leave open is allowed, and no other; single steps reach them all."""

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from consensus.agenda import AgendaDocument, Basis, Closing, arranged, build_agenda
from protocol.events.consultation import Track
from protocol.ids import EventId, FederationId, RecordId
from protocol.register import CloseBody
from tests.support.builders import hash_of, round_spec

ROUNDS_MAX = 5
OPTIONS_MAX = 4


def adopted(height: int, count: int, track: Track) -> Closing:
    """Return a closed round that adopted all its options, the last first."""
    spec = round_spec([EventId(hash_of("subject", height, at)) for at in range(count)], number=height, track=track)
    body = CloseBody(
        round=RecordId(hash_of("round", height)),
        seals=(EventId(hash_of("seal")),),
        count=0,
        listing=hash_of("listing"),
        outcome=hash_of("outcome"),
        result={"status": "selected", "selected": [f"option-{at}" for at in reversed(range(count))]},
    )
    return Closing(height, body.round, spec, body)


TRACKS = st.sampled_from(("long", "short"))
DECIDED = st.lists(st.tuples(st.integers(1, OPTIONS_MAX), TRACKS), min_size=1, max_size=ROUNDS_MAX)


@st.composite
def agendas(draw: st.DrawFn) -> tuple[AgendaDocument, list[EventId]]:
    """Draw an agenda that is due, and its subjects in any order."""
    closings = [adopted(at, count, track) for at, (count, track) in enumerate(draw(DECIDED), 1)]  # type: ignore[arg-type]
    due = build_agenda(FederationId(hash_of("federation")), 1, 100, None, Basis(closings, (), frozenset(), {}))
    return due, draw(st.permutations([item.subject for item in due.items]))


def is_allowed(due: AgendaDocument, order: Sequence[EventId]) -> bool:
    """Say it pair by pair: what has to stand before what."""
    place = {subject: at for at, subject in enumerate(order)}
    return all(
        place[one.subject] < place[other.subject]
        for at, one in enumerate(due.items)
        for other in due.items[at + 1 :]
        if one.round == other.round or one.track != other.track
    )


@given(agendas())
@settings(max_examples=300)
def test_an_order_is_allowed_if_and_only_if_no_decided_pair_is_turned_round(
    drawn: tuple[AgendaDocument, list[EventId]],
) -> None:
    due, order = drawn
    found = arranged(due, order)
    assert isinstance(found, AgendaDocument) == is_allowed(due, order)
    if isinstance(found, AgendaDocument):
        assert [item.subject for item in found.items] == order
        numbers = [item.number for item in due.items]
        assert [item.number for item in found.items] == numbers, "numbered anew, as before"
        plain = {item.subject: item.model_copy(update={"number": ""}) for item in due.items}
        assert {item.subject: item.model_copy(update={"number": ""}) for item in found.items} == plain


@given(agendas())
@settings(max_examples=100)
def test_steps_of_one_place_lead_from_an_allowed_order_back_to_the_order_of_adoption(
    drawn: tuple[AgendaDocument, list[EventId]],
) -> None:
    """So buttons that move an item by one place reach every order that is allowed."""
    due, order = drawn
    if not is_allowed(due, order):
        return
    wanted = {item.subject: at for at, item in enumerate(due.items)}
    steps = [at for end in range(len(order), 1, -1) for at in range(end - 1)]
    for at in steps:
        if wanted[order[at]] > wanted[order[at + 1]]:
            order[at], order[at + 1] = order[at + 1], order[at]
            assert not isinstance(arranged(due, order), str)
    assert order == [item.subject for item in due.items]
