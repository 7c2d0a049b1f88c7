"""Members: the roll, and what each one did."""

from typing import Final

from aiohttp import web as aioweb

from web.errors import NotFoundError
from web.pages.route import Route
from web.respond import backend_of, page, people_of


async def listed(request: aioweb.Request) -> aioweb.Response:
    """Answer with the roll."""
    members = await backend_of(request).members()
    return page(request, "members.html", {"members": members, "people": await people_of(request)})


async def one(request: aioweb.Request) -> aioweb.Response:
    """Answer with one member."""
    people = await people_of(request)
    member = people.find(request.match_info["member"])
    if member is None:
        raise NotFoundError
    return page(request, "member.html", {"member": member, "people": people})


ROUTES: Final = (
    Route("GET", "/members", listed),
    Route("GET", "/members/{member:[a-z0-9-]{1,64}}", one),
)
