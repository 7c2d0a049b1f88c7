"""The threshold rule: votes in favour reach or exceed an exact fraction of a base, under further conditions.

A ballot is counted in heads, and where a charter has weights in weight too; the two are reported apart. All
conditions are examined and listed, the quorum first: without it nothing is decided and the others aren't asked.
"""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from consensus.ballots import COST_MAX, Fault, Id, Listed, Question
from consensus.outcome import Condition, ConditionCode, ConstituencyTally, Outcome, Status, Tally
from consensus.rules.choices import Vote, count_choices, tally_constituencies, tally_votes
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
    is_unique,
    known_constituencies,
    member_faults,
    quorum_condition,
)
from consensus.rules.threshold_reasons import threshold_reasons
from protocol.model import Frozen

Base = Literal["cast", "valid", "yes+no", "present", "entitled"]


class Concurrent(Frozen):
    """The same question to each of these constituencies: its members in favour must reach this share of its base."""

    constituencies: Annotated[Listed[Id], Field(min_length=1, max_length=1_000)]
    threshold: Share
    strict: bool

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if not is_unique(self.constituencies):
            raise ValueError("a constituency is listed twice")
        return self


class MemberWeight(Frozen):
    """The weight of one member's vote."""

    member: Id
    weight: Annotated[int, Field(ge=1, le=COST_MAX)]


class Weighted(Frozen):
    """A second majority, by weight.

    With a blocking minority, missing the weight blocks only if at least so many members of the base aren't in favour.
    """

    weights: Annotated[Listed[MemberWeight], Field(min_length=1, max_length=100_000)]
    threshold: PositiveShare
    strict: bool
    blocking_minority: Annotated[int, Field(ge=1, le=COST_MAX)] | None

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if not is_unique([entry.member for entry in self.weights]):
            raise ValueError("a member has two weights")
        return self


class ThresholdSettings(Frozen):
    """Votes in favour must reach (strict: exceed) a share of the base.

    Abstentions are excluded from base and quorum, counted for the quorum only, or counted against. With
    reasons_required a vote against counts only with a reason; without one the ballot is cast but not valid.
    max_against is the largest share of the base that may be against; min_in_favour a number of members. casting_vote
    is the member whose vote decides when exactly half of the base is in favour of a text that needs more than half.
    """

    rule: Literal["threshold"] = "threshold"
    base: Base
    threshold: Share
    strict: bool
    quorum: PositiveShare | None = None
    abstentions: Literal["excluded", "quorum_only", "against"] = "quorum_only"
    reasons_required: bool = False
    max_against: Share | None = None
    min_in_favour: Annotated[int, Field(ge=1, le=COST_MAX)] | None = None
    concurrent: Concurrent | None = None
    weighted: Weighted | None = None
    casting_vote: Id | None = None

    @model_validator(mode="after")
    def _can_work(self) -> Self:
        for share, strict, name in self._demands():
            if strict and share.numerator == share.denominator:
                raise ValueError(f"{name} would have to be more than all: make it not strict, or lower")
            if not strict and share.numerator == 0:
                raise ValueError(f"{name} of zero would adopt whatever nobody is for")
        if self.casting_vote is not None and not (self.strict and self.threshold.is_half):
            raise ValueError("a casting vote decides a tie, which only a threshold of more than one half can leave")
        if self.base == "yes+no" and self.abstentions == "against":
            raise ValueError("a base of yes and no holds no abstentions to count against: take the base valid instead")
        return self

    def _demands(self) -> list[tuple[Share, bool, str]]:
        demands = [(self.threshold, self.strict, "the threshold")]
        if self.concurrent:
            demands.append((self.concurrent.threshold, self.concurrent.strict, "the constituencies' threshold"))
        if self.weighted:
            demands.append((self.weighted.threshold, self.weighted.strict, "the threshold by weight"))
        return demands


def threshold_faults(question: Question, settings: ThresholdSettings, electorate: Electorate) -> tuple[Fault, ...]:
    """Return why these settings can't decide this question with this electorate; nothing if they can."""
    faults = []
    if len(question.options) != 1:
        faults.append(Fault("one_option", "A threshold decides on exactly one text; this question has several."))
    if settings.min_in_favour is not None and settings.min_in_favour > len(electorate):
        detail = f"{settings.min_in_favour} votes in favour can't come from {len(electorate)} entitled members."
        faults.append(Fault("minimum_out_of_reach", detail))
    faults += member_faults(settings.casting_vote, "casting_vote_of_stranger", electorate)
    if settings.concurrent:
        unknown = set(settings.concurrent.constituencies) - known_constituencies(electorate)
        faults += [
            Fault("unknown_constituency", f"No entitled member belongs to the constituency {name}.")
            for name in sorted(unknown)
        ]
    if settings.weighted:
        faults += _weight_faults(settings.weighted, electorate)
    return tuple(faults)


def _weight_faults(weighted: Weighted, electorate: Electorate) -> list[Fault]:
    weighed = {entry.member for entry in weighted.weights}
    least = weighted.blocking_minority
    if least is not None and least > len(electorate):
        detail = f"A blocking minority of {least} can't come from {len(electorate)} entitled members."
        return [Fault("blocking_minority_out_of_reach", detail)]
    missing = [
        Fault("weight_missing", f"Member {member} has no weight.") for member in sorted(electorate.keys() - weighed)
    ]
    return missing + [
        Fault("weight_of_stranger", f"Member {member} has a weight but isn't entitled to vote.")
        for member in sorted(weighed - electorate.keys())
    ]


