"""How a federation decides: the settings that its charter lays down for each track.

Fractions are exact. What the settings do to a proposal is decided by consensus/lifecycle.py.
"""

from typing import Annotated, Self

from pydantic import Field, JsonValue, model_validator

from protocol import limits
from protocol.events.consultation import Minutes
from protocol.events.rounds import ProcedureName
from protocol.model import Frozen, Milliseconds, Positive

_PART_MAX = 1_000_000


class Portion(Frozen):
    """An exact fraction from nothing to the whole."""

    numerator: Annotated[int, Field(ge=0, le=_PART_MAX)]
    denominator: Annotated[int, Field(ge=1, le=_PART_MAX)]

    @model_validator(mode="after")
    def _at_most_the_whole(self) -> Self:
        if self.numerator > self.denominator:
            raise ValueError(f"{self.numerator}/{self.denominator} is more than the whole")
        return self

    def least_of(self, whole: int) -> int:
        """Return the least count that reaches this portion of a whole."""
        return -(-self.numerator * whole // self.denominator)


class Procedure(Frozen):
    """One kind of round: the settings of its decision rule as data, and how long members have to vote at least."""

    rule: dict[str, JsonValue]
    voting_ms: Positive
    proxies_per_holder: Annotated[int, Field(ge=0, le=limits.PROXIES_PER_HOLDER_MAX)]
    """For how many other members one member may vote at most."""


class Support(Frozen):
    """How many members have to stand behind something: a portion of all, out of so many constituencies.

    A federation with fewer constituencies asks for all that it has.
    """

    members: Portion
    constituencies: Annotated[int, Field(ge=0, le=1_000)]


class TrackPolicy(Frozen):
    """How one track takes a proposal from submission to its end. Durations of 0 mean that there is none."""

    screening: bool
    """Whether the secretariat screens a proposal before it can be admitted."""
    endorsement: Support
    """What admits a proposal; its sponsor counts."""
    endorsing_ms: Milliseconds
    """After so long without admission a proposal lapses."""
    notice_ms: Milliseconds
    """From admission until a round may decide, unless members waive it."""
    amendment: Support
    """What brings an amendment to a ballot of its own against the sponsor's will."""
    review_ms: Milliseconds
    """From adoption until it is reviewed."""
    sunset_ms: Milliseconds
    """From the day on which its review is due until it ends unless it has been confirmed."""
    ratification: bool
    """Whether what is adopted lapses at the next long-term prioritisation that closes unless it has been ratified."""
    capacity_minutes: Minutes
    """Of one agenda."""
    procedures: Annotated[dict[ProcedureName, Procedure], Field(min_length=1)]
    """The kinds of rounds that may be opened on this track."""
