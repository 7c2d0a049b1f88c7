"""From the first start of a new member's node to a delegate who is revoked: real node processes, a real Chromium."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from node.accounts import Accounts
from node.clock import SystemClock
from node.config import Layout
from node.storage.database import Database
from tests.e2e.test_sign_in_browser import authenticator
from tests.support.browser import chromium, violations, watched
from tests.support.real_federation import RealFederation, real_federation
from tests.support.until import until

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("browser")]

_SEAT = 1
_PATIENCE_MS = 15_000


async def as_new(federation: RealFederation) -> str:
    """Start a node over without any account, at an address with a name; return that address."""
    seat = federation.seats[_SEAT]
    await federation.stop(_SEAT)
    database = Database(Layout(seat.directory).store)
    await database.open()
    accounts = Accounts(database, SystemClock())
    for account in await accounts.all():
        await accounts.remove(account.id)
    await database.close()
    address = seat.address.replace("127.0.0.1", "localhost")
    settings = Layout(seat.directory).config
    text = settings.read_text().replace(f'public_url = "{seat.address}"', f'public_url = "{address}"')
    settings.write_text(text)
    (seat.directory / "node.log").write_text("")
    await federation.start(_SEAT)
    return address


async def set_up_link(federation: RealFederation) -> str:
    """Return the link that the node prints when it starts."""
    log = federation.seats[_SEAT].directory / "node.log"
    await until(lambda: "/set-up/" in log.read_text(), "the link is printed")
    found: list[str] = re.findall(r"http://localhost:\d+/set-up/[A-Za-z0-9_-]{43}", log.read_text())
    return found[-1]


async def person(browser: Browser, origin: str) -> Page:
    """Return a page of somebody with a browser and a passkey device of their own."""
    seen = await watched(browser, origin, viewport={"width": 1280, "height": 860})
    page = await seen.page()
    page.set_default_timeout(_PATIENCE_MS)
    await authenticator(page)
    return page


async def make_passkey(page: Page) -> None:
    await page.wait_for_url("**/account/begin")
    await page.get_by_role("link", name="Set up a passkey").click()
    await page.get_by_role("button", name="Make the passkey").click()
    await page.wait_for_url("**/account")


async def test_from_the_first_start_to_a_delegate_who_is_revoked(tmp_path: Path) -> None:
    async with real_federation(tmp_path) as federation, chromium() as browser:
        origin = await as_new(federation)
        link = await set_up_link(federation)

        head = await person(browser, origin)
        await head.goto(origin)
        await expect(head.locator("h1")).to_have_text("This node is being set up")
        await head.goto(link)
        await expect(head.locator("code.fingerprint")).to_have_text(re.compile(r"^([0-9a-f]{4} ){15}[0-9a-f]{4}$"))
        await head.locator("#field-compared").check()
        await head.get_by_label("Your name").fill("Office of the president")
        await head.get_by_label("Account name").fill("president")
        await head.get_by_role("button", name="Make the account and sign in").click()
        await make_passkey(head)
        await head.goto(link)
        await expect(head.locator("h1")).to_have_text("This link no longer works")

        await head.goto(f"{origin}/delegation/new")
        await head.get_by_label("Name", exact=True).fill("Field office")
        await head.get_by_label("Account name").fill("field-office")
        await head.get_by_label("delegate", exact=False).first.check()
        await head.get_by_role("button", name="Accredit and make the link").click()
        invitation = await head.locator(".panel a").inner_text()
        assert await violations(head) == []

        delegate = await person(browser, origin)
        await delegate.goto(invitation)
        await expect(delegate.locator("main")).to_contain_text("Office of the president")
        await delegate.locator("main").get_by_role("button").click()
        await make_passkey(delegate)
        await delegate.get_by_role("button", name="Sign out").locator("visible=true").click()
        await delegate.goto(f"{origin}/sign-in")
        await delegate.get_by_role("button", name="Sign in with a passkey").click()
        await delegate.wait_for_url("**/yours")
        await delegate.goto(f"{origin}/proposals/new")
        await delegate.locator("#field-title").fill("A title that was typed")
        await delegate.locator("#field-body").fill("A text that was typed.")

        await head.goto(f"{origin}/delegation")
        await expect(head.locator("main")).to_contain_text("1 passkey")
        await head.get_by_role("link", name="Field office").click()
        await head.get_by_role("link", name="Revoke").click()
        await head.locator("#field-sure").check()
        await head.get_by_role("button", name="Revoke the account").click()
        await head.wait_for_url("**/delegation")
        await expect(head.locator("main")).to_contain_text("revoked")

        await delegate.get_by_role("button", name="Sign and submit").click()
        await expect(delegate.locator("h1")).to_have_text("You have been signed out")
        await expect(delegate.locator("main")).to_contain_text("by Office of the president")
        await expect(delegate.locator("main")).to_contain_text("A text that was typed.")
        assert await violations(delegate) == []
        await delegate.goto(f"{origin}/sign-in")
        await delegate.get_by_role("button", name="Sign in with a passkey").click()
        await expect(delegate.locator(".problem:visible")).to_contain_text("does not know that passkey")
