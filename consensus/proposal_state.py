"""What a proposal's life comes to, as values: its stage, versions, amendments, ledger, calls and history."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from consensus.lifecycle import Condition, Stage
from protocol.envelope import Verified
from protocol.events.consultation import TextRef
from protocol.events.deliberation import (
    Amendment,
    ObjectionAnswer,
)
from protocol.ids import EventId, MemberId
from protocol.policy import Support, TrackPolicy

Void = Condition | Literal["stage", "who", "round", "amending"]
"""Why an act has no effect: its condition, the stage, whose it is, a round that had none, a vote on an amendment."""


@dataclass(frozen=True)
class Setting:
    """What the fold goes by besides the happenings: policy, members by constituency, who is the office."""

    policy: TrackPolicy
    members: Mapping[MemberId, tuple[str, ...]]
    secretariat: frozenset[MemberId]

    @cached_property
    def constituencies(self) -> frozenset[str]:
        """All constituencies that members belong to."""
        return self.constituencies_of(self.members)

    def constituencies_of(self, members: Iterable[MemberId]) -> frozenset[str]:
        """Return the constituencies that these members belong to."""
        return frozenset(name for member in members for name in self.members.get(member, ()))

    def needed(self, asked: Support) -> tuple[int, int]:
        """Return how many members and how many constituencies have to stand behind something."""
        members = asked.members.least_of(len(self.members))
        return members, min(asked.constituencies, len(self.constituencies))

    def is_supported(self, supporters: Iterable[MemberId], asked: Support) -> bool:
        """Whether enough members out of enough constituencies stand behind something."""
        those = self.members.keys() & supporters
        members, constituencies = self.needed(asked)
        return len(those) >= members and len(self.constituencies_of(those)) >= constituencies

    def is_ready(self, amendment: "AmendmentState", state: "Consultation") -> bool:
        """Whether an amendment may go to a vote of its own."""
        is_open = amendment.outcome in ("open", "declined") and amendment.body.base == state.text.text.sha256
        return is_open and self.is_supported(amendment.backers, self.policy.amendment)


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the text, since when it holds, and what brought it."""

    text: TextRef
    minutes: int
    since: int
    event: str


@dataclass(frozen=True, slots=True)
class AmendmentState:
    """An amendment: who asked for it, who stands behind it, and what became of it."""

    id: EventId
    member: MemberId
    body: Amendment
    time: int
    backers: frozenset[MemberId]
    """Its author included."""
    outcome: Literal["open", "accepted", "declined", "in-ballot", "adopted", "rejected"] = "open"
    reasons: TextRef | None = None
    """Of the sponsor, where it declined."""


@dataclass(frozen=True, slots=True)
class Objection:
    """An entry of the objection ledger."""

    id: EventId
    member: MemberId
    reasons: TextRef
    time: int
    answer: ObjectionAnswer | None = None
    is_standing: bool = True
    """Until its member takes another position."""


@dataclass(frozen=True, slots=True)
class Call:
    """A round of consultation."""

    number: int
    since: int
    until: int
    question: TextRef | None


@dataclass(frozen=True, slots=True)
class Joining:
    """The sponsor of a proposal joined it to a consolidated text, or took it out again."""

    at: int
    proposal: EventId
    into: EventId
    member: MemberId
    joins: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened, the stage that it led to, and why it had no effect if it had none."""

    at: int
    act: str
    by: MemberId | None
    event: str
    stage: Stage
    void: Void | None


@dataclass(frozen=True, slots=True)
class Deadline:
    """What happens by itself, and when."""

    at: int
    act: Literal["lapse", "review-due", "sunset"]
    stage: Stage
    """The stage that it leads to."""


@dataclass(frozen=True, slots=True)
class Consultation:
    """A proposal's state."""

    stage: Stage
    sponsor: MemberId
    versions: tuple[Version, ...]
    """Oldest first; the last is the text in force."""
    endorsed_by: tuple[MemberId, ...] = ()
    """Ascending, without the sponsor."""
    positions: Mapping[MemberId, Verified] = field(default_factory=dict)
    """Each member's latest."""
    objections: tuple[Objection, ...] = ()
    amendments: tuple[AmendmentState, ...] = ()
    calls: tuple[Call, ...] = ()
    admitted: int | None = None
    notice_until: int | None = None
    """No round decides before; None until admission."""
    link: tuple[Literal["merged", "duplicate", "superseded"], EventId] | None = None
    """The proposal that this one went into, repeats or gave way to."""
    reasons: TextRef | None = None
    """Of the last screening, withdrawal or putting off."""
    deadline: Deadline | None = None
    joinings: tuple[Joining, ...] = ()
    """Of this proposal into others."""
    history: tuple[Step, ...] = ()

    @property
    def text(self) -> Version:
        """The version in force."""
        return self.versions[-1]
