"""How handlers ask the node, check who is there, and answer with pages."""

import secrets
from collections.abc import Mapping
from typing import Final

from aiohttp import web as aioweb
from multidict import MultiDict

from web import keys
from web.bodies import compressed_once
from web.errors import ForbiddenError, SignInNeededError
from web.forms import Fields
from web.ports import Account, Backend, Refused, Role
from web.present import People
from web.refusals import refusal_status, refusal_words
from web.visit import Visit

SESSION_COOKIE: Final = "comitia_session"
TICKET_COOKIE: Final = "comitia_ticket"
"""Names a challenge or a journey to a provider that began in this browser."""
NEXT_COOKIE: Final = "comitia_next"
"""The page that sent its reader to sign in."""
FORM_COOKIE: Final = "comitia_form"
LANGUAGE_COOKIE: Final = "comitia_language"
THEME_COOKIE: Final = "comitia_theme"
_YEAR_SECONDS = 365 * 24 * 3600


def visit_of(request: aioweb.Request) -> Visit:
    """Return what is known of a request."""
    return request[keys.VISIT]


def backend_of(request: aioweb.Request) -> Backend:
    """Return the node."""
    return request.app[keys.BACKEND]


async def people_of(request: aioweb.Request) -> People:
    """Return the members, for pages that name them."""
    return request.app[keys.ROSTER].people(await backend_of(request).members(), visit_of(request).language)


def account_with(request: aioweb.Request, *roles: Role) -> Account:
    """Return who has signed in with one of these roles. Raises SignInNeededError or ForbiddenError."""
    visit = visit_of(request)
    if visit.account is None:
        raise SignInNeededError
    if roles and not any(visit.account.may_act_as(role) for role in roles):
        raise ForbiddenError
    return visit.account


def part(request: aioweb.Request, template: str, values: Mapping[str, object]) -> str:
    """Return a template filled in for a request's reader."""
    visit = visit_of(request)
    return request.app[keys.TEMPLATES].render(visit.language, template, {"page": visit, **values})


def page(
    request: aioweb.Request, template: str, values: Mapping[str, object] | None = None, *, status: int = 200
) -> aioweb.Response:
    """Return a page."""
    text = part(request, template, values or {})
    if visit_of(request).session is not None:
        body, headers = compressed_once(request, text.encode())
        return aioweb.Response(body=body, status=status, content_type="text/html", charset="utf-8", headers=headers)
    response = aioweb.Response(text=text, status=status, content_type="text/html", charset="utf-8")
    _keep_form_token(request, response)
    response.enable_compression()
    return response


def refusal(
    request: aioweb.Request, refused: Refused, template: str | None = None, values: Mapping[str, object] | None = None
) -> aioweb.Response:
    """Return the page that a refused form stood on, with the reason on top; a page of its own if there is none."""
    words = refusal_words(visit_of(request).language, refused)
    status = refusal_status(refused)
    if template is None:
        return page(request, "error.html", {"words": words}, status=status)
    return page(request, template, {**(values or {}), "words": words}, status=status)


def go(request: aioweb.Request, path: str) -> aioweb.Response:
    """Return a redirect to another page after a form was taken."""
    return aioweb.Response(status=303, headers={"Location": visit_of(request).url(path)})


def set_cookie(request: aioweb.Request, response: aioweb.StreamResponse, name: str, value: str, *, lasts: bool) -> None:
    """Set a cookie that scripts can't read and other sites don't send along."""
    response.set_cookie(
        _cookie_name(request, name),
        value,
        max_age=_YEAR_SECONDS if lasts else None,
        httponly=True,
        secure=request.app[keys.SETTINGS].secure_cookies,
        samesite="Lax",
        path="/",
    )


def cookie_of(request: aioweb.Request, name: str) -> str:
    """Return what a cookie of this site holds, or nothing."""
    return request.cookies.get(_cookie_name(request, name), "")


def remove_cookie(request: aioweb.Request, response: aioweb.StreamResponse, name: str) -> None:
    """Have the browser forget a cookie."""
    secure = request.app[keys.SETTINGS].secure_cookies
    response.del_cookie(_cookie_name(request, name), path="/", secure=secure, httponly=True, samesite="Lax")


def _cookie_name(request: aioweb.Request, name: str) -> str:
    """Return a cookie's name; over TLS one that only this very host can have set, for all of its pages."""
    return f"__Host-{name}" if request.app[keys.SETTINGS].secure_cookies else name


def new_form_token() -> str:
    """Return a secret for forms of somebody who hasn't signed in."""
    return secrets.token_urlsafe(24)


def _keep_form_token(request: aioweb.Request, response: aioweb.Response) -> None:
    visit = visit_of(request)
    if visit.wants_form and cookie_of(request, FORM_COOKIE) != visit.anonymous_csrf:
        set_cookie(request, response, FORM_COOKIE, visit.anonymous_csrf, lasts=False)


async def form_fields(request: aioweb.Request) -> Fields:
    """Return the fields of a form, none of them a file."""
    posted = await request.post()
    return MultiDict((name, value) for name, value in posted.items() if isinstance(value, str))
