"""The web application of one node: create_web() puts it together."""

import asyncio
from typing import Final

from aiohttp import web as aioweb

from web import keys
from web.api.serving import add_routes, machine_answers
from web.api.state import Api
from web.api.table import ENDPOINTS
from web.compared import Comparisons
from web.editions.kept_editions import KeptEditions
from web.i18n import Languages, load_languages
from web.kept_pages import KeptPages
from web.limiter import Limiter
from web.middleware import error_pages, genuine_forms, kept, protective_headers, security_headers, visits
from web.offline_page import build_offline_page
from web.once import sent_once
from web.pages import PAGES, Handler, machine, offline
from web.pdf.press import Press
from web.ports import Backend
from web.present import Roster
from web.rendering import Templates
from web.settings import WebSettings
from web.static_files import load_static_files
from web.turns import Turns

_YEAR: Final = "public, max-age=31536000, immutable"


def create_web(
    backend: Backend,
    settings: WebSettings,
    languages: Languages | None = None,
    *,
    templates: Templates | None = None,
    press: Press | None = None,
) -> aioweb.Application:
    """Return the application. It reads catalogues, templates and static files once, here.

    languages are those of load_languages() by default; templates in these languages may be shared by applications.
    press makes the PDFs.
    """
    app = aioweb.Application(
        middlewares=[machine_answers, security_headers, visits, kept, error_pages, genuine_forms, sent_once],
        client_max_size=settings.body_bytes_max,
    )
    known = languages or load_languages(settings.default_language)
    static = load_static_files()
    app[keys.BACKEND] = backend
    app[keys.SETTINGS] = settings
    app[keys.LANGUAGES] = known
    app[keys.STATIC] = static
    app[keys.OFFLINE] = build_offline_page(known)
    app[keys.TEMPLATES] = templates or Templates(known, static.url)
    app[keys.SIGN_INS] = Limiter(settings.sign_ins_per_minute)
    app[keys.COMPARISONS] = Comparisons()
    app[keys.EDITIONS] = KeptEditions()
    app[keys.PRESS] = press or Press()
    app[keys.ROSTER] = Roster()
    app[keys.KEPT_PAGES] = KeptPages(settings.public_pages_ms)
    app[keys.TURNS] = Turns()
    app[keys.STREAMS] = set()
    app[keys.CLOSING] = asyncio.Event()
    app.on_shutdown.append(_close)
    add_routes(app, Api(ENDPOINTS, backend, settings, known.negotiate("en")))
    _add_routes(app, known)
    return app


async def _close(app: aioweb.Application) -> None:
    """Tell open streams to end when the application stops, and the typesetter."""
    app[keys.CLOSING].set()
    await app[keys.PRESS].stop()


def _add_routes(app: aioweb.Application, languages: Languages) -> None:
    """Add every page under its address, and under each language's prefix."""
    for route in (*machine.ROUTES, *offline.ROUTES):
        _add(app, route.method, route.path, route.handler)
    app.router.add_get("/static/{name}", _static)
    prefix = "/{lang:" + "|".join(languages.codes) + "}"
    app[keys.BY_ADDRESS] = frozenset(route.handler for route in PAGES if route.is_by_address)
    for route in PAGES:
        _add(app, route.method, route.path, route.handler)
        _add(app, route.method, prefix + route.path, route.handler)
        if route.path == "/":
            _add(app, route.method, prefix, route.handler)


def _add(app: aioweb.Application, method: str, path: str, handler: Handler) -> None:
    if method == "GET":
        app.router.add_get(path, handler)
    else:
        app.router.add_route(method, path, handler)


async def _static(request: aioweb.Request) -> aioweb.Response:
    found = request.app[keys.STATIC].find(request.path)
    if found is None:
        return aioweb.Response(status=404, text="There is no such file.\n")
    headers = {
        **protective_headers(request.app),
        "Cache-Control": _YEAR,
        "Vary": "Accept-Encoding",
        "Content-Type": f"{found.content_type}; charset=utf-8",
    }
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        return aioweb.Response(body=found.gzipped, headers={**headers, "Content-Encoding": "gzip"})
    return aioweb.Response(body=found.body, headers=headers)
