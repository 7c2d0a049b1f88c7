"""The page that describes the programming interface to people. The description for programs is under /api/v1."""

from collections.abc import Iterable
from typing import Final

from aiohttp import web as aioweb

from web import keys
from web.api.endpoint import HEAVY, ROOT, WRITING, Endpoint
from web.api.models.asked import PER_PAGE, PER_PAGE_MAX
from web.api.openapi import status_of
from web.api.problems import OWN
from web.i18n import Language
from web.pages.route import Route
from web.ports import Refused
from web.refusals import REFUSAL_CODES, refusal_words
from web.respond import page, visit_of
from web.token_words import SCOPE_WORDS
from web.tokens_port import SCOPE_ROLES


async def described(request: aioweb.Request) -> aioweb.Response:
    """Answer with resources, scopes, problems and examples."""
    settings = request.app[keys.SETTINGS]
    values = {
        "root": settings.base_url + ROOT,
        "resources": _by_section(request.app[keys.API].endpoints),
        "scopes": [(scope, *SCOPE_WORDS[scope], SCOPE_ROLES[scope]) for scope in SCOPE_WORDS],
        "problems": list(_problems(visit_of(request).language)),
        "per_page": PER_PAGE,
        "per_page_max": PER_PAGE_MAX,
        "points": settings.api_points_per_minute,
        "points_of_token": settings.api_points_per_minute_of_token,
        "heavy": HEAVY,
        "writing": WRITING,
    }
    return page(request, "interface.html", values)


def _by_section(endpoints: Iterable[Endpoint]) -> dict[str, list[Endpoint]]:
    """Return the resources by the section that they stand in."""
    found: dict[str, list[Endpoint]] = {}
    for endpoint in endpoints:
        found.setdefault(endpoint.section, []).append(endpoint)
    return found


def _problems(language: Language) -> Iterable[tuple[str, int, str]]:
    """Yield the code of each problem, its status, and what it says."""
    for code in sorted({*OWN, *REFUSAL_CODES}, key=lambda each: (status_of(each), each)):
        words = language.gettext(OWN[code].title) if code in OWN else refusal_words(language, Refused(code)).happened
        yield code, status_of(code), words


ROUTES: Final = (Route("GET", "/api", described),)
