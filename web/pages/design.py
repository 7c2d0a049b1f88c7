"""The design of the pages, shown by itself: colours, type, components and words, for whoever builds another page."""

from typing import Final

from aiohttp import web as aioweb

from web import keys
from web.design_tokens import colour_tokens
from web.errors import NotFoundError
from web.forms import ProposalForm, Typed, blank
from web.pages.route import Route
from web.respond import page, people_of, visit_of

_STYLESHEET: Final = "comitia.css"
_BEFORE: Final = "Wells are tested every five years by the ministry."
_AFTER: Final = "Wells are tested every year by the ministry."


async def design(request: aioweb.Request) -> aioweb.Response:
    """Answer with the page that describes all others."""
    static = request.app[keys.STATIC]
    stylesheet = static.find(static.url(_STYLESHEET))
    assert stylesheet is not None
    typed = {"minutes": "0"}
    values = {
        "people": await people_of(request),
        "tokens": colour_tokens(stylesheet.body.decode()),
        "empty": blank(),
        "wrong": Typed(typed, {}, None, {"minutes": ProposalForm.MESSAGES["minutes"]}),
        "before": _BEFORE,
        "after": _AFTER,
        "missing": NotFoundError().words(visit_of(request).language),
    }
    return page(request, "design.html", values)


ROUTES: Final = (Route("GET", "/design", design),)
