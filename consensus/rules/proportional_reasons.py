"""Why a prioritisation came out as it did, as reasons: what was selected, how, where it was level, what came next."""

from collections import Counter
from fractions import Fraction

from consensus.outcome import How, Outcome, Reason, Selection, Tally, reason
from consensus.rules.threshold_reasons import condition_reason, left_out_reasons


def selection_reasons(outcome: Outcome) -> tuple[Reason, ...]:
    """Return the reasons of an outcome whose other fields are complete."""
    counts = outcome.counts
    counted = reason("counted_approvals", entitled=counts.entitled, cast=counts.cast, voters=counts.in_favour)
    between = [counted, *left_out_reasons(outcome.uncounted), condition_reason(outcome.conditions[0])]
    if outcome.selection is None:
        return (reason("no_quorum_selection"), *between)
    return (
        _verdict(outcome.selection),
        *between,
        *_method(outcome.rule, outcome.selection, counts),
        *_ties(outcome.selection),
        *_next(outcome.selection),
    )


def _verdict(selection: Selection) -> Reason:
    options = len(selection.chosen) + len(selection.passed_over)
    if not selection.chosen:
        return reason("selected_nothing", options=options)
    return reason(
        "selected",
        chosen=len(selection.chosen),
        options=options,
        spent=selection.spent,
        capacity=selection.capacity,
    )


def _method(rule: str, selection: Selection, counts: Tally) -> list[Reason]:
    if counts.in_favour == 0:
        return []
    if rule == "approval":
        return [reason("approval_counting")]
    by_way = Counter(entry.how for entry in selection.chosen)
    if rule == "phragmen":
        steps = [reason("phragmen", chosen=by_way["phragmen"])]
    else:
        steps = _shared(selection, counts, by_way)
    if added := by_way["most-approved"]:
        steps.append(reason("completed_most_approved", chosen=added))
    return steps


def _shared(selection: Selection, counts: Tally, by_way: Counter[How]) -> list[Reason]:
    if selection.raised:
        steps = [reason("raised_shares", raised=selection.raised, chosen=by_way["raised-shares"])]
    else:
        steps = [_shares(Fraction(selection.capacity, counts.in_favour), by_way["shares"])]
    if added := by_way["phragmen"]:
        steps.append(reason("completed_phragmen", chosen=added))
    return steps


def _shares(share: Fraction, paid: int) -> Reason:
    if share.denominator == 1:
        return reason("equal_shares_whole", share=share.numerator, chosen=paid)
    return reason("equal_shares", numerator=share.numerator, denominator=share.denominator, chosen=paid)


def _ties(selection: Selection) -> list[Reason]:
    count = sum(entry.tied > 0 for entry in selection.chosen)
    if not count:
        return []
    if selection.chair is not None:
        return [reason("ties_chair", count=count, member=selection.chair)]
    if selection.tie_order == "chair":
        return [reason("ties_chair_absent", count=count)]
    return [reason(f"ties_{selection.tie_order}", count=count)]


def _next(selection: Selection) -> list[Reason]:
    """Return how near the most approved option came that wasn't selected."""
    for entry in selection.passed_over:
        if entry.why != "no_supporters":
            return [
                reason(
                    f"next_{entry.why}",
                    option=entry.option,
                    supporters=entry.supporters,
                    cost=entry.cost,
                    unspent=selection.unspent,
                )
            ]
    return []
