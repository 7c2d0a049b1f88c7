"""Webhooks of the node's member, for its head of delegation and its operator."""

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web as aioweb

from web.forms import Typed, blank, read
from web.notice_forms import HookForm
from web.pages.route import Route
from web.ports import Account, Refused
from web.respond import account_with, backend_of, form_fields, go, page, people_of, refusal, visit_of
from web.webhooks_port import HOOK_EVENTS

_HERE: Final = "/node/webhooks"
_HOOK: Final = "{hook:[0-9a-f]{16}}"


async def show(request: aioweb.Request) -> aioweb.Response:
    """Show all webhooks with what they delivered."""
    return page(request, "webhooks.html", await _values(request, blank()))


async def add(request: aioweb.Request) -> aioweb.Response:
    """Make a webhook and show its secret, this once."""
    account = _account(request)
    typed = read(HookForm, await form_fields(request))
    if typed.form is None:
        return page(request, "webhooks.html", await _values(request, typed), status=422)
    try:
        _, secret = await backend_of(request).webhooks.add(account, typed.form.url, typed.form.events)
    except Refused as refused:
        return refusal(request, refused, "webhooks.html", await _values(request, typed))
    response = page(request, "webhook_secret.html", {"secret": secret, "url": typed.form.url})
    response.headers["Cache-Control"] = "no-store"
    return response


async def remove(request: aioweb.Request) -> aioweb.Response:
    """Take a webhook away."""
    await backend_of(request).webhooks.remove(_account(request), request.match_info["hook"])
    return go(request, f"{_HERE}?done=removed")


async def resume(request: aioweb.Request) -> aioweb.Response:
    """Switch a webhook on again."""
    await backend_of(request).webhooks.resume(_account(request), request.match_info["hook"])
    return go(request, f"{_HERE}?done=resumed")


async def test(request: aioweb.Request) -> aioweb.Response:
    """Send a test."""
    try:
        await backend_of(request).webhooks.test(_account(request), request.match_info["hook"])
    except Refused as refused:
        return refusal(request, refused, "webhooks.html", await _values(request, blank()))
    return go(request, f"{_HERE}?done=test")


def _account(request: aioweb.Request) -> Account:
    return account_with(request, "head", "operator")


async def _values(request: aioweb.Request, typed: Typed[Any]) -> Mapping[str, object]:
    account = _account(request)
    return {
        "people": await people_of(request),
        "hooks": await backend_of(request).webhooks.all(account),
        "typed": typed,
        "events": HOOK_EVENTS,
        "done": visit_of(request).query.get("done", ""),
    }


ROUTES: Final = (
    Route("GET", _HERE, show),
    Route("POST", _HERE, add),
    Route("POST", f"{_HERE}/{_HOOK}/remove", remove),
    Route("POST", f"{_HERE}/{_HOOK}/resume", resume),
    Route("POST", f"{_HERE}/{_HOOK}/test", test),
)
