"""What the page of a certified outcome shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from consensus.ballots import ApprovalBallot, RankedBallot, ScoreBallot
from consensus.outcome import Chosen, ConstituencyTally, How, Outcome, PassedOver, Price
from consensus.rules.registry import RULES
from web.compared import SideBySide, rule_of
from web.constituencies import constituency_name, ordered
from web.decisions import decision, reason_words
from web.fairness_values import finding_rows, kept, rule_columns
from web.i18n import Language
from web.ports import OptionView, RoundView
from web.present import minutes_and_seconds, ordered_options, title_of
from web.ranking_values import ranking_values, score_table_values, written_ranking, written_scores

_OWN_WAYS: Final[Mapping[str, tuple[How, ...]]] = {
    "equal-shares": ("shares", "raised-shares"),
    "phragmen": ("phragmen",),
    "approval": ("most-approved",),
}


@dataclass(frozen=True, slots=True)
class OptionRow:
    """One topic with what became of it."""

    number: int
    option: OptionView
    entry: Chosen | PassedOver
    price: str
    is_taken: bool
    is_added: bool
    """Whether a completion rule took it."""


def outcome_values(
    language: Language, found: RoundView, weighed: SideBySide, names: Mapping[str, str]
) -> Mapping[str, object]:
    """Return the values of a round's page once its outcome is certified. names holds members' names by id."""
    outcome = found.outcome
    if outcome is None:
        raise ValueError(f"round {found.summary.id} has no outcome yet")
    numbered = ordered_options(found.options)
    titles = {option.id: title_of(option.text, language).text for option in found.options}
    heard = weighed.heard if found.roll_call else None
    rows = heard.rows if heard else ()
    return {
        "outcome": outcome,
        "decision": decision(language, outcome),
        "reasons": [reason_words(language, reason, titles, names) for reason in outcome.reasons],
        "constituencies": _tallies(outcome),
        "heard": heard,
        "heard_rows": [
            (
                constituency_name(language, row.constituency),
                row.minutes,
                None if heard is None or heard.plain_gap is None else row.plain,
            )
            for row in rows
            if row.voted
        ],
        "numbers_of": _Numbers(
            {option: number for option, (number, _) in numbered.items()},
            [weight.criterion for weight in outcome.scores.weights] if outcome.scores else [],
        ),
        "form": RULES[outcome.rule].ballot_form,
        "findings": finding_rows(language, weighed.certificate, outcome.rule, titles) if weighed.certificate else (),
        "kept": kept(weighed.certificate),
        "columns": rule_columns(language, weighed.compared, rule_of(found)),
        "compared_options": _by_place(outcome, numbered),
        **_selection_values(language, outcome, numbered),
        **ranking_values(outcome, numbered),
        **score_table_values(language, outcome, numbered),
    }


def _tallies(outcome: Outcome) -> list[ConstituencyTally]:
    by_name = {entry.constituency: entry for entry in outcome.constituencies}
    return [by_name[name] for name in ordered(by_name)]


class _Numbers:
    """Turns a ballot into the topics' numbers."""

    def __init__(self, numbers: Mapping[str, int], criteria: Sequence[str]) -> None:
        self._numbers = numbers
        self._criteria = criteria

    def __call__(self, content: ApprovalBallot | RankedBallot | ScoreBallot) -> str:
        if isinstance(content, RankedBallot):
            return written_ranking(content, self._numbers)
        if isinstance(content, ScoreBallot):
            return written_scores(content, self._numbers, self._criteria)
        return ", ".join(str(number) for number in sorted(self._numbers.get(option, 0) for option in content.approves))


def _selection_values(
    language: Language, outcome: Outcome, numbered: Mapping[str, tuple[int, OptionView]]
) -> Mapping[str, object]:
    if outcome.selection is None:
        return {"taken": [], "passed_over": [], "bar": [], "has_completion": False}
    rule = outcome.rule
    taken = [
        OptionRow(
            *numbered[entry.option],
            entry,
            _price(language, entry.price),
            is_taken=True,
            is_added=is_added(rule, entry),
        )
        for entry in outcome.selection.chosen
        if entry.option in numbered
    ]
    passed_over = [
        OptionRow(*numbered[entry.option], entry, "–", is_taken=False, is_added=False)
        for entry in outcome.selection.passed_over
        if entry.option in numbered
    ]
    bar = [(str(row.number), row.entry.cost, "hatched" if row.is_added else "full") for row in taken]
    return {
        "taken": taken,
        "passed_over": passed_over,
        "bar": bar,
        "has_completion": any(kind == "hatched" for _, _, kind in bar),
    }


def _by_place(
    outcome: Outcome, numbered: Mapping[str, tuple[int, OptionView]]
) -> list[tuple[int, OptionView, int | None]]:
    """Return the options, those that were selected first, each with its number and its supporters if it has such."""
    if outcome.selection is None:
        return [(number, option, None) for number, option in numbered.values()]
    entries: list[Chosen | PassedOver] = [*outcome.selection.chosen, *outcome.selection.passed_over]
    return [(*numbered[entry.option], entry.supporters) for entry in entries if entry.option in numbered]


def is_added(rule: str, entry: Chosen) -> bool:
    """Whether an option came in by a completion rule."""
    return entry.how not in _OWN_WAYS.get(rule, ())


def _price(language: Language, price: Price | None) -> str:
    return minutes_and_seconds(Fraction(price.numerator, price.denominator), language) if price else "–"
