"""Searching proposals, topics and agenda items by words and by meaning, in any language."""

from typing import Final, Literal

from aiohttp import web as aioweb

from web.explorer_views import SearchHit, SearchQuery
from web.forms import QUERY_CHARACTERS_MAX, query_words
from web.pages.asked import page_in, track_in
from web.pages.route import Route
from web.respond import backend_of, page, people_of

_PER_PAGE: Final = 20
Kind = Literal["proposal", "topic", "agenda", "translation"]


async def search(request: aioweb.Request) -> aioweb.Response:
    """Answer with what is found, or with what can be searched."""
    typed = query_words(request.query.get("q", ""))
    is_too_long = len(typed) > QUERY_CHARACTERS_MAX
    query = SearchQuery(typed, _kind_in(request), track_in(request), page_in(request), _PER_PAGE)
    found = await backend_of(request).search(query) if typed and not is_too_long else None
    values = {
        "people": await people_of(request),
        "query": query,
        "found": found,
        "is_too_long": is_too_long,
        "characters_max": QUERY_CHARACTERS_MAX,
        "address_of": address_of,
    }
    return page(request, "search.html", values, status=422 if is_too_long else 200)


def address_of(hit: SearchHit) -> str:
    """Return the path of what was found."""
    match hit.kind:
        case "proposal":
            return f"/proposals/{hit.id}"
        case "topic":
            return f"/topics/{hit.id}"
        case "translation":
            return f"/texts/{hit.id}"
        case "agenda":
            version, _, item = hit.id.partition("/")
            return f"/agenda/{version}#item-{item}"


def _kind_in(request: aioweb.Request) -> Kind | None:
    match request.query.get("kind"):
        case "proposal" | "topic" | "agenda" | "translation" as kind:
            return kind
        case _:
            return None


ROUTES: Final = (Route("GET", "/search", search),)
