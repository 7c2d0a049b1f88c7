"""Score rounds: options in order of their mean score over weighted criteria, with how far the scorers agreed.

On each criterion an option has the mean of the scores it was given; what a member leaves out is in no mean. Agreement
is the average expert agreement that the Child Health and Nutrition Research Initiative publishes with its scores: the
share of an option's scorers who gave the most common score, averaged over the criteria (Rudan et al., "Setting
priorities in global child health research investments", Croatian Medical Journal 49, 2008).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from consensus.ballots import (
    CRITERIA_MAX,
    SCORE_MAX,
    Ballot,
    Fault,
    Id,
    Listed,
    Question,
    Scale,
    ScoreBallot,
    ballot_fault,
)
from consensus.outcome import (
    TIED_LISTED_MAX,
    CriterionScore,
    Outcome,
    Quotient,
    Scored,
    ScoreTable,
    Weight,
)
from consensus.rules.counting import (
    NOTHING_ELSE,
    Ballots,
    Circumstances,
    Electorate,
    PositiveShare,
    TieSettings,
    is_unique,
    member_faults,
)
from consensus.rules.score_reasons import score_reasons
from consensus.rules.sifting import TieBreak, Tiers, sift, size_faults, taking_part, tie_break, unexplained
from protocol.model import Frozen

WEIGHT_MAX = 1_000
USUAL_CRITERIA: Final = ("answerability", "effectiveness", "deliverability", "impact", "equity")
"""The five criteria of the Child Health and Nutrition Research Initiative."""


class Criterion(Frozen):
    """What options are scored on, and how much it counts."""

    id: Id
    weight: Annotated[int, Field(ge=1, le=WEIGHT_MAX)] = 1


class ScoreSettings(TieSettings):
    """Scores from zero to a maximum on weighted criteria; options that too few members scored aren't in order."""

    rule: Literal["score"] = "score"
    criteria: Annotated[Listed[Criterion], Field(min_length=1, max_length=CRITERIA_MAX)] = tuple(
        Criterion(id=name) for name in USUAL_CRITERIA
    )
    maximum: Annotated[int, Field(ge=1, le=SCORE_MAX)] = 4
    least_scorers: Annotated[int, Field(ge=1)] = 1
    """How many members have to score an option on each criterion for it to be in order."""
    quorum: PositiveShare | None = None

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if not is_unique([criterion.id for criterion in self.criteria]):
            raise ValueError("a criterion is listed twice")
        return self

    @property
    def scale(self) -> Scale:
        """What ballots are measured by."""
        return Scale(frozenset(criterion.id for criterion in self.criteria), self.maximum)


@dataclass(frozen=True, slots=True, eq=False)
class _Answer:
    """The scores of one ballot; no two are equal."""

    scores: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True, eq=False)
class _Given:
    """What the counted ballots gave."""

    scores: Mapping[str, Mapping[str, Counter[int]]]
    """Criterion: option: score: how many gave it."""
    scorers: Counter[str]
    """How many members scored each option on at least one criterion."""


def score_faults(question: Question, settings: ScoreSettings, electorate: Electorate) -> tuple[Fault, ...]:
    """Return why these settings can't score the options of this question; nothing if they can."""
    faults = member_faults(settings.chair, "chair_not_entitled", electorate)
    if settings.least_scorers > len(electorate):
        detail = f"{settings.least_scorers} members have to score an option, but only {len(electorate)} may vote."
        faults.append(Fault("too_many_scorers", detail))
    full = dict.fromkeys(question.option_ids, settings.maximum)
    largest = ScoreBallot(scores={criterion.id: full for criterion in settings.criteria})
    return (*faults, *size_faults(largest))


def evaluate_score(
    question: Question,
    settings: ScoreSettings,
    ballots: Ballots,
    electorate: Electorate,
    circumstances: Circumstances = NOTHING_ELSE,
) -> Outcome:
    """Return the options in order of score. Raises ValueError if ties go by lot and none was drawn."""
    options, scale = frozenset(question.option_ids), settings.scale

    def answer_of(ballot: Ballot | Fault) -> _Answer | Fault:
        fault = ballot_fault(ballot, "score", options, scale)
        return fault or _Answer(ballot.scores if isinstance(ballot, ScoreBallot) else {})

    sifted = sift(ballots, electorate, circumstances, answer_of)
    blank = sum(not answer.scores for answer in sifted.answers)
    outcome = unexplained(settings, taking_part(sifted, len(sifted.answers) - blank, blank), electorate)
    ties = tie_break(settings, question, circumstances, _of_chair(options, settings, ballots))
    table = _table(question.option_ids, settings, _given(sifted.answers), ties)
    outcome = outcome.model_copy(update={"scores": table if outcome.status == "selected" else None})
    return outcome.model_copy(update={"reasons": score_reasons(outcome)})


