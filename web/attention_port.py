"""What waits for a member, and what ends when: the port behind "What needs you", digests and the calendar.

Every answer is of one moment and comes from the local store. Its cost grows with what is open, never with what is
stored. All ids are hex strings, all times milliseconds since 1970 UTC.
"""

from dataclasses import dataclass
from typing import Literal, Protocol

from web.ports import Account, RoundSummary, TextView

NeedKind = Literal[
    "vote", "voted", "call", "reconfirm", "consolidation", "amendment", "objection", "own", "reply", "talk"
]
"""vote: an open round without a ballot of the member. voted: one with it, that may still be changed or watched.
call: a round of consultation that touches the member's fields. reconfirm: a text that the member endorses has changed
or went into another. consolidation: a text that would take in a proposal of the member's waits for its answer.
amendment, objection: one to a proposal of the member's without an answer. own: a proposal of the member's under way,
with what it may do now. reply: an objection of the member's was answered. talk: others have commented on a proposal of
the member's, or answered its comments there, and it has said nothing since."""

URGENCY: tuple[NeedKind, ...] = (
    "vote", "objection", "amendment", "consolidation", "reconfirm", "call", "reply", "talk", "own", "voted",
)  # fmt: skip
"""The order in which pages and digests group them."""


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that waits for a member."""

    kind: NeedKind
    subject: str
    """The round, amendment, objection or proposal; (kind, subject) stays the same while the thing waits."""
    title: TextView
    """Of the round's first option or of the proposal, in its own language."""
    until: int | None
    """When it is too late, or None if it waits as long as it takes."""
    path: str
    """Where to do it, without a language's prefix."""
    since: int
    """When it began to wait."""
    member: str = ""
    """Whose amendment, objection, reply or proposal it is; nothing for rounds."""
    acts: tuple[str, ...] = ()
    """For `own`: what the member may do now (names of consensus/lifecycle.py)."""
    stage: str = ""
    """For what is about a proposal: its stage."""
    round: RoundSummary | None = None
    """For `vote` and `voted`."""
    received: int = 0
    """For `voted`: how many tellers have given a receipt for the latest ballot."""
    receipts_needed: int = 0
    may_change: bool = False
    """For `voted`: whether the ballot may still be replaced."""
    proposal: str = ""
    """For what is about a proposal: its id."""
    count: int = 0
    """For `talk`: how many comments there are; since is the time of the latest, member whose it is."""


DeadlineKind = Literal["round-opens", "round-closes", "call", "notice", "lapse", "review-due", "sunset", "objection"]
"""round-opens, round-closes: of a round. call: a round of consultation ends. notice: from then on a round may decide.
lapse: endorsing ends. review-due: what was adopted is due for review. sunset: it ends unless confirmed. objection: the
reply to an objection is due."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """Something that ends or begins at a time that is known now."""

    kind: DeadlineKind
    subject: str
    """A round or a proposal, or the objection whose reply is due."""
    title: TextView
    since: int
    at: int
    path: str
    """Where to read more, without a language's prefix."""
    number: int = 0
    """Of a round, or of a proposal's round of consultation."""
    round: RoundSummary | None = None
    """For a round's: the round."""


class Attention(Protocol):
    """What waits for a member, and what ends when."""

    async def needs(self, account: Account) -> tuple[Need, ...]:
        """Return what waits for an account's member: grouped in the order of URGENCY, the earliest end first."""
        ...

    async def deadlines(self) -> tuple[Deadline, ...]:
        """Return what ends or begins from now on, the earliest first; the federation's, the same for everybody."""
        ...
