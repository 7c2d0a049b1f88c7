"""The fast Equal Shares against a dumb one by definition, and against pabutools, on profiles rich in ties."""

import random
from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pabutools import election as pb
from pabutools.rules import method_of_equal_shares

from consensus.rules import shares
from consensus.rules.proportional import EqualSharesSettings
from consensus.rules.registry import evaluate
from tests.support.large_rounds import as_round, for_pabutools, grouped, random_election

Approvals = Sequence[Sequence[int]]


def dumb_equal_shares(
    costs: Sequence[int], approvals: Approvals, endowment: int | Fraction, ranks: Sequence[int]
) -> list[tuple[int, Fraction, list[int]]]:
    """The definition, one voter at a time, in fractions."""
    voters = [set(approved) for approved in approvals if approved]
    left = [Fraction(endowment) / len(voters) for _ in voters]
    bought: list[tuple[int, Fraction, list[int]]] = []
    remaining = set(range(len(costs)))
    while True:
        prices = {}
        for option in remaining:
            supporters = [voter for voter, approved in enumerate(voters) if option in approved]
            price = dumb_price(costs[option], [left[voter] for voter in supporters])
            if price is not None:
                prices[option] = price
        if not prices:
            return bought
        best = min(prices.values())
        first, *others = sorted((o for o in prices if prices[o] == best), key=lambda o: ranks[o])
        bought.append((first, best, others))
        remaining.remove(first)
        for voter, approved in enumerate(voters):
            if first in approved:
                left[voter] -= min(left[voter], best)


def dumb_price(cost: int, purses: list[Fraction]) -> Fraction | None:
    """The least x for which min(purse, x) adds up to the cost."""
    if not purses or sum(purses) < cost:
        return None
    missing = Fraction(cost)
    for place, purse in enumerate(sorted(purses)):
        each = missing / (len(purses) - place)
        if each <= purse:
            return each
        missing -= purse
    raise AssertionError("the purses hold the cost")


def fast_equal_shares(
    costs: Sequence[int], approvals: Approvals, endowment: int, ranks: Sequence[int]
) -> list[tuple[int, Fraction, list[int]]]:
    profile = grouped(costs, approvals, endowment)
    share = Fraction(endowment, profile.voters)
    return [
        (purchase.option, purchase.price * share, list(purchase.tied_with))
        for purchase in shares.equal_shares(costs, profile, endowment, ranks)
    ]


def pabutools_equal_shares(costs: Sequence[int], approvals: Approvals, capacity: int) -> list[str]:
    it = for_pabutools(*as_round(costs, approvals, capacity))
    bought = method_of_equal_shares(
        it.instance, it.profile, sat_class=pb.Cardinality_Sat, tie_breaking=it.by_name, resoluteness=True
    )
    return [str(project) for project in bought]


@st.composite
def elections(draw: st.DrawFn) -> tuple[list[int], list[list[int]], int, list[int]]:
    option_count = draw(st.integers(1, 8))
    capacity = draw(st.integers(1, 40))
    costs = draw(st.lists(st.integers(0, capacity), min_size=option_count, max_size=option_count))
    ballot = st.lists(st.integers(0, option_count - 1), min_size=1, unique=True)
    approvals = draw(st.lists(ballot, min_size=1, max_size=14))
    ranks = draw(st.permutations(range(option_count)))
    return costs, approvals, capacity, list(ranks)


@given(elections())
def test_agrees_with_the_definition(election: tuple[list[int], list[list[int]], int, list[int]]) -> None:
    assert fast_equal_shares(*election) == dumb_equal_shares(*election)


@given(elections())
def test_agrees_when_the_fixed_point_numbers_are_coarse(
    election: tuple[list[int], list[list[int]], int, list[int]],
) -> None:
    """With hardly any bits, almost everything is left open by the integers and must be settled exactly."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shares, "_WORD_BITS", 5)
        assert fast_equal_shares(*election) == dumb_equal_shares(*election)


@pytest.mark.parametrize("bits", [5, 6, 7, 8])
def test_coarse_bounds_never_hide_the_cheapest(bits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seed 34 at seven bits once told a bound that ignores what rounding took from a true one."""
    monkeypatch.setattr(shares, "_WORD_BITS", bits)
    for seed in range(150):
        rng = random.Random(seed)
        option_count = rng.randint(6, 14)
        costs = [rng.randint(1, 30) for _ in range(option_count)]
        approvals = [rng.sample(range(option_count), rng.randint(1, option_count)) for _ in range(rng.randint(3, 15))]
        election = (costs, approvals, max(*costs, sum(costs) * 2 // 3), list(range(option_count)))
        assert fast_equal_shares(*election) == dumb_equal_shares(*election), f"seed {seed}"


@pytest.mark.parametrize("block", range(10))
def test_takes_the_same_topics_as_pabutools(block: int) -> None:
    with_ties = 0
    for seed in range(block * 100, block * 100 + 100):
        costs, approvals, capacity = random_election(seed)
        if not any(approvals):
            continue
        question, ballots = as_round(costs, approvals, capacity)
        outcome = evaluate(question, EqualSharesSettings(completion=()), ballots, dict.fromkeys(ballots, ()))
        assert outcome.selection is not None
        ours = [entry.option for entry in outcome.selection.chosen]
        assert sorted(ours) == sorted(pabutools_equal_shares(costs, approvals, capacity)), f"seed {seed}"
        with_ties += any(entry.tied for entry in outcome.selection.chosen)
    assert with_ties > 50


@given(elections())
def test_raised_shares_agree_with_the_definition(
    election: tuple[list[int], list[list[int]], int, list[int]],
) -> None:
    """By hundredths, until the next raise would overspend, everything is bought, or the shares have doubled."""
    costs, approvals, capacity, ranks = election
    wanted = len({option for approved in approvals for option in approved})
    raised, bought = 0, dumb_equal_shares(costs, approvals, capacity, ranks)
    while raised < 100 and len(bought) < wanted:
        more = dumb_equal_shares(costs, approvals, Fraction(capacity * (101 + raised), 100), ranks)
        if sum(costs[option] for option, _, _ in more) > capacity:
            break
        raised, bought = raised + 1, more
    percent, shared = shares.raised_shares(costs, grouped(costs, approvals, capacity), capacity, ranks)
    assert percent == raised
    assert [purchase.option for purchase in shared.purchases] == [option for option, _, _ in bought]


def test_larger_profiles_agree_with_the_definition() -> None:
    for seed in range(12):
        rng = random.Random(seed)
        option_count = 40
        costs = [rng.randint(1, 30) for _ in range(option_count)]
        approvals = [rng.sample(range(option_count), rng.randint(1, 12)) for _ in range(150)]
        election = (costs, approvals, 200, list(range(option_count)))
        assert fast_equal_shares(*election) == dumb_equal_shares(*election), f"seed {seed}"
