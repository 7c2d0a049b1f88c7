"""Counting a case: the outcome, its fairness to groups, and the processor time that the counting took."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from consensus.comparison import applicable_rules, fairness_of
from consensus.fairness.certificate import Certificate
from consensus.outcome import Outcome
from consensus.rules.registry import RuleSettings, draft_faults, evaluate, resolve_proxies
from node.tally.case import Case
from node.tally.faults import TallyError


@dataclass(frozen=True, slots=True)
class Result:
    """What one rule makes of a case."""

    settings: RuleSettings
    outcome: Outcome
    certificate: Certificate | None
    """Of fairness to groups; None unless it is a selection by approvals."""
    cpu_seconds: float
    """Of the counting alone."""


def count(case: Case, settings: RuleSettings) -> Result:
    """Return what a rule makes of a case that it can count. Raises TallyError if ties go by a lot that isn't there."""
    before = time.process_time()
    try:
        outcome = evaluate(case.question, settings, case.ballots, case.electorate, case.circumstances)
    except ValueError as error:
        raise TallyError(f"rule {settings.rule}: {error}: give --lot") from error
    cpu_seconds = time.process_time() - before
    resolved = resolve_proxies(case.question, settings, case.ballots, case.electorate, case.circumstances)
    certificate = fairness_of(case.question, resolved.ballots, case.electorate, outcome)
    return Result(settings, outcome, certificate, cpu_seconds)


def count_all(case: Case, like: RuleSettings | None) -> Iterator[Result]:
    """Yield what each rule that can count a case makes of it, with the ties and quorum of like."""
    for settings in applicable_rules(case.form, like):
        if not draft_faults(case.question, settings, case.electorate):
            yield count(case, settings)
