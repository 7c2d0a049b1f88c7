"""What the pages of signing in share: the browser that arrives, the new session's cookie, and where to go on."""

import re
from collections.abc import Mapping
from typing import Final

from aiohttp import web as aioweb

from web import keys
from web.accounts_port import Arrival, Ceremony, SignedIn
from web.browsers import browser_family
from web.errors import SignInNeededError, TooOftenError
from web.forms import Typed, blank
from web.ports import Account, Refused, Role, Session
from web.respond import (
    NEXT_COOKIE,
    SESSION_COOKIE,
    TICKET_COOKIE,
    account_with,
    backend_of,
    cookie_of,
    go,
    page,
    people_of,
    refusal,
    remove_cookie,
    set_cookie,
    visit_of,
)

HOMES: Final[Mapping[Role, str]] = {"head": "/yours", "delegate": "/yours", "secretariat": "/desk", "operator": "/node"}
"""Where somebody with a role begins; whoever has several begins at the first of them."""
_OWN_PATH: Final = re.compile(r"(/[A-Za-z0-9_-]{1,64}){1,8}")


def arrival_of(request: aioweb.Request) -> Arrival:
    """Return the browser in which somebody signs in, and the session that it had."""
    agent = request.headers.get("User-Agent", "")
    return Arrival(browser_family(agent), cookie_of(request, SESSION_COOKIE))


def check_rate(request: aioweb.Request) -> None:
    """Count an attempt of an address to sign in. Raises TooOftenError."""
    if not request.app[keys.SIGN_INS].allows(request.remote or "", backend_of(request).now()):
        raise TooOftenError


def session_of(request: aioweb.Request, *roles: Role) -> Session:
    """Return the session of somebody with one of these roles. Raises SignInNeededError or ForbiddenError."""
    account_with(request, *roles)
    session = visit_of(request).session
    if session is None:
        raise SignInNeededError
    return session


def enter(request: aioweb.Request, signed_in: SignedIn) -> aioweb.Response:
    """Return the way on for somebody who has just signed in: what they must be told first, else their page."""
    if not signed_in.has_means:
        response = go(request, "/account/begin")
    else:
        response = go(request, "/account" if signed_in.has_notice else _wanted(request, signed_in.account))
        remove_cookie(request, response, NEXT_COOKIE)
    keep_session(request, response, signed_in)
    return response


def keep_session(request: aioweb.Request, response: aioweb.StreamResponse, signed_in: SignedIn) -> None:
    """Have the browser keep the secret of a new session."""
    set_cookie(request, response, SESSION_COOKIE, signed_in.secret, lasts=False)


def _wanted(request: aioweb.Request, account: Account) -> str:
    """Return the page of this site that sent its reader to sign in, or where this account begins."""
    path = cookie_of(request, NEXT_COOKIE)
    if _OWN_PATH.fullmatch(path) and not path.startswith("/sign-in"):
        return path
    return next(home for role, home in HOMES.items() if role in account.roles)


def again_first(request: aioweb.Request) -> aioweb.Response | None:
    """Return the way to sign in once more, before a page that takes a fresh sign-in; None if this one is fresh."""
    visit = visit_of(request)
    if visit.session is not None and visit.session.is_fresh(visit.now):
        return None
    return to_sign_in_again(request, visit.path)


def to_sign_in_again(request: aioweb.Request, path: str) -> aioweb.Response:
    """Return the way to sign in once more, and from there to a page of this site."""
    response = go(request, "/sign-in/again")
    set_cookie(request, response, NEXT_COOKIE, path, lasts=False)
    return response


def ceremony(request: aioweb.Request, begun: Ceremony) -> aioweb.Response:
    """Return a passkey's challenge to the script of the page, its ticket in a cookie of this browser."""
    response = aioweb.Response(text=begun.options, content_type="application/json")
    set_cookie(request, response, TICKET_COOKIE, begun.ticket, lasts=False)
    return response


async def sign_in_page(
    request: aioweb.Request, values: Mapping[str, object] | None = None, *, refused: Refused | None = None
) -> aioweb.Response:
    """Return the page with every means of signing in that this node has; with the reason on top if one was refused."""
    accounts = backend_of(request).accounts
    visit = visit_of(request)
    known: dict[str, object] = {
        "people": await people_of(request),
        "can_passkey": accounts.passkeys.is_possible,
        "sign_on": accounts.single_sign_on.label,
        "typed": blank(),
        "link_typed": blank(),
        "is_again": visit.path == "/sign-in/again" and visit.session is not None,
        "means": await accounts.sessions.means(visit.account) if visit.account else None,
    }
    shown = {**known, **(values or {})}
    typed = shown["typed"]
    assert isinstance(typed, Typed)
    shown["no_code"] = Typed({}, {}, None, typed.faults)
    if refused is not None:
        return refusal(request, refused, "sign_in.html", shown)
    return page(request, "sign_in.html", shown, status=422 if values else 200)
