"""Scores against a dumb computation by member, option and criterion, in fractions."""

import random
from collections import Counter
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from consensus.ballots import Option, Question, ScoreBallot
from consensus.outcome import Outcome, explain
from consensus.rules.registry import evaluate
from consensus.rules.score import Criterion, ScoreSettings
from protocol import canonical

Given = list[dict[str, dict[str, int]]]
CRITERIA = ("c0", "c1", "c2")


@st.composite
def rounds(draw: st.DrawFn) -> tuple[ScoreSettings, list[str], Given]:
    criteria = CRITERIA[: draw(st.integers(1, 3))]
    settings = ScoreSettings(
        criteria=tuple(Criterion(id=name, weight=draw(st.integers(1, 4))) for name in criteria),
        maximum=draw(st.integers(1, 3)),
        least_scorers=draw(st.integers(1, 3)),
    )
    options = [f"t{number}" for number in range(draw(st.integers(1, 4)))]
    score = st.integers(0, settings.maximum)
    ballot = st.dictionaries(st.sampled_from(criteria), st.dictionaries(st.sampled_from(options), score, min_size=1))
    return settings, options, draw(st.lists(ballot, max_size=7))


def hold(settings: ScoreSettings, options: list[str], given_: Given) -> Outcome:
    ballots = {f"m{voter}": ScoreBallot(scores=scores) for voter, scores in enumerate(given_)}
    question = Question(options=tuple(Option(id=option) for option in options))
    return evaluate(question, settings, ballots, {**dict.fromkeys(ballots, ()), "silent": ()})


def given_to(given_: Given, criterion: str, option: str) -> list[int]:
    return [ballot[criterion][option] for ballot in given_ if option in ballot.get(criterion, {})]


def dumb_mean(settings: ScoreSettings, option: str, given_: Given) -> Fraction | None:
    total = Fraction(0)
    for criterion in settings.criteria:
        scores = given_to(given_, criterion.id, option)
        if len(scores) < settings.least_scorers:
            return None
        total += Fraction(criterion.weight * sum(scores), len(scores))
    return total / sum(criterion.weight for criterion in settings.criteria)


def dumb_agreement(settings: ScoreSettings, option: str, given_: Given) -> Fraction:
    shares = []
    for criterion in settings.criteria:
        scores = given_to(given_, criterion.id, option)
        shares.append(Fraction(Counter(scores).most_common(1)[0][1], len(scores)))
    return sum(shares, Fraction(0)) / len(shares)


@given(rounds())
def test_means_order_and_agreement_agree_with_the_definition(asked: tuple[ScoreSettings, list[str], Given]) -> None:
    settings, options, given_ = asked
    outcome = hold(settings, options, given_)
    table = outcome.scores
    if not given_:
        assert (outcome.status, table) == ("no_quorum", None)
        return
    assert table is not None
    means = {option: dumb_mean(settings, option, given_) for option in options}
    scored = {option: mean for option, mean in means.items() if mean is not None}
    order = sorted(scored, key=lambda option: (-scored[option], option))
    assert [entry.option for entry in table.order] == order
    assert [entry.option for entry in table.too_few] == [option for option in options if option not in scored]
    for entry in table.order:
        assert entry.mean is not None
        assert entry.agreement is not None
        assert entry.mean.fraction == scored[entry.option]
        assert entry.agreement.fraction == dumb_agreement(settings, entry.option, given_)
        assert entry.tied == sum(mean == scored[entry.option] for mean in scored.values()) - 1
        assert entry.scorers == sum(any(entry.option in scores for scores in each.values()) for each in given_)
    assert outcome.counts.in_favour == sum(len(ballot) > 0 for ballot in given_)
    assert "{" not in explain(outcome)


@given(rounds(), st.randoms(use_true_random=False))
def test_the_order_of_members_does_not_matter(
    asked: tuple[ScoreSettings, list[str], Given], rng: random.Random
) -> None:
    settings, options, given_ = asked
    assert hold(settings, options, rng.sample(given_, len(given_))) == hold(settings, options, given_)


@given(rounds())
def test_an_outcome_survives_its_canonical_bytes(asked: tuple[ScoreSettings, list[str], Given]) -> None:
    outcome = hold(*asked)
    data = canonical.encode(outcome.model_dump(mode="json"))
    assert Outcome.model_validate(canonical.decode(data)) == outcome
