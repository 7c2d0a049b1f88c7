"""Why silence or consensus held or didn't, as reasons: the verdict, what was counted, each condition, who objected."""

from consensus.outcome import Outcome, Reason, reason
from consensus.rules.threshold_reasons import condition_reason, counted_votes, left_out_reasons


def silence_reasons(outcome: Outcome) -> tuple[Reason, ...]:
    """Return the reasons of an outcome of silence whose other fields are complete."""
    verdict = reason("silence_kept" if outcome.status == "adopted" else "silence_broken")
    return (verdict, counted_votes(outcome.counts), *_steps(outcome), reason("silence_no_quorum"))


def consensus_reasons(outcome: Outcome) -> tuple[Reason, ...]:
    """Return the reasons of an outcome of consensus whose other fields are complete."""
    verdict = {"adopted": "consensus_reached", "broken": "consensus_missed", "no_quorum": "no_quorum"}
    aside = [reason("stood_aside")] if outcome.counts.abstain else []
    return (reason(verdict[outcome.status]), counted_votes(outcome.counts), *aside, *_steps(outcome))


def _steps(outcome: Outcome) -> list[Reason]:
    conditions = [condition_reason(condition) for condition in outcome.conditions]
    return [*left_out_reasons(outcome.uncounted), *conditions, *_objectors(outcome)]


def _objectors(outcome: Outcome) -> list[Reason]:
    """Return who objects: one member, all of them, or those that are listed of a greater number."""
    if not outcome.objections:
        return []
    members = ", ".join(outcome.objectors)
    more = outcome.objections - len(outcome.objectors)
    if more:
        return [reason("objectors_and_more", members=members, more=more)]
    return [reason("objectors", members=members)]
