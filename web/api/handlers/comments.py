"""Comments on a proposal: threads, one thread, and a comment of one's own."""

from typing import Final

from web.api.endpoint import ROOT, WRITING, Call, reading, writing
from web.api.forms import checked
from web.api.handlers.proposals import ANY_WRITING, SECTION
from web.api.models.asked import CommentsAsked, OfProposal, ThreadAsked
from web.api.models.comments import NewComment, RepliesPage, Thread, ThreadsPage
from web.api.models.sent import Signed
from web.api.paging import number_after, number_in
from web.api.problems import Problem
from web.discussion_port import CommentInput
from web.forms import CommentForm
from web.marking import N_


async def list_comments(call: Call, asked: CommentsAsked) -> ThreadsPage:
    """Return one part of the threads about a proposal."""
    number = number_in("comments", asked)
    if await call.backend.discussion.proposal_text(asked.proposal) is None:
        raise Problem("not-found")
    found = await call.backend.discussion.comments(asked.proposal, number)
    items = tuple(map(Thread.of, found.threads)) if found.page == number else ()
    return ThreadsPage(next=number_after("comments", asked, number, found.pages), total=found.total, items=items)


async def get_thread(call: Call, asked: ThreadAsked) -> RepliesPage:
    """Return one part of the thread that a comment stands in."""
    number = number_in("thread", asked)
    found = await call.backend.discussion.thread(asked.comment, number)
    if found is None or found.thread.first.subject != asked.proposal:
        raise Problem("not-found")
    items = (Thread.of(found.thread),) if found.page == number else ()
    return RepliesPage(next=number_after("thread", asked, number, found.pages), items=items)


async def say_comment(call: Call, asked: OfProposal, sent: NewComment) -> Signed:
    """Sign a comment."""
    form = checked(CommentForm, sent.model_dump(include={"lang", "body"}))
    said = CommentInput(sent.reply_to, form.lang, form.body)
    event = await call.backend.discussion.say(call.account, asked.proposal, said)
    return Signed(event=event, url=f"{ROOT}/proposals/{asked.proposal}/comments/{event}")


ENDPOINTS: Final = (
    reading(
        "/proposals/{proposal}/comments",
        N_("Comments on a proposal, in threads, the newest first"),
        SECTION,
        CommentsAsked,
        ThreadsPage,
        list_comments,
    ),
    reading(
        "/proposals/{proposal}/comments/{comment}",
        N_("The thread that a comment stands in"),
        SECTION,
        ThreadAsked,
        RepliesPage,
        get_thread,
    ),
    writing(
        "/proposals/{proposal}/comments",
        N_("Comment on a proposal, or answer a comment"),
        SECTION,
        OfProposal,
        NewComment,
        Signed,
        say_comment,
        scope="comment",
        points=WRITING,
        status=201,
        refusals=(*ANY_WRITING, "unknown-proposal", "unknown-comment", "too-many-comments", "text-too-long"),
    ),
)
