"""Prioritisation by approvals under a capacity: the Method of Equal Shares, and approval counting for comparison.

A blank ballot is an abstention: it counts for the quorum and holds no share. Selections are data; nothing here knows
what an option is about.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import takewhile
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from consensus.ballots import Fault, Listed, Option, Question
from consensus.outcome import (
    TIED_LISTED_MAX,
    Chosen,
    Outcome,
    PassedOver,
    Price,
    Selection,
    Tally,
)
from consensus.rules.counting import (
    NOTHING_ELSE,
    Ballots,
    Circumstances,
    Electorate,
    PositiveShare,
    in_order,
    is_unique,
    quorum_condition,
)
from consensus.rules.profile import ApprovalCount, count_approvals
from consensus.rules.proportional_reasons import selection_reasons
from consensus.rules.shares import equal_shares
from consensus.ties import TieOrder, tie_ranks
from protocol.model import Frozen

Completion = Literal["most-approved"]
How = Literal["shares", "most-approved"]


class EqualSharesSettings(Frozen):
    """Equal shares of the capacity, then the completions in turn on what is unspent; none leaves it unspent."""

    rule: Literal["equal-shares"] = "equal-shares"
    completion: Annotated[Listed[Completion], Field(max_length=4)] = ("most-approved",)
    ties: TieOrder = "oldest"
    quorum: PositiveShare | None = None

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if not is_unique(self.completion):
            raise ValueError("a completion rule is listed twice")
        return self


class ApprovalSettings(Frozen):
    """The most approved options that fit, one after the other."""

    rule: Literal["approval"] = "approval"
    ties: TieOrder = "oldest"
    quorum: PositiveShare | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Poll:
    """What a selection is made from."""

    options: tuple[Option, ...]
    capacity: int
    counted: ApprovalCount
    tie_order: TieOrder
    lot: bytes | None
    ranks: tuple[int, ...]
    """The tie rank of each option."""

    @property
    def supporters(self) -> tuple[int, ...]:
        """How many voters approve each option."""
        return self.counted.profile.supporter_counts


def selection_faults(
    question: Question, _settings: EqualSharesSettings | ApprovalSettings, _electorate: Electorate
) -> tuple[Fault, ...]:
    """Return why these settings can't select from this question; nothing if they can."""
    if question.capacity == 0:
        return (Fault("no_capacity", "There is no capacity to share: give the question one."),)
    return ()


def evaluate_selection(
    question: Question,
    settings: EqualSharesSettings | ApprovalSettings,
    ballots: Ballots,
    electorate: Electorate,
    circumstances: Circumstances = NOTHING_ELSE,
) -> Outcome:
    """Return what the rule of these settings selects. Raises ValueError if ties go by lot and none was drawn."""
    poll = _poll(question, settings.ties, ballots, electorate, circumstances)
    return _outcome(poll, settings, electorate)


def _poll(
    question: Question, ties: TieOrder, ballots: Ballots, electorate: Electorate, circumstances: Circumstances
) -> _Poll:
    ranks = tie_ranks(ties, question.option_ids, circumstances.lot)
    return _Poll(
        options=question.options,
        capacity=question.capacity,
        counted=count_approvals(question, ballots, electorate, circumstances),
        tie_order=ties,
        lot=circumstances.lot if ties == "lot" else None,
        ranks=tuple(ranks[option_id] for option_id in question.option_ids),
    )


def _outcome(
    poll: _Poll,
    settings: EqualSharesSettings | ApprovalSettings,
    electorate: Electorate,
) -> Outcome:
    counts = _tally(poll, electorate)
    quorum = quorum_condition(settings.quorum, counts.present, counts.entitled)
    selection = _selection(poll, settings) if quorum.is_met else None
    unfinished = Outcome(
        rule=settings.rule,
        status="selected" if selection else "no_quorum",
        counts=counts,
        weights=None,
        quorum_present=quorum.have,
        quorum_needed=quorum.bound,
        needed=0,
        margin=0,
        conditions=(quorum,),
        constituencies=(),
        uncounted=in_order(poll.counted.uncounted),
        selection=selection,
        reasons=(),
    )
    return unfinished.model_copy(update={"reasons": selection_reasons(unfinished)})


