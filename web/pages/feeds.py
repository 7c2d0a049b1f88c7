"""What can be followed without an account: feeds in Atom, a calendar, and the page that says where they are."""

import hashlib
from typing import Final

from aiohttp import web as aioweb

from web import keys
from web.atom import Entry, atom_bytes
from web.deadline_words import deadline_event
from web.editions.calendar_form import publication_event
from web.errors import NotFoundError
from web.followed import (
    ENTRIES_MAX,
    EVENTS_MAX,
    Reader,
    agenda_entry,
    feed_of,
    notice_entry,
    proposal_entry,
    round_entry,
    round_event,
)
from web.i18n import Language
from web.icalendar_text import Event, calendar_bytes
from web.notice_words import Reader as TellsIn
from web.pages.route import Route
from web.ports import ProposalFilter
from web.present import People
from web.respond import backend_of, page, people_of, visit_of

_ATOM: Final = "application/atom+xml"
_CALENDAR: Final = "text/calendar"


async def listed(request: aioweb.Request) -> aioweb.Response:
    """Answer with the feeds and the calendar in words."""
    values = {"root": feed_reader(request).root, "entries_max": ENTRIES_MAX}
    return page(request, "feeds.html", values)


async def agendas(request: aioweb.Request) -> aioweb.Response:
    """Answer with the published agendas as a feed."""
    backend, reader = backend_of(request), feed_reader(request)
    in_force = await backend.agenda()
    numbers = sorted({*in_force.versions, in_force.version}, reverse=True)[:ENTRIES_MAX] if in_force else []
    found = [await backend.agenda(number) for number in numbers]
    entries = [
        agenda_entry(reader, agenda, await backend.editions.left(agenda.version))
        for agenda in found
        if agenda is not None
    ]
    return feed_answer(request, "agenda", reader.language.gettext("Agendas"), "/", entries)


async def rounds(request: aioweb.Request) -> aioweb.Response:
    """Answer with the rounds as a feed."""
    reader = feed_reader(request)
    entries = [round_entry(reader, summary) for summary in await backend_of(request).rounds()]
    return feed_answer(request, "rounds", reader.language.gettext("Rounds"), "/rounds", entries)


async def proposals(request: aioweb.Request) -> aioweb.Response:
    """Answer with the newest proposals as a feed."""
    reader, people = feed_reader(request), await people_of(request)
    found = await backend_of(request).proposals(ProposalFilter(per_page=ENTRIES_MAX))
    entries = [proposal_entry(reader, people, item) for item in found.items]
    return feed_answer(request, "proposals", reader.language.gettext("Proposals"), "/proposals", entries)


async def yours(request: aioweb.Request) -> aioweb.Response:
    """Answer with the notices of an account as a feed, for whoever knows its address."""
    token = request.match_info["token"]
    found = await backend_of(request).notices.feed(token)
    if found is None:
        raise NotFoundError
    language = request.app[keys.LANGUAGES].find(request.match_info.get("lang") or found.lang)
    reader = feed_reader(request, language)
    people = People.among(await backend_of(request).members(), reader.language)
    told = TellsIn(reader.language, people, reader.root)
    entries = [notice_entry(reader, told, notice) for notice in found.notices]
    title, name = reader.language.gettext("Your notices"), f"yours/{token}"
    feed = feed_of(reader, name, title, "/account/notices", entries, f"/feeds/{name}")
    response = _unless_known(request, atom_bytes(feed), _ATOM)
    response.headers["Cache-Control"] = "private, no-cache"
    return response


async def calendar(request: aioweb.Request) -> aioweb.Response:
    """Answer with the latest rounds and all deadlines of proposals as a calendar."""
    reader = feed_reader(request)
    latest = (await backend_of(request).rounds())[:EVENTS_MAX]
    name = f"{reader.language.gettext('Rounds')} – {reader.language.pick(reader.federation.names)[0]}"
    events = [round_event(reader, summary) for summary in latest]
    deadlines = await backend_of(request).attention.deadlines()
    events += [deadline_event(reader, each) for each in deadlines if not each.kind.startswith("round-")]
    events += await _publications(request, reader)
    body = calendar_bytes(name, reader.language.code, events)
    return _unless_known(request, body, _CALENDAR)


async def _publications(request: aioweb.Request, reader: Reader) -> list[Event]:
    """Return the latest agendas at the times of their drafts."""
    backend = backend_of(request)
    in_force = await backend.agenda()
    latest = None if in_force is None else await backend.editions.certified(in_force.version)
    history = () if latest is None else latest.history[-EVENTS_MAX:]
    federation = reader.federation.id
    return [publication_event(reader.language, federation, each.version, each.drafted, reader.root) for each in history]


def feed_reader(request: aioweb.Request, language: Language | None = None) -> Reader:
    """Return who follows. Links name the language, so that they lead to what the feed itself is written in."""
    visit = visit_of(request)
    chosen = language or visit.language
    root = f"{request.app[keys.SETTINGS].base_url}/{chosen.code}"
    return Reader(chosen, visit.federation, root)


def feed_answer(
    request: aioweb.Request, name: str, title: str, path: str, entries: list[Entry], feed_path: str = ""
) -> aioweb.Response:
    """Return a feed. path is the page that shows the same, feed_path where the feed is, /feeds/name if not said."""
    feed = feed_of(feed_reader(request), name, title, path.rstrip("/"), entries, feed_path or f"/feeds/{name}")
    return _unless_known(request, atom_bytes(feed), _ATOM)


def _unless_known(request: aioweb.Request, body: bytes, content_type: str) -> aioweb.Response:
    """Return a body with its tag, or only that nothing has changed since the reader last asked."""
    tag = hashlib.sha256(body).hexdigest()
    known = {entry.value for entry in request.if_none_match or ()}
    if known & {tag, "*"}:
        response = aioweb.Response(status=304)
    else:
        response = aioweb.Response(body=body, content_type=content_type, charset="utf-8")
    response.etag = tag
    return response


ROUTES: Final = (
    Route("GET", "/feeds", listed),
    Route("GET", "/feeds/agenda.atom", agendas),
    Route("GET", "/feeds/rounds.atom", rounds),
    Route("GET", "/feeds/proposals.atom", proposals),
    Route("GET", "/feeds/yours/{token:[A-Za-z0-9_-]{20,200}}.atom", yours),
    Route("GET", "/calendar.ics", calendar),
)
