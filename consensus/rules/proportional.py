"""Prioritisation by approvals under a capacity: the Method of Equal Shares, Phragmén's rule, and approval counting.

A blank ballot is an abstention: it counts for the quorum and holds no share. Selections are data; nothing here knows
what an option is about.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from consensus.ballots import ApprovalBallot, Fault, Listed, Question
from consensus.outcome import Chosen, Outcome, Selection
from consensus.rules.counting import (
    NOTHING_ELSE,
    Ballots,
    Circumstances,
    Electorate,
    PositiveShare,
    TieSettings,
    is_unique,
    member_faults,
)
from consensus.rules.phragmen import WhenFull
from consensus.rules.profile import count_approvals
from consensus.rules.proportional_reasons import selection_reasons
from consensus.rules.selecting import Poll, added_by_phragmen, bought, most_approved, passed_over, taken_by_phragmen
from consensus.rules.sifting import TakingPart, tie_break, unexplained

Completion = Literal["raised-shares", "phragmen", "most-approved"]


class EqualSharesSettings(TieSettings):
    """Equal shares of the capacity, then the completions in turn on what is unspent; none leaves it unspent."""

    rule: Literal["equal-shares"] = "equal-shares"
    completion: Annotated[Listed[Completion], Field(max_length=4)] = ("most-approved",)
    quorum: PositiveShare | None = None

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if not is_unique(self.completion):
            raise ValueError("a completion rule is listed twice")
        if "raised-shares" in self.completion[1:]:
            raise ValueError("raised-shares must be the first completion rule, because it shares out anew")
        return self


class PhragmenSettings(TieSettings):
    """Phragmén's sequential rule, then the completions on what is unspent; none leaves it unspent."""

    rule: Literal["phragmen"] = "phragmen"
    when_full: WhenFull = "stop"
    completion: Annotated[Listed[Literal["most-approved"]], Field(max_length=1)] = ("most-approved",)
    quorum: PositiveShare | None = None


class ApprovalSettings(TieSettings):
    """The most approved options that fit, one after the other."""

    rule: Literal["approval"] = "approval"
    quorum: PositiveShare | None = None


SelectionSettings = EqualSharesSettings | PhragmenSettings | ApprovalSettings


def selection_faults(question: Question, settings: SelectionSettings, electorate: Electorate) -> tuple[Fault, ...]:
    """Return why these settings can't select from this question; nothing if they can."""
    faults = member_faults(settings.chair, "chair_not_entitled", electorate)
    if question.capacity == 0:
        faults.append(Fault("no_capacity", "There is no capacity to share: give the question one."))
    return tuple(faults)


def evaluate_selection(
    question: Question,
    settings: SelectionSettings,
    ballots: Ballots,
    electorate: Electorate,
    circumstances: Circumstances = NOTHING_ELSE,
) -> Outcome:
    """Return what the rule of these settings selects. Raises ValueError if ties go by lot and none was drawn."""
    poll = _poll(question, settings, ballots, electorate, circumstances)
    counted = poll.counted
    part = TakingPart(counted.profile.voters, counted.blank, counted.invalid, counted.silent, counted.uncounted)
    outcome = unexplained(settings, part, electorate)
    if outcome.status == "selected":
        outcome = outcome.model_copy(update={"selection": _selection(poll, settings)})
    return outcome.model_copy(update={"reasons": selection_reasons(outcome)})


def _poll(
    question: Question,
    settings: SelectionSettings,
    ballots: Ballots,
    electorate: Electorate,
    circumstances: Circumstances,
) -> Poll:
    of_chair = _ballot_of_chair(question, settings.chair, ballots)
    tiers = None if of_chair is None else (of_chair.approves,)
    return Poll(
        options=question.options,
        capacity=question.capacity,
        counted=count_approvals(question, ballots, electorate, circumstances),
        ties=tie_break(settings, question, circumstances, tiers),
    )


def _ballot_of_chair(question: Question, chair: str | None, ballots: Ballots) -> ApprovalBallot | None:
    """Return the ballot of the chair's member, if there is one that counts."""
    ballot = None if chair is None else ballots.get(chair)
    if not isinstance(ballot, ApprovalBallot):
        return None
    return ballot if set(question.option_ids).issuperset(ballot.approves) else None


def _selection(poll: Poll, settings: SelectionSettings) -> Selection:
    chosen, raised = _chosen(poll, settings)
    unspent = poll.unspent(chosen)
    return Selection(
        capacity=poll.capacity,
        spent=poll.capacity - unspent,
        unspent=unspent,
        raised=raised,
        tie_order=poll.ties.order,
        lot=poll.ties.lot,
        chair=poll.ties.chair,
        chosen=tuple(chosen),
        passed_over=passed_over(poll, chosen, "not_reached" if settings.rule == "phragmen" else "not_paid_for"),
    )


def _chosen(poll: Poll, settings: SelectionSettings) -> tuple[list[Chosen], int]:
    """Return what is chosen, in order, and by how many hundredths the shares were raised."""
    if isinstance(settings, ApprovalSettings):
        return most_approved(poll, []), 0
    if isinstance(settings, PhragmenSettings):
        taken = taken_by_phragmen(poll, settings.when_full)
        return [*taken, *(most_approved(poll, taken) if settings.completion else ())], 0
    paid = bought(poll, is_raised="raised-shares" in settings.completion)
    chosen = paid.chosen
    for completion in settings.completion:
        if completion == "phragmen":
            chosen = [*chosen, *added_by_phragmen(poll, chosen, paid.shared)]
        elif completion == "most-approved":
            chosen = [*chosen, *most_approved(poll, chosen)]
    return chosen, paid.raised