def _of_chair(options: frozenset[str], settings: ScoreSettings, ballots: Ballots) -> Tiers | None:
    """Return options by the weighted sums of what the chair's member gives them, if its ballot counts."""
    ballot = None if settings.chair is None else ballots.get(settings.chair)
    if not isinstance(ballot, ScoreBallot) or ballot_fault(ballot, "score", options, settings.scale):
        return None
    sums: Counter[str] = Counter()
    for criterion in settings.criteria:
        for option, score in ballot.scores.get(criterion.id, {}).items():
            sums[option] += criterion.weight * score
    tiers: defaultdict[int, list[str]] = defaultdict(list)
    for option, total in sums.items():
        tiers[total].append(option)
    return [tiers[total] for total in sorted(tiers, reverse=True)]


def _given(answers: Iterable[_Answer]) -> _Given:
    pairs: defaultdict[str, Counter[tuple[str, int]]] = defaultdict(Counter)
    scorers: Counter[str] = Counter()
    for answer in answers:
        for criterion, scores in answer.scores.items():
            pairs[criterion].update(scores.items())
        scorers.update(set(chain.from_iterable(answer.scores.values())))
    given: defaultdict[str, defaultdict[str, Counter[int]]] = defaultdict(lambda: defaultdict(Counter))
    for criterion, counts in pairs.items():
        for (option, score), count in counts.items():
            given[criterion][option][score] = count
    return _Given(given, scorers)


def _table(ids: tuple[str, ...], settings: ScoreSettings, given: _Given, ties: TieBreak) -> ScoreTable:
    means = {option: _mean(option, settings, given) for option in ids}
    ranks = dict(zip(ids, ties.ranks, strict=True))
    scored = {option: mean for option, mean in means.items() if mean is not None}
    order = sorted(scored, key=lambda option: (-scored[option], ranks[option]))
    sharing: defaultdict[Fraction, list[str]] = defaultdict(list)
    for option in order:
        sharing[scored[option]].append(option)
    level = {option: tuple(other for other in sharing[scored[option]] if other != option) for option in order}
    agreements = [agreement for option in order if (agreement := _agreement(option, settings, given)) is not None]
    return ScoreTable(
        maximum=settings.maximum,
        least_scorers=settings.least_scorers,
        weights=tuple(Weight(criterion=each.id, weight=each.weight) for each in settings.criteria),
        tie_order=ties.order,
        lot=ties.lot,
        chair=ties.chair,
        order=tuple(_scored(option, scored[option], level[option], settings, given) for option in order),
        too_few=tuple(_scored(option, None, (), settings, given) for option in ids if option not in scored),
        agreement=Quotient.of(_average(agreements)) if agreements else None,
    )


def _mean(option: str, settings: ScoreSettings, given: _Given) -> Fraction | None:
    """Return the weighted mean of an option over all criteria, or None if one of them has too few scorers."""
    total, weights = Fraction(0), 0
    for criterion in settings.criteria:
        counts = given.scores[criterion.id][option]
        if counts.total() < settings.least_scorers:
            return None
        total += criterion.weight * _mean_of(counts)
        weights += criterion.weight
    return total / weights


def _agreement(option: str, settings: ScoreSettings, given: _Given) -> Fraction | None:
    """Return the mean share of scorers who gave the most common score, or None if a criterion has no scorers."""
    counts = [given.scores[criterion.id][option] for criterion in settings.criteria]
    return _average([_share_of_most_common(each) for each in counts]) if all(counts) else None


def _scored(
    option: str, mean: Fraction | None, level: tuple[str, ...], settings: ScoreSettings, given: _Given
) -> Scored:
    agreement = _agreement(option, settings, given)
    return Scored(
        option=option,
        mean=None if mean is None else Quotient.of(mean),
        scorers=given.scorers[option],
        criteria=tuple(
            _criterion_score(criterion.id, given.scores[criterion.id][option]) for criterion in settings.criteria
        ),
        agreement=None if agreement is None else Quotient.of(agreement),
        tied=len(level),
        tied_with=level[:TIED_LISTED_MAX],
    )


def _criterion_score(criterion: str, counts: Counter[int]) -> CriterionScore:
    return CriterionScore(
        criterion=criterion,
        scorers=counts.total(),
        mean=Quotient.of(_mean_of(counts)) if counts else None,
        agreement=Quotient.of(_share_of_most_common(counts)) if counts else None,
    )


def _mean_of(counts: Counter[int]) -> Fraction:
    return Fraction(sum(score * count for score, count in counts.items()), counts.total())


def _share_of_most_common(counts: Counter[int]) -> Fraction:
    return Fraction(max(counts.values()), counts.total())


def _average(values: Sequence[Fraction]) -> Fraction:
    return sum(values, Fraction(0)) / len(values)
