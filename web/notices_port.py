"""Notices: what a delegate is told of, by e-mail and in a private feed, and when.

Every answer comes from the local store. Every command returns once it is on disk, and raises Refused with a code that
web/refusals.py words. Nothing is sent to an address before a link that was mailed to it has been followed. All ids are
hex strings, all times milliseconds since 1970 UTC.
"""

from dataclasses import dataclass, field
from typing import Final, Literal, Protocol

from web.attention_port import Need
from web.ports import Account, RoundSummary, TextView

NoticeKind = Literal[
    "round", "reminder", "call", "proposal", "objection", "position", "amendment", "objection-answer",
    "amendment-answer", "comment", "comment-reply", "office", "office-reminder", "agenda",
]  # fmt: skip
"""round: one was opened. reminder: one closes soon and the member has not voted. call: a round of consultation.
proposal: a new one. objection, position, amendment: by another member, to a proposal of this one's. objection-answer,
amendment-answer: to what this member said of another's. comment: on a proposal of this member's. comment-reply:
to a comment of this member's. office: the secretariat's word on a proposal of this member's. office-reminder: the
secretariat's to vote. agenda: one was published."""
Choice = Literal["round", "call", "proposal", "answer", "agenda"]
"""What an account ticks; reminders are chosen by how long before the close they come."""
Rhythm = Literal["once", "daily", "weekly"]

CHOICES: Final[tuple[Choice, ...]] = ("round", "call", "proposal", "answer", "agenda")
CHOICE_OF: Final[dict[NoticeKind, Choice | Literal["reminder"]]] = {
    "round": "round",
    "reminder": "reminder",
    "call": "call",
    "proposal": "proposal",
    "objection": "answer",
    "position": "answer",
    "amendment": "answer",
    "objection-answer": "answer",
    "amendment-answer": "answer",
    "comment": "answer",
    "comment-reply": "answer",
    "office": "answer",
    "office-reminder": "reminder",
    "agenda": "agenda",
}
HOUR_MS: Final = 3_600_000
LEADS_MS: Final = (0, 6 * HOUR_MS, 24 * HOUR_MS, 72 * HOUR_MS, 168 * HOUR_MS)
"""How long before a round closes a reminder may come; 0 for none."""
ADDRESS_CHARACTERS_MAX: Final = 254
FEED_NOTICES_MAX: Final = 50


@dataclass(frozen=True, slots=True)
class NoticeChoices:
    """What an account wants to be told of, how often, and in which language."""

    kinds: frozenset[Choice] = frozenset(CHOICES)
    goals: tuple[int, ...] = ()
    """Of proposals and rounds of consultation; none stands for all."""
    lead_ms: int = 24 * HOUR_MS
    rhythm: Rhythm = "once"
    hour: int = 8
    """Of the day in the zone, for daily and weekly."""
    weekday: int = 0
    """0 is Monday."""
    zone: str = "UTC"
    lang: str | None = None
    """None for the account's own."""


@dataclass(frozen=True, slots=True)
class NoticeSettings:
    """How notices reach an account."""

    choices: NoticeChoices
    can_mail: bool
    """Whether this node has a mail server."""
    address: str
    """Verified; nothing before."""
    pending: str
    """An address whose link has not been followed yet."""
    is_mailing: bool
    """False once somebody has unsubscribed."""
    feed: str
    """The token of the private feed's address, or nothing while none has been made."""
    problem: str
    """Why the last message did not arrive, in the mail server's words, or nothing."""


@dataclass(frozen=True, slots=True)
class NoticeView:
    """One notice, with what it is about as it stands now."""

    name: str
    """Unique for an account, the same for ever."""
    kind: NoticeKind
    subject: str
    """A round, a proposal, or an agenda's version."""
    at: int
    member: str = ""
    """Whose doing it is; nobody for rounds and agendas."""
    title: TextView | None = None
    """Of the proposal; None for rounds and agendas, or if it is not here."""
    round: RoundSummary | None = None
    until: int | None = None
    """When it is too late."""
    quote: TextView | None = None
    """What was said."""


@dataclass(frozen=True, slots=True)
class PersonalFeed:
    """An account's latest notices, newest first, and the language to show them in."""

    lang: str | None
    name: str
    notices: tuple[NoticeView, ...]


@dataclass(frozen=True, slots=True)
class Digest:
    """What one message tells: notices, and what waits for the member besides."""

    notices: tuple[NoticeView, ...]
    left_out: int
    """Further notices, beyond what one message lists."""
    needs: tuple[Need, ...] = ()


@dataclass(frozen=True, slots=True)
class FailedMail:
    """A message that was given up."""

    at: int
    account: str
    reason: str


@dataclass(frozen=True, slots=True)
class MailStatus:
    """What an operator looks at: whether mail goes out."""

    is_set_up: bool
    server: str
    """Host and port."""
    waiting: int
    sent_last_hour: int
    per_hour_max: int
    last_sent: int | None
    paused_until: int | None
    """Nothing is tried before, because the server could not be used."""
    last_error: str
    failed: tuple[FailedMail, ...] = field(default=())
    """The latest that were given up, newest first."""


class Notices(Protocol):
    """What accounts are told, and by which ways."""

    async def settings(self, account: Account) -> NoticeSettings:
        """Return how notices reach an account; the defaults if it has never chosen."""
        ...

    async def choose(self, account: Account, choices: NoticeChoices) -> None:
        """Keep what an account wants. Refused with code `unknown-zone`."""
        ...

    async def ask_address(self, account: Account, address: str) -> None:
        """Mail a one-time link to an address. Refused with code `no-mail`, `bad-address`, or `mail-too-often`."""
        ...

    async def pending_address(self, token: str) -> str | None:
        """Return the address that a mailed link is for, or None if it was used, has expired or is none."""
        ...

    async def confirm_address(self, token: str) -> str | None:
        """Use a mailed link: notices go to its address from now on. Return the address, or None."""
        ...

    async def forget_address(self, account: Account) -> None:
        """Take an account's address and what waits to be sent to it away."""
        ...

    async def resume(self, account: Account) -> None:
        """Send e-mail again after it was unsubscribed from."""
        ...

    async def is_subscribed(self, token: str) -> bool | None:
        """Return whether the account of an unsubscribing address gets e-mail, or None if there is none."""
        ...

    async def unsubscribe(self, token: str) -> bool:
        """Send no more e-mail to the account of an unsubscribing address; return whether there is one."""
        ...

    async def new_feed(self, account: Account) -> None:
        """Make the private feed's address, in place of the one before."""
        ...

    async def feed(self, token: str) -> PersonalFeed | None:
        """Return the feed of a token, or None."""
        ...

    async def mail_status(self) -> MailStatus:
        """Return whether mail goes out."""
        ...
