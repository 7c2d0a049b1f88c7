"""What happens around every page: who is there, in which language, whether a form is genuine, and what if it fails.

The order, from the outside in: headers, visit, kept pages, errors, forms.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from aiohttp import web as aioweb

from web import keys
from web.csrf import is_genuine
from web.ended_session import SessionEndedError
from web.errors import (
    ForgedFormError,
    MethodError,
    NotFoundError,
    PageError,
    SignInNeededError,
    TooLargeError,
    UnreadableError,
)
from web.i18n import Language
from web.kept_pages import KEPT
from web.ports import Refused
from web.respond import (
    FORM_COOKIE,
    LANGUAGE_COOKIE,
    NEXT_COOKIE,
    SESSION_COOKIE,
    THEME_COOKIE,
    cookie_of,
    form_fields,
    new_form_token,
    page,
    refusal,
    remove_cookie,
    set_cookie,
)
from web.visit import THEMES, Visit

Handler = Callable[[aioweb.Request], Awaitable[aioweb.StreamResponse]]

_log = logging.getLogger(__name__)
_TEXT_FIELDS: Final = ("title", "body", "urgency", "reasons", "reason")
_FORM_TYPE: Final = "application/x-www-form-urlencoded"
_TOKEN_CHARACTERS_MAX = 200
_WITHOUT_READER: Final = ("/static/", "/offline/", "/health", "/metrics", "/federation/")
_SECURITY_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
_HSTS: Final = "max-age=31536000"


@aioweb.middleware
async def security_headers(request: aioweb.Request, handler: Handler) -> aioweb.StreamResponse:
    """Add the headers that tell browsers what these pages never do."""
    response = await handler(request)
    if not response.prepared:
        for name, value in protective_headers(request.app).items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", "no-store" if cookie_of(request, SESSION_COOKIE) else "no-cache")
        response.headers.setdefault("Vary", "Cookie, Accept-Language")
    return response


def protective_headers(app: aioweb.Application) -> dict[str, str]:
    """Return the headers of every answer."""
    if app[keys.SETTINGS].secure_cookies:
        return {**_SECURITY_HEADERS, "Strict-Transport-Security": _HSTS}
    return _SECURITY_HEADERS


@aioweb.middleware
async def visits(request: aioweb.Request, handler: Handler) -> aioweb.StreamResponse:
    """Find out who is there and in which language, and remember what they chose."""
    if request.path.startswith(_WITHOUT_READER) and request.match_info.http_exception is None:
        return await handler(request)
    visit = await _visit(request)
    request[keys.VISIT] = visit
    response = await handler(request)
    if not response.prepared:
        _remember(request, response, visit)
    return response


async def _visit(request: aioweb.Request) -> Visit:
    backend = request.app[keys.BACKEND]
    sessions = backend.accounts.sessions
    secret = cookie_of(request, SESSION_COOKIE)
    session = await sessions.session(secret) if secret else None
    code = request.match_info.get("lang")
    prefix = f"/{code}" if code else ""
    theme = request.query.get("theme") or cookie_of(request, THEME_COOKIE)
    token = cookie_of(request, FORM_COOKIE)
    return Visit(
        language=_language(request, session.account.lang if session else None),
        offered=request.app[keys.LANGUAGES].offered,
        prefix=prefix,
        path=request.path.removeprefix(prefix) or "/",
        query={name: value for name, value in request.query.items() if name != "theme"},
        session=session,
        anonymous_csrf=token if 0 < len(token) <= _TOKEN_CHARACTERS_MAX else new_form_token(),
        theme=theme if theme in THEMES else "auto",
        now=backend.now(),
        federation=backend.federation(),
        ended=await sessions.ended(secret) if secret and session is None else None,
    )


def _language(request: aioweb.Request, account_language: str | None) -> Language:
    """Return the language by address, parameter, cookie, account and browser, in this order."""
    languages = request.app[keys.LANGUAGES]
    wishes = (
        request.match_info.get("lang"),
        request.query.get("lang"),
        cookie_of(request, LANGUAGE_COOKIE),
        account_language,
    )
    for wish in wishes:
        language = languages.find(wish)
        if language:
            return language
    return languages.negotiate(request.headers.get("Accept-Language", ""))


def _remember(request: aioweb.Request, response: aioweb.StreamResponse, visit: Visit) -> None:
    if request.query.get("lang") == visit.language.code and not visit.prefix:
        set_cookie(request, response, LANGUAGE_COOKIE, visit.language.code, lasts=True)
    if request.query.get("theme") == visit.theme:
        set_cookie(request, response, THEME_COOKIE, visit.theme, lasts=True)


@aioweb.middleware
async def kept(request: aioweb.Request, handler: Handler) -> aioweb.StreamResponse:
    """Show readers who haven't signed in a page that was made a moment ago, where it is the same for all of them."""
    pages = request.app[keys.KEPT_PAGES]
    visit = request.get(keys.VISIT)
    if visit is None or not pages.lasting_ms or not _is_for_everybody(request, visit):
        return await handler(request)

    async def make() -> tuple[aioweb.StreamResponse, bool]:
        made = await handler(request)
        return made, not visit.wants_form

    return await pages.answer((request.path_qs, visit.language.code, visit.theme), request, visit.now, make)


