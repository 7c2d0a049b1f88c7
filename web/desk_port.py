"""What the secretariat's desk needs of a node besides web.ports.Backend: queues, topics, rounds, the agenda.

Queries read what is open, not all that is stored. Every command checks the account again, returns after its event has
been committed to disk, and raises Refused. All ids are hex strings, all times milliseconds since 1970 UTC.
"""

from collections.abc import Sequence
from typing import Literal, Protocol

from protocol.events.consultation import Track
from protocol.events.rounds import ProcedureName
from web.desk_views import (
    ApprovalView,
    Drafts,
    DueAgenda,
    Ledger,
    Monitor,
    PendingView,
    ReminderNotice,
    RoundPlan,
    Running,
    ScreeningQueue,
    Signed,
    SubjectChoice,
    TopicDetail,
    TopicLine,
)
from web.ports import Account, RoundInput, TopicInput


class Queues(Protocol):
    """What waits for the office or for sponsors."""

    async def screening(self) -> ScreeningQueue:
        """Return what waits for screening."""
        ...

    async def objections(
        self, *, with_settled: bool, track: Track | None = None, state: str = "", page: int = 1
    ) -> Ledger:
        """Return a page of the objections to proposals that are under way, or to all; the nearest page there is."""
        ...


class Curation(Protocol):
    """Topics, changed by the secretariat.

    A split and a merger are two events each. Where a node stopped between them, asking for the same again signs only
    what is missing, and so does finish().
    """

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

    async def finish(self, account: Account, topic: str, other: str) -> None:
        """Sign the second event of a split or merger of two topics. Refused: `not-half-done` if nothing is missing."""
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
