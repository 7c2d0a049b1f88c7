"""Equal Shares against pabutools and against merely reading the ballots, in one run and in CPU time."""

from collections import Counter
from collections.abc import Callable

import pytest
from pabutools import election as pb
from pabutools.rules import method_of_equal_shares

from consensus.ballots import Question
from consensus.outcome import Outcome
from consensus.rules.counting import NOTHING_ELSE
from consensus.rules.profile import count_approvals
from consensus.rules.proportional import EqualSharesSettings
from consensus.rules.registry import evaluate
from consensus.rules.shares import equal_shares
from tests.support.large_rounds import Approvals, chosen, for_pabutools, large_round, seconds

pytestmark = pytest.mark.bench

TIMES_PABUTOOLS_AT_LEAST = 100
TIMES_READING_AT_MOST = 6
"""Half a second for 100,000 ballots on 300 topics, where adding up the approvals takes a twelfth of one."""


def ours(question: Question, ballots: Approvals) -> Outcome:
    return evaluate(question, EqualSharesSettings(completion=()), ballots, dict.fromkeys(ballots, ()))


def pabutools(question: Question, ballots: Approvals) -> Callable[[], list[str]]:
    """Equal Shares by pabutools, its data structures already built."""
    it = for_pabutools(question, ballots)

    def work() -> list[str]:
        bought = method_of_equal_shares(it.instance, it.profile, sat_class=pb.Cardinality_Sat, tie_breaking=it.by_name)
        return [str(project) for project in bought]

    return work


def bare_rule(question: Question, ballots: Approvals) -> Callable[[], object]:
    """Equal Shares alone, the ballots already counted."""
    electorate = dict.fromkeys(ballots, ())
    profile = count_approvals(question, ballots, electorate, NOTHING_ELSE).profile
    costs = [option.cost for option in question.options]
    return lambda: equal_shares(costs, profile, question.capacity, range(len(costs)))


def test_a_hundred_times_as_fast_as_pabutools_with_the_same_winners(
    record_property: Callable[[str, object], None],
) -> None:
    question, ballots = large_round(voters=10_000, topics=200, approved=10, capacity=2_400)
    work = pabutools(question, ballots)
    theirs: list[str] = []
    their_seconds = seconds(lambda: theirs.extend(work()), rounds=1)
    our_seconds = seconds(bare_rule(question, ballots), rounds=3)
    with_counting = seconds(lambda: ours(question, ballots), rounds=3)
    assert sorted(theirs) == sorted(chosen(ours(question, ballots)))
    ratio = their_seconds / our_seconds
    record_property("times_pabutools", round(ratio))
    print(
        f"\n10,000 x 200: rule {our_seconds:.4f} s, pabutools {their_seconds:.2f} s, {ratio:.0f} times as fast; "
        f"with counting and explaining {with_counting:.4f} s"
    )
    assert ratio >= TIMES_PABUTOOLS_AT_LEAST


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
