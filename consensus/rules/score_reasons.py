"""Why a score round came out as it did, as reasons: what came first, how near it was, how far the scorers agreed."""

from consensus.outcome import Outcome, Reason, ScoreTable, reason
from consensus.rules.figures import decimal, percent
from consensus.rules.sifting import level_reason
from consensus.rules.threshold_reasons import condition_reason, left_out_reasons


def score_reasons(outcome: Outcome) -> tuple[Reason, ...]:
    """Return the reasons of an outcome whose other fields are complete."""
    counts = outcome.counts
    counted = reason("counted_scores", entitled=counts.entitled, cast=counts.cast, voters=counts.in_favour)
    between = [counted, *left_out_reasons(outcome.uncounted), condition_reason(outcome.conditions[0])]
    table = outcome.scores
    if table is None:
        return (reason("no_quorum_selection"), *between)
    if not table.order:
        return (reason("scored_nothing"), *between, *_too_few(table))
    return (
        _first(table),
        *between,
        reason("scored_method"),
        *_next(table),
        *_ties(table),
        *_too_few(table),
        *_agreement(table),
    )


def _first(table: ScoreTable) -> Reason:
    first = table.order[0]
    assert first.mean is not None
    options = len(table.order) + len(table.too_few)
    return reason(
        "scored_first", option=first.option, options=options, have=decimal(first.mean.fraction), bound=table.maximum
    )


def _next(table: ScoreTable) -> list[Reason]:
    """Return how near the second option came."""
    if len(table.order) < 2:
        return []
    first, second = table.order[:2]
    assert first.mean is not None
    assert second.mean is not None
    if first.tied:
        return [reason("scored_level", option=first.option, other=second.option)]
    difference = decimal(first.mean.fraction - second.mean.fraction)
    return [reason("scored_next", other=second.option, have=decimal(second.mean.fraction), margin=difference)]


def _ties(table: ScoreTable) -> list[Reason]:
    """Return how often the tie order decided: in each group of level options once less than it has members."""
    count = sum(entry.mean == following.mean for entry, following in zip(table.order, table.order[1:], strict=False))
    return level_reason(table.tie_order, table.chair, count)


def _too_few(table: ScoreTable) -> list[Reason]:
    if not table.too_few:
        return []
    return [reason("scored_too_few", bound=table.least_scorers, count=len(table.too_few))]


def _agreement(table: ScoreTable) -> list[Reason]:
    if table.agreement is None:
        return []
    return [reason("scored_agreement", percent=percent(table.agreement.fraction))]
