"""Silence: a text is adopted if nobody entitled objects by the deadline. Nobody has to take part.

Does not decide what follows when silence is broken: the status says that nothing is rejected, and the policy of the
track says which vote comes next.
"""

from typing import Annotated, Literal

from pydantic import Field

from consensus.ballots import COST_MAX, Fault, Question
from consensus.outcome import Condition, Outcome, Tally
from consensus.rules.choices import count_choices, no_base, tally_constituencies, tally_votes
from consensus.rules.consent_reasons import silence_reasons
from consensus.rules.counting import NOTHING_ELSE, Ballots, Circumstances, Electorate, at_most, in_order
from consensus.rules.objectors import objectors_of, text_faults
from protocol.model import Frozen


class SilenceSettings(Frozen):
    """The text is adopted unless objections_to_break members or more object.

    An objection is a vote against; with reasons_required only one with a reason. There is no quorum, because silence
    is consent.
    """

    rule: Literal["silence"] = "silence"
    objections_to_break: Annotated[int, Field(ge=1, le=COST_MAX)] = 1
    reasons_required: bool = True


def silence_faults(question: Question, settings: SilenceSettings, electorate: Electorate) -> tuple[Fault, ...]:
    """Return why silence can't be asked for with these settings; nothing if it can."""
    faults = text_faults(question)
    if settings.objections_to_break > len(electorate):
        detail = f"{settings.objections_to_break} objections can't come from {len(electorate)} entitled members."
        faults.append(Fault("objections_out_of_reach", detail))
    return tuple(faults)


def evaluate_silence(
    question: Question,
    settings: SilenceSettings,
    ballots: Ballots,
    electorate: Electorate,
    circumstances: Circumstances = NOTHING_ELSE,
) -> Outcome:
    """Return whether silence was kept. The settings have passed silence_faults()."""
    votes, uncounted = count_choices(
        question, ballots, electorate, circumstances, reasons_required=settings.reasons_required
    )
    counts = tally_votes(votes, no_base)
    condition = _few_objections(settings, counts)
    unfinished = Outcome(
        rule=settings.rule,
        status="adopted" if condition.is_met else "broken",
        counts=counts,
        weights=None,
        quorum_present=counts.present,
        quorum_needed=0,
        needed=0,
        margin=0,
        conditions=(condition,),
        constituencies=tally_constituencies(votes, electorate, no_base),
        uncounted=in_order(uncounted),
        selection=None,
        reasons=(),
        objectors=objectors_of(votes),
        objections=counts.against,
    )
    return unfinished.model_copy(update={"reasons": silence_reasons(unfinished)})


def _few_objections(settings: SilenceSettings, counts: Tally) -> Condition:
    return at_most("objections", counts.against, counts.entitled, settings.objections_to_break - 1)