def _tally(poll: _Poll, electorate: Electorate) -> Tally:
    counted = poll.counted
    valid = counted.profile.voters + counted.blank
    return Tally(
        entitled=len(electorate),
        present=valid + counted.invalid + counted.silent,
        cast=valid + counted.invalid,
        valid=valid,
        in_favour=counted.profile.voters,
        against=0,
        abstain=counted.blank,
        base=counted.profile.voters,
    )


def _selection(poll: _Poll, settings: EqualSharesSettings | ApprovalSettings) -> Selection:
    chosen: list[Chosen] = []
    if isinstance(settings, EqualSharesSettings):
        chosen += _bought(poll)
    if isinstance(settings, ApprovalSettings) or "most-approved" in settings.completion:
        chosen += _most_approved(poll, chosen)
    spent = sum(entry.cost for entry in chosen)
    return Selection(
        capacity=poll.capacity,
        spent=spent,
        unspent=poll.capacity - spent,
        tie_order=poll.tie_order,
        lot=None if poll.lot is None else poll.lot.hex(),
        chosen=tuple(chosen),
        passed_over=_passed_over(poll, chosen),
    )


def _bought(poll: _Poll) -> list[Chosen]:
    """Return what equal shares pay for, in order."""
    costs = [option.cost for option in poll.options]
    purchases = equal_shares(costs, poll.counted.profile, poll.capacity, poll.ranks)
    share = Fraction(poll.capacity, max(1, poll.counted.profile.voters))
    return [
        _chosen(poll, purchase.option, "shares", purchase.tied_with, Price.of(purchase.price * share))
        for purchase in purchases
    ]


def _most_approved(poll: _Poll, already: list[Chosen]) -> list[Chosen]:
    """Return the most approved of the remaining options that fit into what is unspent, one after the other."""
    unspent = poll.capacity - sum(entry.cost for entry in already)
    order = _by_support(poll, already)
    added = []
    for place, option in enumerate(order):
        if poll.options[option].cost > unspent or poll.supporters[option] == 0:
            continue
        level = [
            other
            for other in takewhile(partial(_is_level, poll, option), order[place + 1 :])
            if poll.options[other].cost <= unspent
        ]
        unspent -= poll.options[option].cost
        added.append(_chosen(poll, option, "most-approved", level, None))
    return added


def _by_support(poll: _Poll, already: list[Chosen]) -> list[int]:
    """Return the options that aren't chosen yet by number of supporters, then by tie rank."""
    taken = {entry.option for entry in already}
    remaining = [option for option, asked in enumerate(poll.options) if asked.id not in taken]
    return sorted(remaining, key=lambda option: (-poll.supporters[option], poll.ranks[option]))


def _is_level(poll: _Poll, option: int, other: int) -> bool:
    return poll.supporters[option] == poll.supporters[other]


def _chosen(poll: _Poll, option: int, how: How, tied: Sequence[int], price: Price | None) -> Chosen:
    return Chosen(
        option=poll.options[option].id,
        cost=poll.options[option].cost,
        supporters=poll.supporters[option],
        price=price,
        how=how,
        tied=len(tied),
        tied_with=tuple(poll.options[other].id for other in tied[:TIED_LISTED_MAX]),
    )


def _passed_over(poll: _Poll, chosen: list[Chosen]) -> tuple[PassedOver, ...]:
    unspent = poll.capacity - sum(entry.cost for entry in chosen)
    return tuple(
        PassedOver(
            option=poll.options[option].id,
            cost=poll.options[option].cost,
            supporters=poll.supporters[option],
            why=_why(poll, option, unspent),
        )
        for option in _by_support(poll, chosen)
    )


def _why(poll: _Poll, option: int, unspent: int) -> Literal["no_supporters", "no_room", "not_paid_for"]:
    if poll.supporters[option] == 0:
        return "no_supporters"
    return "no_room" if poll.options[option].cost > unspent else "not_paid_for"
