"""Proxies: a head of delegation lets another member vote for its own, or takes that back; review, then the receipt."""

from typing import Any, Final

from aiohttp import web as aioweb

from consensus.ballots import ProxyBallot
from web.forms import ProxyForm, Typed, read
from web.pages.ballots import ballot_values, found_round
from web.pages.route import Route
from web.ports import Refused
from web.respond import account_with, backend_of, form_fields, go, page, refusal

_ID: Final = "{round:[0-9a-f]{64}}"
_TAKEN_BACK: Final = "nobody"


async def review(request: aioweb.Request) -> aioweb.Response:
    """Show what will be signed."""
    account_with(request, "head")
    found = await found_round(request)
    typed = await _checked(request)
    values = await ballot_values(request, found, typed)
    if typed.faults:
        return page(request, "ballot.html", values, status=422)
    return page(request, "proxy_review.html", values)


async def cast(request: aioweb.Request) -> aioweb.StreamResponse:
    """Sign and send the proxy."""
    account = account_with(request, "head")
    found = await found_round(request)
    typed = await _checked(request)
    if not typed.faults and typed.value("mandate") != "yes":
        typed = Typed(typed.raw, typed.many, None, {"mandate": ProxyForm.MESSAGES["mandate"]})
    values = await ballot_values(request, found, typed)
    if typed.form is None:
        template = "proxy_review.html" if set(typed.faults) == {"mandate"} else "ballot.html"
        return page(request, template, values, status=422)
    holder = None if typed.form.holder == _TAKEN_BACK else typed.form.holder
    try:
        await backend_of(request).cast(account, found.summary.id, ProxyBallot(holder=holder))
    except Refused as refused:
        return refusal(request, refused, "proxy_review.html", values)
    return go(request, f"/rounds/{found.summary.id}/receipt")


async def _checked(request: aioweb.Request) -> Typed[Any]:
    """Return the form with the fault of a holder that is no other member."""
    typed = read(ProxyForm, await form_fields(request))
    federation = backend_of(request).federation()
    others = {member.id for member in await backend_of(request).members()} - {federation.me}
    if typed.form is not None and typed.form.holder not in others | {_TAKEN_BACK}:
        return Typed(typed.raw, typed.many, None, {"holder": ProxyForm.MESSAGES["holder"]})
    return typed


async def back_to_round(request: aioweb.Request) -> aioweb.Response:
    """Lead somebody who reloads a step back to the round."""
    return go(request, f"/rounds/{request.match_info['round']}")


ROUTES: Final = (
    Route("GET", f"/rounds/{_ID}/proxy", back_to_round),
    Route("POST", f"/rounds/{_ID}/proxy", review),
    Route("GET", f"/rounds/{_ID}/proxy/cast", back_to_round),
    Route("POST", f"/rounds/{_ID}/proxy/cast", cast),
)
