"""What became different from one published agenda to another."""

from typing import Final

from aiohttp import web as aioweb

from web.errors import NotFoundError
from web.pages.route import Route
from web.readings import reading_values
from web.respond import backend_of, page, people_of


async def changes(request: aioweb.Request) -> aioweb.Response:
    """Answer with what changed since the version before, or since the one that the address names."""
    backend = backend_of(request)
    later = int(request.match_info["version"])
    in_force = await backend.agenda()
    versions = sorted({*in_force.versions, in_force.version}) if in_force else []
    earlier = [number for number in versions if number < later]
    if later not in versions or not earlier:
        raise NotFoundError
    asked = request.query.get("since", "")
    since = next((number for number in earlier if str(number) == asked), earlier[-1])
    found = await backend.discussion.agenda_changes(since, later)
    if found is None:
        raise NotFoundError
    items = (*found.added, *found.dropped, *found.renumbered, *found.decided_anew)
    values = {
        **await reading_values(request, [item.text.hash for item in items]),
        "people": await people_of(request),
        "found": found,
        "earlier": earlier,
    }
    return page(request, "agenda_changes.html", values)


ROUTES: Final = (Route("GET", r"/agenda/{version:\d{1,9}}/changes", changes),)
