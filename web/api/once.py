"""Requests with an idempotency key: carried out once, and answered as before when they are sent again."""

import hashlib
from collections.abc import Awaitable, Callable

from web.api.endpoint import Call
from web.api.problems import Problem
from web.ports import Refused


def digest_of(method: str, path: str, body: bytes) -> str:
    """Return what tells one request from another."""
    return hashlib.sha256(f"{method} {path}\n".encode() + body).hexdigest()


async def once(call: Call, key: str, digest: str, act: Callable[[], Awaitable[bytes]]) -> tuple[bytes, bool]:
    """Return the answer to a request, and whether it was given before. Raises Problem and what the act raises.

    What is refused is forgotten, because nothing was done. What ends in a fault keeps its key: whether something was
    signed has to be looked up.
    """
    token, tokens = call.sender.token.id, call.backend.tokens
    known = await tokens.claim(token, key, digest)
    if known is not None:
        if known.digest != digest:
            raise Problem("key-reused")
        if known.answer is None:
            raise Problem("key-in-use")
        return known.answer.encode(), True
    try:
        answer = await act()
    except (Refused, Problem):
        await tokens.settle(token, key, None)
        raise
    await tokens.settle(token, key, answer.decode())
    return answer, False
