"""The fast Phragmén against a dumb one by definition, and against pabutools and abcvoting, on profiles rich in ties."""

import random
from collections.abc import Sequence
from fractions import Fraction

import pytest
from abcvoting import abcrules
from abcvoting.preferences import Profile as Committees
from hypothesis import given
from hypothesis import strategies as st
from pabutools.rules import sequential_phragmen

from consensus.outcome import Selection
from consensus.rules import phragmen as race
from consensus.rules import shares
from consensus.rules.phragmen import WhenFull
from consensus.rules.proportional import EqualSharesSettings, PhragmenSettings
from consensus.rules.registry import RuleSettings, evaluate
from tests.support.large_rounds import as_round, for_pabutools, grouped, random_election

Approvals = Sequence[Sequence[int]]
Election = tuple[list[int], list[list[int]], int, list[int]]
Taken = list[tuple[int, Fraction, list[int]]]


def dumb_phragmen(
    costs: Sequence[int],
    approvals: Approvals,
    unspent: int,
    ranks: Sequence[int],
    when_full: WhenFull,
    held: dict[int, Fraction] | None = None,
    already: Sequence[int] = (),
) -> Taken:
    """The definition, one voter at a time, in fractions: money comes in until somebody can pay.

    held is what each voter with an approval starts with; nothing if it is left out.
    """
    voters = {voter: set(approved) for voter, approved in enumerate(approvals) if approved}
    purse = dict(held) if held is not None else dict.fromkeys(voters, Fraction(0))
    remaining = set(range(len(costs))) - set(already)
    now = Fraction(0)
    taken: Taken = []
    while True:
        waits = {}
        for option in remaining:
            supporters = [voter for voter in voters if option in voters[voter]]
            if supporters:
                missing = costs[option] - sum(purse[voter] for voter in supporters)
                waits[option] = Fraction(missing, len(supporters))
        if not waits:
            return taken
        wait = min(waits.values())
        now += wait
        purse = {voter: money + wait for voter, money in purse.items()}
        tied = sorted((option for option in waits if waits[option] == wait), key=lambda option: ranks[option])
        over = [option for option in tied if costs[option] > unspent]
        if over and when_full == "stop":
            return taken
        remaining.difference_update(over)
        fitting = [option for option in tied if option not in over]
        if fitting:
            first = fitting[0]
            taken.append((first, now, fitting[1:]))
            unspent -= costs[first]
            remaining.remove(first)
            purse.update({voter: Fraction(0) for voter in voters if first in voters[voter]})


def fast_phragmen(
    costs: Sequence[int], approvals: Approvals, capacity: int, ranks: Sequence[int], when_full: WhenFull
) -> Taken:
    profile = grouped(costs, approvals, capacity)
    share = Fraction(capacity, max(1, profile.voters))
    return [
        (purchase.option, purchase.price * share, list(purchase.tied_with))
        for purchase in race.phragmen(costs, profile, capacity, ranks, when_full)
    ]


def select(settings: RuleSettings, costs: Sequence[int], approvals: Approvals, capacity: int) -> Selection:
    question, ballots = as_round(costs, approvals, capacity)
    outcome = evaluate(question, settings, ballots, dict.fromkeys(ballots, ()))
    assert outcome.selection is not None
    return outcome.selection


def pabutools_phragmen(costs: Sequence[int], approvals: Approvals, capacity: int) -> list[str]:
    """What pabutools takes of the topics with supporters; it would go on with those that nobody wants."""
    it = for_pabutools(*as_round(costs, approvals, capacity), supported_only=True)
    return [str(project) for project in sequential_phragmen(it.instance, it.profile, tie_breaking=it.by_name)]


@st.composite
def elections(draw: st.DrawFn) -> Election:
    option_count = draw(st.integers(1, 8))
    capacity = draw(st.integers(1, 40))
    costs = draw(st.lists(st.integers(0, capacity), min_size=option_count, max_size=option_count))
    ballot = st.lists(st.integers(0, option_count - 1), unique=True)
    approvals = draw(st.lists(ballot, min_size=1, max_size=14))
    ranks = draw(st.permutations(range(option_count)))
    return costs, approvals, capacity, list(ranks)


@pytest.mark.parametrize("when_full", ["stop", "skip"])
@given(election=elections())
def test_agrees_with_the_definition(election: Election, when_full: WhenFull) -> None:
    assert fast_phragmen(*election, when_full) == dumb_phragmen(*election, when_full)


