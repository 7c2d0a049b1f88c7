"""What the pages of a certified ranked or score round show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from consensus.ballots import RankedBallot, ScoreBallot
from consensus.outcome import Outcome, Quotient, Ranked, Ranking, Runoff, Scored
from consensus.rules.figures import decimal, percent
from web.criteria import criterion_name
from web.i18n import Language
from web.ports import OptionView

Numbered = Mapping[str, tuple[int, OptionView]]
"""Each option by id with its number."""


@dataclass(frozen=True, slots=True)
class RankedRow:
    """One option at its place; other is the number of the option that it was compared with most closely."""

    number: int
    option: OptionView
    entry: Ranked
    other: int


@dataclass(frozen=True, slots=True)
class PairRow:
    """One option against the others: the ballots for it and whether these are more; None against itself."""

    number: int
    option: OptionView
    cells: tuple[tuple[int | None, bool], ...]


@dataclass(frozen=True, slots=True)
class CountColumn:
    """One count of a run-off."""

    number: int
    votes: Mapping[str, str]
    eliminated: str
    exhausted: int
    tied: int


@dataclass(frozen=True, slots=True)
class ScoredRow:
    """One option in figures; on each criterion its mean, the agreement of its scorers, and their number."""

    number: int
    option: OptionView
    entry: Scored
    criteria: tuple[tuple[str, str, int], ...]
    mean: str
    agreement: str


def ranking_values(outcome: Outcome, numbered: Numbered) -> Mapping[str, object]:
    """Return the values of a ranked round's page; of others empty ones."""
    ranking = outcome.ranking
    if ranking is None:
        return {"winner": None, "ranked_rows": [], "pairs": [], "counts": [], "count_rows": [], "early_counts": []}
    rows = [_ranked_row(entry, numbered) for entry in ranking.order]
    listed = [count for count in enumerate(ranking.runoffs, start=1) if count[1].standings]
    still_there = {entry.option for entry in listed[0][1].standings} if listed else set()
    return {
        "winner": None if ranking.winner is None else numbered[ranking.winner][1],
        "ranked_rows": rows,
        "pairs": _pair_rows(ranking, numbered),
        "counts": [_count_column(number, runoff) for number, runoff in listed],
        "count_rows": [row for row in rows if row.option.id in still_there],
        "early_counts": [
            (numbered[runoff.eliminated.option], figure(runoff.eliminated.votes))
            for runoff in ranking.runoffs
            if not runoff.standings
        ],
    }


def score_table_values(language: Language, outcome: Outcome, numbered: Numbered) -> Mapping[str, object]:
    """Return the values of a score round's page; of others empty ones."""
    table = outcome.scores
    if table is None:
        return {"score_criteria": [], "scored_rows": [], "too_few_rows": []}
    return {
        "score_criteria": [(criterion_name(language, each.criterion), each.weight) for each in table.weights],
        "scored_rows": [_scored_row(entry, numbered) for entry in table.order],
        "too_few_rows": [_scored_row(entry, numbered) for entry in table.too_few],
    }


def written_ranking(ballot: RankedBallot, numbers: Mapping[str, int]) -> str:
    """Return a ranked ballot by the options' numbers, the best first: 3 > 1 = 2."""
    tiers = (" = ".join(str(number) for number in sorted(_known(tier, numbers))) for tier in ballot.tiers)
    return " > ".join(tiers)


def written_scores(ballot: ScoreBallot, numbers: Mapping[str, int], criteria: Sequence[str]) -> str:
    """Return a score ballot by the options' numbers, each with its scores in the order of the criteria: 1: 3/4/–."""
    given = [ballot.scores.get(criterion, {}) for criterion in criteria]
    options = sorted({option for scores in given for option in scores}, key=lambda option: numbers.get(option, 0))
    return "; ".join(
        f"{numbers.get(option, 0)}: " + "/".join(str(scores.get(option, "–")) for scores in given) for option in options
    )


def figure(value: Quotient | None) -> str:
    """Return a number with at most two decimals, or a dash for none."""
    return "–" if value is None else decimal(value.fraction)


def _known(tier: Sequence[str], numbers: Mapping[str, int]) -> list[int]:
    return [numbers.get(option, 0) for option in tier]


def _ranked_row(entry: Ranked, numbered: Numbered) -> RankedRow:
    other = numbered[entry.narrowest.other][0] if entry.narrowest else 0
    return RankedRow(*numbered[entry.option], entry, other)


def _pair_rows(ranking: Ranking, numbered: Numbered) -> list[PairRow]:
    rows = ranking.pairwise
    return [
        PairRow(
            *numbered[row.option],
            tuple(
                (None, False)
                if other.option == row.option
                else (row.votes[column], row.votes[column] > other.votes[at])
                for column, other in enumerate(rows)
            ),
        )
        for at, row in enumerate(rows)
    ]


def _count_column(number: int, runoff: Runoff) -> CountColumn:
    votes = {entry.option: figure(entry.votes) for entry in runoff.standings}
    return CountColumn(number, votes, runoff.eliminated.option, runoff.exhausted, runoff.tied)


def _scored_row(entry: Scored, numbered: Numbered) -> ScoredRow:
    return ScoredRow(
        *numbered[entry.option],
        entry,
        criteria=tuple((figure(each.mean), _percentage(each.agreement), each.scorers) for each in entry.criteria),
        mean=figure(entry.mean),
        agreement=_percentage(entry.agreement),
    )


def _percentage(share: Quotient | None) -> str:
    return "–" if share is None else f"{percent(share.fraction)} %"
