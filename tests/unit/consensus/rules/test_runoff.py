"""Run-offs from textbooks, shared votes, and votes moved whole rounds later."""

from collections import Counter
from fractions import Fraction

from consensus.rules.rankings import Tiers, rankings_of
from consensus.rules.runoff import Elimination, eliminations


def count(ids: str, *groups: tuple[int, str]) -> list[Elimination]:
    """The eliminations when so many voters rank so: tiers apart by spaces, their options written together."""
    votes: Counter[Tiers] = Counter()
    for number, written in groups:
        votes[tuple(tuple(sorted(tier)) for tier in written.split())] += number
    rankings, _ = rankings_of(tuple(ids), votes)
    return list(eliminations(rankings, range(len(ids))))


def gone(ids: str, counted: list[Elimination]) -> str:
    return "".join(ids[each.eliminated] for each in counted)


TENNESSEE = ((42, "M N C K"), (26, "N C K M"), (15, "C K N M"), (17, "K C N M"))
"""The capital of Tennessee, the example of many books: Memphis, Nashville, Chattanooga, Knoxville."""


def test_knoxville_becomes_the_capital() -> None:
    counted = count("MNCK", *TENNESSEE)
    assert gone("MNCK", counted) == "CNM"
    assert [sorted(map(int, each.votes.values()), reverse=True) for each in counted] == [
        [42, 26, 17, 15],
        [42, 32, 26],
        [58, 42],
    ]


def test_a_vote_is_shared_by_level_options_and_grows_when_one_of_them_goes() -> None:
    counted = count("abc", (1, "abc"), (2, "a"), (2, "b"))
    third = Fraction(1, 3)
    assert counted[0].votes == {0: 2 + third, 1: 2 + third, 2: third}
    assert counted[1].votes == {0: Fraction(5, 2), 1: Fraction(5, 2)}
    assert (counted[1].eliminated, counted[1].tied_with) == (1, (0,))


def test_exhausted_ballots_count_no_more() -> None:
    counted = count("abc", (2, "c"), (3, "a"), (4, "b"))
    assert [(each.continuing, each.exhausted) for each in counted] == [(9, 0), (7, 2)]


def test_a_vote_passes_over_what_is_gone() -> None:
    counted = count("abcd", (1, "c d b"), (2, "d c b"), (4, "a"), (3, "b"))
    assert gone("abcd", counted) == "cda"
    assert counted[2].votes == {0: Fraction(4), 1: Fraction(6)}


def test_without_votes_ranks_decide() -> None:
    counted = count("abc", (5, "a"))
    assert gone("abc", counted) == "cb"
    assert counted[0].tied_with == (1,)
