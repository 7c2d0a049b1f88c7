"""The agenda that follows from certified closings, and the bytes it travels as."""

from collections.abc import Sequence
from itertools import permutations

import pytest

from consensus.agenda import (
    AgendaDocument,
    Basis,
    Closing,
    Departure,
    Standing,
    agenda_bytes,
    arranged,
    build_agenda,
    departures,
    parse_agenda,
    standing,
)
from protocol import canonical
from protocol.errors import LocalError, RemoteError
from protocol.events.consultation import Track
from protocol.events.rounds import ProcedureName
from protocol.ids import EventId, FederationId, RecordId, TextHash
from protocol.register import CloseBody
from tests.support.builders import hash_of, round_spec

FEDERATION = FederationId(hash_of("federation"))


def subject(name: str) -> EventId:
    return EventId(hash_of("subject", name))


def closing(
    height: int,
    subjects: str,
    selected: Sequence[int],
    track: Track = "long",
    procedure: ProcedureName | None = None,
    status: str = "",
) -> Closing:
    """Return a closed round on subjects of one letter each, of which the ones at these places were adopted in order."""
    spec = round_spec([subject(name) for name in subjects], number=height, track=track, procedure=procedure)
    chosen = [f"option-{at}" for at in selected]
    body = CloseBody(
        round=RecordId(hash_of("round", height)),
        seals=(EventId(hash_of("seal")),),
        count=0,
        listing=hash_of("listing"),
        outcome=hash_of("outcome"),
        result={"status": status or ("selected" if chosen else "not_adopted"), "selected": [*chosen]},
    )
    return Closing(height, body.round, spec, body)


def built(*closings: Closing, height: int = 100, version: int = 1, previous: str | None = None) -> AgendaDocument:
    return build_agenda(
        FEDERATION,
        version,
        height,
        None if previous is None else TextHash(previous),
        Basis(closings, (), frozenset(), {}),
    )


def listed(document: AgendaDocument) -> list[tuple[str, str]]:
    """Return each item's number and the letter of its subject."""
    letters = {subject(name): name for name in "abcdefgh"}
    return [(item.number, letters[item.subject]) for item in document.items]


def test_items_stand_as_their_rounds_closed_and_selected_them() -> None:
    document = built(closing(4, "abc", (2, 0)), closing(2, "d", (0,)))
    assert listed(document) == [("1", "d"), ("2", "c"), ("3", "a")]


def test_the_order_in_which_closings_are_told_does_not_matter() -> None:
    closings = [closing(2, "ab", (1, 0)), closing(5, "c", (0,), "short"), closing(7, "bd", (0, 1))]
    assert len({agenda_bytes(built(*order)) for order in permutations(closings)}) == 1


def test_short_term_items_have_numbers_of_their_own_behind_the_long_term_ones() -> None:
    document = built(closing(1, "a", (0,), "short"), closing(2, "b", (0,)), closing(3, "c", (0,), "short"))
    assert listed(document) == [("1", "b"), ("S1", "a"), ("S2", "c")]


def test_what_was_adopted_twice_stands_once_where_it_was_adopted_last() -> None:
    document = built(closing(1, "ab", (0, 1)), closing(2, "ca", (0, 1)))
    assert listed(document) == [("1", "b"), ("2", "c"), ("3", "a")]
    last = document.items[-1]
    assert (last.round, last.option) == (hash_of("round", 2), "option-1")


def test_what_was_adopted_on_the_other_track_later_moves_there() -> None:
    document = built(closing(1, "ab", (0, 1)), closing(2, "a", (0,), "short"))
    assert listed(document) == [("1", "b"), ("S1", "a")]


def test_what_was_not_adopted_again_stays_adopted() -> None:
    assert listed(built(closing(1, "ab", (0, 1)), closing(2, "a", ()))) == [("1", "a"), ("2", "b")]


def test_what_was_chosen_leaves_when_a_vote_rejects_it() -> None:
    chosen = closing(1, "ab", (0, 1))
    assert listed(built(chosen, closing(2, "a", (), procedure="vote"))) == [("1", "b")]
    no_quorum = closing(2, "a", (), procedure="vote", status="no_quorum")
    assert listed(built(chosen, no_quorum)) == [("1", "a"), ("2", "b")]
    broken = closing(2, "a", (), procedure="consent", status="broken")
    assert listed(built(chosen, broken)) == [("1", "a"), ("2", "b")]


def test_of_chosen_alternatives_only_the_first_stays() -> None:
    ranked = closing(2, "cab", (2,), procedure="alternatives")
    assert listed(built(closing(1, "ab", (0, 1)), ranked)) == [("1", "b")]


def test_of_two_votes_on_a_text_the_later_one_counts() -> None:
    adopted, rejected = closing(1, "a", (0,), procedure="vote"), closing(2, "a", (), procedure="vote")
    assert listed(built(adopted, rejected)) == []
    assert listed(built(adopted, rejected, closing(3, "a", (0,), procedure="vote"))) == [("1", "a")]


