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
    is_by_address: bool = False
    """Whether its address itself is the secret that allows it, so that a POST carries no other: programs send it."""