def _is_for_everybody(request: aioweb.Request, visit: Visit) -> bool:
    if request.method != "GET" or visit.session or visit.ended or visit.is_fragment:
        return False
    resource = request.match_info.route.resource
    return resource is not None and (resource.canonical.removeprefix("/{lang}") or "/") in KEPT


@aioweb.middleware
async def error_pages(request: aioweb.Request, handler: Handler) -> aioweb.StreamResponse:
    """Turn whatever goes wrong into a page that says what happened, what was kept, and what to do."""
    try:
        return await handler(request)
    except SignInNeededError as error:
        if request.method == "GET" and not request[keys.VISIT].is_fragment:
            return _sign_in_first(request)
        return _error_page(request, error, await _typed_texts(request))
    except SessionEndedError as error:
        return _ended_page(request, error, await _typed_texts(request))
    except PageError as error:
        return _error_page(request, error, await _typed_texts(request))
    except Refused as refused:
        return refusal(request, refused)
    except aioweb.HTTPException as error:
        return _http_error(request, error)
    except Exception:  # noqa: BLE001 - the one place that keeps a fault from ending in a bare connection
        _log.exception("%s %s failed", request.method, request.path)
        if keys.VISIT not in request:
            return aioweb.Response(status=500, text="The node failed here; its log says why.\n")
        return _error_page(request, PageError())


def _ended_page(request: aioweb.Request, error: PageError, typed_texts: Sequence[str]) -> aioweb.Response:
    """Return the page, and have the browser forget the session if a person sees it, not if a script fetches it."""
    response = _error_page(request, error, typed_texts)
    if request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate":
        remove_cookie(request, response, SESSION_COOKIE)
    return response


def _sign_in_first(request: aioweb.Request) -> aioweb.Response:
    """Send a reader to sign in, and remember where to go on afterwards."""
    visit = request[keys.VISIT]
    response = aioweb.Response(status=303, headers={"Location": visit.url("/sign-in")})
    set_cookie(request, response, NEXT_COOKIE, visit.path, lasts=False)
    return response


def _http_error(request: aioweb.Request, error: aioweb.HTTPException) -> aioweb.StreamResponse:
    match error.status:
        case 404:
            return _error_page(request, NotFoundError())
        case 405:
            response = _error_page(request, MethodError())
            response.headers["Allow"] = error.headers.get("Allow", "GET")
            return response
        case 413:
            return _error_page(request, TooLargeError())
        case 400:
            return _error_page(request, UnreadableError())
        case _:
            raise error


def _error_page(request: aioweb.Request, error: PageError, typed_texts: Sequence[str] = ()) -> aioweb.Response:
    words = error.words(request[keys.VISIT].language)
    values = {"words": words, "typed_texts": typed_texts, "location": getattr(error, "location", None)}
    return page(request, "error.html", values, status=error.status)


async def _typed_texts(request: aioweb.Request) -> list[str]:
    """Return the texts in a form of this site that wasn't taken, so that they aren't lost with it.

    What another site made a browser send is never shown: it would stand here as if this site had said it.
    """
    is_ours = request.headers.get("Sec-Fetch-Site") == "same-origin" and request.content_type == _FORM_TYPE
    if request.method != "POST" or not is_ours:
        return []
    try:
        fields = await form_fields(request)
    except (aioweb.HTTPException, LookupError, ValueError):
        return []
    return [text for name in _TEXT_FIELDS if (text := fields.get(name, "").replace("\r\n", "\n").strip())]


@aioweb.middleware
async def genuine_forms(request: aioweb.Request, handler: Handler) -> aioweb.StreamResponse:
    """Let a POST through only from a form of this site that carries the secret of its session.

    Whoever comes with a session that somebody has ended is told so first, once, on whichever page.
    """
    is_page = request.match_info.http_exception is None and keys.VISIT in request
    if is_page and (ended := request[keys.VISIT].ended) is not None:
        raise SessionEndedError(ended)
    is_by_address = request.match_info.handler in request.app[keys.BY_ADDRESS]
    if request.method in {"GET", "HEAD"} or not is_page or is_by_address:
        return await handler(request)
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        raise ForgedFormError
    if request.content_type != _FORM_TYPE:
        raise UnreadableError
    try:
        fields = await request.post()
    except (LookupError, ValueError) as error:
        raise UnreadableError from error
    if not is_genuine(str(fields.get("csrf", "")), _expected_token(request)):
        raise ForgedFormError
    return await handler(request)


def _expected_token(request: aioweb.Request) -> str:
    """Return what a genuine form carries: the session's secret, or that of the cookie while nobody has signed in."""
    visit = request[keys.VISIT]
    return visit.session.csrf if visit.session else cookie_of(request, FORM_COOKIE)
