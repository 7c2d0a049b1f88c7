"""The certificate of fairness against abcvoting and against merely reading the ballots, in one run and in CPU time."""

import random
from collections import Counter
from collections.abc import Callable
from time import process_time

import pytest
from abcvoting.preferences import Profile as Committees
from abcvoting.properties import check_EJR_plus

from consensus.ballots import ApprovalBallot, Option, Question
from consensus.fairness.certificate import Certificate, certify
from consensus.rules.proportional import ApprovalSettings, EqualSharesSettings, PhragmenSettings
from consensus.rules.registry import RuleSettings, evaluate

pytestmark = pytest.mark.bench

Ballots = dict[str, ApprovalBallot]

TIMES_ABCVOTING_AT_LEAST = 5
TIMES_READING_AT_MOST = 50
"""Half a second for 10,000 ballots on 200 topics, where adding up the approvals takes a hundredth of one."""


def large_round(approved: int, capacity: int, *, costs_one: bool = False) -> tuple[Question, Ballots]:
    """10,000 ballots on 200 topics: popular and unpopular ones, costs of 5 to 120 or of 1."""
    rng = random.Random(approved + capacity)
    options = tuple(
        Option(id=f"t{number:03d}", cost=1 if costs_one else 5 * rng.randint(1, 24)) for number in range(200)
    )
    ids = [option.id for option in options]
    popularity = [rng.random() ** 2 for _ in ids]
    ballots = {
        f"m{voter}": ApprovalBallot(
            approves=tuple(sorted(set(rng.choices(ids, popularity, k=rng.randint(1, 2 * approved)))))
        )
        for voter in range(10_000)
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


def selected(question: Question, ballots: Ballots, settings: RuleSettings) -> list[str]:
    outcome = evaluate(question, settings, ballots, dict.fromkeys(ballots, ()))
    assert outcome.selection is not None
    return [entry.option for entry in outcome.selection.chosen]


def judge(question: Question, ballots: Ballots, chosen: list[str]) -> Certificate:
    return certify(question, ballots, dict.fromkeys(ballots, ()), chosen)


@pytest.mark.parametrize("settings", [EqualSharesSettings(), PhragmenSettings(), ApprovalSettings()])
@pytest.mark.parametrize(("approved", "capacity"), [(10, 2_400), (10, 600), (60, 1_200)])
def test_a_certificate_costs_little_more_than_reading_the_ballots(
    settings: RuleSettings, approved: int, capacity: int, record_property: Callable[[str, object], None]
) -> None:
    question, ballots = large_round(approved, capacity)
    chosen = selected(question, ballots, settings)

    def read() -> None:
        support: Counter[str] = Counter()
        for ballot in ballots.values():
            support.update(ballot.approves)

    reading = seconds(read, rounds=3)
    judging = seconds(lambda: judge(question, ballots, chosen), rounds=1)
    held = [finding.axiom for finding in judge(question, ballots, chosen).findings if finding.holds]
    record_property("cpu_seconds", round(judging, 3))
    print(
        f"\n10,000 x 200, {approved} approved, {settings.rule}: {judging:.3f} s, reading {reading:.4f} s, "
        f"holding: {', '.join(held) or 'nothing'}"
    )
    assert judging <= TIMES_READING_AT_MOST * reading


def test_all_guarantees_in_less_time_than_abcvoting_checks_one(
    record_property: Callable[[str, object], None],
) -> None:
    question, ballots = large_round(10, 40, costs_one=True)
    chosen = selected(question, ballots, EqualSharesSettings())
    places = {option_id: place for place, option_id in enumerate(question.option_ids)}
    profile = Committees(len(places))
    profile.add_voters([[places[option] for option in ballot.approves] for ballot in ballots.values()])
    committee = [places[option] for option in chosen]
    theirs = seconds(lambda: check_EJR_plus(profile, committee), rounds=1)
    ours = seconds(lambda: judge(question, ballots, chosen), rounds=3)
    assert judge(question, ballots, chosen).findings[0].holds is check_EJR_plus(profile, committee) is True
    ratio = theirs / ours
    record_property("times_abcvoting", round(ratio))
    print(f"\n10,000 x 200 for 40 places: all guarantees {ours:.3f} s, abcvoting's EJR+ {theirs:.2f} s")
    assert ratio >= TIMES_ABCVOTING_AT_LEAST
