"""The certificate of fairness against the definitions over all groups, and what each rule has to keep."""

import random
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import combinations

import pytest
from abcvoting.preferences import Profile as Committees
from abcvoting.properties import check_EJR_plus, check_JR
from hypothesis import given
from hypothesis import strategies as st

from consensus.ballots import ApprovalBallot, Option, Question
from consensus.fairness.certificate import AXIOMS, GUARANTEED, Axiom, Certificate, Witness, certify
from consensus.rules.proportional import ApprovalSettings, EqualSharesSettings, PhragmenSettings
from consensus.rules.registry import RuleSettings, evaluate

Ballots = list[frozenset[int]]
Election = tuple[list[int], Ballots, int]
Group = tuple[int, ...]


def ids(places: Sequence[int] | frozenset[int]) -> tuple[str, ...]:
    return tuple(sorted(f"t{place}" for place in places))


def asked(election: Election) -> tuple[Question, dict[str, ApprovalBallot]]:
    costs, approvals, capacity = election
    options = tuple(Option(id=f"t{place}", cost=cost) for place, cost in enumerate(costs))
    ballots = {f"m{voter:02d}": ApprovalBallot(approves=ids(approved)) for voter, approved in enumerate(approvals)}
    return Question(options=options, capacity=capacity), ballots


def certificate(election: Election, selected: Sequence[int]) -> Certificate:
    question, ballots = asked(election)
    return certify(question, ballots, dict.fromkeys(ballots, ()), ids(selected))


def selected_by(settings: RuleSettings, election: Election) -> list[int]:
    question, ballots = asked(election)
    outcome = evaluate(question, settings, ballots, dict.fromkeys(ballots, ()))
    return [int(entry.option[1:]) for entry in outcome.selection.chosen] if outcome.selection else []


def groups_of(election: Election, selected: frozenset[int]) -> Iterator[tuple[int, Group]]:
    """Every option that was missed, with every group whose members all approve it."""
    costs, approvals, _ = election
    for option in set(range(len(costs))) - selected:
        supporters = [voter for voter, approved in enumerate(approvals) if option in approved]
        for size in range(1, len(supporters) + 1):
            for group in combinations(supporters, size):
                yield option, group


def share(election: Election, group: Group) -> Fraction:
    """What a group could spend."""
    _, approvals, capacity = election
    return Fraction(len(group) * capacity, sum(bool(approved) for approved in approvals))


def is_wronged(axiom: Axiom, election: Election, selected: frozenset[int], option: int, group: Group) -> bool:
    """The definitions, word for word: can the group pay for one option more than it won?"""
    costs, approvals, _ = election
    money = share(election, group)
    won = [approvals[voter] & selected for voter in group]
    together = frozenset().union(*won)
    one_more = {
        "ejr_plus": costs[option] * (max(map(len, won)) + 1),
        "pjr_plus": costs[option] * (len(together) + 1),
        "own_share": costs[option] + sum(costs[place] for place in together),
        "jr": costs[option],
    }[axiom]
    return money >= one_more and (axiom != "jr" or not together)


def by_definition(axiom: Axiom, election: Election, selected: Sequence[int]) -> bool:
    won = frozenset(selected)
    return not any(is_wronged(axiom, election, won, *pair) for pair in groups_of(election, won))


@st.composite
def elections(draw: st.DrawFn, *, unit: bool = False) -> Election:
    option_count = draw(st.integers(1, 6))
    capacity = draw(st.integers(1, option_count if unit else 24))
    cost = st.just(1) if unit else st.integers(0, capacity)
    costs = draw(st.lists(cost, min_size=option_count, max_size=option_count))
    ballot = st.frozensets(st.integers(0, option_count - 1))
    return costs, draw(st.lists(ballot, max_size=8)), capacity


@st.composite
def selections(draw: st.DrawFn, *, unit: bool = False) -> tuple[Election, list[int]]:
    """An election and any selection, whether it overspends or not."""
    election = draw(elections(unit=unit))
    return election, sorted(draw(st.sets(st.integers(0, len(election[0]) - 1))))


@given(selections())
def test_agrees_with_the_definitions_where_costs_differ(case: tuple[Election, list[int]]) -> None:
    election, selected = case
    for finding in certificate(election, selected).findings:
        assert finding.holds == by_definition(finding.axiom, election, selected), finding.axiom


@given(selections(unit=True))
def test_agrees_with_the_definitions_where_costs_are_alike(case: tuple[Election, list[int]]) -> None:
    election, selected = case
    for finding in certificate(election, selected).findings:
        assert finding.holds == by_definition(finding.axiom, election, selected), finding.axiom


@given(selections())
def test_a_witness_is_wronged_as_it_says(case: tuple[Election, list[int]]) -> None:
    election, selected = case
    for finding in certificate(election, selected).findings:
        if finding.witness is not None:
            check_witness(finding.axiom, finding.witness, election, frozenset(selected))


