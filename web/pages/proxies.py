"""Proxies: a head of delegation lets another member vote for its own, or takes that back; review, then the receipt."""

from typing import Any, Final

from aiohttp import web as aioweb

from consensus.ballots import ProxyBallot
from web.forms import ProxyForm, Typed, read
from web.pages.ballots import Signing, back_to_round, ballot_values, found_round, overtaken_by, sign
from web.pages.route import Route
from web.respond import account_with, backend_of, form_fields, page

_ID: Final = "{round:[0-9a-f]{64}}"
_TAKEN_BACK: Final = "nobody"


async def review(request: aioweb.Request) -> aioweb.Response:
    """Show what will be signed."""
    account_with(request, "head")
    found = await found_round(request)
    typed = await _checked(request)
    overtaking = overtaken_by(found, await form_fields(request))
    values = {**await ballot_values(request, found, typed), **overtaking}
    if typed.faults:
        return page(request, "ballot.html", values, status=422)
    return page(request, "proxy_review.html", values)


async def cast(request: aioweb.Request) -> aioweb.StreamResponse:
    """Sign and send the proxy."""
    account = account_with(request, "head")
    found = await found_round(request)
    typed, fields = await _checked(request), await form_fields(request)
    return await sign(request, account, found, Signing(typed, "proxy_review.html", ProxyForm, _content, fields))


def _content(form: ProxyForm) -> ProxyBallot:
    return ProxyBallot(holder=None if form.holder == _TAKEN_BACK else form.holder)


async def _checked(request: aioweb.Request) -> Typed[Any]:
    """Return the form with the fault of a holder that is no other member."""
    typed = read(ProxyForm, await form_fields(request))
    federation = backend_of(request).federation()
    others = {member.id for member in await backend_of(request).members()} - {federation.me}
    if typed.form is not None and typed.form.holder not in others | {_TAKEN_BACK}:
        return Typed(typed.raw, typed.many, None, {"holder": ProxyForm.MESSAGES["holder"]})
    return typed


ROUTES: Final = (
    Route("GET", f"/rounds/{_ID}/proxy", back_to_round),
    Route("POST", f"/rounds/{_ID}/proxy", review),
    Route("GET", f"/rounds/{_ID}/proxy/cast", back_to_round),
    Route("POST", f"/rounds/{_ID}/proxy/cast", cast),
)
