"""The values that the secretariat's desk is answered with. Ids are hex strings, times milliseconds since 1970 UTC."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from protocol.events.consultation import Track
from protocol.events.rounds import RoundSpec
from web.ports import (
    ObjectionView,
    OptionView,
    OtherView,
    ProposalSummary,
    RoundInput,
    RoundLink,
    RoundView,
    TextView,
    TopicView,
)

SCREENED_LATELY_MS = 30 * 86_400_000
"""What counts as screened lately."""
REMINDERS_MAX = 3
"""Of a round; more would have no effect (protocol/SPEC.md, 2.61)."""

Signed = Literal["signed", "waiting"]
"""Whether something was signed, or waits for a second person."""
Drafts = Mapping[str, tuple[str, ...]]
"""What was typed into a form of several steps, by field."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A proposal that waits for screening."""

    proposal: ProposalSummary
    due: int
    """Until when this node's office means to have screened it."""
    has_urgency: bool
    """Whether it says why it can't wait."""
    returned: int
    """How often it has been returned to its sponsor before."""


@dataclass(frozen=True, slots=True)
class ScreeningQueue:
    """What waits for screening, the least time left first, and how many proposals were screened lately."""

    waiting: tuple[Waiting, ...]
    screened_lately: int


@dataclass(frozen=True, slots=True)
class TopicLine:
    """A topic in force and the round that keeps it from being changed, if there is one."""

    topic: TopicView
    locked_by: RoundLink | None
    is_half_done: bool = False
    """Whether a split or merger of it was begun and not finished."""


@dataclass(frozen=True, slots=True)
class HalfDone:
    """A split or merger of which only the first of two events was signed: proposals stand in both topics."""

    kind: Literal["split", "merge"]
    """split: the other topic took them out, and they are still in this one. merge: this one took in all of the other,
    which is still in force."""
    other: TopicView
    both: int
    """How many proposals stand in both."""


@dataclass(frozen=True, slots=True)
class TopicStepView:
    """One event about a topic, and why it had no effect if it had none."""

    at: int
    act: Literal["name", "change", "end"]
    by: str
    event: str
    void: str | None
    text: TextView | None
    """What the topic is called by it, for a name or a change."""
    proposals: int
    into: TextView | None
    """The name of the topic that it went into."""


@dataclass(frozen=True, slots=True)
class AskedView:
    """A sponsor who is asked to join a consolidated text, and what it said."""

    proposal: OtherView
    answer: Literal["joined", "out", "asked"]


@dataclass(frozen=True, slots=True)
class ConsolidationView:
    """A text that would consolidate proposals, with what each sponsor said."""

    text: OtherView
    asked: tuple[AskedView, ...]


@dataclass(frozen=True, slots=True)
class TopicDetail:
    """A topic with its proposals, its history and what may be done with it."""

    topic: TopicView
    has_ended: bool
    locked_by: RoundLink | None
    locked_until: int | None
    proposals: tuple[ProposalSummary, ...]
    steps: tuple[TopicStepView, ...]
    """Oldest first."""
    split_off: tuple[TopicView, ...]
    """Topics that were taken out of this one."""
    consolidations: tuple[ConsolidationView, ...]
    half_done: tuple[HalfDone, ...] = ()


@dataclass(frozen=True, slots=True)
class SubjectChoice:
    """Something that a round could ask about, or why it may not stand in one now."""

    id: str
    kind: Literal["proposal", "topic", "amendment"]
    text: TextView
    member: str
    minutes: int
    stage: str
    blocked: Literal["", "stage", "notice", "consent", "amending", "text"]
    """Nothing if it may; else its stage, its notice, a call for consent that comes first, an amendment being voted on,
    or a text that isn't here."""
    until: int | None = None
    """When its notice is over, where that is the reason."""


@dataclass(frozen=True, slots=True)
class TellerHeard:
    """A teller and when its node was last heard of; None for never."""

    member: str
    last_heard: int | None


@dataclass(frozen=True, slots=True)
class RoundPlan:
    """A round as it would be signed now."""

    spec: RoundSpec
    options: tuple[OptionView, ...]
    earliest_close: int
    """By the charter."""
    tellers: tuple[TellerHeard, ...]
    tellers_needed: int
    """So many have to take part for the round to close."""


@dataclass(frozen=True, slots=True)
class ApprovalView:
    """What waits for a second person of the secretariat."""

    id: str
    kind: Literal["round", "agenda"]
    asked_by: str
    """The account's name."""
    is_mine: bool
    asked: int
    expires: int
    round: RoundInput | None
    """As it was asked for; it opens when it is confirmed."""
    titles: tuple[TextView, ...]
    """What the round asks about, or the items of the agenda in order."""


@dataclass(frozen=True, slots=True)
class PendingView:
    """Something that was signed and that the tellers haven't certified yet."""

    id: str
    kind: Literal["round", "agenda"]
    number: int
    """The round's number or the agenda's version."""
    time: int


@dataclass(frozen=True, slots=True)
class Running:
    """The rounds that have no certified outcome yet, the first to close first, and how many have one."""

    rounds: tuple[RoundView, ...]
    decided: int


@dataclass(frozen=True, slots=True)
class SentReminder:
    """A reminder that was sent in a round."""

    time: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TellerProgress:
    """How far one teller is with a round."""

    member: str
    receipted: int
    """Ballots that its receipts list."""
    sealed: int | None
    """Ballots that its seal lists, or None without one."""
    has_certified: bool
    last_heard: int | None


@dataclass(frozen=True, slots=True)
class Monitor:
    """A round from the office's side."""

    first_ballots: tuple[tuple[str, int], ...]
    """Each member that has voted and when its first ballot came here, the earliest first."""
    heard: Mapping[str, int]
    """Member: when its node was last heard of; nothing of those never heard of."""
    reminders: tuple[SentReminder, ...]
    tellers: tuple[TellerProgress, ...]


@dataclass(frozen=True, slots=True)
class ReminderNotice:
    """A reminder to this node's member, which hasn't voted yet."""

    round: str
    number: int
    time: int
    closes: int


ObjectionState = Literal["waiting", "due", "addressed", "accommodated", "dismissed", "lifted"]
"""Waiting for a reply; due, because a round may decide now; answered in one of three ways; lifted by its member."""


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """An objection with the proposal that it is to."""

    proposal: OtherView
    track: Track
    objection: ObjectionView
    state: ObjectionState
    due: int | None
    """When a round may decide at the earliest; None before admission and once the objection is answered."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """A page of objections to proposals, those that need a reply first, then the latest."""

    entries: tuple[LedgerEntry, ...]
    counts: Mapping[ObjectionState, int]
    """How many there are in each state, whichever state was asked for."""
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class DueItem:
    """An item of the next agenda."""

    number: str
    subject: str
    text: TextView
    track: Track
    minutes: int
    round: str
    round_number: int
    before: str
    """Its number in the agenda in force, or nothing for a new one."""


@dataclass(frozen=True, slots=True)
class DroppedItem:
    """An item of the agenda in force that the next one doesn't hold, and why."""

    number: str
    text: TextView
    why: Literal["not-adopted", "unratified", "sunset"]
    round_number: int | None
    """Of the round that did not adopt it."""


@dataclass(frozen=True, slots=True)
class DueAgenda:
    """What the next version would hold."""

    version: int
    height: int
    items: tuple[DueItem, ...]
    dropped: tuple[DroppedItem, ...]
    in_force: int | None
    is_in_default_order: bool
