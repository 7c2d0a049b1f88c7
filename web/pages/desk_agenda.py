"""The next agenda at the desk: what it would hold, what changes, its order, and asking the tellers to certify it."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from aiohttp import web as aioweb

from web.desk_forms import OrderForm
from web.desk_views import DueAgenda, DueItem
from web.desk_words import dropped_words
from web.forms import Typed, blank, read
from web.pages.route import Route
from web.ports import Account, Refused
from web.refusals import refusal_words
from web.respond import account_with, backend_of, form_fields, go, page, people_of, refusal, visit_of

_DRAFT: Final = "agenda"


async def agenda(request: aioweb.Request) -> aioweb.Response:
    """Answer with the next agenda in the order that was kept."""
    account = account_with(request, "secretariat")
    return page(request, "desk_agenda.html", await _values(request, account))


async def arrange(request: aioweb.Request) -> aioweb.StreamResponse:
    """Keep another order: an item moved by one place, or all by their numbers."""
    account = account_with(request, "secretariat")
    typed = read(OrderForm, await form_fields(request))
    if typed.form is None:
        return page(request, "desk_agenda.html", await _values(request, account, typed), status=422)
    desk, form = backend_of(request).desk, typed.form
    try:
        order = () if form.move == "default" else await _by_track(request, form.order)
        await desk.agenda.due(order or None)
    except Refused as refused:
        return refusal(request, refused, "desk_agenda.html", await _values(request, account, typed))
    await desk.requests.keep_draft(account, _DRAFT, {"order": order} if order else {})
    moved = form.move.partition(":")[2]
    return go(request, "/desk/agenda?done=order" + (f"&moved={moved}" if moved else ""))


async def sign(request: aioweb.Request) -> aioweb.StreamResponse:
    """Ask the tellers to certify the agenda, or a second person to confirm it."""
    account = account_with(request, "secretariat")
    fields = await form_fields(request)
    typed = read(OrderForm, fields) if "subject" in fields else None
    if typed is not None and typed.form is None:
        return page(request, "desk_agenda.html", await _values(request, account, typed), status=422)
    desk = backend_of(request).desk
    try:
        order = None if typed is None or typed.form is None else await _by_track(request, typed.form.order)
        wanted = await _explicit(request, order)
        signed = await desk.requests.ask_agenda(account, wanted)
    except Refused as refused:
        return refusal(request, refused, "desk_agenda.html", await _values(request, account, typed))
    await desk.requests.keep_draft(account, _DRAFT, {})
    return go(request, "/desk?done=agenda" if signed == "signed" else "/desk?done=waiting")


async def _by_track(request: aioweb.Request, order: Sequence[str]) -> tuple[str, ...]:
    """Return an order with the long-term items before the short-term ones: places count by track."""
    tracks = {item.subject: item.track for item in (await backend_of(request).desk.agenda.due(None)).items}
    return tuple(sorted(order, key=lambda subject: tracks.get(subject) == "short"))


async def _explicit(request: aioweb.Request, order: Sequence[str] | None) -> Sequence[str] | None:
    """Return the order that has to be said, or None where it is the order of adoption anyway."""
    if order is None:
        return None
    found = await backend_of(request).desk.agenda.due(order)
    return None if found.is_in_default_order else order


async def _values(request: aioweb.Request, account: Account, typed: Typed[Any] | None = None) -> Mapping[str, object]:
    backend, language = backend_of(request), visit_of(request).language
    due, why = await _due(request, account, typed)
    moved = request.query.get("moved", "")
    return {
        "people": await people_of(request),
        "due": due,
        "why_not": why,
        "dropped": [] if due is None else [(item, dropped_words(language, item)) for item in due.dropped],
        "places": {} if typed is None else dict(zip(typed.values("subject"), typed.values("place"), strict=False)),
        "typed": typed or blank(),
        "in_force": await backend.agenda(),
        "moves": {} if due is None else moves(due.items),
        "added": [] if due is None else [item for item in due.items if not item.before],
        "moved": next((item for item in due.items if item.subject == moved), None) if due else None,
        "done": request.query.get("done", ""),
        "needs_second": backend.desk.needs_second_person,
        "pending": [each for each in await backend.desk.requests.pending() if each.kind == "agenda"],
    }


async def _due(request: aioweb.Request, account: Account, typed: Typed[Any] | None) -> tuple[DueAgenda | None, object]:
    """Return the next agenda in the order that was sent or kept, or else in that of adoption; or why there is none."""
    desk = backend_of(request).desk
    kept = (await desk.requests.draft(account, _DRAFT)).get("order", ())
    for order in (() if typed is None else typed.values("subject"), kept, None):
        if order == ():
            continue
        try:
            return await desk.agenda.due(order), None
        except Refused as refused:
            if order is None:
                return None, refusal_words(visit_of(request).language, refused)
    return None, None


def moves(items: Sequence[DueItem]) -> dict[str, tuple[bool, bool]]:
    """Return of each item whether it may move up and down: not past its track, nor past its own round's items."""
    free = [_may_swap(one, other) for one, other in pairwise(items)]
    return {item.subject: (at > 0 and free[at - 1], at < len(free) and free[at]) for at, item in enumerate(items)}


def _may_swap(one: DueItem, other: DueItem) -> bool:
    return one.track == other.track and one.round != other.round


ROUTES: Final = (
    Route("GET", "/desk/agenda", agenda),
    Route("POST", "/desk/agenda", sign),
    Route("POST", "/desk/agenda/order", arrange),
)
