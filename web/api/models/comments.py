"""Comments on a proposal, in threads."""

from typing import Annotated, Self

from pydantic import Field

from web import forms
from web.api.models.basis import Answer, Count, Hex, MemberName, Moment, Page, Text, moment
from web.api.models.sent import SAYS_SOMETHING, Sent
from web.discussion_port import CommentView, ThreadView


class Comment(Answer):
    """A comment and where it stands in its thread."""

    id: Hex
    """Its id."""
    member: MemberName
    """Id of the member that made it."""
    said: Moment
    """When the member signed it."""
    text: Text
    """What it says."""
    level: Count
    """0 for the comment that begins a thread, one more for each step below it."""
    reply_to: Hex | None
    """Id of the comment that it answers, or null."""

    @classmethod
    def of(cls, view: CommentView) -> Self:
        """Return a comment."""
        return cls(
            id=view.id,
            member=view.member,
            said=moment(view.time),
            text=Text.of(view.text),
            level=view.level,
            reply_to=view.reply_to,
        )


class Thread(Answer):
    """A thread, or the beginning of it; all its replies stand under the comment that begins it."""

    first: Comment
    """The comment that begins it."""
    replies: tuple[Comment, ...]
    """Replies from the top: each below what it answers, the oldest first."""
    total: Count
    """How many replies there are in all."""

    @classmethod
    def of(cls, view: ThreadView) -> Self:
        """Return a thread."""
        return cls(first=Comment.of(view.first), replies=tuple(map(Comment.of, view.replies)), total=view.total)


class ThreadsPage(Page):
    """Threads about a proposal, the newest first. Parts follow one another by their number: new threads move them."""

    total: Count
    """How many comments there are in all."""
    items: tuple[Thread, ...]
    """The threads of this part, ten at most."""


class RepliesPage(Page):
    """One thread. Parts follow one another by their number."""

    items: tuple[Thread, ...]
    """The thread with the replies of this part, a hundred at most."""


class NewComment(Sent):
    """A comment to sign and store for your member."""

    lang: forms.LanguageTag
    """Language of the comment."""
    body: Annotated[forms.CommentBody, Field(json_schema_extra=SAYS_SOMETHING)]
    """Plain text; blank lines part paragraphs."""
    reply_to: Hex | None = None
    """Id of the comment that it answers, or null to begin a thread."""
