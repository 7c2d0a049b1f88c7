"""Equal Shares by hand: prices when some supporters run out, exact ties, and sums beyond machine integers."""

import random
from fractions import Fraction

import numpy as np
import pytest

from consensus.rules.profile import Profile, profile_of
from consensus.rules.shares import Purchase, equal_shares


def profile(*groups: tuple[str, int]) -> Profile:
    return profile_of(tuple("abcdef"), {tuple(letters): count for letters, count in groups})


def buy(costs: list[int], of: Profile, endowment: int) -> tuple[Purchase, ...]:
    return equal_shares([*costs, *[endowment + 1] * (6 - len(costs))], of, endowment, range(6))


def test_who_has_less_pays_all_and_the_others_the_rest() -> None:
    bought = buy([6, 12], profile(("a", 1), ("ab", 1), ("b", 1)), 30)
    assert [(entry.option, entry.price) for entry in bought] == [(0, Fraction(3, 10)), (1, Fraction(6, 10))]
    bought = buy([12, 12], profile(("a", 1), ("ab", 1), ("b", 1)), 30)
    assert [(entry.option, entry.price) for entry in bought] == [(0, Fraction(6, 10)), (1, Fraction(8, 10))]
    assert [entry.tied_with for entry in bought] == [(1,), ()]


def test_whoever_pays_exactly_all_is_left_with_nothing() -> None:
    bought = buy([20, 10, 1], profile(("ac", 1), ("ab", 1), ("c", 1)), 30)
    assert [(entry.option, entry.price) for entry in bought] == [
        (2, Fraction(1, 20)),
        (1, Fraction(1)),
    ]


def test_a_third_is_not_rounded() -> None:
    bought = buy([1, 1, 1], profile(("abc", 3)), 3)
    assert [entry.price for entry in bought] == [Fraction(1, 3)] * 3
    assert [entry.tied_with for entry in bought] == [(1, 2), (2,), ()]


def test_prices_that_differ_by_next_to_nothing_are_no_tie() -> None:
    huge = 10**9
    bought = buy([huge, huge - 1], profile(("a", 10**6), ("b", 10**6)), 10**12)
    assert [(entry.option, entry.tied_with) for entry in bought] == [(1, ()), (0, ())]


@pytest.mark.parametrize("voters", [1, 2**20, 2**40])
def test_the_number_of_voters_does_not_overflow(voters: int) -> None:
    bought = buy([6, 6], profile(("ab", voters)), 9)
    assert [(entry.option, entry.price, entry.tied_with) for entry in bought] == [(0, Fraction(6, 9), (1,))]


def test_many_rounds_with_growing_denominators_stay_exact() -> None:
    rng = random.Random(1)
    options = 40
    ids = tuple(f"t{number:02d}" for number in range(options))
    groups = {tuple(sorted(rng.sample(ids, 8))): rng.randint(1, 50) for _ in range(80)}
    costs = [rng.randint(5, 99) for _ in range(options)]
    endowment = sum(costs)
    built = profile_of(ids, groups)
    bought = equal_shares(costs, built, endowment, range(options))
    left = {letters: Fraction(1) for letters in groups}
    for entry in bought:
        supporters = [letters for letters in groups if ids[entry.option] in letters]
        paid = sum((groups[letters] * min(left[letters], entry.price) for letters in supporters), Fraction(0))
        assert paid == Fraction(costs[entry.option] * built.voters, endowment)
        for letters in supporters:
            left[letters] -= min(left[letters], entry.price)
    assert len(bought) > 16
    assert max(entry.price.denominator for entry in bought) > 2**64


def test_ballots_are_not_changed_by_counting_them() -> None:
    built = profile(("ab", 2), ("b", 3))
    before = built.weights.copy(), [groups.copy() for groups in built.supporters]
    buy([3, 3], built, 5)
    assert np.array_equal(built.weights, before[0])
    assert all(np.array_equal(now, then) for now, then in zip(built.supporters, before[1], strict=True))
