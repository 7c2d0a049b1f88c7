"""Streams that keep an open page up to date: a part of it, sent anew each time it has changed."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Final

from aiohttp import web as aioweb

from web import keys
from web.errors import BusyError
from web.middleware import protective_headers
from web.ports import Change
from web.respond import backend_of

_BEAT_SECONDS = 15.0
_BEAT: Final = b": still here\n\n"


async def live(
    request: aioweb.Request, concerns: Callable[[Change], bool], part: Callable[[], Awaitable[str]]
) -> aioweb.StreamResponse:
    """Stream a part at once and whenever a change concerns it, until the reader leaves. Raises BusyError."""
    streams = request.app[keys.STREAMS]
    if len(streams) >= request.app[keys.SETTINGS].streams_max:
        raise BusyError
    token = object()
    streams.add(token)
    try:
        return await _stream(request, concerns, part)
    finally:
        streams.discard(token)


async def _stream(
    request: aioweb.Request, concerns: Callable[[Change], bool], part: Callable[[], Awaitable[str]]
) -> aioweb.StreamResponse:
    headers = {
        **protective_headers(request.app),
        "Content-Type": "text/event-stream",
        "Cache-Control": "no-store",
        "X-Accel-Buffering": "no",
    }
    response = aioweb.StreamResponse(headers=headers)
    changes = backend_of(request).changes()
    await response.prepare(request)
    sent = ""
    try:
        async with aclosing(_occasions(changes, concerns, request.app[keys.CLOSING])) as occasions:
            async for _ in occasions:
                markup = await part()
                await response.write(_event(markup) if markup != sent else _BEAT)
                sent = markup
    except ConnectionResetError:
        return response
    return response


async def _occasions(
    changes: AsyncIterator[Change], concerns: Callable[[Change], bool], closing: asyncio.Event
) -> AsyncGenerator[None, None]:
    """Yield at once, at every change that concerns the part, and at every beat, until the application stops."""
    stop = asyncio.ensure_future(closing.wait())
    following = asyncio.ensure_future(anext(changes, None))
    try:
        yield
        while True:
            done, _ = await asyncio.wait({stop, following}, timeout=_BEAT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if stop in done:
                return
            if following in done:
                change = following.result()
                if change is None:
                    return
                following = asyncio.ensure_future(anext(changes, None))
                if not concerns(change):
                    continue
            yield
    finally:
        stop.cancel()
        following.cancel()


def _event(markup: str) -> bytes:
    lines = "".join(f"data: {line}\n" for line in markup.splitlines() if line)
    return f"event: part\n{lines}\n".encode()
