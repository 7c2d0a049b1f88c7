"""A form is taken once: whoever sends it again because the answer never came is led to where it led.

A form carries a random key. Forms without one, and readers who haven't signed in, pass unchanged.
"""

import hashlib
import re
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web as aioweb

from web import keys
from web.drafts_port import Sent, SentForms
from web.errors import FormTakenError, FormUnfinishedError
from web.ports import Account
from web.respond import backend_of, form_fields, visit_of

Handler = Callable[[aioweb.Request], Awaitable[aioweb.StreamResponse]]

ONCE: Final = re.compile(r"[A-Za-z0-9_-]{16,64}")
TAKEN_COOKIE: Final = "comitia_taken"
"""Tells the page's script that the answer to a form has arrived; scripts read it, and it opens nothing."""
ALIKE_MS: Final = 10 * 60_000
"""A written text that comes a second time word for word within this time is not taken again, whatever its key."""
_DRAFTS: Final = ("/drafts", "/drafts/discard")
"""Carry a form's key without sending the form."""
_UNCOMPARED: Final = frozenset({"csrf", "once", "draft_form", "draft_version", "draft_tab", "offered"})


@aioweb.middleware
async def sent_once(request: aioweb.Request, handler: Handler) -> aioweb.StreamResponse:
    """Take a form with a key once, and answer later ones with where the first led."""
    once, account = await _key(request)
    if once is None or account is None:
        return await handler(request)
    async with request.app[keys.TURNS].of((account.id, once)):
        return await _first(request, handler, account, once)


async def _key(request: aioweb.Request) -> tuple[str | None, Account | None]:
    is_page = request.method == "POST" and keys.VISIT in request and request.match_info.http_exception is None
    if not is_page or visit_of(request).path in _DRAFTS:
        return None, None
    once = (await form_fields(request)).get("once", "")
    return (once if ONCE.fullmatch(once) else None), visit_of(request).account


async def _first(request: aioweb.Request, handler: Handler, account: Account, once: str) -> aioweb.StreamResponse:
    forms, digest = backend_of(request).sent_forms, await _digest(request)
    fields = await form_fields(request)
    alike = backend_of(request).now() - ALIKE_MS if "draft_form" in fields else 2**53
    known = await forms.begin(account, once, digest, alike)
    if known is not None:
        return _again(known, digest)
    response = await _released(forms, account, once, handler(request))
    if response.status != 303:
        await forms.release(account, once)
        return response
    await forms.finish(account, once, response.headers["Location"])
    if form := fields.get("draft_form"):
        await backend_of(request).drafts.discard(account, form)
        response.set_cookie(
            TAKEN_COOKIE, once, path="/", samesite="Lax", secure=request.app[keys.SETTINGS].secure_cookies
        )
    return response


async def _released(
    forms: SentForms, account: Account, once: str, answer: Awaitable[aioweb.StreamResponse]
) -> aioweb.StreamResponse:
    """Return an answer; if there is none, the form was not taken and can be sent again."""
    try:
        return await answer
    except Exception:
        await forms.release(account, once)
        raise


def _again(known: Sent, digest: str) -> aioweb.Response:
    """Answer a form that came before. Raises FormTakenError if it says something else now."""
    if known.location is None:
        raise FormUnfinishedError
    if known.digest != digest:
        raise FormTakenError(known.location)
    return aioweb.Response(status=303, headers={"Location": known.location})


async def _digest(request: aioweb.Request) -> str:
    """Return a digest of what a form says and where it was sent."""
    fields = await form_fields(request)
    said = sorted((name, value) for name, value in fields.items() if name not in _UNCOMPARED)
    return hashlib.sha256(repr((visit_of(request).path, said)).encode(errors="surrogatepass")).hexdigest()
