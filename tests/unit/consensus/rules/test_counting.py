"""Exact shares, quorum and the small things that every rule shares."""

from collections import Counter

import pytest
from pydantic import ValidationError

from consensus.rules.counting import (
    PositiveShare,
    Ratio,
    Share,
    at_least,
    in_order,
    is_unique,
    known_constituencies,
    quorum_condition,
)


@pytest.mark.parametrize(
    ("numerator", "denominator", "base", "least", "more_than", "most"),
    [
        (2, 3, 7, 5, 5, 4),
        (2, 3, 6, 4, 5, 4),
        (1, 2, 4, 2, 3, 2),
        (1, 2, 5, 3, 3, 2),
        (1, 4, 0, 0, 1, 0),
        (1, 1, 9, 9, 10, 9),
        (0, 1, 9, 0, 1, 0),
        (666_666, 1_000_000, 3, 2, 2, 1),
        (666_667, 1_000_000, 3, 3, 3, 2),
    ],
)
def test_shares_of_a_base(numerator: int, denominator: int, base: int, least: int, more_than: int, most: int) -> None:
    share = Share(numerator=numerator, denominator=denominator)
    assert share.least_of(base) == least
    assert share.least_of(base, is_strict=True) == more_than
    assert share.most_of(base) == most


def test_a_ratio_is_made_of_bounded_integers() -> None:
    assert Ratio(numerator=3, denominator=2).model_dump() == {"numerator": 3, "denominator": 2}
    for value in ((1, 0), (-1, 2), (1, 10**7), (True, 2), (0.5, 1), ("1", 2)):
        with pytest.raises(ValidationError):
            Ratio.model_validate({"numerator": value[0], "denominator": value[1]})
    with pytest.raises(ValidationError, match="more than the whole"):
        Share(numerator=3, denominator=2)
    with pytest.raises(ValidationError, match="asks for nothing"):
        PositiveShare(numerator=0, denominator=2)


def test_conditions_say_how_near() -> None:
    short = at_least("threshold", 3, 7, 5, constituency="north")
    assert (short.is_met, short.margin, short.constituency) == (False, -2, "north")
    assert at_least("threshold", 5, 7, 5).is_met


def test_a_quorum_asks_for_at_least_one() -> None:
    half = PositiveShare(numerator=1, denominator=2)
    assert (quorum_condition(half, 3, 7).bound, quorum_condition(half, 3, 7).is_met) == (4, False)
    assert (quorum_condition(half, 0, 0).bound, quorum_condition(half, 0, 0).is_met) == (1, False)
    assert (quorum_condition(None, 0, 5).code, quorum_condition(None, 0, 5).is_met) == ("participation", False)


def test_uncounted_ballots_are_listed_by_code_without_zeros() -> None:
    assert [entry.code for entry in in_order(Counter({"z": 1, "a": 2, "m": 0}))] == ["a", "z"]


def test_names() -> None:
    assert known_constituencies({"a": ("x", "y"), "b": ("y",), "c": ()}) == {"x", "y"}
    assert is_unique(["a", "b"])
    assert not is_unique(["a", "b", "a"])
