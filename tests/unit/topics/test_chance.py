from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topics.chance import at_least, at_most, attainable, tails


@st.composite
def urns(draw: st.DrawFn) -> tuple[int, int, int]:
    population = draw(st.integers(1, 80))
    return population, draw(st.integers(0, population)), draw(st.integers(0, population))


def exact(population: int, marked: int, drawn: int, found: int) -> Fraction:
    ways = sum(comb(marked, i) * comb(population - marked, drawn - i) for i in range(found, drawn + 1))
    return Fraction(ways, comb(population, drawn))


@given(urns())
def test_tails_are_those_of_counting_all_ways(urn: tuple[int, int, int]) -> None:
    for found, tail in enumerate(tails(*urn)):
        assert tail == pytest.approx(float(exact(*urn, found)), rel=1e-9, abs=1e-15)


@given(urns(), st.integers(0, 80))
def test_at_most_and_more_are_everything(urn: tuple[int, int, int], found: int) -> None:
    assert at_most(*urn, found) + at_least(*urn, found + 1) == pytest.approx(1.0)


@given(urns(), st.floats(0, 1))
def test_a_stair_is_never_above_and_its_own_steps_are_on_it(urn: tuple[int, int, int], chance: float) -> None:
    assert attainable(*urn, chance) <= chance * (1 + 1e-8)
    for tail in tails(*urn):
        assert attainable(*urn, tail) == pytest.approx(tail)


def test_large_numbers_stay_numbers() -> None:
    assert at_least(20_000, 7_000, 5_000, 1_750) == pytest.approx(0.5, abs=0.02)
    assert 0 < at_least(20_000, 7_000, 5_000, 2_000) < 1e-9
