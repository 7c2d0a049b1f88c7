"""An outcome as lines for a person at a terminal, and as JSON for a machine."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Final

from consensus.fairness.certificate import Certificate
from consensus.fairness.sentences import FAIRNESS_SENTENCES
from consensus.outcome import Outcome, Price, Selection, explain
from consensus.rules.registry import RuleSettings
from node.tally.case import Case
from node.tally.counting import Result

_ID_CHARACTERS: Final = 24
_NAME_CHARACTERS: Final = 48
_WINNERS_SHOWN: Final = 8


def result_lines(case: Case, result: Result) -> Iterator[str]:
    """Yield what a rule made of a case: the settings, what was chosen, why, whether that was fair, how long it took."""
    yield f"rule      {settings_words(result.settings)}"
    yield f"outcome   {result.outcome.status}"
    order = list(_order_lines(case, result.outcome))
    if order:
        yield from ("", *order)
    yield ""
    yield explain(result.outcome)
    if result.certificate is not None:
        yield ""
        yield from _fairness_lines(result.certificate)
    yield ""
    yield f"counted in {result.cpu_seconds:.3f} CPU seconds"


def case_lines(name: str, case: Case) -> Iterator[str]:
    """Yield what a file holds."""
    options, ballots = len(case.question.options), len(case.ballots)
    yield f"file      {name}"
    yield f"question  {options} options, capacity {case.question.capacity}"
    yield f"ballots   {ballots} of {len(case.electorate)} entitled members, form {case.form}"
    for remark in case.remarks:
        yield f"note      {remark}"


def compared_lines(case: Case, results: Sequence[Result]) -> Iterator[str]:
    """Yield the results of several rules, one below the other, the time each took and what it came to."""
    width = max((len(settings_words(result.settings)) for result in results), default=0)
    for result in results:
        words = settings_words(result.settings).ljust(width)
        yield f"{words}  {result.cpu_seconds:7.3f} s  {_came_to(result.outcome)}{_fairness_mark(result.certificate)}"
    rows = list(_selection_table(case, results))
    if rows:
        yield ""
        yield from rows


def as_json(name: str, case: Case, results: Sequence[Result]) -> dict[str, object]:
    """Return what a file holds and what rules made of it, for machines."""
    return {
        "file": name,
        "form": case.form,
        "options": len(case.question.options),
        "capacity": case.question.capacity,
        "entitled": len(case.electorate),
        "ballots": len(case.ballots),
        "remarks": list(case.remarks),
        "results": [_result_json(result) for result in results],
    }


def settings_words(settings: RuleSettings) -> str:
    """Return a rule's name with the settings that aren't its defaults."""
    pairs = [
        f"{name}={_setting(value)}"
        for name, value in settings.model_dump(mode="json", exclude_defaults=True).items()
        if name != "rule"
    ]
    return " ".join([settings.rule, *pairs])


def _setting(value: object) -> str:
    if isinstance(value, Mapping):
        if value.keys() == {"numerator", "denominator"}:
            return f"{value['numerator']}/{value['denominator']}"
        return "{" + ", ".join(f"{name}={_setting(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_setting(inner) for inner in value) + "]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _order_lines(case: Case, outcome: Outcome) -> Iterator[str]:
    """Yield what was selected, ranked or scored, the first first; nothing of a vote on one text."""
    if outcome.selection is not None:
        yield from _chosen_lines(case, outcome.selection)
    if outcome.ranking is not None:
        for place, entry in enumerate(outcome.ranking.order, start=1):
            yield _placed(case, place, entry.option, f"ahead of {entry.wins}, behind {entry.losses}", entry.level_with)
    if outcome.scores is not None:
        for place, scored in enumerate(outcome.scores.order, start=1):
            mean = "" if scored.mean is None else f"mean {scored.mean.fraction}, "
            yield _placed(case, place, scored.option, f"{mean}scored by {scored.scorers}", scored.tied_with)


def _placed(case: Case, place: int, option: str, figures: str, level_with: Sequence[str]) -> str:
    name = case.names.get(option, "")[:_NAME_CHARACTERS]
    level = f", level with {', '.join(level_with)}" if level_with else ""
    return f"{place:4}. {option} {name}".rstrip() + f"  {figures}{level}"


def _chosen_lines(case: Case, selection: Selection) -> Iterator[str]:
    for place, entry in enumerate(selection.chosen, start=1):
        paid = f"{entry.how}, {_price(entry.price)} each" if entry.price else entry.how
        figures = f"cost {entry.cost}, supporters {entry.supporters}, {paid}"
        yield _placed(case, place, entry.option, figures, entry.tied_with)
    yield f"      left over: {selection.unspent} of {selection.capacity}"


def _price(price: Price) -> str:
    exact = str(Fraction(price.numerator, price.denominator))
    return exact if price.is_exact else f"about {exact}"


def _fairness_lines(certificate: Certificate) -> Iterator[str]:
    for reason in certificate.reasons:
        yield f"fairness  {FAIRNESS_SENTENCES[reason.code].format(**reason.parameters)}"


def _came_to(outcome: Outcome) -> str:
    if outcome.ranking is not None:
        return " > ".join(_first([entry.option for entry in outcome.ranking.order])) or "nothing"
    if outcome.scores is not None:
        return " > ".join(_first([entry.option for entry in outcome.scores.order])) or "nothing"
    if outcome.selection is None:
        return f"{outcome.status} (in favour {outcome.counts.in_favour}, against {outcome.counts.against})"
    chosen = ", ".join(_first([entry.option for entry in outcome.selection.chosen]))
    return f"{chosen or 'nothing'}; left over {outcome.selection.unspent}"


def _first(options: list[str]) -> list[str]:
    """Return the first options and how many more there are."""
    more = [f"{len(options) - _WINNERS_SHOWN} more"] if len(options) > _WINNERS_SHOWN else []
    return options[:_WINNERS_SHOWN] + more


def _fairness_mark(certificate: Certificate | None) -> str:
    if certificate is None:
        return ""
    broken = [finding.axiom for finding in certificate.findings if not finding.holds]
    return f"; not kept: {', '.join(broken)}" if broken else "; fair to groups"


def _selection_table(case: Case, results: Sequence[Result]) -> Iterator[str]:
    """Yield each option that some rule chose, marked under the number of every rule that did."""
    selections = [result.outcome.selection for result in results if result.outcome.selection is not None]
    if not selections:
        return
    taken = [frozenset(entry.option for entry in selection.chosen) for selection in selections]
    yield "taken by  " + " ".join(f"{number:2}" for number in range(1, len(taken) + 1)) + "  (rules in the order above)"
    for option in case.question.options:
        if any(option.id in chosen for chosen in taken):
            marks = " ".join(" x" if option.id in chosen else " ." for chosen in taken)
            name = case.names.get(option.id, "")[:_NAME_CHARACTERS]
            yield f"{option.id[:_ID_CHARACTERS]:9} {marks}  {name}".rstrip()


def _result_json(result: Result) -> dict[str, object]:
    certificate = result.certificate
    return {
        "settings": result.settings.model_dump(mode="json"),
        "outcome": result.outcome.model_dump(mode="json"),
        "explanation": explain(result.outcome),
        "fairness": None if certificate is None else certificate.model_dump(mode="json"),
        "cpu_seconds": result.cpu_seconds,
    }