@pytest.mark.parametrize("when_full", ["stop", "skip"])
@pytest.mark.parametrize("bits", [1, 9, 12])
def test_agrees_when_the_fixed_point_numbers_are_coarse(
    bits: int, when_full: WhenFull, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With hardly any bits, almost everything is left open by the integers and must be settled exactly."""
    monkeypatch.setattr(race, "_WORD_BITS", bits)
    for seed in range(150):
        rng = random.Random(seed)
        option_count = rng.randint(6, 14)
        costs = [rng.randint(1, 30) for _ in range(option_count)]
        approvals = [rng.sample(range(option_count), rng.randint(1, option_count)) for _ in range(rng.randint(3, 15))]
        election = (costs, approvals, max(*costs, sum(costs) * 2 // 3), list(range(option_count)))
        assert fast_phragmen(*election, when_full) == dumb_phragmen(*election, when_full), f"seed {seed}"


@pytest.mark.parametrize("block", range(10))
def test_takes_the_same_topics_as_pabutools(block: int) -> None:
    with_ties = 0
    for seed in range(block * 100, block * 100 + 100):
        costs, approvals, capacity = random_election(seed)
        if not any(approvals):
            continue
        selection = select(PhragmenSettings(completion=()), costs, approvals, capacity)
        ours = [entry.option for entry in selection.chosen]
        assert sorted(ours) == sorted(pabutools_phragmen(costs, approvals, capacity)), f"seed {seed}"
        with_ties += any(entry.tied for entry in selection.chosen)
    assert with_ties > 40


def test_elects_the_same_committees_as_abcvoting() -> None:
    """With places that cost one each, ties going to the first."""
    for seed in range(300):
        costs, approvals, _ = random_election(seed)
        supported = {option for approved in approvals for option in approved}
        places = min(len(supported), 1 + seed % 6)
        if not places:
            continue
        profile = Committees(len(costs))
        profile.add_voters([approved for approved in approvals if approved])
        (theirs,) = abcrules.compute_seqphragmen(profile, places, resolute=True)
        ours = [entry.option for entry in select(PhragmenSettings(), [1] * len(costs), approvals, places).chosen]
        assert sorted(int(option[1:]) for option in ours) == sorted(theirs), f"seed {seed}"


@pytest.mark.parametrize("bits", [10, 14])
def test_leftovers_are_exact_when_the_fixed_point_numbers_are_coarse(
    bits: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in range(150):
        rng = random.Random(seed)
        costs = [rng.randint(1, 30) for _ in range(12)]
        approvals = [rng.sample(range(12), rng.randint(1, 5)) for _ in range(10)]
        capacity = max(*costs, sum(costs) // 2)
        settings = EqualSharesSettings(completion=("phragmen",))
        expected = select(settings, costs, approvals, capacity)
        with monkeypatch.context() as patch:
            patch.setattr(race, "_WORD_BITS", bits)
            patch.setattr(shares, "_WORD_BITS", bits)
            assert select(settings, costs, approvals, capacity) == expected, f"seed {seed}"


@given(elections())
def test_as_completion_it_starts_with_what_is_left_of_the_shares(election: Election) -> None:
    costs, approvals, capacity, _ = election
    if not any(approvals):
        return
    ranks = range(len(costs))
    paid = select(EqualSharesSettings(completion=()), costs, approvals, capacity)
    voters = {voter: set(approved) for voter, approved in enumerate(approvals) if approved}
    held = dict.fromkeys(voters, Fraction(capacity, len(voters)))
    for entry in paid.chosen:
        assert entry.price is not None
        price = Fraction(entry.price.numerator, entry.price.denominator)
        for voter, approved in voters.items():
            if int(entry.option[1:]) in approved:
                held[voter] -= min(held[voter], price)
    bought = [int(entry.option[1:]) for entry in paid.chosen]
    expected = dumb_phragmen(costs, approvals, paid.unspent, ranks, "skip", held, bought)
    completed = select(EqualSharesSettings(completion=("phragmen",)), costs, approvals, capacity)
    added = completed.chosen[len(bought) :]
    assert completed.chosen[: len(bought)] == paid.chosen
    assert [entry.option for entry in added] == [f"t{option:04d}" for option, _, _ in expected]
    for entry, (_, moment, tied) in zip(added, expected, strict=True):
        assert entry.how == "phragmen"
        assert entry.price is not None
        assert Fraction(entry.price.numerator, entry.price.denominator) == moment
        assert entry.tied == len(tied)


def test_larger_profiles_agree_with_the_definition() -> None:
    for seed in range(12):
        rng = random.Random(seed)
        option_count = 40
        costs = [rng.randint(1, 30) for _ in range(option_count)]
        approvals = [rng.sample(range(option_count), rng.randint(1, 12)) for _ in range(150)]
        election = (costs, approvals, 200, list(range(option_count)))
        assert fast_phragmen(*election, "skip") == dumb_phragmen(*election, "skip"), f"seed {seed}"
