"""Tokens for a member's own systems: make one, see it once, revoke it."""

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web as aioweb

from web.errors import NotFoundError
from web.forms import TokenForm, Typed, blank, read
from web.pages.route import Route
from web.ports import Refused, Session
from web.respond import (
    account_with,
    backend_of,
    form_fields,
    go,
    page,
    people_of,
    refusal,
    visit_of,
)
from web.signing_in import again_first, session_of
from web.token_words import SCOPE_WORDS
from web.tokens_port import TOKENS_PER_ACCOUNT_MAX, TokenInput, scopes_for

_PATH: Final = "/account/tokens"
_FORM: Final = "/account/tokens#another"
_DAYS: Final = "90"


async def listed(request: aioweb.Request) -> aioweb.Response:
    """Answer with one's tokens and the form for another."""
    session = session_of(request)
    return page(request, "tokens.html", await _values(request, session, blank({"days": _DAYS})))


async def begin(request: aioweb.Request) -> aioweb.Response:
    """Lead to the form for another, by way of signing in once more unless that is fresh."""
    session_of(request)
    return again_first(request) or go(request, _FORM)


async def issue(request: aioweb.Request) -> aioweb.StreamResponse:
    """Make a token and answer with its secret, this once."""
    session = session_of(request)
    typed = read(TokenForm, await form_fields(request))
    if typed.form is None:
        return page(request, "tokens.html", await _values(request, session, typed), status=422)
    wanted = TokenInput(typed.form.name, frozenset(typed.form.scopes), typed.form.days)
    try:
        secret = await backend_of(request).tokens.issue(session, wanted)
    except Refused as refused:
        return refusal(request, refused, "tokens.html", await _values(request, session, typed))
    made = {**await _values(request, session, blank({"days": _DAYS})), "secret": secret, "made": wanted.name}
    return page(request, "tokens.html", made)


async def revoke(request: aioweb.Request) -> aioweb.StreamResponse:
    """End one of one's tokens at once."""
    account = account_with(request)
    if not await backend_of(request).tokens.revoke(account, request.match_info["token"]):
        raise NotFoundError
    return go(request, _PATH)


async def _values(request: aioweb.Request, session: Session, typed: Typed[Any]) -> Mapping[str, object]:
    account = session.account
    return {
        "people": await people_of(request),
        "typed": typed,
        "held": await backend_of(request).tokens.of(account),
        "offered": scopes_for(account),
        "scope_words": SCOPE_WORDS,
        "tokens_max": TOKENS_PER_ACCOUNT_MAX,
        "is_fresh": session.is_fresh(visit_of(request).now),
        "secret": "",
        "made": "",
    }


ROUTES: Final = (
    Route("GET", _PATH, listed),
    Route("GET", f"{_PATH}/new", begin),
    Route("POST", _PATH, issue),
    Route("POST", f"{_PATH}/{{token:[0-9a-f]{{16}}}}/revoke", revoke),
)
