"""The shape of a route."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from aiohttp import web as aioweb

Handler = Callable[[aioweb.Request], Awaitable[aioweb.StreamResponse]]


class Route(NamedTuple):
    """A page's method, address and handler."""

    method: str
    path: str
    handler: Handler