def check_witness(axiom: Axiom, witness: Witness, election: Election, selected: frozenset[int]) -> None:
    costs, approvals, _ = election
    option = int(witness.option[1:])
    group = tuple(int(member[1:]) for member in witness.members)
    assert list(witness.members) == sorted(witness.members)
    assert all(option in approvals[voter] for voter in group)
    assert is_wronged(axiom, election, selected, option, group)
    won = [approvals[voter] & selected for voter in group]
    together = frozenset().union(*won)
    got = {
        "ejr_plus": max(map(len, won)),
        "pjr_plus": len(together),
        "own_share": sum(costs[place] for place in together),
        "jr": 0,
    }[axiom]
    money = share(election, group)
    assert (witness.got, witness.cost) == (got, costs[option])
    if axiom == "own_share":
        assert witness.owed == money.numerator // money.denominator
    elif costs[option]:
        assert witness.owed == money // costs[option]
    assert axiom == "own_share" or witness.owed > witness.got


SETTINGS: list[RuleSettings] = [
    EqualSharesSettings(completion=()),
    EqualSharesSettings(),
    EqualSharesSettings(completion=("raised-shares", "phragmen")),
    PhragmenSettings(completion=()),
    PhragmenSettings(when_full="skip"),
]


@pytest.mark.parametrize("settings", SETTINGS)
@given(election=elections())
def test_a_rule_keeps_what_it_guarantees(settings: RuleSettings, election: Election) -> None:
    held = {
        finding.axiom for finding in certificate(election, selected_by(settings, election)).findings if finding.holds
    }
    assert held >= GUARANTEED[settings.rule]


@pytest.mark.parametrize("settings", SETTINGS)
def test_a_rule_keeps_what_it_guarantees_in_larger_rounds(settings: RuleSettings) -> None:
    for seed in range(60):
        rng = random.Random(seed)
        capacity = rng.randint(20, 60)
        costs = [rng.randint(0, 15) for _ in range(14)]
        approvals = [frozenset(rng.sample(range(14), rng.randint(0, 7))) for _ in range(40)]
        election = (costs, approvals, capacity)
        found = certificate(election, selected_by(settings, election)).findings
        assert {finding.axiom for finding in found if finding.holds} >= GUARANTEED[settings.rule], f"seed {seed}"


@given(selections())
def test_what_implies_what(case: tuple[Election, list[int]]) -> None:
    holds = {finding.axiom: finding.holds for finding in certificate(*case).findings}
    assert holds["pjr_plus"] or not holds["ejr_plus"]
    assert holds["jr"] or not holds["pjr_plus"]
    assert holds["jr"] or not holds["own_share"]


@given(selections(), st.randoms(use_true_random=False))
def test_the_order_of_ballots_does_not_matter(case: tuple[Election, list[int]], rng: random.Random) -> None:
    election, selected = case
    question, ballots = asked(election)
    shuffled = list(ballots.items())
    rng.shuffle(shuffled)
    again = certify(question, dict(shuffled), dict.fromkeys(ballots, ()), list(reversed(ids(selected))))
    assert again == certificate(election, selected)


@pytest.mark.parametrize(("axiom", "check"), [("ejr_plus", check_EJR_plus), ("jr", check_JR)])
def test_agrees_with_abcvoting(axiom: Axiom, check: Callable[[Committees, list[int]], bool]) -> None:
    """For committees of places that cost one each, filled to the last."""
    failed = 0
    for seed in range(400):
        rng = random.Random(seed)
        options, places = rng.randint(3, 8), rng.randint(1, 3)
        approvals = [frozenset(rng.sample(range(options), rng.randint(1, 3))) for _ in range(rng.randint(2, 10))]
        committee = rng.sample(range(options), places)
        profile = Committees(options)
        profile.add_voters([sorted(approved) for approved in approvals])
        (finding,) = [
            found
            for found in certificate(([1] * options, approvals, places), committee).findings
            if found.axiom == axiom
        ]
        assert finding.holds == check(profile, committee), f"seed {seed}"
        failed += not finding.holds
    assert 40 < failed < 360


def test_every_axiom_was_examined() -> None:
    (empty,) = {tuple(finding.axiom for finding in certificate(([1], [frozenset({0})], 1), [0]).findings)}
    assert empty == AXIOMS


def test_plain_approval_counting_wrongs_the_minority_of_a_bloc() -> None:
    """Ten topics of 30 minutes in 150: a bloc of 60 % takes all five places, 40 % are owed two."""
    bloc, rest = frozenset(range(5)), frozenset(range(5, 10))
    election = ([30] * 10, [bloc] * 60 + [rest] * 40, 150)
    plain = certificate(election, selected_by(ApprovalSettings(), election))
    assert [finding.holds for finding in plain.findings] == [False] * 4
    each = plain.findings[0].witness
    assert each is not None
    assert (each.option, len(each.members), each.owed, each.got) == ("t5", 40, 2, 0)
    shared = certificate(election, selected_by(EqualSharesSettings(), election))
    assert all(finding.holds for finding in shared.findings)
