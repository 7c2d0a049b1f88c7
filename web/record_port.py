"""What pages need to show what this node's member has done: the part of Backend under `record`."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from web.ports import BallotView, RoundView, Stance, TextView


@dataclass(frozen=True, slots=True)
class VoteView:
    """How the member voted in a certified round."""

    round: "RoundView"
    ballot: "BallotView | None"
    """Its last ballot, with its holder's content where a proxy counted; None if it cast none."""


@dataclass(frozen=True, slots=True)
class DeedView:
    """A proposal that the member made, endorsed, or took a position on."""

    kind: Literal["proposal", "endorsement", "position"]
    proposal: str
    text: "TextView"
    stage: str
    at: int
    stance: "Stance | None" = None


@dataclass(frozen=True, slots=True)
class MemberRecord:
    """What the member has done, newest first."""

    votes: tuple[VoteView, ...]
    deeds: tuple[DeedView, ...]

    def of_kind(self, kind: str) -> tuple[DeedView, ...]:
        """Return the proposals, the endorsements or the positions."""
        return tuple(deed for deed in self.deeds if deed.kind == kind)


class RecordPort(Protocol):
    """What this node's member has done."""

    async def read(self) -> MemberRecord:
        """Return the member's votes in certified rounds, its proposals, endorsements in force and latest positions."""
        ...
