"""Schulze against the definition by enumeration of every path, and what must hold of any such order."""

import random
from collections.abc import Sequence
from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consensus.ballots import Option, Question, RankedBallot
from consensus.outcome import Outcome, Ranking, explain
from consensus.rules.ranked import RankedSettings, RunoffSettings, SchulzeSettings
from consensus.rules.registry import evaluate
from consensus.rules.schulze import Measure, complete_order, strongest_paths
from protocol import canonical

Tiers = Sequence[Sequence[int]]
Pairs = dict[tuple[int, int], int]
EVERY_RULE: tuple[RankedSettings, ...] = (
    SchulzeSettings(),
    SchulzeSettings(measure="margins"),
    RunoffSettings(),
)


def dumb_preferences(options: int, rankings: Sequence[Tiers]) -> Pairs:
    """Every ballot, every pair."""
    above = {(left, right): 0 for left in range(options) for right in range(options)}
    for tiers in rankings:
        place = {option: number for number, tier in enumerate(tiers) for option in tier}
        for left, right in above:
            above[left, right] += place.get(left, options) < place.get(right, options)
    return above


def dumb_paths(options: int, above: Pairs, measure: Measure) -> Pairs:
    """The weakest link of every simple path, and the strongest of these."""

    def strength(left: int, right: int) -> int:
        margin = above[left, right] - above[right, left]
        if margin <= 0:
            return 0
        return above[left, right] if measure == "winning-votes" else margin

    paths = dict.fromkeys(above, 0)
    for length in range(2, options + 1):
        for path in permutations(range(options), length):
            weakest = min(strength(left, right) for left, right in pairwise(path))
            ends = (path[0], path[-1])
            paths[ends] = max(paths[ends], weakest)
    return paths


def dumb_order(options: int, paths: Pairs, ranks: Sequence[int]) -> list[tuple[int, list[int], bool]]:
    """The unbeaten option of least rank, again and again; with whom it is level, and whether the rank decided."""
    left = set(range(options))
    order = []
    while left:
        unbeaten = [x for x in left if not any(paths[y, x] > paths[x, y] for y in left)]
        first = min(unbeaten, key=lambda x: ranks[x])
        left.remove(first)
        level = [x for x in range(options) if x != first and paths[first, x] == paths[x, first]]
        order.append((first, sorted(level, key=lambda x: ranks[x]), len(unbeaten) > 1))
    return order


@st.composite
def some_tiers(draw: st.DrawFn, options: int) -> list[list[int]]:
    chosen = draw(st.permutations(range(options)))[: draw(st.integers(0, options))]
    tiers: list[list[int]] = []
    for option in chosen:
        is_level = draw(st.sampled_from((False, False, True)))
        if tiers and is_level:
            tiers[-1].append(option)
        else:
            tiers.append([option])
    return tiers


@st.composite
def elections(draw: st.DrawFn) -> tuple[int, list[list[list[int]]], list[int]]:
    options = draw(st.integers(2, 5))
    rankings = draw(st.lists(some_tiers(options), min_size=1, max_size=9))
    return options, rankings, list(draw(st.permutations(range(options))))


def names(options: int) -> list[str]:
    return [f"t{number}" for number in range(options)]


def hold(settings: RankedSettings, ids: Sequence[str], rankings: Sequence[Tiers]) -> Outcome:
    ballots = {
        f"m{voter}": RankedBallot(tiers=tuple(tuple(sorted(ids[option] for option in tier)) for tier in tiers))
        for voter, tiers in enumerate(rankings)
    }
    question = Question(options=tuple(Option(id=name) for name in ids))
    return evaluate(question, settings, ballots, dict.fromkeys(ballots, ()))


def ranking_of(outcome: Outcome) -> Ranking:
    assert outcome.ranking is not None
    return outcome.ranking


@pytest.mark.parametrize("measure", ["winning-votes", "margins"])
@given(elections())
def test_paths_and_order_agree_with_the_definition(
    measure: Measure, election: tuple[int, list[list[list[int]]], list[int]]
) -> None:
    options, rankings, ranks = election
    above = dumb_preferences(options, rankings)
    counted = np.array([[above[left, right] for right in range(options)] for left in range(options)])
    paths = strongest_paths(counted, measure)
    dumb = dumb_paths(options, above, measure)
    assert {(left, right): int(paths[left, right]) for left, right in dumb} == dumb
    order = [(place.option, list(place.level), place.is_by_ties) for place in complete_order(paths, ranks)]
    assert order == dumb_order(options, dumb, ranks)


