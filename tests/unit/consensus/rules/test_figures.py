"""Fractions as figures: two decimals half up, more only where two would show nothing, shares rounded down."""

from fractions import Fraction

import pytest

from consensus.rules.figures import decimal, percent


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Fraction(0), "0"),
        (Fraction(3), "3"),
        (Fraction(5, 2), "2.5"),
        (Fraction(2, 3), "0.67"),
        (Fraction(1, 3), "0.33"),
        (Fraction(5, 1_000), "0.01"),
        (Fraction(1_995, 1_000), "2"),
        (Fraction(49, 10_000), "0.005"),
        (Fraction(1, 3 * 10**9), "0.0000000003"),
        (Fraction(123_456_789, 100), "1234567.89"),
    ],
)
def test_decimals(value: Fraction, shown: str) -> None:
    assert decimal(value) == shown


@pytest.mark.parametrize(("value", "shown"), [(Fraction(1), 100), (Fraction(999, 1000), 99), (Fraction(0), 0)])
def test_only_all_is_a_hundred_per_cent(value: Fraction, shown: int) -> None:
    assert percent(value) == shown
