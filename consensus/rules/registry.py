"""The RULES table: every decision rule by its name, and the three things anybody does with one.

A rule's settings are data in a round's open record. parse_settings() reads them, draft_faults() says before a round
opens why they can't work, evaluate() counts. All three are pure.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any, Final

from pydantic import Field, TypeAdapter, ValidationError

from consensus.ballots import Ballot, Fault, Question, ballot_fault, describe
from consensus.outcome import Outcome
from consensus.rules.consent import ConsensusSettings, consensus_faults, evaluate_consensus
from consensus.rules.counting import NOTHING_ELSE, Ballots, Circumstances, Electorate
from consensus.rules.proportional import (
    ApprovalSettings,
    EqualSharesSettings,
    PhragmenSettings,
    evaluate_selection,
    selection_faults,
)
from consensus.rules.proxies import Resolution, resolve, with_proxies
from consensus.rules.ranked import RunoffSettings, SchulzeSettings, evaluate_ranked, ranked_faults
from consensus.rules.score import ScoreSettings, evaluate_score, score_faults
from consensus.rules.silence import SilenceSettings, evaluate_silence, silence_faults
from consensus.rules.threshold import ThresholdSettings, evaluate_threshold, threshold_faults
from protocol.model import Frozen

RuleSettings = Annotated[
    ThresholdSettings
    | EqualSharesSettings
    | PhragmenSettings
    | ApprovalSettings
    | SilenceSettings
    | ConsensusSettings
    | SchulzeSettings
    | RunoffSettings
    | ScoreSettings,
    Field(discriminator="rule"),
]
"""The settings of any rule; the field rule says which."""

_SETTINGS: Final[TypeAdapter[RuleSettings]] = TypeAdapter(RuleSettings)


@dataclass(frozen=True, slots=True)
class Rule:
    """One decision rule."""

    settings: type[Frozen]
    ballot_form: str
    """The form of ballot that the rule counts."""
    faults: Callable[[Question, Any, Electorate], tuple[Fault, ...]]
    evaluate: Callable[[Question, Any, Ballots, Electorate, Circumstances], Outcome]


RULES: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        "threshold": Rule(ThresholdSettings, "choice", threshold_faults, evaluate_threshold),
        "equal-shares": Rule(EqualSharesSettings, "approval", selection_faults, evaluate_selection),
        "phragmen": Rule(PhragmenSettings, "approval", selection_faults, evaluate_selection),
        "approval": Rule(ApprovalSettings, "approval", selection_faults, evaluate_selection),
        "silence": Rule(SilenceSettings, "choice", silence_faults, evaluate_silence),
        "consensus": Rule(ConsensusSettings, "choice", consensus_faults, evaluate_consensus),
        "schulze": Rule(SchulzeSettings, "ranked", ranked_faults, evaluate_ranked),
        "instant-runoff": Rule(RunoffSettings, "ranked", ranked_faults, evaluate_ranked),
        "score": Rule(ScoreSettings, "score", score_faults, evaluate_score),
    }
)


def parse_settings(value: object) -> RuleSettings | Fault:
    """Return the settings in a JSON value, or why they can't be any rule's."""
    try:
        return _SETTINGS.validate_python(value)
    except ValidationError as error:
        return Fault("settings_impossible", describe(error))


def answers_wrongly(question: Question, settings: RuleSettings, ballot: Ballot) -> Fault | None:
    """Return why a ballot doesn't answer a round with this question and rule, or None if it does."""
    scale = settings.scale if isinstance(settings, ScoreSettings) else None
    return ballot_fault(ballot, RULES[settings.rule].ballot_form, frozenset(question.option_ids), scale)


def shares_capacity(settings: RuleSettings) -> bool:
    """Whether a rule fills the question's capacity with options; for others it doesn't matter what these cost."""
    return RULES[settings.rule].ballot_form == "approval"


def needs_reasons(settings: RuleSettings) -> bool:
    """Whether a vote against counts only with a reason."""
    match settings:
        case ThresholdSettings() | SilenceSettings():
            return settings.reasons_required
        case _:
            return isinstance(settings, ConsensusSettings)


def draft_faults(question: Question, settings: RuleSettings, electorate: Electorate) -> tuple[Fault, ...]:
    """Return why a round with this question, rule and electorate can't be opened; nothing if it can."""
    faults = RULES[settings.rule].faults(question, settings, electorate)
    if electorate:
        return faults
    return (Fault("nobody_entitled", "Nobody is entitled to vote in this round."), *faults)


def evaluate(
    question: Question,
    settings: RuleSettings,
    ballots: Ballots,
    electorate: Electorate,
    circumstances: Circumstances = NOTHING_ELSE,
) -> Outcome:
    """Return the outcome of a round that draft_faults() found no fault with.

    ballots holds each member's one last ballot, or the Fault of its content (see ballots.parse_ballots); electorate
    holds each entitled member's constituencies. The same arguments give the same outcome everywhere and in any order.
    Raises ValueError if ties go by lot and circumstances hold none.
    """
    resolution = resolve_proxies(question, settings, ballots, electorate, circumstances)
    outcome = RULES[settings.rule].evaluate(question, settings, resolution.ballots, electorate, circumstances)
    return with_proxies(outcome, resolution)


def resolve_proxies(
    question: Question, settings: RuleSettings, ballots: Ballots, electorate: Electorate, circumstances: Circumstances
) -> Resolution:
    """Return the ballots that evaluate() counts, each proxy resolved to its holder's ballot."""
    form = RULES[settings.rule].ballot_form
    return resolve(ballots, electorate, form, frozenset(question.option_ids), circumstances.proxies_per_holder)
