"""What machines ask: is the process alive, can it serve, and its figures. Plain text, no language, no session."""

import hmac
from typing import Final

from aiohttp import web as aioweb

from web import keys
from web.metrics import CONTENT_TYPE, exposition
from web.pages.route import Route

_BEARER: Final = "Bearer "
_TOKEN_CHARACTERS_MAX = 4_096


async def alive(request: aioweb.Request) -> aioweb.Response:
    """Answer that the process runs."""
    del request
    return aioweb.Response(text="ok\n")


async def ready(request: aioweb.Request) -> aioweb.Response:
    """Answer whether the node can serve: it follows the register, may sign, and its disk has room. Else 503 and why."""
    found = await request.app[keys.BACKEND].operator.readiness()
    if found.is_ready:
        return aioweb.Response(text="ready\n")
    return aioweb.Response(status=503, text=f"not ready: {', '.join(found.reasons)}\n")


async def figures(request: aioweb.Request) -> aioweb.Response:
    """Answer with the node's figures for who brings the token of the settings; without one there is nothing here."""
    operator = request.app[keys.BACKEND].operator
    token = operator.metrics_token()
    if not token:
        return aioweb.Response(status=404, text="There is nothing here.\n")
    if not _brings(request.headers.get("Authorization", ""), token):
        return aioweb.Response(
            status=401, text="This needs the token of the settings.\n", headers={"WWW-Authenticate": "Bearer"}
        )
    return aioweb.Response(body=exposition(await operator.metrics()).encode(), headers={"Content-Type": CONTENT_TYPE})


def _brings(header: str, token: str) -> bool:
    given = header.removeprefix(_BEARER)
    if given == header or len(given) > _TOKEN_CHARACTERS_MAX:
        return False
    return hmac.compare_digest(given.strip().encode(errors="replace"), token.encode())


ROUTES: Final = (
    Route("GET", "/health", alive),
    Route("GET", "/health/ready", ready),
    Route("GET", "/metrics", figures),
)
