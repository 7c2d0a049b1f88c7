"""Phragmén's rule against pabutools, abcvoting and merely reading the ballots, in one run and in CPU time."""

from collections import Counter
from collections.abc import Callable

import pytest
from abcvoting import abcrules
from abcvoting.preferences import Profile as Committees
from pabutools.rules import sequential_phragmen

from consensus.ballots import Question
from consensus.outcome import Outcome
from consensus.rules.counting import NOTHING_ELSE
from consensus.rules.phragmen import phragmen
from consensus.rules.profile import count_approvals
from consensus.rules.proportional import PhragmenSettings
from consensus.rules.registry import evaluate
from tests.support.large_rounds import Approvals, chosen, for_pabutools, large_round, seconds

pytestmark = pytest.mark.bench

TIMES_LIBRARIES_AT_LEAST = 100
TIMES_READING_AT_MOST = 12
"""A second for 100,000 ballots on 300 topics, where adding up the approvals takes a twelfth of one."""


def ours(question: Question, ballots: Approvals) -> Outcome:
    return evaluate(question, PhragmenSettings(completion=()), ballots, dict.fromkeys(ballots, ()))


def by_pabutools(question: Question, ballots: Approvals) -> Callable[[], list[str]]:
    """Phragmén's rule by pabutools, its data structures already built."""
    it = for_pabutools(question, ballots)
    return lambda: [str(project) for project in sequential_phragmen(it.instance, it.profile, tie_breaking=it.by_name)]


def by_abcvoting(question: Question, ballots: Approvals) -> Callable[[], list[str]]:
    """Phragmén's rule for a committee by abcvoting, its data structures already built."""
    ids = question.option_ids
    index = {option_id: position for position, option_id in enumerate(ids)}
    profile = Committees(len(ids))
    profile.add_voters([[index[option] for option in ballot.approves] for ballot in ballots.values()])

    def work() -> list[str]:
        (committee,) = abcrules.compute_seqphragmen(profile, question.capacity, algorithm="fastest", resolute=True)
        return [ids[position] for position in committee]

    return work


def bare_rule(question: Question, ballots: Approvals) -> Callable[[], object]:
    """Phragmén's rule alone, the ballots already counted."""
    profile = count_approvals(question, ballots, dict.fromkeys(ballots, ()), NOTHING_ELSE).profile
    costs = [option.cost for option in question.options]
    return lambda: phragmen(costs, profile, question.capacity, range(len(costs)), "stop")


@pytest.mark.parametrize(("library", "capacity", "costs_one"), [(by_pabutools, 2_400, False), (by_abcvoting, 40, True)])
def test_a_hundred_times_as_fast_as_the_libraries_with_the_same_winners(
    library: Callable[[Question, Approvals], Callable[[], list[str]]],
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
