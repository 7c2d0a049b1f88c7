"""What every rule shares: exact fractions, who may vote, which ballots count, quorum. Decides nothing by itself."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, Self

from pydantic import Field, model_validator

from consensus.ballots import Ballot, Fault, Id
from consensus.outcome import Condition, ConditionCode, Uncounted
from consensus.ties import TieOrder, check_chair
from protocol.model import Frozen

RATIO_PART_MAX = 1_000_000

Electorate = Mapping[str, tuple[str, ...]]
"""Member ids of the round's roll, each with the constituencies it belongs to."""
Ballots = Mapping[str, Ballot | Fault]
"""The one ballot of each member that counts as its last, or why its content is no ballot."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What else is known at the close: members recorded as present without a ballot, and a lot for ties.

    proxies_per_holder says for how many others a member may vote in this round.
    """

    present: frozenset[str] = frozenset()
    lot: bytes | None = None
    proxies_per_holder: int = 0


NOTHING_ELSE = Circumstances()


class Ratio(Frozen):
    """An exact fraction."""

    numerator: Annotated[int, Field(ge=0, le=RATIO_PART_MAX)]
    denominator: Annotated[int, Field(ge=1, le=RATIO_PART_MAX)]


class Share(Ratio):
    """An exact fraction from nothing to the whole."""

    @model_validator(mode="after")
    def _at_most_the_whole(self) -> Self:
        if self.numerator > self.denominator:
            raise ValueError(f"a share of {self.numerator}/{self.denominator} is more than the whole")
        return self

    def least_of(self, base: int, *, is_strict: bool = False) -> int:
        """Return the least count that reaches (strict: exceeds) this share of a base."""
        if is_strict:
            return self.numerator * base // self.denominator + 1
        return -(-self.numerator * base // self.denominator)

    @property
    def is_half(self) -> bool:
        """Whether it is exactly one half, however written."""
        return 2 * self.numerator == self.denominator

    def most_of(self, base: int) -> int:
        """Return the greatest count that doesn't exceed this share of a base."""
        return self.numerator * base // self.denominator


class PositiveShare(Share):
    """An exact fraction over nothing, up to the whole."""

    @model_validator(mode="after")
    def _over_nothing(self) -> Self:
        if self.numerator == 0:
            raise ValueError("a share of nothing asks for nothing; leave the setting out instead")
        return self


class TieSettings(Frozen):
    """How a rule breaks ties among options; chair is the member whose ballot does, exactly where ties say so."""

    ties: TieOrder = "oldest"
    chair: Id | None = None

    @model_validator(mode="after")
    def _has_a_chair(self) -> Self:
        check_chair(self.ties, self.chair)
        return self


def at_least(code: ConditionCode, have: int, base: int, bound: int, *, constituency: str | None = None) -> Condition:
    """Return a condition that is met when at least bound of base are there."""
    return Condition(
        code=code,
        constituency=constituency,
        have=have,
        base=base,
        bound=bound,
        margin=have - bound,
        is_met=have >= bound,
    )


def quorum_condition(quorum: Share | None, present: int, entitled: int) -> Condition:
    """Return the condition of the quorum. Without one in the rule, at least one member has to take part."""
    if quorum is None:
        return at_least("participation", present, entitled, 1)
    return at_least("quorum", present, entitled, max(1, quorum.least_of(entitled)))


def at_most(code: ConditionCode, have: int, base: int, bound: int) -> Condition:
    """Return a condition that is met when at most bound of base are there."""
    return Condition(
        code=code,
        constituency=None,
        have=have,
        base=base,
        bound=bound,
        margin=bound - have,
        is_met=have <= bound,
    )


def member_faults(member: str | None, code: str, electorate: Electorate) -> list[Fault]:
    """Return the fault that a member to whom a rule gives a part isn't entitled to vote; nothing if it is."""
    if member is None or member in electorate:
        return []
    return [Fault(code, f"Member {member} isn't entitled to vote in this round, so its vote can break no tie.")]


def in_order(counts: Counter[str]) -> tuple[Uncounted, ...]:
    """Return uncounted ballots by reason, ascending by code, leaving out what didn't happen."""
    return tuple(Uncounted(code=code, count=count) for code, count in sorted(counts.items()) if count)


def known_constituencies(electorate: Electorate) -> frozenset[str]:
    """Return every constituency that has a member in this electorate."""
    return frozenset(name for names in electorate.values() for name in names)


def is_unique(items: Collection[str]) -> bool:
    """Whether no item stands twice."""
    return len(set(items)) == len(items)
