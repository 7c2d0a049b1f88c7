"""Why a ranked round came out as it did, as reasons: who came first, what was counted, and how near it was."""

from consensus.outcome import Outcome, Ranking, Reason, Runoff, reason
from consensus.rules.figures import decimal
from consensus.rules.sifting import level_reason
from consensus.rules.threshold_reasons import condition_reason, left_out_reasons


def ranked_reasons(outcome: Outcome) -> tuple[Reason, ...]:
    """Return the reasons of an outcome whose other fields are complete."""
    counts = outcome.counts
    counted = reason("counted_rankings", entitled=counts.entitled, cast=counts.cast, voters=counts.in_favour)
    between = [counted, *left_out_reasons(outcome.uncounted), condition_reason(outcome.conditions[0])]
    ranking = outcome.ranking
    if ranking is None:
        return (reason("no_quorum_selection"), *between)
    if ranking.winner is None:
        return (reason("ranked_nothing"), *between)
    method = _runoff_steps(ranking) if ranking.measure is None else _schulze_steps(ranking)
    first = reason("ranked_first", option=ranking.winner, options=len(ranking.order))
    return (first, *between, *method, *_ties(ranking))


def _schulze_steps(ranking: Ranking) -> list[Reason]:
    first, lead = ranking.order[0], ranking.lead
    steps = [reason("schulze_pairs")]
    if first.narrowest is None or lead is None:
        return steps
    if first.wins == len(ranking.order) - 1:
        votes = {"votes_for": first.narrowest.votes_for, "votes_against": first.narrowest.votes_against}
        return [*steps, reason("schulze_beats_all", option=first.option, other=first.narrowest.other, **votes)]
    code = "schulze_lead" if lead.path > lead.back else "schulze_level"
    nearest = reason(code, option=first.option, other=lead.other, have=lead.path, bound=lead.back)
    return [*steps, reason(f"schulze_{ranking.measure}".replace("-", "_")), nearest]


def _runoff_steps(ranking: Ranking) -> list[Reason]:
    steps = [reason("runoff_method")]
    decisive = next((pair for pair in enumerate(ranking.runoffs, start=1) if _has_majority(pair[1])), None)
    if decisive is not None:
        number, runoff = decisive
        figures: dict[str, int | str] = {
            "have": decimal(runoff.leader.votes.fraction),
            "base": runoff.continuing,
            "count": number,
        }
        steps.append(reason("runoff_majority", option=runoff.leader.option, **figures))
    if ranking.runoffs:
        steps.append(_last_count(ranking.runoffs[-1]))
    return steps


def _has_majority(runoff: Runoff) -> bool:
    return 2 * runoff.leader.votes.fraction > runoff.continuing


def _last_count(last: Runoff) -> Reason:
    first, second = last.standings
    figures: dict[str, int | str] = {
        "have": decimal(first.votes.fraction),
        "bound": decimal(second.votes.fraction),
        "count": last.exhausted,
    }
    return reason("runoff_last", option=first.option, other=second.option, **figures)


def _ties(ranking: Ranking) -> list[Reason]:
    count = sum(entry.is_by_ties for entry in ranking.order)
    return level_reason(ranking.tie_order, ranking.chair, count)
