"""Which ballots of a round on several options count, how ties break, and the outcome as far as it is the same."""

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from consensus.ballots import Ballot, Fault, Question
from consensus.outcome import Outcome, Reason, Tally, reason
from consensus.rules.counting import (
    Ballots,
    Circumstances,
    Electorate,
    PositiveShare,
    TieSettings,
    in_order,
    quorum_condition,
)
from consensus.ties import TieOrder, tie_ranks
from protocol import canonical, limits
from protocol.model import Frozen

_ENVELOPE_BYTES = 1_024
"""What a ballot carries beside its content."""

T = TypeVar("T", bound=Hashable)
Tiers = Sequence[Collection[str]]
"""Options by tiers, the best first."""


class Settings(Protocol):
    """What the settings of all these rules hold."""

    @property
    def rule(self) -> str:
        """The rule's name."""
        ...

    @property
    def quorum(self) -> PositiveShare | None:
        """The share of the entitled members that have to take part."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Sifted(Generic[T]):
    """The answers of the entitled members' ballots with how many gave each, and why others aren't counted."""

    answers: Counter[T]
    faults: Counter[str]
    """Ballots of entitled members that can't be counted, by reason."""
    strangers: int
    """Ballots of members that aren't entitled."""
    silent: int
    """Entitled members recorded as present who cast no ballot."""

    def leave_out(self, answers: Iterable[T], code: str) -> None:
        """Count answers as faults after all."""
        for answer in answers:
            self.faults[code] += self.answers.pop(answer)


@dataclass(frozen=True, slots=True)
class TieBreak:
    """How level options are put in order."""

    order: TieOrder
    lot: str | None
    """The lot's seed in hexadecimal, if the order is by lot."""
    chair: str | None
    """The member whose ballot puts them in order; None if it is done otherwise or it has no ballot that counts."""
    ranks: tuple[int, ...]
    """The rank of each option in the question's order; the lower goes first."""


def sift(
    ballots: Ballots,
    electorate: Electorate,
    circumstances: Circumstances,
    answer_of: Callable[[Ballot | Fault], T | Fault],
) -> Sifted[T]:
    """Return the answers that answer_of() finds in the entitled members' ballots."""
    strangers = ballots.keys() - electorate.keys()
    counted = [ballots[member] for member in ballots.keys() & electorate.keys()] if strangers else ballots.values()
    answers: Counter[T] = Counter()
    faults: Counter[str] = Counter()
    for answer, count in Counter(map(answer_of, counted)).items():
        if isinstance(answer, Fault):
            faults[answer.code] += count
        else:
            answers[answer] = count
    silent = len((circumstances.present & electorate.keys()) - ballots.keys())
    return Sifted(answers, faults, len(strangers), silent)


def tie_break(
    settings: TieSettings, question: Question, circumstances: Circumstances, of_chair: Tiers | None
) -> TieBreak:
    """Return how level options are put in order. Raises ValueError if it is by lot and none was drawn.

    of_chair is the order in which the ballot of the chair's member puts options, or None if it has none that counts.
    """
    ranks = tie_ranks(settings.ties, question.option_ids, circumstances.lot, of_chair or ())
    lot = circumstances.lot if settings.ties == "lot" else None
    return TieBreak(
        order=settings.ties,
        lot=None if lot is None else lot.hex(),
        chair=None if of_chair is None else settings.chair,
        ranks=tuple(ranks[name] for name in question.option_ids),
    )


def level_reason(order: TieOrder, chair: str | None, count: int) -> list[Reason]:
    """Return the reason that says how level options were put in order, if that happened."""
    if not count:
        return []
    if chair is not None:
        return [reason("level_chair", count=count, member=chair)]
    return [reason("level_chair_absent" if order == "chair" else f"level_{order}", count=count)]


@dataclass(frozen=True, slots=True)
class TakingPart:
    """How many took part in a round on several options, and what was left out."""

    voters: int
    """Valid ballots that say something."""
    blank: int
    """Valid ballots that abstain."""
    invalid: int
    """Ballots of entitled members that can't be counted."""
    silent: int
    """Entitled members recorded as present who cast no ballot."""
    uncounted: Counter[str]
    """Everything that isn't counted by reason, ballots of members that aren't entitled included."""


def taking_part(sifted: Sifted[T], voters: int, blank: int) -> TakingPart:
    """Return who took part by sifted ballots, so many of which say something and so many abstain."""
    uncounted = sifted.faults + Counter(not_entitled=sifted.strangers)
    return TakingPart(voters, blank, sifted.faults.total(), sifted.silent, uncounted)


def unexplained(settings: Settings, part: TakingPart, electorate: Electorate) -> Outcome:
    """Return the outcome so far: who took part, what was left out, whether the quorum was met."""
    valid = part.voters + part.blank
    cast = valid + part.invalid
    counts = Tally(
        entitled=len(electorate),
        present=cast + part.silent,
        cast=cast,
        valid=valid,
        in_favour=part.voters,
        against=0,
        abstain=part.blank,
        base=part.voters,
    )
    condition = quorum_condition(settings.quorum, counts.present, counts.entitled)
    return Outcome(
        rule=settings.rule,
        status="selected" if condition.is_met else "no_quorum",
        counts=counts,
        weights=None,
        quorum_present=condition.have,
        quorum_needed=condition.bound,
        needed=0,
        margin=0,
        conditions=(condition,),
        constituencies=(),
        uncounted=in_order(part.uncounted),
        selection=None,
        reasons=(),
    )


def size_faults(largest: Frozen) -> tuple[Fault, ...]:
    """Return that the largest ballot a question allows couldn't be sent, if so."""
    size = len(canonical.encode(largest.model_dump(mode="json"))) + _ENVELOPE_BYTES
    if size <= limits.VOTE_PAYLOAD_BYTES_MAX:
        return ()
    most = limits.VOTE_PAYLOAD_BYTES_MAX
    return (Fault("ballot_too_large", f"A full ballot would take {size} bytes; at most {most} can be sent."),)
