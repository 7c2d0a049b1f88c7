"""What pages need of a node to show what people say about texts: comments, translations, and an item's whole story.

A part of the Backend port with the same promises: queries answer from the local store, commands return once their
event is on disk, and raise Refused. No query here costs more for a proposal with many comments than for one with few,
beyond finding a place in an index.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from web.editions_port import WhyLeft
from web.ports import Account, ProposalSummary, RoundLink, TextView, TopicView, VersionView


@dataclass(frozen=True, slots=True)
class CommentView:
    """A comment and where it stands in its thread."""

    id: str
    subject: str
    """The proposal."""
    member: str
    time: int
    text: TextView
    level: int
    """0 for the comment that begins a thread."""
    thread: str
    """The comment that begins its thread."""
    reply_to: str | None
    """The comment that it answers. If level is 0 nevertheless, that one is not here or does not count."""


@dataclass(frozen=True, slots=True)
class ThreadView:
    """A thread, or the beginning of it."""

    first: CommentView
    replies: tuple[CommentView, ...]
    """From the top: each below what it answers, the oldest first."""
    total: int
    """How many replies there are in all."""


@dataclass(frozen=True, slots=True)
class CommentPage:
    """One page of the threads about a proposal, the newest first."""

    total: int
    """How many comments there are in all."""
    threads: tuple[ThreadView, ...]
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class ThreadPage:
    """One page of a thread's replies."""

    thread: ThreadView
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class CommentInput:
    """A comment as somebody typed it."""

    reply_to: str | None
    lang: str
    body: str


@dataclass(frozen=True, slots=True)
class TranslationMark:
    """That a member has translated a text: into which language and when. text is the translation's hash."""

    of: str
    lang: str
    member: str
    time: int
    text: str


@dataclass(frozen=True, slots=True)
class TranslationView:
    """A translation of a text. It is for reading: the original is what counts."""

    mark: TranslationMark
    original_lang: str
    text: TextView


About = Literal["proposal", "topic", ""]


@dataclass(frozen=True, slots=True)
class TextPlace:
    """Where a text stands: in which event, about which proposal or topic, and whether it is the version in force."""

    event: str
    member: str
    """Whose event it is."""
    kind: str
    """The kind of the event."""
    about: About
    subject: str
    """The proposal or topic; nothing if it is about neither."""
    is_current: bool
    """False if it is a version of a proposal or topic and another one is in force."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A text with its translations. Nothing is translated if its text is erased."""

    original: TextView
    place: TextPlace
    marks: tuple[TranslationMark, ...]
    """By language, the preferred one of each language first."""
    chosen: TranslationView | None
    """The one in the language that was asked for, if there is one."""
    of: TextView | None
    """If the text is a translation itself: what it translates."""


@dataclass(frozen=True, slots=True)
class TranslationInput:
    """A translation as somebody typed it; parts that the original doesn't have stay empty."""

    lang: str
    title: str
    body: str
    urgency: str


@dataclass(frozen=True, slots=True)
class TopicStory:
    """A topic with everything that happened to it."""

    topic: TopicView
    versions: tuple[VersionView, ...]
    """Oldest first; the last is in force."""
    rounds: tuple[RoundLink, ...]


Why = WhyLeft


@dataclass(frozen=True, slots=True)
class ItemView:
    """An agenda's item in one or both of two versions."""

    subject: str
    subject_kind: Literal["proposal", "topic"]
    text: TextView
    before: str
    """Its number in the earlier version, nothing if it wasn't there."""
    after: str
    """Its number in the later version, nothing if it isn't there."""
    why: Why = "unknown"
    """Of one that was dropped: why."""
    round: str = ""
    """The round that it was dropped by, or that adopted it; nothing if time alone did."""
    into: str = ""
    """Of one that was dropped: the number of the item that all its proposals stand in now."""
    was: TextView | None = None
    """Of one that stands in both versions with another text: the text of the earlier."""


@dataclass(frozen=True, slots=True)
class AgendaChanges:
    """What became different from one published agenda to a later one."""

    earlier: int
    later: int
    published: int
    added: tuple[ItemView, ...]
    dropped: tuple[ItemView, ...]
    renumbered: tuple[ItemView, ...]
    decided_anew: tuple[ItemView, ...]
    unchanged: int


class Discussion(Protocol):
    """What people say about texts, as pages see it."""

    async def proposal_text(self, proposal: str) -> TextView | None:
        """Return the text of a proposal as lists show it, or None if the proposal isn't here."""
        ...

    async def comments(self, proposal: str, page: int) -> CommentPage:
        """Return one page of the threads about a proposal, of each thread the beginning."""
        ...

    async def thread(self, comment: str, page: int | None) -> ThreadPage | None:
        """Return a page of the thread that a comment stands in, by default the page on which it stands; or None."""
        ...

    async def comment(self, comment: str) -> CommentView | None:
        """Return a comment that counts, or None."""
        ...

    async def latest_comments(self, proposal: str, most: int) -> tuple[CommentView, ...]:
        """Return the newest comments on a proposal, the newest first."""
        ...

    async def comment_count(self, proposal: str) -> int:
        """Return how many comments on a proposal count."""
        ...

    async def comment_counts(self, proposals: Sequence[str]) -> Mapping[str, int]:
        """Return how many comments on each of several proposals count."""
        ...

    async def proposal_summaries(self, proposals: Sequence[str]) -> tuple[ProposalSummary, ...]:
        """Return those of the proposals that are here, in the given order."""
        ...

    async def say(self, account: Account, proposal: str, typed: CommentInput) -> str:
        """Sign and store a comment for the account's member; return its id.

        Refused with code `unknown-comment` if what it answers isn't here, `too-many-comments` at the limit.
        """
        ...

    async def reading(self, text: str, lang: str) -> Reading | None:
        """Return a text by its hash with its translations, the one into a language chosen; None if it is unknown."""
        ...

    async def readings(self, texts: Sequence[str], lang: str) -> Mapping[str, TranslationView]:
        """Return the preferred translations of several texts into a language, by the hashes of the originals."""
        ...

    async def translate(self, account: Account, text: str, typed: TranslationInput) -> str:
        """Sign and store a translation of a text for the account's member; return the translation's hash.

        Refused with code `unknown-text`, `text-missing`, `text-erased`, or `same-language`.
        """
        ...

    async def erase(self, account: Account, text: str, ground: str) -> None:
        """Erase a text: by a delegate of the member whose event brought it, or by the secretariat."""
        ...

    async def topic(self, topic: str) -> TopicStory | None:
        """Return a topic with its versions and rounds, or None."""
        ...

    async def agenda_changes(self, earlier: int, later: int) -> AgendaChanges | None:
        """Return what changed between two published agendas; None if one of them isn't here."""
        ...
