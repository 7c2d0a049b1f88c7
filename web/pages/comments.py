"""Comments on a proposal: threads page by page, one thread, the form for a comment or a reply, stream and feed."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from aiohttp import web as aioweb

from web.atom import Entry
from web.discussion_port import CommentInput, CommentPage, CommentView
from web.errors import ForbiddenError, NotFoundError
from web.followed import ENTRIES_MAX, Reader
from web.forms import CommentForm, Typed, blank, read
from web.i18n import TEXT_LANGUAGES
from web.live import live
from web.pages.asked import page_in
from web.pages.feeds import feed_answer, feed_reader
from web.pages.route import Route
from web.ports import Refused, TextView
from web.present import People, Tongue, title_of
from web.readings import reading_values
from web.respond import account_with, backend_of, form_fields, go, page, part, people_of, refusal, visit_of

_PROPOSAL: Final = "/proposals/{proposal:[0-9a-f]{64}}"
_EXCERPT_CHARACTERS: Final = 280


class Subject(NamedTuple):
    """The proposal that comments are about, with its text in force."""

    id: str
    text: TextView


async def listed(request: aioweb.Request) -> aioweb.Response:
    """Answer with one page of the threads about a proposal."""
    subject = await _subject(request)
    found = await backend_of(request).discussion.comments(subject.id, page_in(request))
    values = await _values(request, subject, shown_texts(found))
    return page(request, "comments.html", {**values, "found": found})


async def thread(request: aioweb.Request) -> aioweb.Response:
    """Answer with the thread that a comment stands in: the page of it that is asked for, or that the comment is on."""
    subject = await _subject(request)
    number = page_in(request) if "page" in request.query else None
    found = await backend_of(request).discussion.thread(request.match_info["comment"], number)
    if found is None or found.thread.first.subject != subject.id:
        raise NotFoundError
    texts = [each.text.hash for each in (found.thread.first, *found.thread.replies)]
    values = {**await _values(request, subject, texts), "found": found, "comment": request.match_info["comment"]}
    return page(request, "comment_thread.html", values)


async def form(request: aioweb.Request) -> aioweb.Response:
    """Answer with the form for a comment, with what it answers on top."""
    subject, above = await _answered(request)
    return page(request, "comment_new.html", await _form_values(request, subject, above, blank()))


async def say(request: aioweb.Request) -> aioweb.StreamResponse:
    """Sign a comment and lead to it."""
    subject, above = await _answered(request)
    account = account_with(request, "delegate")
    typed = read(CommentForm, await form_fields(request))
    values = await _form_values(request, subject, above, typed)
    if typed.form is None:
        return page(request, "comment_new.html", values, status=422)
    said = CommentInput(None if above is None else above.id, typed.form.lang, typed.form.body)
    try:
        comment = await backend_of(request).discussion.say(account, subject.id, said)
    except Refused as refused:
        return refusal(request, refused, "comment_new.html", values)
    return go(request, f"/proposals/{subject.id}/comments/{comment}#c-{comment}")


async def events(request: aioweb.Request) -> aioweb.StreamResponse:
    """Stream how many comments there are beside those that a page shows."""
    visit_of(request).is_fragment = True
    proposal = (await _subject(request)).id
    asked = request.query.get("seen", "0")
    seen = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 12 else 0

    async def fresh() -> str:
        count = await backend_of(request).discussion.comment_count(proposal)
        return part(request, "comments_live.html", {"fresh": max(0, count - seen), "subject": proposal})

    return await live(request, lambda change: change.kind == "comment" and proposal in change.ids, fresh)


async def feed(request: aioweb.Request) -> aioweb.Response:
    """Answer with the newest comments on a proposal as a feed."""
    subject, reader = await _subject(request), feed_reader(request)
    id_ = subject.id
    people = await people_of(request)
    found = await backend_of(request).discussion.latest_comments(id_, ENTRIES_MAX)
    title = f"{reader.language.gettext('Comments')}: {title_of(subject.text, reader.language).text}"
    entries = [comment_entry(reader, people, comment) for comment in found]
    return feed_answer(request, f"comments-{id_}", title, f"/proposals/{id_}", entries, f"/proposals/{id_}/comments")


def comment_entry(reader: Reader, people: People, comment: CommentView) -> Entry:
    """Return a comment with its member and its first words."""
    language = reader.language
    words = language.gettext("Comment by %(member)s") % {"member": people.text_of(comment.member)}
    return Entry(
        id=reader.urn("comment", comment.id),
        title=reader.own(words),
        updated=comment.time,
        url=f"{reader.root}/proposals/{comment.subject}/comments/{comment.id}#c-{comment.id}",
        summary=_excerpt(comment.text, reader),
        author=people.name(comment.member),
    )


def _excerpt(text: TextView, reader: Reader) -> Tongue:
    if text.state != "held":
        return title_of(text, reader.language)
    words = " ".join(text.body.split())
    return Tongue(words if len(words) <= _EXCERPT_CHARACTERS else f"{words[:_EXCERPT_CHARACTERS]}…", text.lang)


def shown_texts(found: CommentPage) -> list[str]:
    """Return the hashes of the texts on a page of threads."""
    return [each.text.hash for thread in found.threads for each in (thread.first, *thread.replies)]


async def _subject(request: aioweb.Request) -> Subject:
    id_ = request.match_info["proposal"]
    text = await backend_of(request).discussion.proposal_text(id_)
    if text is None:
        raise NotFoundError
    return Subject(id_, text)


async def _answered(request: aioweb.Request) -> tuple[Subject, CommentView | None]:
    """Return what a comment is about and what it answers. Raises NotFoundError or ForbiddenError."""
    account_with(request, "delegate")
    subject = await _subject(request)
    wanted = request.query.get("reply", "")
    if not wanted:
        return subject, None
    above = await backend_of(request).discussion.comment(wanted[:64])
    if above is None:
        raise NotFoundError
    if above.subject != subject.id:
        raise ForbiddenError
    return subject, above


async def _values(request: aioweb.Request, subject: Subject, texts: Sequence[str]) -> dict[str, object]:
    return {
        **await reading_values(request, [subject.text.hash, *texts]),
        "people": await people_of(request),
        "subject": subject,
    }


async def _form_values(
    request: aioweb.Request, subject: Subject, above: CommentView | None, typed: Typed[Any]
) -> Mapping[str, object]:
    values = await _values(request, subject, [] if above is None else [above.text.hash])
    return {**values, "above": above, "typed": typed, "text_languages": TEXT_LANGUAGES}


ROUTES: Final = (
    Route("GET", f"{_PROPOSAL}/comments", listed),
    Route("GET", f"{_PROPOSAL}/comments.atom", feed),
    Route("GET", f"{_PROPOSAL}/comments/events", events),
    Route("GET", f"{_PROPOSAL}/comments/new", form),
    Route("POST", f"{_PROPOSAL}/comments/new", say),
    Route("GET", f"{_PROPOSAL}/comments/{{comment:[0-9a-f]{{64}}}}", thread),
)
