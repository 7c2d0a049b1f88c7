"""A head of delegation makes a token in a real Chromium, and a program votes with it, at real nodes, until revoked."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, Page, expect

from node.demo_people import Person
from tests.support.browser import sideways, violations, watched
from tests.support.real_federation import RealFederation, real_federation
from tests.support.until import until_answered
from tests.support.web_backend import MemoryBackend
from web.app import create_web
from web.respond import SESSION_COOKIE
from web.settings import WebSettings

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("browser")]

_VOTING_SECONDS = 8
_OFTEN = ("api_points_per_minute_of_token = 100000",)
"""The program asks again and again whether something has come about, more often than a token may."""


@pytest.mark.parametrize(("lang", "width"), [("en", 1280), ("zh", 390), ("ar", 1280), ("ar", 390), ("ru", 390)])
async def test_every_state_of_the_page(browser: Browser, lang: str, width: int) -> None:
    backend = MemoryBackend()
    server = TestServer(create_web(backend, WebSettings()))
    await server.start_server()
    try:
        origin = str(server.make_url("")).rstrip("/")
        seen = await watched(browser, origin, viewport={"width": width, "height": 860})
        secret = backend.sign_in(backend.account("head"))
        cookies = {"comitia_language": lang, SESSION_COOKIE: secret}
        await seen.context.add_cookies([{"name": name, "value": cookies[name], "url": origin} for name in cookies])
        page = await seen.page()
        await page.goto(f"{origin}/account/tokens")
        await _is_fine(page)
        await page.fill("#field-name", "Archive")
        await page.locator("form.form button.button").click()
        await expect(page.locator(".problem")).to_be_focused()
        await expect(page.locator("#field-name")).to_have_value("Archive")
        await _is_fine(page)
        await page.locator("label.choice").last.click()
        await page.locator("form.form button.button").click()
        await expect(page.locator(".receipt")).to_be_focused()
        await _is_fine(page)
        assert seen.foreign == seen.complaints == []
        await seen.context.close()
    finally:
        await server.close()


async def _is_fine(page: Page) -> None:
    assert await sideways(page) == 0
    assert await violations(page) == []


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def federation(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RealFederation]:
    where: Path = tmp_path_factory.mktemp("federation")
    async with real_federation(where, voting_ms=3_000, extra_settings=_OFTEN) as started:
        yield started


class Program:
    """A system of a member."""

    def __init__(self, http: aiohttp.ClientSession, address: str, token: str) -> None:
        self._http = http
        self._root = f"{address}/api/v1"
        self._headers = {"Authorization": f"Bearer {token}"}

    async def get(self, path: str) -> tuple[int, Any]:
        async with self._http.get(self._root + path, headers=self._headers) as response:
            return response.status, await response.json(content_type=None)

    async def post(self, path: str, value: object) -> tuple[int, Any]:
        async with self._http.post(self._root + path, json=value, headers=self._headers) as response:
            return response.status, await response.json(content_type=None)


async def _opened(federation: RealFederation, program: Program) -> str:
    """Have the secretariat open a prioritisation of one topic; return the round's id."""
    seat = federation.seats[0]
    proposal = {"track": "long", "lang": "en", "title": "Wells", "body": "Clean.", "minutes": 20, "goals": [6]}
    status, made = await program.post("/proposals", proposal)
    assert status == 201, made
    async with Person(seat.address) as office:
        await office.sign_in(seat.tokens["secretariat"])
        await office.name_topic(
            track="long", lang="en", title="Water", body="Wells.", minutes=20, goals=[6], proposals=[made["event"]]
        )
        (topic,) = (await program.get("/topics"))[1]["items"]
        await office.request_round("long", "prioritisation", [topic["id"]], _VOTING_SECONDS, 60)

    async def is_open() -> bool:
        return len((await program.get("/open-rounds"))[1]["items"]) == 1

    await until_answered(is_open, "the round is open")
    found: str = (await program.get("/open-rounds"))[1]["items"][0]["entry"]["id"]
    return found


async def test_a_program_votes_until_its_token_is_revoked(federation: RealFederation, browser: Browser) -> None:
    seat = federation.seats[0]
    seen = await watched(browser, seat.address)
    page = await seen.page()
    await page.goto(federation.link(0, "head"))
    await page.locator("main button.button").click()
    await page.goto(f"{seat.address}/account/tokens")
    await page.get_by_label("Which system it is for").fill("Voting system")
    for scope in ("Vote", "Propose", "Read for your member"):
        await page.get_by_text(scope, exact=True).click()
    await page.get_by_role("button", name="Make the token").click()
    token = await page.locator(".secret").inner_text()
    async with aiohttp.ClientSession() as http:
        program = Program(http, seat.address, token)
        found = await _opened(federation, program)
        ballot = {"ballot": {"form": "approval", "approves": ["o1"]}, "mandate": True}
        status, cast = await program.post(f"/rounds/{found}/ballots", ballot)
        assert status == 201, cast

        async def is_certain() -> bool:
            return bool((await program.get(f"/rounds/{found}/ballot"))[1]["is_certain"])

        await until_answered(is_certain, "enough tellers have received the ballot")
        assert (await program.get(f"/rounds/{found}"))[1]["cast"] is None

        async def is_certified() -> bool:
            return (await program.get(f"/rounds/{found}/roll-call"))[0] == 200

        await until_answered(is_certified, "the round is certified", seconds=40)
        (voted,) = (await program.get(f"/rounds/{found}/roll-call"))[1]["items"]
        assert (voted["member"], voted["event"], voted["is_counted"]) == (seat.id, cast["event"], True)
        late = await program.post(f"/rounds/{found}/ballots", ballot)
        assert (late[0], late[1]["code"]) == (409, "round-closed")
        await page.goto(f"{seat.address}/account/tokens")
        await expect(page.locator("main")).to_contain_text("Last used")
        await page.get_by_role("button", name="Revoke Voting system").click()
        await expect(page.locator("main")).to_contain_text("You have made no token yet.")
        assert (await program.get("/me"))[0] == 401
    assert seen.foreign == seen.complaints == []
    await seen.context.close()
