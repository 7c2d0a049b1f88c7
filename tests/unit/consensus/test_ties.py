"""Tie orders: explicit, reproducible, and independent of the order in which options are given."""

import hashlib
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consensus.ties import TieOrder, by_chair, by_id, by_lot, check_chair, oldest_first, tie_ranks

IDS = ("water", "air", "soil", "food")


def test_the_oldest_is_the_first_listed() -> None:
    assert oldest_first(IDS) == IDS
    assert tie_ranks("oldest", IDS, None) == {"water": 0, "air": 1, "soil": 2, "food": 3}


def test_by_id_ascends() -> None:
    assert by_id(IDS) == ("air", "food", "soil", "water")
    assert tie_ranks("id", IDS, None)["air"] == 0


def test_a_lot_is_drawn_as_written_in_the_rules() -> None:
    prefix = b"comitia lot v1\0" + hashlib.sha256(b"seed").digest()
    expected = sorted(IDS, key=lambda option: hashlib.sha256(prefix + option.encode()).hexdigest())
    assert list(by_lot(IDS, b"seed")) == expected
    assert tie_ranks("lot", IDS, b"seed") == {option: rank for rank, option in enumerate(expected)}


@given(st.permutations(IDS), st.binary())
def test_a_lot_does_not_depend_on_the_order_given_nor_on_who_else_is_there(order: list[str], seed: bytes) -> None:
    assert by_lot(order, seed) == by_lot(IDS, seed)
    without = tuple(option for option in by_lot(IDS, seed) if option != "soil")
    assert by_lot([option for option in order if option != "soil"], seed) == without


def test_a_lot_favours_nobody() -> None:
    firsts = Counter(by_lot(IDS, number.to_bytes(4, "big"))[0] for number in range(4_000))
    assert all(900 < firsts[option] < 1_100 for option in IDS)


def test_what_the_chair_approves_comes_first_then_the_oldest() -> None:
    assert by_chair(IDS, [{"food", "air"}]) == ("air", "food", "water", "soil")
    assert tie_ranks("chair", IDS, None, [{"food", "air"}]) == {"air": 0, "food": 1, "water": 2, "soil": 3}
    assert by_chair(IDS, [{"food"}, {"air", "soil"}]) == ("food", "air", "soil", "water")
    assert tie_ranks("chair", IDS, None) == tie_ranks("oldest", IDS, None), "a chair without a ballot"


def test_the_ballot_of_the_chair_breaks_no_tie_under_another_order() -> None:
    assert tie_ranks("oldest", IDS, None, [{"food"}]) == tie_ranks("oldest", IDS, None)


@pytest.mark.parametrize(("order", "chair", "words"), [
    ("chair", None, "no member is named"), ("oldest", "m", "broken by oldest"), ("lot", "m", "broken by lot"),
])  # fmt: skip
def test_a_chair_is_named_exactly_where_it_breaks_ties(order: TieOrder, chair: str | None, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        check_chair(order, chair)


def test_a_chair_that_breaks_ties_is_fine() -> None:
    check_chair("chair", "m")
    check_chair("oldest", None)


def test_a_lot_that_was_not_drawn_is_an_error() -> None:
    with pytest.raises(ValueError, match="no lot was drawn"):
        tie_ranks("lot", IDS, None)
