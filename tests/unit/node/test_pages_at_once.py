"""Pages of a real node for people who have signed in: what somebody did is there at once, and nobody sees another's."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest_asyncio
from aiohttp.test_utils import TestServer

from node.config import Layout
from node.storage.database import Database
from tests.support.inhabited import Inhabited, inhabited, signed_in
from web.respond import SESSION_COOKIE


@dataclass
class Reader:
    """Somebody's browser."""

    http: aiohttp.ClientSession
    origin: str
    session: str

    async def get(self, path: str) -> str:
        async with self.http.get(self.origin + path, cookies={SESSION_COOKIE: self.session}) as response:
            assert response.status == 200, path
            return await response.text()

    async def send(self, page: str, action: str, **fields: str) -> str:
        """Send a form of a page and return the page that it leads to."""
        token = re.search(r'name="csrf" value="([^"]+)"', await self.get(page))
        assert token is not None
        given = {**fields, "csrf": token[1]}
        async with self.http.post(self.origin + action, data=given, cookies={SESSION_COOKIE: self.session}) as response:
            assert response.status == 200, await response.text()
            return await response.text()


@dataclass
class Place:
    """A node, and two people of its member."""

    inhabited: Inhabited
    ada: Reader
    bob: Reader

    @property
    def proposal(self) -> str:
        return f"/en/proposals/{self.inhabited.proposal}"


@pytest_asyncio.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    jar = aiohttp.DummyCookieJar()
    async with inhabited(tmp_path, members=4, proposals=21) as found, aiohttp.ClientSession(cookie_jar=jar) as http:
        server = TestServer(found.node.app)
        await server.start_server()
        origin = str(server.make_url("")).rstrip("/")
        other = await signed_in(found.node, Layout(tmp_path), "bob", found.desk.me)
        yield Place(found, Reader(http, origin, found.session), Reader(http, origin, other))
        await server.close()


async def test_what_somebody_did_is_on_the_next_page_of_everybody(place: Place) -> None:
    ada, bob, opened = place.ada, place.bob, place.inhabited.opened
    for reader in (ada, bob):
        assert "Because it matters." not in await reader.get(place.proposal)
    fields = {"stance": "support", "lang": "en", "reasons": "Because it matters."}
    assert "Because it matters." in await ada.send(place.proposal, f"{place.proposal}/position", **fields)
    assert "Because it matters." in await bob.get(place.proposal)
    summary = {found.id: found for found in await place.inhabited.node.service.rounds()}[opened]
    assert (summary.mine, summary.cast) == (False, 0)
    await ada.send(f"/en/rounds/{opened}", f"/en/rounds/{opened}/cast", choice="yes", mandate="yes", basis="")
    summary = {found.id: found for found in await place.inhabited.node.service.rounds()}[opened]
    assert (summary.mine, summary.cast) == (True, 1)
    assert f"/rounds/{opened}/receipt" in await bob.get(f"/en/rounds/{opened}")


async def test_nobody_is_shown_somebody_else_s_page(place: Place) -> None:
    for path in place.inhabited.pages.values():
        pages = [(await reader.get(path)) for reader in (place.ada, place.bob, place.ada)]
        assert ["<bdi>Ada</bdi>" in page for page in pages] == [True, False, True], path
        assert ["<bdi>Bob</bdi>" in page for page in pages] == [False, True, False], path
    assert 'lang="ar"' in (await place.ada.get("/ar/proposals"))[:200]
    assert 'lang="en"' in (await place.ada.get("/en/proposals"))[:200]


async def test_a_session_that_another_process_ends_is_over_with_the_next_page(place: Place, tmp_path: Path) -> None:
    assert "<bdi>Ada</bdi>" in await place.ada.get("/en")
    beside = Database(Layout(tmp_path).store)
    await beside.open()
    await beside.write(lambda c: c.execute("DELETE FROM sessions WHERE account = 'ada'"))
    await beside.close()
    assert "<bdi>Ada</bdi>" not in await place.ada.get("/en")
    assert "<bdi>Bob</bdi>" in await place.bob.get("/en")