def test_whole_rounds_agree_with_the_definition() -> None:
    """Rich in cycles and ties: few voters, many options."""
    broken = cycles = 0
    for seed in range(300):
        rng = random.Random(seed)
        options = rng.randint(2, 6)
        rankings = [
            [[o] for o in rng.sample(range(options), rng.randint(1, options))] for _ in range(rng.randint(1, 8))
        ]
        above = dumb_preferences(options, rankings)
        dumb = dumb_order(options, dumb_paths(options, above, "winning-votes"), range(options))
        ranking = ranking_of(hold(SchulzeSettings(), names(options), rankings))
        assert [entry.option for entry in ranking.order] == [f"t{option}" for option, _, _ in dumb], f"seed {seed}"
        for row, (option, _, _) in zip(ranking.pairwise, dumb, strict=True):
            assert list(row.votes) == [above[option, other] for other, _, _ in dumb]
        broken += any(entry.is_by_ties for entry in ranking.order)
        cycles += ranking.order[0].losses > 0
    assert broken > 50
    assert cycles > 5


@given(elections())
def test_who_beats_everybody_comes_first(election: tuple[int, list[list[list[int]]], list[int]]) -> None:
    options, rankings, _ = election
    above = dumb_preferences(options, rankings)
    for settings in (SchulzeSettings(), SchulzeSettings(measure="margins")):
        ranking = ranking_of(hold(settings, names(options), rankings))
        for option in range(options):
            others = [other for other in range(options) if other != option]
            if all(above[option, other] > above[other, option] for other in others):
                assert ranking.winner == f"t{option}"
                assert ranking.order[0].wins == options - 1
            if all(above[option, other] < above[other, option] for other in others):
                assert ranking.order[-1].option == f"t{option}"


@given(elections(), st.randoms(use_true_random=False))
def test_neither_members_nor_order_matter(
    election: tuple[int, list[list[list[int]]], list[int]], rng: random.Random
) -> None:
    options, rankings, _ = election
    shuffled = [[rng.sample(tier, len(tier)) for tier in tiers] for tiers in rng.sample(rankings, len(rankings))]
    for settings in EVERY_RULE:
        assert hold(settings, names(options), shuffled) == hold(settings, names(options), rankings)


@given(elections(), st.randoms(use_true_random=False))
def test_the_names_of_options_do_not_matter(
    election: tuple[int, list[list[list[int]]], list[int]], rng: random.Random
) -> None:
    """With ties going to the oldest, renaming every option renames the result and changes nothing else."""
    options, rankings, _ = election
    others = [f"x{number}" for number in rng.sample(range(100), options)]
    renamed = dict(zip(names(options), others, strict=True))
    for settings in EVERY_RULE:
        before = ranking_of(hold(settings, names(options), rankings))
        after = ranking_of(hold(settings, others, rankings))
        assert [renamed[entry.option] for entry in before.order] == [entry.option for entry in after.order]


@given(elections())
def test_an_outcome_survives_its_canonical_bytes(election: tuple[int, list[list[list[int]]], list[int]]) -> None:
    options, rankings, _ = election
    for settings in EVERY_RULE:
        outcome = hold(settings, names(options), rankings)
        data = canonical.encode(outcome.model_dump(mode="json"))
        assert Outcome.model_validate(canonical.decode(data)) == outcome
        assert "{" not in explain(outcome)


@given(elections(), st.integers(2, 5))
def test_voters_that_agree_count_as_many(election: tuple[int, list[list[list[int]]], list[int]], times: int) -> None:
    """Every ballot several times over gives the same order, and every number that many times."""
    options, rankings, _ = election
    for settings in EVERY_RULE:
        once = ranking_of(hold(settings, names(options), rankings))
        often = ranking_of(hold(settings, names(options), rankings * times))
        assert [entry.option for entry in often.order] == [entry.option for entry in once.order]
        for few, many in zip(once.pairwise, often.pairwise, strict=True):
            assert [times * votes for votes in few.votes] == list(many.votes)
        for few_votes, many_votes in zip(once.runoffs, often.runoffs, strict=True):
            assert times * few_votes.eliminated.votes.fraction == many_votes.eliminated.votes.fraction