def test_closings_above_the_height_are_left_out_and_the_one_at_it_is_not() -> None:
    closings = (closing(1, "a", (0,)), closing(2, "b", (0,)), closing(3, "c", (0,)))
    assert listed(built(*closings, height=2)) == [("1", "a"), ("2", "b")]


def test_an_adoption_above_the_height_does_not_move_what_stands_below_it() -> None:
    closings = (closing(1, "ab", (0, 1)), closing(3, "a", (0,)))
    assert listed(built(*closings, height=2)) == [("1", "a"), ("2", "b")]


def test_an_item_names_the_round_the_option_its_text_and_its_minutes() -> None:
    closed = closing(6, "ab", (1,))
    (item,) = built(closed).items
    option = closed.spec.question.options[1]
    assert (item.subject, item.text, item.minutes) == (option.subject, option.text, option.minutes)
    assert (item.round, item.option, item.track) == (closed.round, option.id, "long")


def test_rounds_that_adopt_nothing_make_an_empty_agenda() -> None:
    assert built(closing(1, "a", ())).items == ()
    assert built().items == ()


def test_a_version_names_the_one_before() -> None:
    first = built(closing(1, "a", (0,)))
    digest = canonical.sha256_hex(agenda_bytes(first))
    second = built(closing(1, "a", (0,)), version=2, previous=digest)
    assert (first.version, first.previous) == (1, None)
    assert (second.version, second.previous) == (2, digest)
    assert agenda_bytes(first) != agenda_bytes(second)


def test_an_agenda_comes_back_from_its_bytes() -> None:
    document = built(closing(1, "ab", (0, 1)), closing(2, "c", (0,), "short"), height=2)
    assert parse_agenda(agenda_bytes(document)) == document


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data[:-1],
        lambda data: data + b"\n",
        lambda data: data.replace(b'"version":1', b'"version":0'),
        lambda data: data.replace(b'"version":1', b'"version":1.0'),
        lambda data: data.replace(b'"v":1', b'"v":2'),
        lambda data: data.replace(b'"number":"1"', b'"number":"01"'),
        lambda data: data.replace(b'"items":[', b'"items": ['),
        lambda data: data.replace(b'"height"', b'"heights"'),
        lambda data: data.replace(b'"items"', b'"extra":1,"items"'),
        lambda _: b"[]",
        lambda _: b"\xff",
        lambda _: b"[" * 100_000,
    ],
)
def test_other_bytes_are_no_agenda(change: object) -> None:
    data = agenda_bytes(built(closing(1, "a", (0,))))
    changed = change(data)  # type: ignore[operator]
    assert changed != data
    with pytest.raises(RemoteError, match="not an agenda"):
        parse_agenda(changed)


def test_an_agenda_too_long_to_travel_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    document = built(closing(1, "ab", (0, 1)))
    monkeypatch.setattr("protocol.limits.TEXT_BYTES_MAX", len(agenda_bytes(document)))
    assert agenda_bytes(document)
    monkeypatch.setattr("protocol.limits.TEXT_BYTES_MAX", len(agenda_bytes(document)) - 1)
    with pytest.raises(LocalError, match="an agenda of 2 items is over the limit"):
        agenda_bytes(document)


def decided(height: int, procedure: ProcedureName, name: str, status: str) -> Closing:
    """Return the close of a round on one short-term text that came to this."""
    spec = round_spec([subject(name)], number=height, track="short", procedure=procedure)
    made = closing(height, name, (0,) if status == "adopted" else (), "short")
    return Closing(
        height, made.round, spec, made.body.model_copy(update={"result": {**made.body.result, "status": status}})
    )


def under_ratification(*closings: Closing, published: tuple[int, ...]) -> list[tuple[str, str]]:
    return listed(build_agenda(FEDERATION, 1, 100, None, Basis(closings, published, frozenset({"short"}), {})))


def test_only_rounds_that_adopt_put_something_on_the_agenda() -> None:
    closings = [decided(at, name, "a", "adopted") for at, name in enumerate(("waiver", "inclusion", "amendment"), 1)]  # type: ignore[arg-type]
    assert listed(built(*closings)) == []


def test_a_published_short_term_item_lapses_at_the_next_long_term_prioritisation() -> None:
    adopted, long_term = closing(2, "a", (0,), "short"), closing(6, "b", (0,))
    vote = Closing(2, adopted.round, decided(2, "vote", "a", "adopted").spec, adopted.body)
    assert under_ratification(vote, long_term, published=(4,)) == [("1", "b")]
    assert under_ratification(vote, long_term, published=(8,)) == [("1", "b"), ("S1", "a")]
    no_quorum = closing(6, "b", (), status="no_quorum")
    assert under_ratification(vote, no_quorum, published=(4,)) == [("S1", "a")]
    assert listed(built(vote, long_term)) == [("1", "b"), ("S1", "a")]


@pytest.mark.parametrize(
    ("status", "remains"),
    [("adopted", [("1", "b"), ("S1", "a")]), ("not_adopted", [("1", "b")]), ("no_quorum", [("1", "b")])],
)
def test_ratification_keeps_it_or_drops_it(status: str, remains: list[tuple[str, str]]) -> None:
    closings = [decided(2, "vote", "a", "adopted"), decided(5, "ratification", "a", status), closing(6, "b", (0,))]
    assert under_ratification(*closings, published=(4,)) == remains


