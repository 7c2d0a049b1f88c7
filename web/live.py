"""Parts of pages that are sent anew each time something that they show has changed, or time has."""

from collections.abc import AsyncIterator, Callable

from aiohttp import web as aioweb

from web.ports import Change
from web.respond import backend_of
from web.streams import Render, stream


async def live(request: aioweb.Request, concerns: Callable[[Change], bool], part: Render) -> aioweb.StreamResponse:
    """Stream a part at once and whenever a change concerns it, until the reader leaves. Raises BusyError."""
    return await stream(request, part, _concerning(backend_of(request).changes(), concerns), at_beats=True)


async def _concerning(changes: AsyncIterator[Change], concerns: Callable[[Change], bool]) -> AsyncIterator[None]:
    async for change in changes:
        if concerns(change):
            yield
