"""The instant run-off against a dumb one that counts every ballot anew, in fractions."""

import random
from collections.abc import Sequence
from fractions import Fraction

from consensus.ballots import Option, Question, RankedBallot
from consensus.rules.ranked import RunoffSettings
from consensus.rules.registry import evaluate

Tiers = list[list[str]]


def dumb_runoff(options: Sequence[str], rankings: Sequence[Tiers]) -> list[tuple[dict[str, Fraction], str, int]]:
    """Each count: the votes, who goes, how many ballots are exhausted. The last listed goes of several."""
    left = list(options)
    counts = []
    while len(left) > 1:
        votes = dict.fromkeys(left, Fraction(0))
        exhausted = 0
        for tiers in rankings:
            best = next(([o for o in tier if o in left] for tier in tiers if any(o in left for o in tier)), [])
            for option in best:
                votes[option] += Fraction(1, len(best))
            exhausted += not best
        fewest = min(votes.values())
        last = [option for option in left if votes[option] == fewest][-1]
        counts.append((votes, last, exhausted))
        left.remove(last)
    return counts


def random_rankings(rng: random.Random, options: Sequence[str]) -> list[Tiers]:
    blocs = [random_tiers(rng, options) for _ in range(rng.randint(1, 6))]
    return [rng.choice(blocs) if rng.random() < 0.7 else random_tiers(rng, options) for _ in range(rng.randint(1, 25))]


def random_tiers(rng: random.Random, options: Sequence[str]) -> Tiers:
    tiers: Tiers = []
    for option in rng.sample(options, rng.randint(1, len(options))):
        if tiers and rng.random() < 0.3:
            tiers[-1].append(option)
        else:
            tiers.append([option])
    return tiers


def test_every_count_agrees_with_the_dumb_one() -> None:
    shared = tied = exhausted = 0
    for seed in range(400):
        rng = random.Random(seed)
        options = [f"t{number}" for number in range(rng.randint(2, 8))]
        rankings = random_rankings(rng, options)
        ballots = {
            f"m{voter}": RankedBallot(tiers=tuple(tuple(sorted(tier)) for tier in tiers))
            for voter, tiers in enumerate(rankings)
        }
        question = Question(options=tuple(Option(id=option) for option in options))
        ranking = evaluate(question, RunoffSettings(), ballots, dict.fromkeys(ballots, ())).ranking
        assert ranking is not None
        dumb = dumb_runoff(options, rankings)
        found = [
            (
                {entry.option: entry.votes.fraction for entry in runoff.standings},
                runoff.eliminated.option,
                runoff.exhausted,
            )
            for runoff in ranking.runoffs
        ]
        assert found == dumb, f"seed {seed}"
        assert [entry.option for entry in reversed(ranking.order[1:])] == [last for _, last, _ in dumb]
        shared += any(votes.denominator > 1 for counted, _, _ in dumb for votes in counted.values())
        tied += any(runoff.tied for runoff in ranking.runoffs)
        exhausted += dumb[-1][2] > 0
        for runoff, (votes, last, _) in zip(ranking.runoffs, dumb, strict=True):
            level = [option for option in options if option != last and votes.get(option) == votes[last]]
            assert (runoff.tied, list(runoff.tied_with)) == (len(level), level)
            assert runoff.continuing == len(rankings) - runoff.exhausted == sum(votes.values())
            assert runoff.leader.votes.fraction == max(votes.values())
    assert min(shared, tied, exhausted) > 40


def test_a_majority_once_reached_wins() -> None:
    for seed in range(200):
        rng = random.Random(1_000 + seed)
        options = [f"t{number}" for number in range(rng.randint(2, 6))]
        rankings = random_rankings(rng, options)
        counts = dumb_runoff(options, rankings)
        winner = next(option for option in options if option not in {last for _, last, _ in counts})
        for votes, _, exhausted in counts:
            ahead = [option for option in votes if 2 * votes[option] > len(rankings) - exhausted]
            assert ahead in ([], [winner]), f"seed {seed}"
