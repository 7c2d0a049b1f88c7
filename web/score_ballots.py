"""Score ballots as they are typed: a score for each option on each criterion, or none."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from consensus.ballots import Fault, ScoreBallot
from consensus.rules.registry import parse_settings
from consensus.rules.score import ScoreSettings
from web.criteria import criterion_name
from web.forms import Fields, ScoreForm, Typed, blank
from web.i18n import Language
from web.ports import OptionView, RoundView

_DIGITS_MAX = 3


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """One option with what a ballot gives it on each criterion, in the rule's order; None where nothing."""

    number: int
    option: OptionView
    scores: tuple[int | None, ...]


def field_of(option: str, criterion: str) -> str:
    """Return the name of the field that holds a score."""
    return f"score-{option}-{criterion}"


def score_settings(found: RoundView) -> ScoreSettings:
    """Return the settings of a score round."""
    settings = parse_settings(found.spec.rule)
    if isinstance(settings, Fault) or not isinstance(settings, ScoreSettings):
        raise TypeError(f"round {found.summary.id} isn't decided by scores")
    return settings


def read_scores(found: RoundView, fields: Fields) -> Typed[ScoreForm]:
    """Return the scores as typed and, if all are whole numbers of the scale, checked."""
    settings = score_settings(found)
    mandate = str(fields.get("mandate", ""))
    raw, faults = {"mandate": mandate}, {}
    scores: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for option in found.options:
        for criterion in settings.criteria:
            name = field_of(option.id, criterion.id)
            text = raw[name] = str(fields.get(name, "")).strip()
            if _is_score(text, settings.maximum):
                scores[criterion.id][option.id] = int(text)
            elif text:
                faults[name] = ScoreForm.MESSAGES["scores"]
    if faults:
        return Typed(raw, {}, None, faults)
    return Typed(raw, {}, ScoreForm(scores=dict(scores), mandate=mandate))


def scores_of(ballot: ScoreBallot) -> Typed[ScoreForm]:
    """Return the form filled in with the scores of a ballot that was cast."""
    raw = {
        field_of(option, criterion): str(score)
        for criterion, given in ballot.scores.items()
        for option, score in given.items()
    }
    return Typed(raw, {}, ScoreForm(scores=ballot.scores))


def no_scores() -> Typed[ScoreForm]:
    """Return the form of an abstention."""
    return Typed(blank().raw, {}, ScoreForm(scores={}))


def score_values(language: Language, found: RoundView, typed: Typed[ScoreForm]) -> Mapping[str, object]:
    """Return what the pages of a score ballot show: the criteria, and the options that are scored."""
    settings = score_settings(found)
    rows = [_row(number, option, settings, typed) for number, option in enumerate(found.options, start=1)]
    return {
        "criteria": [(each.id, criterion_name(language, each.id), each.weight) for each in settings.criteria],
        "maximum": settings.maximum,
        "score_rows": [row for row in rows if any(score is not None for score in row.scores)],
        "unscored": [(row.number, row.option) for row in rows if all(score is None for score in row.scores)],
    }


def _row(number: int, option: OptionView, settings: ScoreSettings, typed: Typed[ScoreForm]) -> ScoreRow:
    texts = [typed.value(field_of(option.id, criterion.id)) for criterion in settings.criteria]
    scores = tuple(int(text) if _is_score(text, settings.maximum) else None for text in texts)
    return ScoreRow(number, option, scores)


def _is_score(text: str, maximum: int) -> bool:
    return text.isdecimal() and len(text) <= _DIGITS_MAX and int(text) <= maximum
