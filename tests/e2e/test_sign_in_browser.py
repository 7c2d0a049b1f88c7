"""Signing in and accounts in a real Chromium: how the pages look, and passkeys by a virtual authenticator."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, CDPSession, Page, expect

from node.accounts import Accounts
from node.first_run import FirstRun
from node.one_time_codes import STEP_SECONDS
from tests.support.browser import Watched, sideways, violations, watched
from tests.support.free_ports import free_port
from tests.support.totp import code_at
from tests.support.web_accounts import MemorySessions
from tests.support.web_backend import MemoryBackend
from web.app import create_web
from web.ports import Role
from web.respond import SESSION_COOKIE
from web.settings import WebSettings

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("browser")]

EVERY: tuple[Role, ...] = ("head", "operator")


@dataclass
class Place:
    """A running site at an address with a name, and a browser."""

    backend: MemoryBackend
    origin: str
    browser: Browser

    async def reader(self, *roles: Role, lang: str = "en", width: int = 1280, **options: Any) -> Watched:
        """Return a context in a language and width, signed in with roles."""
        seen = await watched(self.browser, self.origin, viewport={"width": width, "height": 860}, **options)
        cookies = [{"name": "comitia_language", "value": lang, "url": self.origin}]
        if roles:
            secret = self.backend.sign_in(self.backend.account(*roles))
            cookies.append({"name": SESSION_COOKIE, "value": secret, "url": self.origin})
        await seen.context.add_cookies(cookies)  # type: ignore[arg-type]
        return seen

    @property
    def accounts(self) -> Accounts:
        sessions = self.backend.accounts.sessions
        assert isinstance(sessions, MemorySessions)
        return Accounts(sessions._database, sessions._clock)

    async def link(self, account: str) -> str:
        return f"{self.origin}/sign-in/{await self.accounts.invite(account)}"


@asynccontextmanager
async def serving(browser: Browser, **options: Any) -> AsyncIterator[Place]:
    """Serve a site over a backend of its own."""
    port = free_port(1)
    origin = f"http://localhost:{port}"
    backend = MemoryBackend(base_url=origin, **options)
    server = TestServer(create_web(backend, WebSettings(base_url=origin, sign_ins_per_minute=1_000)), port=port)
    await server.start_server()
    try:
        yield Place(backend, origin, browser)
    finally:
        await server.close()


@pytest_asyncio.fixture(loop_scope="module")
async def place(browser: Browser) -> AsyncIterator[Place]:
    async with serving(browser) as started:
        yield started


async def keep(page: Page, name: str) -> None:
    """Keep a picture of a page where the environment says so, for people to look at."""
    where = os.environ.get("COMITIA_ARTEFACTS")
    if where:
        await page.screenshot(path=str(Path(where) / f"{name}.png"), full_page=True)


async def wrong_with(page: Page, name: str) -> list[str]:
    """Return what is wrong with a page as it stands."""
    await keep(page, name)
    wide = await sideways(page)
    found = [f"{name}: {wide} px too wide"] if wide else []
    return found + [f"{name}: {line}" for line in await violations(page)]


LOOKS = [("en", 1280), ("zh", 390), ("ar", 390)]


@pytest.mark.parametrize(("lang", "width"), LOOKS)
async def test_pages_in_every_state(browser: Browser, lang: str, width: int) -> None:
    async with serving(browser) as place:
        seen = await place.reader(*EVERY, lang=lang, width=width)
        page = await seen.page()
        wrong = []
        visits: tuple[tuple[str, str], ...] = (
            ("account", "/account"),
            ("begin", "/account/begin"),
            ("passkey", "/account/passkeys/new"),
            ("password", "/account/password"),
            ("again", "/sign-in/again"),
            ("delegation", "/delegation"),
            ("accredit", "/delegation/new"),
            ("accounts", "/node/accounts"),
            ("delegate", "/delegation/people/agenda-desk"),
            ("revoke", "/delegation/people/agenda-desk/revoke"),
            ("record", "/delegation/record"),
        )
        for name, path in visits:
            await page.goto(place.origin + path)
            wrong += await wrong_with(page, f"{name}-{lang}-{width}")
        for name, path, button in (
            ("accredit-faults", "/delegation/new", "main form .button >> nth=0"),
            ("password-faults", "/account/password", "main form .button >> nth=0"),
            ("revoke-faults", "/delegation/people/agenda-desk/revoke", "main form .button >> nth=0"),
            ("invitation", "/delegation/people/agenda-desk", "main form .button >> nth=0"),
        ):
            await page.goto(place.origin + path)
            await page.locator(button).click()
            wrong += await wrong_with(page, f"{name}-{lang}-{width}")
        stranger = await place.reader(lang=lang, width=width)
        page = await stranger.page()
        for name, address in (("sign-in", f"{place.origin}/sign-in"), ("link", await place.link("science-office"))):
            await page.goto(address)
            wrong += await wrong_with(page, f"{name}-{lang}-{width}")
        await page.goto(place.origin + "/sign-in")
        await page.locator("section[aria-labelledby=password] button").click()
        wrong += await wrong_with(page, f"sign-in-faults-{lang}-{width}")
        assert wrong == []
        assert seen.complaints + stranger.complaints == []
        assert seen.foreign + stranger.foreign == []
        await seen.context.close()
        await stranger.context.close()


@pytest.mark.parametrize(("lang", "width"), [("en", 1280), ("ar", 390)])
async def test_a_node_that_is_being_set_up(browser: Browser, lang: str, width: int) -> None:
    async with serving(browser, has_people=False) as place:
        first_run = place.backend.accounts.first_run
        assert isinstance(first_run, FirstRun)
        token = await first_run.new_link()
        seen = await place.reader(lang=lang, width=width)
        page = await seen.page()
        await page.goto(place.origin)
        wrong = await wrong_with(page, f"being-set-up-{lang}-{width}")
        await page.goto(f"{place.origin}/set-up/{token}")
        wrong += await wrong_with(page, f"set-up-{lang}-{width}")
        await page.locator("main .button").click()
        wrong += await wrong_with(page, f"set-up-faults-{lang}-{width}")
        assert wrong == []
        await seen.context.close()


async def test_in_the_dark(place: Place) -> None:
    seen = await place.reader(*EVERY, color_scheme="dark")
    page = await seen.page()
    wrong = []
    for name, path in (("account", "/account"), ("password", "/account/password")):
        await page.goto(place.origin + path)
        wrong += await wrong_with(page, f"dark-{name}")
    assert wrong == []
    await seen.context.close()


@dataclass
class Authenticator:
    """A virtual authenticator of one page."""

    session: CDPSession
    id: str
    calls: list[str] = field(default_factory=list)

    async def passkeys(self) -> list[dict[str, Any]]:
        found = await self.session.send("WebAuthn.getCredentials", {"authenticatorId": self.id})
        return list(found["credentials"])

    async def put(self, passkey: dict[str, Any]) -> None:
        await self.session.send("WebAuthn.addCredential", {"authenticatorId": self.id, "credential": passkey})

    async def clear(self) -> None:
        await self.session.send("WebAuthn.clearCredentials", {"authenticatorId": self.id})


async def authenticator(page: Page) -> Authenticator:
    """Give a page a virtual authenticator with a user who always agrees."""
    session = await page.context.new_cdp_session(page)
    await session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = await session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return Authenticator(session, made["authenticatorId"])


async def registered(place: Place, page: Page, account: str = "science-office") -> Authenticator:
    """Come by invitation link and set up a passkey."""
    keys = await authenticator(page)
    await page.goto(await place.link(account))
    await page.locator("main").get_by_role("button").click()
    await page.wait_for_url("**/account/begin")
    await page.get_by_role("link", name="Set up a passkey").click()
    await page.get_by_label("Name of the passkey").fill("Laptop")
    await page.get_by_role("button", name="Make the passkey").click()
    await page.wait_for_url("**/account")
    return keys


async def press_passkey(place: Place, page: Page) -> None:
    await page.goto(f"{place.origin}/sign-in")
    await page.get_by_role("button", name="Sign in with a passkey").click()


async def sign_out(page: Page) -> None:
    await page.get_by_role("button", name="Sign out").locator("visible=true").click()
    await page.wait_for_load_state()


async def test_a_passkey_from_invitation_to_sign_in(place: Place) -> None:
    seen = await place.reader()
    page = await seen.page()
    keys = await registered(place, page)
    await expect(page.locator("main table").first).to_contain_text("Laptop")
    assert len(await keys.passkeys()) == 1
    await sign_out(page)
    await press_passkey(place, page)
    await page.wait_for_url("**/yours")
    await expect(page.locator("a.who").first).to_contain_text("Science office <b>1</b>")
    await page.goto(f"{place.origin}/account")
    await page.get_by_role("button", name="Remove Laptop").click()
    await expect(page.locator(".problem")).to_contain_text("This is the only means")
    assert await violations(page) == []
    assert seen.complaints == []
    await seen.context.close()


async def test_a_passkey_is_made_once_per_device(place: Place) -> None:
    seen = await place.reader()
    page = await seen.page()
    await registered(place, page)
    await page.goto(f"{place.origin}/account/passkeys/new")
    await page.get_by_role("button", name="Make the passkey").click()
    await expect(page.locator("[data-passkey-problem]")).to_contain_text("has a passkey for your account already")
    await expect(page.locator("[data-passkey-problem]")).to_be_focused()
    assert await violations(page) == []
    await seen.context.close()


async def test_a_removed_passkey_no_longer_signs_in(place: Place) -> None:
    seen = await place.reader()
    page = await seen.page()
    await registered(place, page)
    await place.accounts.invite("science-office", removes_means=True)
    await page.goto(f"{place.origin}/rounds")
    await expect(page.get_by_role("heading", level=1)).to_have_text("You have been signed out")
    assert await violations(page) == []
    await press_passkey(place, page)
    await expect(page.locator(".problem:visible")).to_contain_text("does not know that passkey")
    assert await violations(page) == []
    await seen.context.close()


async def test_a_copied_passkey_is_found_out(place: Place) -> None:
    """The copy has signed less often than the node has seen."""
    seen = await place.reader()
    page = await seen.page()
    keys = await registered(place, page)
    copy = (await keys.passkeys())[0]
    await sign_out(page)
    await press_passkey(place, page)
    await page.wait_for_url("**/yours")
    await sign_out(page)
    await keys.clear()
    await keys.put({**copy, "signCount": 0})
    await press_passkey(place, page)
    await expect(page.locator(".problem:visible")).to_contain_text("used in two places")
    await seen.context.close()


async def test_a_passkey_of_another_address_is_refused(place: Place, browser: Browser) -> None:
    """The node is told that it stands elsewhere, so the browser's answer is for a wrong origin."""
    seen = await place.reader()
    page = await seen.page()
    await registered(place, page)
    await sign_out(page)
    passkeys = place.backend.accounts.passkeys
    passkeys._origin = "http://localhost:1"
    await press_passkey(place, page)
    await expect(page.locator(".problem:visible")).to_contain_text("no valid answer for this address")
    await seen.context.close()


