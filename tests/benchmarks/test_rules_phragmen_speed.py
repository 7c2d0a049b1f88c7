"""Phragmén's rule against pabutools, abcvoting and merely reading the ballots, in one run and in CPU time."""

import random
from collections import Counter
from collections.abc import Callable
from time import process_time

import pytest
from abcvoting import abcrules
from abcvoting.preferences import Profile as Committees
from pabutools import election as pb
from pabutools.rules import sequential_phragmen
from pabutools.tiebreaking import TieBreakingRule

from consensus.ballots import ApprovalBallot, Option, Question
from consensus.outcome import Outcome
from consensus.rules.counting import NOTHING_ELSE
from consensus.rules.phragmen import phragmen
from consensus.rules.profile import count_approvals
from consensus.rules.proportional import PhragmenSettings
from consensus.rules.registry import evaluate

pytestmark = pytest.mark.bench

Ballots = dict[str, ApprovalBallot]

TIMES_LIBRARIES_AT_LEAST = 100
TIMES_READING_AT_MOST = 12
"""A second for 100,000 ballots on 300 topics, where adding up the approvals takes a twelfth of one."""


def large_round(
    voters: int, topics: int, approved: int, capacity: int, *, costs_one: bool = False
) -> tuple[Question, Ballots]:
    """A round with popular and unpopular topics, costs of 5 to 120 or of 1, and about so many approvals a ballot."""
    rng = random.Random(voters + topics)
    options = tuple(
        Option(id=f"t{number:03d}", cost=1 if costs_one else 5 * rng.randint(1, 24)) for number in range(topics)
    )
    ids = [option.id for option in options]
    popularity = [rng.random() ** 2 for _ in ids]
    ballots = {
        f"m{voter}": ApprovalBallot(
            approves=tuple(sorted(set(rng.choices(ids, popularity, k=rng.randint(1, 2 * approved)))))
        )
        for voter in range(voters)
    }
    return Question(options=options, capacity=capacity), ballots


def seconds(work: Callable[[], object], rounds: int) -> float:
    """The least CPU time of several rounds."""
    best = float("inf")
    for _ in range(rounds):
        start = process_time()
        work()
        best = min(best, process_time() - start)
    return best


def ours(question: Question, ballots: Ballots) -> Outcome:
    return evaluate(question, PhragmenSettings(completion=()), ballots, dict.fromkeys(ballots, ()))


def chosen(outcome: Outcome) -> list[str]:
    assert outcome.selection is not None
    return [entry.option for entry in outcome.selection.chosen]


def by_pabutools(question: Question, ballots: Ballots) -> Callable[[], list[str]]:
    """Phragmén's rule by pabutools, its data structures already built."""
    projects = {option.id: pb.Project(option.id, option.cost) for option in question.options}
    instance = pb.Instance(projects.values(), budget_limit=question.capacity)
    profile = pb.ApprovalProfile(
        [pb.ApprovalBallot([projects[option] for option in ballot.approves]) for ballot in ballots.values()]
    )
    by_name = TieBreakingRule(lambda _instance, _profile, project: str(project))
    return lambda: [str(project) for project in sequential_phragmen(instance, profile, tie_breaking=by_name)]


def by_abcvoting(question: Question, ballots: Ballots) -> Callable[[], list[str]]:
    """Phragmén's rule for a committee by abcvoting, its data structures already built."""
    ids = question.option_ids
    index = {option_id: position for position, option_id in enumerate(ids)}
    profile = Committees(len(ids))
    profile.add_voters([[index[option] for option in ballot.approves] for ballot in ballots.values()])

    def work() -> list[str]:
        (committee,) = abcrules.compute_seqphragmen(profile, question.capacity, algorithm="fastest", resolute=True)
        return [ids[position] for position in committee]

    return work


def bare_rule(question: Question, ballots: Ballots) -> Callable[[], object]:
    """Phragmén's rule alone, the ballots already counted."""
    profile = count_approvals(question, ballots, dict.fromkeys(ballots, ()), NOTHING_ELSE).profile
    costs = [option.cost for option in question.options]
    return lambda: phragmen(costs, profile, question.capacity, range(len(costs)), "stop")


@pytest.mark.parametrize(("library", "capacity", "costs_one"), [(by_pabutools, 2_400, False), (by_abcvoting, 40, True)])
def test_a_hundred_times_as_fast_as_the_libraries_with_the_same_winners(
    library: Callable[[Question, Ballots], Callable[[], list[str]]],
    capacity: int,
    costs_one: bool,
    record_property: Callable[[str, object], None],
) -> None:
    question, ballots = large_round(10_000, 200, 10, capacity, costs_one=costs_one)
    work = library(question, ballots)
    theirs: list[str] = []
    their_seconds = seconds(lambda: theirs.extend(work()), rounds=1)
    our_seconds = seconds(bare_rule(question, ballots), rounds=5)
    with_counting = seconds(lambda: ours(question, ballots), rounds=3)
    assert sorted(theirs) == sorted(chosen(ours(question, ballots)))
    ratio = their_seconds / our_seconds
    record_property(f"times_{library.__name__}", round(ratio))
    print(
        f"\n10,000 x 200 {library.__name__}: rule {our_seconds:.4f} s, theirs {their_seconds:.2f} s, {ratio:.0f} times "
        f"as fast; with counting and explaining {with_counting:.4f} s"
    )
    assert ratio >= TIMES_LIBRARIES_AT_LEAST


def test_a_hundred_thousand_ballots_cost_little_more_than_reading_them(
    record_property: Callable[[str, object], None],
) -> None:
    question, ballots = large_round(voters=100_000, topics=300, approved=10, capacity=2_400)

    def read() -> None:
        support: Counter[str] = Counter()
        for ballot in ballots.values():
            support.update(ballot.approves)

    reading = seconds(read, rounds=3)
    counting = seconds(lambda: ours(question, ballots), rounds=3)
    record_property("cpu_seconds", round(counting, 3))
    approvals = sum(len(ballot.approves) for ballot in ballots.values())
    print(f"\n100,000 x 300, {approvals} approvals: {counting:.3f} s, reading {reading:.3f} s")
    assert counting <= TIMES_READING_AT_MOST * reading
