"""A delegate's way through a running federation of real node processes, in a real Chromium."""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from node.clock import SystemClock
from node.demo import Plan, Stage, demonstration
from tests.support.browser import sideways, violations, watched
from tests.support.free_ports import free_port

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("browser")]

_VOTING_SECONDS = 45
_PATIENCE_MS = 20_000
_PLAY_SECONDS = 240


@dataclass
class Federation:
    """A demonstration that waits for its visitor."""

    lines: list[str] = field(default_factory=list)
    has_invited: asyncio.Event = field(default_factory=asyncio.Event)
    is_published: asyncio.Event = field(default_factory=asyncio.Event)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    stage: Stage | None = None

    def say(self, line: str) -> None:
        self.lines.append(line)
        if "Everybody's pages" in line:
            self.has_invited.set()

    @property
    def link(self) -> str:
        return next(line.strip() for line in self.lines if "/sign-in/" in line)

    @property
    def office(self) -> str:
        line = next(line for line in self.lines if "Everybody's pages" in line)
        return line.rpartition(": ")[2].rstrip("/")

    async def play(self) -> None:
        plan = Plan(5, free_port(5), _VOTING_SECONDS, kills_teller=False, has_visitor=True)
        async with demonstration(plan, SystemClock(), self.say) as self.stage:
            self.is_published.set()
            await self.stop.wait()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def federation() -> AsyncIterator[Federation]:
    found = Federation()
    task = asyncio.create_task(found.play())
    invited = asyncio.create_task(found.has_invited.wait())
    async with asyncio.timeout(_PLAY_SECONDS):
        await asyncio.wait([task, invited], return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        task.result()
    yield found
    found.stop.set()
    with suppress(asyncio.CancelledError):
        await task


async def keep(page: Page, name: str) -> None:
    """Keep a picture of a page where the environment says so, for people to look at."""
    where = os.environ.get("COMITIA_ARTEFACTS")
    if where:
        await page.screenshot(path=str(Path(where) / f"{name}.png"), full_page=True)


async def open_round(page: Page, rounds: str, number: int) -> None:
    await page.goto(rounds)
    mark = page.locator(".item-number", has_text=re.compile(rf"^\s*{number}\s*$"))
    await page.locator("li.item", has=mark).locator("h3 a").click()


async def vote(page: Page, origin: str, number: int) -> None:
    await open_round(page, f"{origin}/rounds", number)
    boxes = page.locator("input[type=checkbox][name=approves]")
    if await boxes.count():
        for at in range(3):
            await boxes.nth(at).check()
    else:
        await page.locator("input[name=choice][value=yes]").check()
    await keep(page, f"ballot-{number}")
    await page.get_by_role("button", name="Review your ballot").click()
    await page.locator("input[name=mandate]").check()
    await keep(page, f"review-{number}")
    await page.get_by_role("button", name=re.compile("Sign and cast")).click()
    await expect(page.locator("p.big")).to_contain_text("Your vote counts.", timeout=_PATIENCE_MS)
    await keep(page, f"receipt-{number}")


async def test_a_delegate_signs_in_votes_and_sees_the_agenda(federation: Federation, browser: Browser) -> None:
    origin = federation.link.partition("/sign-in/")[0]
    seen = await watched(browser, origin, viewport={"width": 1280, "height": 860})
    page = await seen.page()
    await page.goto(federation.link)
    await page.locator("main").get_by_role("button").click()
    await vote(page, origin, 1)
    await vote(page, origin, 2)
    async with asyncio.timeout(_PLAY_SECONDS):
        await federation.is_published.wait()
    for lang, width in (("en", 1280), ("en", 390), ("zh", 1280), ("zh", 390), ("ar", 1280), ("ar", 390)):
        await page.set_viewport_size({"width": width, "height": 860})
        for name, path in (("agenda", ""), ("proposals", "/proposals"), ("rounds", "/rounds"), ("node", "/node")):
            await page.goto(f"{origin}/{lang}{path}")
            await keep(page, f"{name}-{lang}-{width}")
            assert not await sideways(page), f"{name} in {lang} at {width} scrolls sideways"
            assert not await violations(page), f"{name} in {lang} at {width}"
    await page.goto(f"{origin}/en")
    await expect(page.get_by_text(re.compile(r"Certified at height \d+ by \d of 5 tellers"))).to_be_visible()
    assert seen.foreign == []
    assert seen.complaints == []


async def test_every_node_shows_the_same_agenda_to_anybody(federation: Federation, browser: Browser) -> None:
    async with asyncio.timeout(_PLAY_SECONDS):
        await federation.is_published.wait()
    seen = await watched(browser, federation.office)
    page = await seen.page()
    await page.goto(federation.office + "/en")
    items = page.locator("main h3")
    assert await items.count() >= 6
    await items.first.get_by_role("link").click()
    await expect(page.locator("main")).to_contain_text(re.compile("topic|proposal", re.IGNORECASE))
    await open_round(page, federation.office + "/en/rounds", 1)
    await expect(page.locator("main")).to_contain_text("equal share", ignore_case=True)
    await keep(page, "outcome-en")
    assert not await violations(page)


async def sign_in(browser: Browser, stage: Stage, seat: int) -> Page:
    """Return a page on which the delegate of a member has signed in at its node."""
    origin = stage.seats[seat].address
    seen = await watched(browser, origin, viewport={"width": 1280, "height": 860})
    page = await seen.page()
    await page.goto(f"{origin}/sign-in/{stage.seats[seat].tokens['delegate']}")
    await page.locator("main").get_by_role("button").click()
    return page


async def until_shown(page: Page, address: str, words: str) -> None:
    """Open a page again and again until it shows these words."""
    async with asyncio.timeout(_PATIENCE_MS / 1000):
        await page.goto(address)
        while words not in await page.locator("main").inner_text():
            await page.goto(address)


async def test_an_amendment_from_one_node_becomes_the_text_on_all(federation: Federation, browser: Browser) -> None:
    async with asyncio.timeout(_PLAY_SECONDS):
        await federation.is_published.wait()
    stage = federation.stage
    assert stage is not None
    written = next(each for each in stage.content.proposals if each.member == 0 and each.track == "long")
    path = f"/en/proposals/{stage.proposals[written.key]}"
    sponsor, other, reader = (stage.seats[at].address + path for at in (0, 1, 2))

    page = await sign_in(browser, stage, 1)
    await page.goto(other)
    await page.get_by_role("link", name="Propose an amendment").click()
    await page.locator("#field-title").fill("A clearer title")
    await page.locator("#field-reasons").fill("It says what is meant.")
    await page.get_by_role("button", name="Sign: Propose an amendment").click()
    await expect(page.locator(".amendment ins").first).to_be_visible()
    await keep(page, "amendment-en")
    assert not await violations(page)

    page = await sign_in(browser, stage, 0)
    await until_shown(page, sponsor, "It says what is meant.")
    await page.get_by_role("link", name="Accept the amendment").click()
    await page.get_by_role("button", name="Sign: Accept the amendment").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("A clearer title")

    page = await (await watched(browser, stage.seats[2].address)).page()
    await until_shown(page, reader, "accepted by the sponsor")
    await expect(page.get_by_role("heading", level=1)).to_have_text("A clearer title")
    await expect(page.get_by_text("2 versions of the text")).to_be_visible()
    assert not await page.get_by_role("link", name="Propose an amendment").count(), "not for who hasn't signed in"