async def test_no_passkey_on_the_device(place: Place) -> None:
    seen = await place.reader()
    page = await seen.page()
    await authenticator(page)
    await press_passkey(place, page)
    await expect(page.locator("[data-passkey-problem]")).to_contain_text(
        "it has no passkey for this address", timeout=9_000
    )
    await expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_enabled()
    await seen.context.close()


@pytest.mark.parametrize("script", [True, False])
async def test_a_password_with_codes(place: Place, script: bool) -> None:
    seen = await place.reader(java_script_enabled=script)
    page = await seen.page()
    await page.goto(await place.link("science-office"))
    await page.locator("main").get_by_role("button").click()
    await page.get_by_role("link", name="Set up a password").click()
    key = await page.locator("code.key").inner_text()
    await page.get_by_label("Password", exact=True).fill("seven maps of tidal rivers")
    await page.get_by_label("The same password again").fill("seven maps of tidal rivers")
    await page.get_by_role("textbox", name="Code").fill(code_at(key, place.backend.clock))
    await page.get_by_role("button", name="Set the password").click()
    await expect(page.locator(".codes li")).to_have_count(10)
    if script:
        assert await wrong_with(page, "codes") == []
    recovery = await page.locator(".codes li").first.inner_text()
    await page.get_by_role("link", name="I have kept them").click()
    await sign_out(page)
    place.backend.clock += 2 * STEP_SECONDS * 1000
    for code, target in ((code_at(key, place.backend.clock), "**/yours"), (recovery, "**/yours")):
        await page.goto(f"{place.origin}/sign-in")
        await page.get_by_label("Account name").fill("science-office")
        await page.get_by_label("Password", exact=True).fill("seven maps of tidal rivers")
        await page.get_by_role("textbox", name="Code").fill(code)
        await page.get_by_role("button", name="Sign in", exact=True).click()
        await page.wait_for_url(target)
        await sign_out(page)
    await seen.context.close()
