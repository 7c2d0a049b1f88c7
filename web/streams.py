"""Streams of server-sent events that keep an open page up to date, within the bound on how many there may be."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing

from aiohttp import web as aioweb

from web import keys
from web.errors import BusyError
from web.middleware import protective_headers
from web.respond import visit_of

_BEAT_SECONDS = 15.0
_BEAT = b": still here\n\n"
Render = Callable[[], Awaitable[str]]


async def stream(
    request: aioweb.Request, render: Render, ticks: AsyncIterator[None], *, at_beats: bool = False
) -> aioweb.StreamResponse:
    """Stream a part of a page at once and at every tick after which it differs, until reader or application leave.

    A part that changes with time alone is looked at again at beats as well. An empty part isn't sent. Raises BusyError
    if there are too many streams.
    """
    visit_of(request).is_fragment = True
    streams = request.app[keys.STREAMS]
    if len(streams) >= request.app[keys.SETTINGS].streams_max:
        raise BusyError
    token = object()
    streams.add(token)
    try:
        return await _sent(request, render, ticks, at_beats=at_beats)
    finally:
        streams.discard(token)


async def _sent(
    request: aioweb.Request, render: Render, ticks: AsyncIterator[None], *, at_beats: bool
) -> aioweb.StreamResponse:
    headers = {
        **protective_headers(request.app),
        "Content-Type": "text/event-stream",
        "Cache-Control": "no-store",
        "X-Accel-Buffering": "no",
    }
    response = aioweb.StreamResponse(headers=headers)
    await response.prepare(request)
    sent = ""
    try:
        async with aclosing(_occasions(ticks, request.app[keys.CLOSING])) as occasions:  # type: ignore[type-var]
            async for is_beat in occasions:
                markup = await render() if at_beats or not is_beat else ""
                if markup and markup != sent:
                    await response.write(event(markup))
                    sent = markup
                elif at_beats or is_beat:
                    await response.write(_BEAT)
    except ConnectionResetError:
        return response
    return response


async def _occasions(ticks: AsyncIterator[None], closing: asyncio.Event) -> AsyncIterator[bool]:
    """Yield False at once and at each tick, True at each beat without one, until the application stops."""
    stop = asyncio.ensure_future(closing.wait())
    following = asyncio.ensure_future(anext(ticks, True))
    try:
        yield False
        while True:
            done, _ = await asyncio.wait({stop, following}, timeout=_BEAT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if stop in done or (following in done and following.result() is True):
                return
            if following in done:
                following = asyncio.ensure_future(anext(ticks, True))
            yield not done
    finally:
        stop.cancel()
        following.cancel()


def event(markup: str) -> bytes:
    """Return markup as one event named "part"; blank lines are left out."""
    lines = "".join(f"data: {line}\n" for line in markup.splitlines() if line)
    return f"event: part\n{lines}\n".encode()
