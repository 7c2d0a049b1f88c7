"""A site over the in-memory backend, and a reader who clicks through it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from io import BytesIO
from urllib.parse import urlencode

import pytest
from aiohttp import ClientResponse, CookieJar, web_app
from aiohttp.test_utils import TestClient, TestServer

from tests.support.api_asker import Asker, started
from tests.support.markup import Page, read_page
from tests.support.shared_press import shared_press
from tests.support.web_backend import MemoryBackend
from web.app import create_web
from web.i18n import Languages, load_languages
from web.pdf.press import Press
from web.ports import Role
from web.rendering import Templates
from web.respond import SESSION_COOKIE
from web.settings import WebSettings
from web.static_files import load_static_files


@dataclass
class Seen:
    """An answer, read."""

    status: int
    text: str
    headers: dict[str, str]

    @property
    def page(self) -> Page:
        return read_page(self.text)

    @property
    def location(self) -> str:
        return self.headers.get("Location", "")


class Site:
    """One reader with a cookie jar at one node."""

    def __init__(self, backend: MemoryBackend, client: TestClient) -> None:  # type: ignore[type-arg]
        self.backend = backend
        self.client = client

    def sign_in(self, *roles: Role, member: str | None = None) -> None:
        secret = self.backend.sign_in(self.backend.account(*roles, member=member))
        self.keep(SESSION_COOKIE, secret)

    def keep(self, name: str, value: str) -> None:
        """Put a cookie of the site into the reader's jar."""
        self.client.session.cookie_jar.update_cookies({name: value}, self.client.make_url("/"))

    def cookie(self, name: str) -> str:
        """Return what a cookie in the reader's jar holds."""
        return next(found.value for found in self.client.session.cookie_jar if found.key == name)

    async def get(self, path: str, **headers: str) -> Seen:
        return await self._seen(await self.client.get(path, headers=headers, allow_redirects=False))

    async def post(self, path: str, fields: list[tuple[str, str]] | dict[str, str], **headers: str) -> Seen:
        body = BytesIO(urlencode(fields).encode())
        typed = {"Content-Type": "application/x-www-form-urlencoded", **headers}
        return await self._seen(await self.client.post(path, data=body, headers=typed, allow_redirects=False))

    async def token(self, path: str, action: str | None = None) -> str:
        """Return the secret of a form on a page: the one with this action, or the last one."""
        page = (await self.get(path)).page
        for target, form in zip(page.actions, page.forms, strict=True):
            if "csrf" in form and action in (None, target):
                return form["csrf"][0]
        raise AssertionError(f"no form on {path} leads to {action}")

    async def send(self, path: str, fields: dict[str, str] | list[tuple[str, str]], start: str = "/sign-in") -> Seen:
        """Post a form with the secret that a page gives."""
        pairs = list(fields.items()) if isinstance(fields, dict) else fields
        return await self.post(path, [*pairs, ("csrf", await self.token(start))])

    @staticmethod
    async def _seen(response: ClientResponse) -> Seen:
        text = (await response.read()).decode(errors="replace")
        return Seen(response.status, text, dict(response.headers))


MakeSite = Callable[..., Awaitable[Site]]


@pytest.fixture(scope="session")
def languages() -> Languages:
    return load_languages()


@pytest.fixture(scope="session")
def templates(languages: Languages) -> Templates:
    """Templates of all sites: to compile one takes longer than most tests."""
    return Templates(languages, load_static_files().url)


@pytest.fixture
async def make_site(languages: Languages, templates: Templates) -> AsyncIterator[MakeSite]:
    clients: list[TestClient] = []  # type: ignore[type-arg]

    async def make(backend: MemoryBackend | None = None, press: Press | None = None, **settings: object) -> Site:
        chosen, checked = backend or MemoryBackend(), WebSettings.model_validate(settings)
        app = create_web(chosen, checked, languages, templates=templates, press=press or shared_press())
        client = TestClient(TestServer(app), cookie_jar=CookieJar(unsafe=True))
        await client.start_server()
        clients.append(client)
        return Site(chosen, client)

    yield make
    for client in clients:
        await client.close()
    _forget_applications()


def _forget_applications() -> None:
    """Have aiohttp let go of applications that are closed: it remembers hundreds, each with its backend."""
    web_app._cached_build_middleware.cache_clear()


@pytest.fixture
async def site(make_site: MakeSite) -> Site:
    return await make_site()


@pytest.fixture
async def empty_site(make_site: MakeSite) -> Site:
    return await make_site(MemoryBackend(is_empty=True))


MakeAsker = Callable[..., Awaitable[Asker]]


@pytest.fixture
async def make_asker(languages: Languages) -> AsyncIterator[MakeAsker]:
    askers: list[Asker] = []

    async def make(backend: MemoryBackend | None = None, **settings: object) -> Asker:
        askers.append(await started(languages, backend, **settings))
        return askers[-1]

    yield make
    for asker in askers:
        await asker.client.close()
    _forget_applications()


@pytest.fixture
async def asker(make_asker: MakeAsker) -> Asker:
    return await make_asker()