def evaluate_threshold(
    question: Question,
    settings: ThresholdSettings,
    ballots: Ballots,
    electorate: Electorate,
    circumstances: Circumstances = NOTHING_ELSE,
) -> Outcome:
    """Return the outcome of a vote on one text. The settings have passed threshold_faults()."""
    votes, uncounted = count_choices(
        question, ballots, electorate, circumstances, reasons_required=settings.reasons_required
    )
    base_of = partial(_base_of, settings)
    counts = tally_votes(votes, base_of)
    weights = tally_votes(votes, base_of, _weights(settings.weighted).__getitem__) if settings.weighted else None
    asked = frozenset(settings.concurrent.constituencies) if settings.concurrent else frozenset[str]()
    constituencies = tally_constituencies(votes, electorate, base_of, asked)
    quorum = quorum_condition(settings.quorum, _quorum_present(settings, counts), counts.entitled)
    conditions = [quorum]
    if quorum.is_met:
        conditions += [_main(settings, counts, votes), *_further(settings, counts, weights, constituencies)]
    needed = _needed(settings, counts, conditions)
    status = _status(conditions)
    unfinished = Outcome(
        rule=settings.rule,
        status=status,
        counts=counts,
        weights=weights,
        quorum_present=quorum.have,
        quorum_needed=quorum.bound,
        needed=needed,
        margin=counts.in_favour - needed,
        conditions=tuple(conditions),
        constituencies=constituencies,
        uncounted=in_order(uncounted),
        selection=None,
        reasons=(),
    )
    reasons = threshold_reasons(unfinished, settings.base, settings.abstentions)
    return unfinished.model_copy(update={"reasons": reasons})


def _base_of(settings: ThresholdSettings, counts: Tally) -> int:
    """Return what the votes in favour are measured against."""
    bases = {
        "cast": counts.cast,
        "valid": counts.valid,
        "yes+no": counts.valid - counts.abstain,
        "present": counts.present,
        "entitled": counts.entitled,
    }
    base = bases[settings.base]
    if settings.abstentions != "against" and settings.base in ("cast", "valid", "present"):
        base -= counts.abstain
    return base


def _weights(weighted: Weighted) -> dict[str, int]:
    return {entry.member: entry.weight for entry in weighted.weights}


def _quorum_present(settings: ThresholdSettings, counts: Tally) -> int:
    return counts.present - counts.abstain if settings.abstentions == "excluded" else counts.present


def _main(settings: ThresholdSettings, counts: Tally, votes: Mapping[str, Vote]) -> Condition:
    """Return the condition of the threshold; on an exact tie, of the casting vote where there is one."""
    threshold = _reaches("threshold", settings.threshold, counts, is_strict=settings.strict)
    member = settings.casting_vote
    if member is None or 2 * counts.in_favour != counts.base or votes[member] not in ("in_favour", "against"):
        return threshold
    return threshold.model_copy(
        update={"code": "casting_vote", "member": member, "is_met": votes[member] == "in_favour"}
    )


def _needed(settings: ThresholdSettings, counts: Tally, conditions: list[Condition]) -> int:
    """Return the votes in favour that were asked for; a casting vote in favour asks for no more than the tie."""
    if any(condition.code == "casting_vote" and condition.is_met for condition in conditions):
        return counts.in_favour
    return max(1, settings.threshold.least_of(counts.base, is_strict=settings.strict))


def _further(
    settings: ThresholdSettings,
    counts: Tally,
    weights: Tally | None,
    constituencies: tuple[ConstituencyTally, ...],
) -> list[Condition]:
    """Return every condition but the quorum and the main one."""
    conditions = []
    if settings.max_against is not None:
        conditions.append(_ceiling(settings, counts, settings.max_against))
    if settings.min_in_favour is not None:
        conditions.append(at_least("minimum_in_favour", counts.in_favour, counts.entitled, settings.min_in_favour))
    if settings.weighted and weights:
        conditions.append(_weight(settings.weighted, counts, weights))
    if settings.concurrent:
        asked = set(settings.concurrent.constituencies)
        conditions += [
            _reaches(
                "constituency",
                settings.concurrent.threshold,
                entry.tally,
                is_strict=settings.concurrent.strict,
                constituency=entry.constituency,
            )
            for entry in constituencies
            if entry.constituency in asked
        ]
    return conditions


def _reaches(
    code: ConditionCode, share: Share, tally: Tally, *, is_strict: bool, constituency: str | None = None
) -> Condition:
    """Return whether the votes in favour reach a share of the base. Of an empty base at least one is asked."""
    bound = max(1, share.least_of(tally.base, is_strict=is_strict))
    return at_least(code, tally.in_favour, tally.base, bound, constituency=constituency)


def _ceiling(settings: ThresholdSettings, counts: Tally, share: Share) -> Condition:
    against = counts.against + (counts.abstain if settings.abstentions == "against" else 0)
    return at_most("ceiling_against", against, counts.base, share.most_of(counts.base))


def _weight(weighted: Weighted, counts: Tally, weights: Tally) -> Condition:
    """Return the condition by weight, or that too few members stand against it to block."""
    by_weight = _reaches("weight", weighted.threshold, weights, is_strict=weighted.strict)
    not_in_favour = counts.base - counts.in_favour
    if by_weight.is_met or weighted.blocking_minority is None or not_in_favour >= weighted.blocking_minority:
        return by_weight
    return Condition(
        code="blocking_minority",
        constituency=None,
        have=not_in_favour,
        base=counts.base,
        bound=weighted.blocking_minority - 1,
        margin=weighted.blocking_minority - 1 - not_in_favour,
        is_met=True,
    )


def _status(conditions: list[Condition]) -> Status:
    if not conditions[0].is_met:
        return "no_quorum"
    return "adopted" if all(condition.is_met for condition in conditions) else "not_adopted"