def test_a_review_that_rejects_drops_an_item() -> None:
    closings = [decided(2, "vote", "a", "adopted"), decided(5, "review", "a", "not_adopted")]
    assert listed(built(*closings)) == []


def test_an_item_sets_unless_its_review_confirms_it() -> None:
    def at(made: Closing, closes: int) -> Closing:
        spec = made.spec.model_copy(update={"opens": 1, "closes": closes})
        return Closing(made.height, made.round, spec, made.body)

    adopted, other = at(closing(2, "a", (0,)), 1_000), at(closing(9, "b", (0,)), 6_000)
    review = decided(5, "review", "a", "adopted")
    confirmed = at(review, 4_000)

    def standing(*closings: Closing) -> list[tuple[str, str]]:
        return listed(build_agenda(FEDERATION, 1, 100, None, Basis(closings, (), frozenset(), {"long": 3_000})))

    assert standing(adopted) == [("1", "a")]
    assert standing(adopted, other) == [("1", "b")]
    assert standing(adopted, confirmed, other) == [("1", "a"), ("2", "b")]


def test_what_left_the_agenda_says_why_and_by_which_round() -> None:
    closings = (
        closing(1, "ab", (0, 1)),
        closing(2, "c", (0,), "short", "vote"),
        closing(4, "a", (), "long", "vote", "not_adopted"),
        closing(6, "d", (0,)),
    )
    basis = Basis(closings, (3,), frozenset({"short"}), {})
    left = departures(basis, 100)
    assert left == {
        subject("a"): Departure("rejected", closings[2].round),
        subject("c"): Departure("lapsed", closings[3].round),
    }
    assert departures(basis, 3) == {}


def test_what_set_by_itself_names_no_round_and_what_came_back_has_not_left() -> None:
    first, later = closing(1, "ab", (0, 1)), closing(9, "b", (), "long", "vote", "not_adopted")
    again = closing(10, "b", (0,))
    late = Closing(11, again.round, again.spec.model_copy(update={"closes": first.spec.closes + 10_000}), again.body)
    basis = Basis((first, later, late), (), frozenset(), {"long": 5_000})
    assert departures(basis, 9) == {subject("b"): Departure("rejected", later.round)}
    assert departures(basis, 11) == {subject("a"): Departure("sunset", None)}


def in_order(letters: str, *closings: Closing) -> list[tuple[str, str]] | str:
    due = arranged(built(*closings), [subject(name) for name in letters])
    return due if isinstance(due, str) else listed(due)


SEVERAL = (closing(1, "abc", (1, 0)), closing(2, "d", (0,)), closing(3, "e", (0,), "short"), closing(4, "f", (0,)))


def test_the_order_is_the_secretariats_where_the_decisions_leave_it_open() -> None:
    assert listed(built(*SEVERAL)) == [("1", "b"), ("2", "a"), ("3", "d"), ("4", "f"), ("S1", "e")]
    assert in_order("fbdae", *SEVERAL) == [("1", "f"), ("2", "b"), ("3", "d"), ("4", "a"), ("S1", "e")]


# SPEC 6.35: "items whose latest adoption is by the same round stand in the order of its outcome"
@pytest.mark.parametrize(
    ("letters", "why"),
    [
        ("abdfe", "items that one round chose together keep the order that it gave them"),
        ("adbfe", "items that one round chose together keep the order that it gave them"),
        ("ebadf", "long-term items stand before short-term ones"),
        ("badf", "its order doesn't name each item that follows from the closed rounds once"),
        ("badfee", "its order doesn't name each item that follows from the closed rounds once"),
        ("bbdfe", "its order doesn't name each item that follows from the closed rounds once"),
        ("badfg", "its order doesn't name each item that follows from the closed rounds once"),
        ("", "its order doesn't name each item that follows from the closed rounds once"),
    ],
)
def test_no_order_adds_drops_or_turns_round_what_was_decided(letters: str, why: str) -> None:
    assert in_order(letters, *SEVERAL) == why


def test_what_was_adopted_again_elsewhere_is_free_of_its_first_round() -> None:
    again = closing(5, "b", (0,), procedure="vote")
    assert in_order("abdfe", *SEVERAL, again) == [("1", "a"), ("2", "b"), ("3", "d"), ("4", "f"), ("S1", "e")]


def test_what_a_review_does_not_confirm_is_withdrawn_and_how_the_rest_stands_is_told() -> None:
    closings = (
        closing(1, "ab", (0, 1)),
        decided(5, "review", "a", "not_adopted"),
        decided(6, "ratification", "b", "adopted"),
    )
    basis = Basis(closings, (2,), frozenset({"long"}), {})
    assert departures(basis, 9) == {subject("a"): Departure("withdrawn", closings[1].round)}
    assert standing(basis, 9) == {subject("b"): Standing(closings[2].spec.closes, is_ratified=True)}
    assert standing(basis, 1) == {
        subject(letter): Standing(closings[0].spec.closes, is_ratified=False) for letter in "ab"
    }
