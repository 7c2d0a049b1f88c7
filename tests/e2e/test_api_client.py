"""A property-based client asks the interface all that its description allows and forbids: every check, no failure.

Over the in-memory backend, with rounds in every state and agendas, it goes through all that there is to cover; over a
real node it makes requests at random, and follows links from one to another.
"""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from aiohttp.test_utils import TestServer

from tests.support.api_client_process import client_finds
from tests.support.real_federation import RealFederation, real_federation
from tests.support.until import until_answered
from tests.support.web_backend import MemoryBackend
from web.app import create_web
from web.settings import WebSettings
from web.tokens_port import SCOPES

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("api")]

UNLIMITED = ("api_points_per_minute = 100000000", "api_points_per_minute_of_token = 100000000")
_SECRET = re.compile(r"comitia_[A-Za-z0-9_-]{43}")
_CSRF = re.compile(r'name="csrf" value="([^"]+)"')
_SECONDS = 120
"""Three times as long as it takes where nothing else runs."""


async def test_over_the_in_memory_backend() -> None:
    backend = MemoryBackend()
    settings = WebSettings(api_points_per_minute=10**8, api_points_per_minute_of_token=10**8)
    server = TestServer(create_web(backend, settings))
    await server.start_server()
    try:
        token = backend.tokens.give(backend.account("head"), *SCOPES)
        address = str(server.make_url("")).rstrip("/")
        found = await client_finds(address, token, 3, "coverage", seconds=_SECONDS)
    finally:
        await server.close()
    assert found.failed == {}
    assert found.asked > 1_000
    assert {call[0] for call in backend.calls} >= {"submit", "endorse", "take_position", "cast"}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def federation(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RealFederation]:
    where: Path = tmp_path_factory.mktemp("federation")
    async with real_federation(where, voting_ms=3_000, extra_settings=UNLIMITED) as started:
        yield started


class Head:
    """A head of delegation with a browser without scripts."""

    def __init__(self, http: aiohttp.ClientSession, address: str) -> None:
        self._http = http
        self._address = address

    async def post(self, path: str, fields: list[tuple[str, str]], start: str) -> str:
        """Send the form of a page; return what it leads to."""
        async with self._http.get(self._address + start) as response:
            csrf = _CSRF.search(await response.text())
        assert csrf is not None
        async with self._http.post(self._address + path, data=[("csrf", csrf[1]), *fields]) as response:
            return await response.text()

    async def token(self, link: str) -> str:
        """Sign in by a one-time link and make a token with every scope."""
        path = link.removeprefix(self._address)
        await self.post(path, [], path)
        fields = [("name", "Archive"), ("days", "1"), *(("scopes", scope) for scope in SCOPES)]
        found = _SECRET.search(await self.post("/account/tokens", fields, "/account/tokens"))
        assert found is not None
        return found.group()


async def token_of(federation: RealFederation, seat: int) -> str:
    """Return a token with every scope of a seat's head of delegation."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        return await Head(http, federation.seats[seat].address).token(federation.link(seat, "head"))


async def test_two_members_systems_meet_over_their_own_nodes(federation: RealFederation) -> None:
    """One proposes at its node; the other reads that at its own, endorses it and states a position."""
    ours, theirs = (f"{federation.seats[seat].address}/api/v1" for seat in (0, 1))
    bearers = [{"Authorization": f"Bearer {await token_of(federation, seat)}"} for seat in (0, 1)]
    proposal = {"track": "long", "lang": "en", "title": "Wells", "body": "Clean.", "minutes": 20, "goals": [6]}
    async with aiohttp.ClientSession() as http:
        key = {"Idempotency-Key": "wells-1"}
        answers = [
            await (await http.post(f"{ours}/proposals", json=proposal, headers={**bearers[0], **key})).json()
            for _ in range(2)
        ]
        assert answers[0] == answers[1]
        event = answers[0]["event"]

        async def is_there() -> bool:
            return (await http.get(f"{theirs}/proposals/{event}")).status == 200

        await until_answered(is_there, "the proposal reached the other node")
        sent = {"endorses": True}
        endorsed = await http.post(f"{theirs}/proposals/{event}/endorsements", json=sent, headers=bearers[1])
        assert endorsed.status == 201
        own = await http.post(f"{ours}/proposals/{event}/endorsements", json=sent, headers=bearers[0])
        assert (await own.json())["code"] == "own-proposal"
        stranger = await http.get(f"{theirs}/me", headers=bearers[0])
        assert (await stranger.json())["code"] == "token-unknown", "a token is good at its own node alone"

        async def is_endorsed() -> bool:
            told = await (await http.get(f"{ours}/proposals/{event}")).json()
            return bool(told["endorsed_by"] == [federation.seats[1].id])

        await until_answered(is_endorsed, "the endorsement came back")
        listed = await http.get(f"{ours}/proposals")
        again = await http.get(f"{ours}/proposals", headers={"If-None-Match": listed.headers["ETag"]})
        assert again.status == 304


async def test_over_a_real_node(federation: RealFederation) -> None:
    address = federation.seats[2].address
    token, before = await token_of(federation, 2), await proposals_at(address)
    found = await client_finds(address, token, 8, "fuzzing,stateful", seconds=_SECONDS)
    assert found.failed == {}
    assert found.asked > 200
    assert await proposals_at(address) > before, "what the client sent was signed"


async def proposals_at(address: str) -> int:
    """Return how many proposals a node lists."""
    async with aiohttp.ClientSession() as http, http.get(f"{address}/api/v1/proposals") as answer:
        return int((await answer.json())["total"])
