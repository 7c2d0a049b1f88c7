"""Why a vote on one text came out as it did, as reasons: the verdict, what was counted, each condition."""

from typing import Final

from consensus.outcome import Condition, Outcome, Reason, Tally, Uncounted, reason


def threshold_reasons(outcome: Outcome, base: str, abstentions: str) -> tuple[Reason, ...]:
    """Return the reasons of an outcome whose other fields are complete."""
    counts = outcome.counts
    steps = [_verdict(outcome), counted_votes(counts), *left_out_reasons(outcome.uncounted)]
    if counts.abstain:
        steps.append(reason(f"abstentions_{abstentions}"))
    return (*steps, *(condition_reason(condition, base) for condition in outcome.conditions))


def counted_votes(counts: Tally) -> Reason:
    """Return the reason that says how the votes fell."""
    return reason(
        "counted_votes",
        entitled=counts.entitled,
        cast=counts.cast,
        in_favour=counts.in_favour,
        against=counts.against,
        abstain=counts.abstain,
    )


def left_out_reasons(uncounted: tuple[Uncounted, ...]) -> list[Reason]:
    """Return a reason for each kind of ballot that wasn't counted."""
    return [reason(f"left_out_{entry.code}", count=entry.count) for entry in uncounted]


def condition_reason(condition: Condition, base: str = "valid") -> Reason:
    """Return the reason that says how one condition went; base names what a threshold was measured against."""
    met, missed = _CODES[condition.code]
    code = (met if condition.is_met else missed).format(base=base.replace("+", "_"))
    numbers = {"have": condition.have, "base": condition.base, "bound": condition.bound}
    if condition.member is not None:
        return reason(code, member=condition.member, **numbers)
    if condition.constituency is None:
        return reason(code, **numbers)
    return reason(code, constituency=condition.constituency, **numbers)


_CODES: Final = {
    "quorum": ("quorum_met", "quorum_missed"),
    "participation": ("participation_met", "participation_missed"),
    "threshold": ("threshold_met_{base}", "threshold_missed_{base}"),
    "ceiling_against": ("ceiling_kept", "ceiling_exceeded"),
    "minimum_in_favour": ("minimum_met", "minimum_missed"),
    "weight": ("weight_met", "weight_missed"),
    "blocking_minority": ("weight_waived", "weight_missed"),
    "casting_vote": ("casting_vote_for", "casting_vote_against"),
    "objections": ("objections_few", "objections_many"),
    "support": ("support_met", "support_missed"),
    "stand_asides": ("stand_asides_kept", "stand_asides_exceeded"),
    "constituency": ("constituency_met", "constituency_missed"),
}


def _verdict(outcome: Outcome) -> Reason:
    if outcome.status == "no_quorum":
        return reason("no_quorum")
    if outcome.status == "adopted":
        if any(condition.code == "casting_vote" for condition in outcome.conditions):
            return reason("adopted_casting_vote")
        if outcome.margin == 0:
            return reason("adopted_exactly")
        return reason("adopted", margin=outcome.margin)
    if outcome.margin < 0:
        return reason("not_adopted_short", missing=-outcome.margin)
    return reason("not_adopted_despite_votes")
