"""What must hold of every selection: fairness to groups, no names, no order, no overspending, honest JSON."""

import random
from fractions import Fraction
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from consensus.ballots import ApprovalBallot, Option, Question
from consensus.outcome import Outcome, Selection, explain
from consensus.rules.proportional import ApprovalSettings, EqualSharesSettings, PhragmenSettings
from consensus.rules.registry import RuleSettings, evaluate
from protocol import canonical

Election = tuple[list[int], list[set[int]], int]
RULES_TO_TRY: tuple[RuleSettings, ...] = (
    EqualSharesSettings(),
    EqualSharesSettings(completion=()),
    EqualSharesSettings(completion=("raised-shares", "phragmen")),
    PhragmenSettings(),
    PhragmenSettings(when_full="skip", completion=()),
    ApprovalSettings(),
)


@st.composite
def elections(draw: st.DrawFn) -> Election:
    capacity = draw(st.integers(1, 30))
    costs = draw(st.lists(st.integers(0, capacity), min_size=1, max_size=7))
    ballot = st.sets(st.integers(0, len(costs) - 1))
    return costs, draw(st.lists(ballot, max_size=10)), capacity


@st.composite
def unit_elections(draw: st.DrawFn) -> Election:
    option_count = draw(st.integers(1, 5))
    ballot = st.sets(st.integers(0, option_count - 1))
    approvals = draw(st.lists(ballot, min_size=1, max_size=7))
    return [1] * option_count, approvals, draw(st.integers(1, option_count))


def names(count: int) -> list[str]:
    return [f"t{number}" for number in range(count)]


def hold(settings: RuleSettings, election: Election, ids: list[str] | None = None) -> Outcome:
    costs, approvals, capacity = election
    ids = ids or names(len(costs))
    question = Question(
        options=tuple(Option(id=name, cost=cost) for name, cost in zip(ids, costs, strict=True)), capacity=capacity
    )
    ballots = {
        f"m{voter}": ApprovalBallot(approves=tuple(sorted(ids[option] for option in approved)))
        for voter, approved in enumerate(approvals)
    }
    return evaluate(question, settings, ballots, dict.fromkeys(ballots, ()))


def selection_of(outcome: Outcome) -> Selection:
    assert outcome.selection is not None
    return outcome.selection


@given(unit_elections())
def test_every_group_that_agrees_gets_its_share(election: Election) -> None:
    """Extended justified representation, by definition over all groups, for topics that cost alike."""
    _, approvals, capacity = election
    voters = [approved for approved in approvals if approved]
    if not voters:
        return
    won = {int(entry.option[1:]) for entry in selection_of(hold(EqualSharesSettings(completion=()), election)).chosen}
    for size in range(1, len(voters) + 1):
        for group in combinations(voters, size):
            owed = min(size * capacity // len(voters), len(set.intersection(*group)))
            assert any(len(approved & won) >= owed for approved in group)


@given(elections().filter(lambda election: bool(election[1])))
def test_capacity_is_kept_and_adds_up(election: Election) -> None:
    for settings in RULES_TO_TRY:
        selection = selection_of(hold(settings, election))
        assert selection.spent == sum(entry.cost for entry in selection.chosen) <= selection.capacity
        assert selection.unspent == selection.capacity - selection.spent
        chosen = [entry.option for entry in selection.chosen]
        assert sorted(chosen + [entry.option for entry in selection.passed_over]) == names(len(election[0]))


@given(elections().filter(lambda election: bool(election[1])))
def test_completion_leaves_nothing_out_that_fits_and_has_support(election: Election) -> None:
    fills = (EqualSharesSettings(completion=("phragmen",)), PhragmenSettings(), PhragmenSettings(when_full="skip"))
    for settings in (EqualSharesSettings(), ApprovalSettings(), *fills):
        assert all(
            entry.why in ("no_room", "no_supporters") for entry in selection_of(hold(settings, election)).passed_over
        )


@given(elections().filter(lambda election: bool(election[1])))
def test_prices_never_fall_and_pay_at_least_the_cost(election: Election) -> None:
    chosen = selection_of(hold(EqualSharesSettings(completion=()), election)).chosen
    prices = [Fraction(entry.price.numerator, entry.price.denominator) for entry in chosen if entry.price]
    assert len(prices) == len(chosen)
    assert prices == sorted(prices)
    for entry, price in zip(chosen, prices, strict=True):
        assert price * entry.supporters >= entry.cost


@given(elections(), st.randoms(use_true_random=False))
def test_neither_members_nor_order_matter(election: Election, rng: random.Random) -> None:
    costs, approvals, capacity = election
    shuffled = list(approvals)
    rng.shuffle(shuffled)
    for settings in RULES_TO_TRY:
        assert hold(settings, (costs, shuffled, capacity)) == hold(settings, election)


@given(elections().filter(lambda election: bool(election[1])), st.randoms(use_true_random=False))
def test_the_names_of_topics_do_not_matter(election: Election, rng: random.Random) -> None:
    """With ties going to the oldest, renaming every topic renames the result and changes nothing else."""
    ids = names(len(election[0]))
    others = [f"x{number}" for number in rng.sample(range(100), len(ids))]
    renamed = dict(zip(ids, others, strict=True))
    for settings in RULES_TO_TRY:
        before = selection_of(hold(settings, election))
        after = selection_of(hold(settings, election, others))
        assert [renamed[entry.option] for entry in before.chosen] == [entry.option for entry in after.chosen]


@given(elections().filter(lambda election: bool(election[1])), st.data())
def test_more_support_never_costs_a_topic_its_place_in_approval_counting_at_equal_cost(
    election: Election, data: st.DataObject
) -> None:
    _, approvals, _ = election
    costs = [1] * len(election[0])
    capacity = max(1, len(costs) // 2)
    before = selection_of(hold(ApprovalSettings(), (costs, approvals, capacity)))
    if not before.chosen:
        return
    winner = data.draw(st.sampled_from([entry.option for entry in before.chosen]))
    convert = data.draw(st.integers(0, len(approvals) - 1))
    more = [approved | {int(winner[1:])} if voter == convert else approved for voter, approved in enumerate(approvals)]
    after = selection_of(hold(ApprovalSettings(), (costs, more, capacity)))
    assert winner in [entry.option for entry in after.chosen]


@given(elections())
def test_an_outcome_survives_its_canonical_bytes(election: Election) -> None:
    for settings in RULES_TO_TRY:
        outcome = hold(settings, election)
        data = canonical.encode(outcome.model_dump(mode="json"))
        assert Outcome.model_validate(canonical.decode(data)) == outcome
        assert Outcome.model_validate_json(data) == outcome
        assert "{" not in explain(outcome)


def test_a_bloc_of_sixty_per_cent_takes_its_share_and_no_more() -> None:
    """Ten topics of 30 minutes in 150: under approval counting the bloc takes all five places, here three."""
    bloc, rest = set(range(5)), set(range(5, 10))
    election = ([30] * 10, [bloc] * 60 + [rest] * 40, 150)
    everything = [int(entry.option[1:]) for entry in selection_of(hold(ApprovalSettings(), election)).chosen]
    shared = [int(entry.option[1:]) for entry in selection_of(hold(EqualSharesSettings(), election)).chosen]
    assert len(bloc.intersection(everything)) == 5
    assert len(bloc.intersection(shared)) == 3
    assert len(rest.intersection(shared)) == 2
