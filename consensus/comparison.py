"""What each rule would have made of the same ballots, side by side. Nothing here decides anything.

Rules join by being registered: every rule of the ballots' form is tried with its default settings, or with the
variants that VARIANTS lists for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from consensus.ballots import Question
from consensus.fairness.certificate import Certificate, certify
from consensus.outcome import Outcome
from consensus.rules import named
from consensus.rules.counting import NOTHING_ELSE, Ballots, Circumstances, Electorate
from consensus.rules.proportional import EqualSharesSettings, PhragmenSettings
from consensus.rules.registry import RULES, RuleSettings, draft_faults, evaluate, resolve_proxies

VARIANTS: Final[Mapping[str, tuple[RuleSettings, ...]]] = MappingProxyType(
    {
        "threshold": (named.simple_majority(), named.two_thirds_present_and_voting(), named.absolute_majority()),
        "equal-shares": (
            EqualSharesSettings(completion=()),
            EqualSharesSettings(),
            EqualSharesSettings(completion=("raised-shares", "most-approved")),
            EqualSharesSettings(completion=("phragmen",)),
        ),
        "phragmen": (PhragmenSettings(), PhragmenSettings(when_full="skip", completion=())),
    }
)
"""The settings that are worth comparing, for rules with more than one way to hold them."""

_KEPT: Final = ("ties", "chair", "quorum")


@dataclass(frozen=True, slots=True)
class Compared:
    """What one rule would have given, and whether that would have been fair to groups."""

    settings: RuleSettings
    outcome: Outcome
    certificate: Certificate | None
    """For a selection by approvals; None for other outcomes."""


def applicable_rules(ballot_form: str, like: RuleSettings | None = None) -> tuple[RuleSettings, ...]:
    """Return settings of every registered rule that counts this form of ballot, with ties, chair and quorum of like.

    Rules without default settings are left out unless VARIANTS lists some.
    """
    return tuple(
        _alike(settings, like)
        for name, rule in RULES.items()
        if rule.ballot_form == ballot_form
        for settings in VARIANTS.get(name, _by_default(rule.settings))
    )


def compare(
    question: Question,
    ballots: Ballots,
    electorate: Electorate,
    circumstances: Circumstances = NOTHING_ELSE,
    *,
    ballot_form: str = "approval",
    like: RuleSettings | None = None,
) -> tuple[Compared, ...]:
    """Return what each applicable rule makes of these ballots, in the order of the RULES table.

    Rules that can't be held on this question are left out. Raises ValueError if like breaks ties by lot and
    circumstances hold none.
    """
    return tuple(
        weighed(question, settings, ballots, electorate, circumstances)
        for settings in applicable_rules(ballot_form, like)
        if not draft_faults(question, settings, electorate)
    )


def weighed(
    question: Question,
    settings: RuleSettings,
    ballots: Ballots,
    electorate: Electorate,
    circumstances: Circumstances = NOTHING_ELSE,
) -> Compared:
    """Return what one rule makes of these ballots, with its certificate of fairness."""
    outcome = evaluate(question, settings, ballots, electorate, circumstances)
    counted = resolve_proxies(question, settings, ballots, electorate, circumstances).ballots
    return Compared(settings, outcome, fairness_of(question, counted, electorate, outcome))


def fairness_of(question: Question, ballots: Ballots, electorate: Electorate, outcome: Outcome) -> Certificate | None:
    """Return the certificate of fairness of an outcome; None unless it is a selection by approvals.

    The ballots are those that were counted: no proxy is among them.
    """
    if outcome.selection is None or RULES[outcome.rule].ballot_form != "approval":
        return None
    return certify(question, ballots, electorate, (entry.option for entry in outcome.selection.chosen))


def _by_default(settings: Any) -> tuple[RuleSettings, ...]:
    needs_more = any(field.is_required() for field in settings.model_fields.values())
    return () if needs_more else (settings(),)


def _alike(settings: RuleSettings, like: RuleSettings | None) -> RuleSettings:
    shared = {name: getattr(like, name) for name in _KEPT if hasattr(like, name) and hasattr(settings, name)}
    return settings.model_copy(update=shared)
