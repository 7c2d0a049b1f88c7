"""Signing in by passkey, password with a code, single sign-on or one-time link, and out again.

Opening a link only shows a button: programs that preview links would use it up otherwise.
"""

import re
from typing import Final

from aiohttp import web as aioweb

from web.account_forms import PasskeyForm, PasswordSignInForm
from web.errors import LinkUsedError
from web.forms import Form, LinkForm, Typed, read
from web.pages.route import Route
from web.ports import Refused
from web.respond import (
    NEXT_COOKIE,
    SESSION_COOKIE,
    TICKET_COOKIE,
    backend_of,
    cookie_of,
    form_fields,
    go,
    page,
    people_of,
    remove_cookie,
    set_cookie,
    visit_of,
)
from web.signing_in import arrival_of, ceremony, check_rate, enter, session_of, sign_in_page

_LINK: Final = re.compile(r"[A-Za-z0-9_-]{8,200}")
_QUERY_CHARACTERS_MAX = 8_000


async def choose(request: aioweb.Request) -> aioweb.Response:
    """Show every means of signing in."""
    return await sign_in_page(request)


async def again(request: aioweb.Request) -> aioweb.Response:
    """Show them to somebody who has signed in and does something that takes a fresh sign-in."""
    session_of(request)
    return await sign_in_page(request)


async def paste(request: aioweb.Request) -> aioweb.Response:
    """Go on to the page of a pasted link."""
    typed = read(LinkForm, await form_fields(request))
    link = typed.form.link.strip().rstrip("/").rpartition("/")[2] if typed.form else ""
    if not _LINK.fullmatch(link):
        wrong: Typed[Form] = Typed(typed.raw, {}, None, {"link": LinkForm.MESSAGES["link"]})
        return await sign_in_page(request, {"link_typed": wrong})
    return go(request, f"/sign-in/{link}")


async def by_password(request: aioweb.Request) -> aioweb.Response:
    """Sign in with account name, password and code."""
    check_rate(request)
    typed = read(PasswordSignInForm, await form_fields(request))
    if typed.form is None:
        return await sign_in_page(request, {"typed": typed})
    passwords = backend_of(request).accounts.passwords
    try:
        signed_in = await passwords.sign_in(
            typed.form.account, typed.form.password, typed.form.code, arrival_of(request)
        )
    except Refused as refused:
        return await sign_in_page(request, {"typed": typed}, refused=refused)
    return enter(request, signed_in)


async def ask_passkey(request: aioweb.Request) -> aioweb.Response:
    """Answer with a challenge."""
    check_rate(request)
    return ceremony(request, backend_of(request).accounts.passkeys.ask())


async def by_passkey(request: aioweb.Request) -> aioweb.Response:
    """Sign in with the browser's answer to the challenge."""
    check_rate(request)
    typed = read(PasskeyForm, await form_fields(request))
    answer = typed.form.response if typed.form else ""
    passkeys = backend_of(request).accounts.passkeys
    try:
        signed_in = await passkeys.sign_in(cookie_of(request, TICKET_COOKIE), answer, arrival_of(request))
    except Refused as refused:
        return await sign_in_page(request, refused=refused)
    response = enter(request, signed_in)
    remove_cookie(request, response, TICKET_COOKIE)
    return response


async def to_provider(request: aioweb.Request) -> aioweb.Response:
    """Go to the provider of single sign-on. A link and no form: browsers let no form lead to another site."""
    check_rate(request)
    try:
        departure = await backend_of(request).accounts.single_sign_on.depart()
    except Refused as refused:
        return await sign_in_page(request, refused=refused)
    response = aioweb.Response(status=303, headers={"Location": departure.address})
    set_cookie(request, response, TICKET_COOKIE, departure.ticket, lasts=False)
    return response


async def from_provider(request: aioweb.Request) -> aioweb.Response:
    """Sign in with what the provider sent along.

    The one GET that opens a session: the protocol has no other. It takes the ticket of this very browser, once.
    """
    check_rate(request)
    answer = dict(request.query) if len(request.query_string) <= _QUERY_CHARACTERS_MAX else {}
    single_sign_on = backend_of(request).accounts.single_sign_on
    try:
        signed_in = await single_sign_on.arrive(cookie_of(request, TICKET_COOKIE), answer, arrival_of(request))
    except Refused as refused:
        response = await sign_in_page(request, refused=refused)
    else:
        response = enter(request, signed_in)
    remove_cookie(request, response, TICKET_COOKIE)
    return response


async def show_link(request: aioweb.Request) -> aioweb.Response:
    """Show what a link is for, and the button that uses it."""
    token = request.match_info["token"]
    found = await backend_of(request).accounts.sessions.link(token)
    values = {"token": token, "found": found, "people": await people_of(request)}
    return page(request, "sign_in_link.html", values)


async def redeem(request: aioweb.Request) -> aioweb.Response:
    """Exchange a link for a session."""
    check_rate(request)
    sessions = backend_of(request).accounts.sessions
    signed_in = await sessions.redeem(request.match_info["token"], arrival_of(request))
    if signed_in is None:
        raise LinkUsedError
    return enter(request, signed_in)


async def sign_out(request: aioweb.Request) -> aioweb.Response:
    """End the session."""
    secret = cookie_of(request, SESSION_COOKIE)
    if secret and visit_of(request).session:
        await backend_of(request).accounts.sessions.sign_out(secret)
    response = go(request, "/")
    remove_cookie(request, response, SESSION_COOKIE)
    remove_cookie(request, response, NEXT_COOKIE)
    return response


ROUTES: Final = (
    Route("GET", "/sign-in", choose),
    Route("POST", "/sign-in", paste),
    Route("GET", "/sign-in/again", again),
    Route("POST", "/sign-in/password", by_password),
    Route("POST", "/sign-in/passkey/ask", ask_passkey),
    Route("POST", "/sign-in/passkey", by_passkey),
    Route("GET", "/sign-in/single-sign-on", to_provider),
    Route("GET", "/sign-in/single-sign-on/return", from_provider),
    Route("GET", "/sign-in/{token:[A-Za-z0-9_-]{8,200}}", show_link),
    Route("POST", "/sign-in/{token:[A-Za-z0-9_-]{8,200}}", redeem),
    Route("POST", "/sign-out", sign_out),
)
