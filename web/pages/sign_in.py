"""Signing in by a one-time link, and out again.

Opening a link only shows a button: programs that preview links would use it up otherwise.
"""

import re
from typing import Final

from aiohttp import web as aioweb

from web import keys
from web.errors import LinkUsedError, TooOftenError
from web.forms import Form, LinkForm, Typed, blank, read
from web.pages.route import Route
from web.respond import (
    SESSION_COOKIE,
    backend_of,
    form_fields,
    go,
    page,
    people_of,
    set_cookie,
    visit_of,
)

_LINK: Final = re.compile(r"[A-Za-z0-9_-]{8,200}")


async def explain(request: aioweb.Request) -> aioweb.Response:
    """Explain one-time links and offer a field to paste one."""
    return await _form(request, blank())


async def paste(request: aioweb.Request) -> aioweb.Response:
    """Go on to the page of a pasted link."""
    typed = read(LinkForm, await form_fields(request))
    link = typed.form.link.strip().rstrip("/").rpartition("/")[2] if typed.form else ""
    if not _LINK.fullmatch(link):
        wrong: Typed[Form] = Typed(typed.raw, {}, None, {"link": LinkForm.MESSAGES["link"]})
        return await _form(request, wrong, status=422)
    return go(request, f"/sign-in/{link}")


async def show_button(request: aioweb.Request) -> aioweb.Response:
    """Show the button that uses a link."""
    values = {"token": request.match_info["token"], "people": await people_of(request)}
    return page(request, "sign_in_link.html", values)


async def redeem(request: aioweb.Request) -> aioweb.Response:
    """Exchange a link for a session."""
    backend = backend_of(request)
    if not request.app[keys.SIGN_INS].allows(request.remote or "", backend.now()):
        raise TooOftenError
    secret = await backend.redeem(request.match_info["token"])
    if secret is None:
        raise LinkUsedError
    response = go(request, "/yours")
    set_cookie(request, response, SESSION_COOKIE, secret, lasts=False)
    return response


async def sign_out(request: aioweb.Request) -> aioweb.Response:
    """End the session."""
    secret = request.cookies.get(SESSION_COOKIE)
    if secret and visit_of(request).session:
        await backend_of(request).sign_out(secret)
    response = go(request, "/")
    response.del_cookie(SESSION_COOKIE, path="/")
    return response


async def _form(request: aioweb.Request, typed: Typed[Form], *, status: int = 200) -> aioweb.Response:
    return page(request, "sign_in.html", {"typed": typed, "people": await people_of(request)}, status=status)


ROUTES: Final = (
    Route("GET", "/sign-in", explain),
    Route("POST", "/sign-in", paste),
    Route("GET", "/sign-in/{token:[A-Za-z0-9_-]{8,200}}", show_button),
    Route("POST", "/sign-in/{token:[A-Za-z0-9_-]{8,200}}", redeem),
    Route("POST", "/sign-out", sign_out),
)
