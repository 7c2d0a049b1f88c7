"""The node's status: a short version for anybody, everything for people of this node."""

from typing import Final

from aiohttp import web as aioweb

from web.pages.route import Route
from web.respond import backend_of, page, people_of, visit_of


async def status(request: aioweb.Request) -> aioweb.Response:
    """Answer with the node's status."""
    values = {
        "status": await backend_of(request).status(),
        "people": await people_of(request),
        "is_full": visit_of(request).account is not None,
    }
    return page(request, "node.html", values)


ROUTES: Final = (Route("GET", "/node", status),)
