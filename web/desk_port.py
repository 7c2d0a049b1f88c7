"""What the secretariat's desk needs of a node besides web.ports.Backend: queues, topics, rounds, the agenda.

Queries read what is open, not all that is stored. Every command checks the account again, returns after its event has
been committed to disk, and raises Refused. All ids are hex strings, all times milliseconds since 1970 UTC.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from protocol.events.consultation import Track
from protocol.events.rounds import ProcedureName, RoundSpec
from web.ports import (
    Account,
    ObjectionView,
    OptionView,
    OtherView,
    ProposalSummary,
    RoundInput,
    RoundLink,
    RoundView,
    TextView,
    TopicInput,
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
    """Objections to proposals, those that need a reply first, then the latest."""

    entries: tuple[LedgerEntry, ...]
    is_cut: bool
    """Whether there are more proposals with positions than are looked at."""


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


class Queues(Protocol):
    """What waits for the office or for sponsors."""

    async def screening(self) -> ScreeningQueue:
        """Return what waits for screening."""
        ...

    async def objections(self, *, with_settled: bool) -> Ledger:
        """Return the objections to proposals that are under way, or to all."""
        ...


class Curation(Protocol):
    """Topics, changed by the secretariat."""

    async def lines(self) -> tuple[TopicLine, ...]:
        """Return the topics in force, newest first."""
        ...

    async def one(self, topic: str) -> TopicDetail | None:
        """Return a topic, one that has ended too, or None."""
        ...

    async def change(self, account: Account, topic: str, wanted: TopicInput) -> None:
        """Change what a topic is called, says and holds. Refused with code `topic-in-round` and others."""
        ...

    async def split(self, account: Account, topic: str, kept: TopicInput, other: TopicInput) -> str:
        """Leave some proposals in a topic and make another one of the rest; return the new one's id."""
        ...

    async def merge(self, account: Account, topic: str, gone: str, wanted: TopicInput) -> None:
        """Put two topics into the first, and end the second."""
        ...

    async def end(self, account: Account, topic: str) -> None:
        """Give a topic up."""
        ...


class RoundDesk(Protocol):
    """Rounds, before they open and while they run."""

    async def running(self) -> Running:
        """Return the rounds that are under way."""
        ...

    async def subjects(self, track: Track, procedure: ProcedureName) -> tuple[SubjectChoice, ...]:
        """Return what could stand in such a round: what may first, then what may not, with the reason."""
        ...

    async def plan(self, wanted: RoundInput) -> RoundPlan:
        """Return a round as it would be signed now. Raises Refused with the reason if there can't be one."""
        ...

    async def monitor(self, round_id: str) -> Monitor | None:
        """Return a round from the office's side, or None."""
        ...

    async def remind(self, account: Account, round_id: str) -> int:
        """Remind the members that haven't voted; return how many. Refused with `reminders-used` or `nobody-absent`."""
        ...


class AgendaDesk(Protocol):
    """The next agenda."""

    async def due(self, order: Sequence[str] | None) -> DueAgenda:
        """Return what the next agenda would hold, in an order or in that of adoption.

        Refused with code `no-outcomes`, `nothing-new`, or `order-impossible` and the reason.
        """
        ...


class Requests(Protocol):
    """What the secretariat prepares, signs, or leaves to a second person to sign."""

    async def draft(self, account: Account, name: str) -> Drafts:
        """Return what an account has typed into a form of several steps; empty if nothing."""
        ...

    async def keep_draft(self, account: Account, name: str, fields: Drafts) -> None:
        """Keep what an account has typed; an empty draft is forgotten."""
        ...

    async def ask_round(self, account: Account, wanted: RoundInput) -> Signed:
        """Sign a request to open a round, or have it wait for a second person."""
        ...

    async def ask_agenda(self, account: Account, order: Sequence[str] | None) -> Signed:
        """Sign a draft of the next agenda, or have it wait for a second person."""
        ...

    async def waiting(self, account: Account) -> tuple[ApprovalView, ...]:
        """Return what waits for a second person, the oldest first."""
        ...

    async def confirm(self, account: Account, request: str) -> Literal["round", "agenda"]:
        """Sign what another account asked for. Refused with code `own-request` or `request-gone`."""
        ...

    async def decline(self, account: Account, request: str) -> None:
        """Do away with what another account asked for, or take back what this one did."""
        ...

    async def pending(self) -> tuple[PendingView, ...]:
        """Return what was signed and isn't certified yet, the newest first."""
        ...


class Desk(Protocol):
    """A node, as the secretariat's desk sees it."""

    @property
    def needs_second_person(self) -> bool:
        """Whether a round or an agenda is signed only once a second account has confirmed it."""
        ...

    @property
    def queues(self) -> Queues:
        """What waits."""
        ...

    @property
    def topics(self) -> Curation:
        """Topics."""
        ...

    @property
    def rounds(self) -> RoundDesk:
        """Rounds."""
        ...

    @property
    def agenda(self) -> AgendaDesk:
        """The next agenda."""
        ...

    @property
    def requests(self) -> Requests:
        """What is prepared and signed."""
        ...

    async def reminders(self) -> tuple[ReminderNotice, ...]:
        """Return reminders to this node's member in rounds that are open and in which it hasn't voted."""
        ...
