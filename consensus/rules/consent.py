"""Consensus: enough support among the entitled members and no objection that stands. Standing aside doesn't block.

Does not handle the answers to objections: they are part of a proposal's history, before the round and after it.
"""

from typing import Literal

from consensus.ballots import Fault, Question
from consensus.outcome import Condition, Outcome, Status, Tally
from consensus.rules.choices import count_choices, tally_constituencies, tally_votes
from consensus.rules.consent_reasons import consensus_reasons
from consensus.rules.counting import (
    NOTHING_ELSE,
    Ballots,
    Circumstances,
    Electorate,
    PositiveShare,
    Share,
    at_least,
    at_most,
    in_order,
    quorum_condition,
)
from consensus.rules.objectors import objectors_of, text_faults
from protocol.model import Frozen


class ConsensusSettings(Frozen):
    """Support of a share of the entitled members, and not one objection.

    An objection is a vote against with a reason; without a reason it isn't counted. An abstention stands aside: it
    counts for the quorum and blocks nothing, unless more than max_stand_asides of the entitled members stand aside.
    """

    rule: Literal["consensus"] = "consensus"
    support: PositiveShare = PositiveShare(numerator=1, denominator=2)
    max_stand_asides: Share | None = None
    quorum: PositiveShare | None = None


def consensus_faults(question: Question, _settings: ConsensusSettings, _electorate: Electorate) -> tuple[Fault, ...]:
    """Return why consensus can't be asked for with these settings; nothing if it can."""
    return tuple(text_faults(question))


def evaluate_consensus(
    question: Question,
    settings: ConsensusSettings,
    ballots: Ballots,
    electorate: Electorate,
    circumstances: Circumstances = NOTHING_ELSE,
) -> Outcome:
    """Return whether there is consensus. The settings have passed consensus_faults()."""
    votes, uncounted = count_choices(question, ballots, electorate, circumstances, reasons_required=True)
    counts = tally_votes(votes, _entitled)
    quorum = quorum_condition(settings.quorum, counts.present, counts.entitled)
    conditions = (quorum, *(_conditions(settings, counts) if quorum.is_met else ()))
    needed = max(1, settings.support.least_of(counts.entitled))
    unfinished = Outcome(
        rule=settings.rule,
        status=_status(conditions),
        counts=counts,
        weights=None,
        quorum_present=quorum.have,
        quorum_needed=quorum.bound,
        needed=needed,
        margin=counts.in_favour - needed,
        conditions=conditions,
        constituencies=tally_constituencies(votes, electorate, _entitled),
        uncounted=in_order(uncounted),
        selection=None,
        reasons=(),
        objectors=objectors_of(votes),
        objections=counts.against,
    )
    return unfinished.model_copy(update={"reasons": consensus_reasons(unfinished)})


def _entitled(counts: Tally) -> int:
    return counts.entitled


def _conditions(settings: ConsensusSettings, counts: Tally) -> list[Condition]:
    needed = max(1, settings.support.least_of(counts.entitled))
    conditions = [
        at_least("support", counts.in_favour, counts.entitled, needed),
        at_most("objections", counts.against, counts.entitled, 0),
    ]
    if settings.max_stand_asides is not None:
        most = settings.max_stand_asides.most_of(counts.entitled)
        conditions.append(at_most("stand_asides", counts.abstain, counts.entitled, most))
    return conditions


def _status(conditions: tuple[Condition, ...]) -> Status:
    if not conditions[0].is_met:
        return "no_quorum"
    return "adopted" if all(condition.is_met for condition in conditions) else "broken"
