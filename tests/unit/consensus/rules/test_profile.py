"""Counting approvals: equal ballots are grouped, blank and invalid ones kept apart."""

from consensus.ballots import OPTIONS_MAX, ApprovalBallot, Option, Question
from consensus.rules.counting import NOTHING_ELSE
from consensus.rules.profile import count_approvals, profile_of

TOPICS = Question(options=tuple(Option(id=name, cost=1) for name in ("z", "a", "k")), capacity=3)


def test_equal_ballots_are_one_group() -> None:
    profile = profile_of(("z", "a", "k"), {("a", "z"): 3, ("k",): 2, ("a",): 1})
    assert profile.voters == 6
    assert profile.weights.tolist() == [3, 2, 1]
    assert [groups.tolist() for groups in profile.supporters] == [[0], [0, 2], [1]]
    assert profile.supporter_counts == (3, 4, 2)


def test_nobody_gives_empty_arrays() -> None:
    profile = profile_of(("z", "a", "k"), {})
    assert (profile.voters, profile.supporter_counts) == (0, (0, 0, 0))
    assert [groups.tolist() for groups in profile.supporters] == [[], [], []]


def test_many_options_keep_their_places() -> None:
    ids = tuple(f"t{number:05d}" for number in range(OPTIONS_MAX))
    groups: dict[tuple[str, ...], int] = {(ids[number],): number + 1 for number in (200, 0, 9_999, 300, 100)}
    profile = profile_of(ids, groups)
    supported = {number: count for number, count in enumerate(profile.supporter_counts) if count}
    assert supported == {0: 1, 100: 101, 200: 201, 300: 301, 9_999: 10_000}


def test_blank_ballots_are_in_no_group() -> None:
    ballots = {"m0": ApprovalBallot(approves=()), "m1": ApprovalBallot(approves=("a",))}
    counted = count_approvals(TOPICS, ballots, dict.fromkeys(ballots, ()), NOTHING_ELSE)
    assert (counted.blank, counted.invalid, counted.profile.voters) == (1, 0, 1)
