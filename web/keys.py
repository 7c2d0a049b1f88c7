"""The application's typed keys, all in one place."""

import asyncio

from aiohttp import web as aioweb

from web.api.endpoint import Endpoint
from web.api.rates import Spent
from web.api.state import Api
from web.compared import Comparisons
from web.editions.kept_editions import KeptEditions
from web.i18n import Languages
from web.kept_pages import KeptPages
from web.limiter import Limiter
from web.offline_page import OfflinePage
from web.pdf.press import Press
from web.ports import Backend
from web.present import Roster
from web.rendering import Templates
from web.settings import WebSettings
from web.static_files import StaticFiles
from web.turns import Turns
from web.visit import Visit

BACKEND: aioweb.AppKey[Backend] = aioweb.AppKey("backend", Backend)
SETTINGS: aioweb.AppKey[WebSettings] = aioweb.AppKey("settings", WebSettings)
LANGUAGES: aioweb.AppKey[Languages] = aioweb.AppKey("languages", Languages)
OFFLINE: aioweb.AppKey[OfflinePage] = aioweb.AppKey("offline", OfflinePage)
STATIC: aioweb.AppKey[StaticFiles] = aioweb.AppKey("static", StaticFiles)
TEMPLATES: aioweb.AppKey[Templates] = aioweb.AppKey("templates", Templates)
SIGN_INS: aioweb.AppKey[Limiter] = aioweb.AppKey("sign_ins", Limiter)
COMPARISONS: aioweb.AppKey[Comparisons] = aioweb.AppKey("comparisons", Comparisons)
EDITIONS: aioweb.AppKey[KeptEditions] = aioweb.AppKey("editions", KeptEditions)
PRESS: aioweb.AppKey[Press] = aioweb.AppKey("press", Press)
ROSTER: aioweb.AppKey[Roster] = aioweb.AppKey("roster", Roster)
KEPT_PAGES: aioweb.AppKey[KeptPages] = aioweb.AppKey("kept_pages", KeptPages)
CLOSING: aioweb.AppKey[asyncio.Event] = aioweb.AppKey("closing", asyncio.Event)
TURNS: aioweb.AppKey[Turns] = aioweb.AppKey("turns", Turns)
STREAMS: aioweb.AppKey[set[object]] = aioweb.AppKey("streams", set)
BY_ADDRESS: aioweb.AppKey[frozenset[object]] = aioweb.AppKey("by_address", frozenset)
"""Handlers whose address is the secret that allows them."""
API: aioweb.AppKey[Api] = aioweb.AppKey("api", Api)

VISIT: aioweb.RequestKey[Visit] = aioweb.RequestKey("visit", Visit)
ENDPOINT: aioweb.RequestKey[Endpoint] = aioweb.RequestKey("endpoint", Endpoint)
SPENT: aioweb.RequestKey[Spent] = aioweb.RequestKey("spent", Spent)
