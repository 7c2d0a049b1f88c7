"""Ranked and score rounds against merely reading the ballots, in one run and in CPU time."""

import random
from collections import Counter
from collections.abc import Callable, Mapping
from itertools import chain

import pytest

from consensus.ballots import Ballot, Option, Question, RankedBallot, ScoreBallot
from consensus.rules.ranked import RankedSettings, RunoffSettings, SchulzeSettings
from consensus.rules.registry import RuleSettings, evaluate
from consensus.rules.score import ScoreSettings
from tests.support.large_rounds import seconds

pytestmark = pytest.mark.bench

VOTERS = 100_000
TOPICS = 300
IDS = tuple(f"t{number:03d}" for number in range(TOPICS))
QUESTION = Question(options=tuple(Option(id=name) for name in IDS))
TIMES_READING_AT_MOST = 20


def rankings(longest: int) -> dict[str, RankedBallot]:
    """Ballots that rank from one to so many of the topics, the popular ones rather higher; a few have levels."""
    rng = random.Random(longest)
    popularity = [rng.random() for _ in IDS]
    ballots = {}
    for voter in range(VOTERS):
        wanted = rng.sample(range(TOPICS), longest if longest == TOPICS else rng.randint(1, longest))
        wanted.sort(key=lambda topic: popularity[topic] + rng.random())
        tiers: list[tuple[str, ...]] = [(IDS[topic],) for topic in wanted]
        if voter % 10 == 0 and len(tiers) > 2:
            first, second, *rest = tiers
            tiers = [tuple(sorted(first + second)), *rest]
        ballots[f"m{voter}"] = RankedBallot.model_construct(form="ranked", tiers=tuple(tiers))
    return ballots


def scores(voters: int) -> dict[str, ScoreBallot]:
    """Ballots that score twenty topics each on the usual criteria."""
    rng = random.Random(voters)
    criteria = [criterion.id for criterion in ScoreSettings().criteria]
    ballots = {}
    for voter in range(voters):
        scored = rng.sample(IDS, 20)
        given = {criterion: {option: rng.randint(0, 4) for option in scored} for criterion in criteria}
        ballots[f"m{voter}"] = ScoreBallot(scores=given)
    return ballots


def read(ballots: Mapping[str, RankedBallot]) -> Counter[str]:
    """Count how many ballots rank each topic."""
    ranked: Counter[str] = Counter()
    for ballot in ballots.values():
        ranked.update(chain.from_iterable(ballot.tiers))
    return ranked


def ours(settings: RuleSettings, ballots: Mapping[str, Ballot]) -> object:
    return evaluate(QUESTION, settings, ballots, dict.fromkeys(ballots, ()))


@pytest.fixture(scope="module")
def short() -> dict[str, RankedBallot]:
    return rankings(20)


@pytest.mark.parametrize("settings", [SchulzeSettings(), RunoffSettings()], ids=lambda settings: settings.rule)
def test_a_hundred_thousand_rankings_cost_a_few_readings(
    settings: RankedSettings, short: dict[str, RankedBallot], record_property: Callable[[str, object], None]
) -> None:
    reading = seconds(lambda: read(short), rounds=3)
    counting = seconds(lambda: ours(settings, short), rounds=2)
    record_property("cpu_seconds", round(counting, 3))
    print(f"\n{settings.rule}, {VOTERS:,} x {TOPICS}, up to 20 ranked: {counting:.3f} s, reading {reading:.3f} s")
    assert counting <= TIMES_READING_AT_MOST * reading


@pytest.mark.parametrize("settings", [SchulzeSettings(), RunoffSettings()], ids=lambda settings: settings.rule)
def test_rankings_of_everything_cost_a_few_readings(
    settings: RankedSettings, record_property: Callable[[str, object], None]
) -> None:
    long = rankings(TOPICS)
    reading = seconds(lambda: read(long), rounds=1)
    counting = seconds(lambda: ours(settings, long), rounds=1)
    record_property("cpu_seconds", round(counting, 3))
    print(f"\n{settings.rule}, {VOTERS:,} x {TOPICS}, all ranked: {counting:.3f} s, reading {reading:.3f} s")
    assert counting <= TIMES_READING_AT_MOST * reading


def test_scores_cost_a_few_readings(record_property: Callable[[str, object], None]) -> None:
    ballots = scores(10_000)

    def read_scores() -> None:
        given: Counter[int] = Counter()
        for ballot in ballots.values():
            for each in ballot.scores.values():
                given.update(each.values())

    reading = seconds(read_scores, rounds=3)
    counting = seconds(lambda: ours(ScoreSettings(), ballots), rounds=2)
    record_property("cpu_seconds", round(counting, 3))
    print(f"\nscore, 10,000 x {TOPICS}, a hundred scores each: {counting:.3f} s, reading {reading:.3f} s")
    assert counting <= TIMES_READING_AT_MOST * reading
