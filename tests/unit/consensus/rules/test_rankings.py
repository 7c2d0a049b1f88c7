"""Rankings as arrays: places, strangers among the options, and counting that no counter overflows."""

import random
from collections import Counter

from consensus.ballots import ApprovalBallot, Fault, RankedBallot
from consensus.rules.rankings import Tiers, preferences, rankings_of, tiers_of

IDS = ("a", "b", "c")


def test_only_ranked_ballots_have_tiers() -> None:
    assert tiers_of(RankedBallot(tiers=(("b",), ("a", "c")))) == (("b",), ("a", "c"))
    assert tiers_of(Fault("not_a_ballot", "x")) == Fault("not_a_ballot", "x")
    other = tiers_of(ApprovalBallot(approves=()))
    assert isinstance(other, Fault)
    assert other.code == "wrong_form"


def test_places_are_tiers_and_what_is_left_out_stands_last() -> None:
    groups: Counter[Tiers] = Counter({(("c",), ("a", "b")): 2, (("b",),): 5, (("a",), ("b",), ("c",)): 1})
    rankings, unknown = rankings_of(IDS, groups)
    assert rankings.places.tolist() == [[1, 1, 0], [3, 0, 3], [0, 1, 2]]
    assert rankings.weights.tolist() == [2, 5, 1]
    assert unknown == []


def test_rankings_that_name_another_option_are_left_out() -> None:
    stranger: Tiers = (("a",), ("b", "z"))
    rankings, unknown = rankings_of(IDS, Counter({stranger: 4, (("a",),): 1}))
    assert unknown == [stranger]
    assert rankings.places.tolist() == [[0, 3, 3]]
    assert rankings.weights.tolist() == [1]


def test_nobody() -> None:
    rankings, _ = rankings_of(IDS, Counter())
    assert preferences(rankings).tolist() == [[0] * 3] * 3


def test_many_ballots_of_one_mind_are_all_counted() -> None:
    """More than one counter of a byte holds, in one group and in many."""
    one, _ = rankings_of(IDS, Counter({(("a",), ("b",)): 1_000_003}))
    assert preferences(one).tolist() == [[0, 1_000_003, 1_000_003], [0, 0, 1_000_003], [0, 0, 0]]
    ids = tuple(f"t{number}" for number in range(9))
    rng = random.Random(5)
    groups: Counter[Tiers] = Counter()
    while len(groups) < 9_000:
        rest = rng.sample(ids[1:], 8)
        groups[(("t0",), *((option,) for option in rest))] = rng.randint(1, 3)
    many, _ = rankings_of(ids, groups)
    above = preferences(many)
    assert above[0].tolist() == [0] + [groups.total()] * 8
    for left, right in ((1, 2), (8, 3)):
        counted = sum(
            count for tiers, count in groups.items() if tiers.index((ids[left],)) < tiers.index((ids[right],))
        )
        assert (above[left, right], above[right, left]) == (counted, groups.total() - counted)
