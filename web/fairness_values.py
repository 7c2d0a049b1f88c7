"""What pages show of a selection's fairness to groups and of what other rules would have chosen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from consensus.comparison import Compared
from consensus.fairness.agenda_report import Part
from consensus.fairness.certificate import GUARANTEED, Certificate, Finding
from consensus.outcome import Outcome
from consensus.rules.registry import RuleSettings
from web.decisions import reason_words
from web.i18n import Language
from web.rule_words import variant_name

_MEMBERS_NAMED_MAX = 30


@dataclass(frozen=True, slots=True)
class FindingRow:
    """One guarantee in words, and where it was broken some of the members that were wronged."""

    holds: bool
    words: str
    is_promised: bool
    """Whether the rule keeps this guarantee whatever the ballots."""
    members: tuple[str, ...]
    more: int
    """Wronged members beyond those."""


@dataclass(frozen=True, slots=True)
class RuleColumn:
    """What one rule chose or would have chosen."""

    name: str
    is_actual: bool
    taken: frozenset[str]
    spent: int
    kept: int
    guarantees: int


def finding_rows(
    language: Language, certificate: Certificate, rule: str, titles: Mapping[str, str]
) -> tuple[FindingRow, ...]:
    """Return the guarantees of a selection that a rule made."""
    promised = GUARANTEED.get(rule, frozenset())
    return tuple(
        FindingRow(
            holds=finding.holds,
            words=reason_words(language, reason, titles),
            is_promised=finding.axiom in promised,
            members=_members(finding)[:_MEMBERS_NAMED_MAX],
            more=max(0, len(_members(finding)) - _MEMBERS_NAMED_MAX),
        )
        for finding, reason in zip(certificate.findings, certificate.reasons, strict=True)
    )


def _members(finding: Finding) -> tuple[str, ...]:
    return finding.witness.members if finding.witness else ()


def rule_columns(
    language: Language, compared: Sequence[Compared], actual: RuleSettings | None
) -> tuple[RuleColumn, ...]:
    """Return a column for each rule, the actual one marked."""
    return tuple(
        RuleColumn(
            name=variant_name(language, entry.settings),
            is_actual=entry.settings == actual,
            taken=taken_by(entry.outcome),
            spent=entry.outcome.selection.spent if entry.outcome.selection else 0,
            kept=kept(entry.certificate),
            guarantees=len(entry.certificate.findings) if entry.certificate else 0,
        )
        for entry in compared
    )


def kept(certificate: Certificate | None) -> int:
    """Return how many guarantees a selection keeps."""
    return sum(finding.holds for finding in certificate.findings) if certificate else 0


def taken_by(outcome: Outcome) -> frozenset[str]:
    """Return the options that an outcome takes: of a ranking the winner alone, of scores all that are in order."""
    if outcome.selection is not None:
        return frozenset(entry.option for entry in outcome.selection.chosen)
    if outcome.ranking is not None:
        return frozenset() if outcome.ranking.winner is None else frozenset({outcome.ranking.winner})
    return frozenset() if outcome.scores is None else frozenset(entry.option for entry in outcome.scores.order)


def per_cent(part: int, whole: int) -> int | None:
    """Return a share in hundredths, rounded; None of nothing."""
    return round(Fraction(100 * part, whole)) if whole else None


def heard(part: Part) -> int | None:
    """Return the share of the agenda that some members approved, in hundredths: of its minutes, or of its items."""
    if part.minutes_asked:
        return per_cent(part.minutes_approved, part.minutes_asked)
    return per_cent(part.items_approved, part.items_asked)
