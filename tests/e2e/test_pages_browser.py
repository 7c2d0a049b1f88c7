"""Pages in a real Chromium over the in-memory backend: no sideways scrolling, no violation, no foreign request."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, Page, expect

from consensus.ballots import RankedBallot, ScoreBallot
from tests.support.browser import Watched, sideways, violations, watched
from tests.support.web_backend import MemoryBackend
from tests.support.web_content import round_numbered
from web.app import create_web
from web.ports import Role
from web.respond import SESSION_COOKIE
from web.settings import WebSettings

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("browser")]

PATIENCE_MS = 10_000
ALL: tuple[Role, ...] = ("delegate", "secretariat", "operator")


@dataclass
class Place:
    """A running site and a browser."""

    backend: MemoryBackend
    origin: str
    browser: Browser

    def path(self, number: int, more: str = "") -> str:
        return f"/rounds/{round_numbered(self.backend, number).summary.id}{more}"

    def trying(self, number: int, asked: str = "") -> str:
        return f"/desk/try/{round_numbered(self.backend, number).summary.id}{asked}"

    async def reader(self, *roles: Role, lang: str = "en", width: int = 1280, **options: object) -> Watched:
        """Return a context in a language and width, signed in with roles."""
        seen = await watched(self.browser, self.origin, viewport={"width": width, "height": 860}, **options)
        cookies = [{"name": "comitia_language", "value": lang, "url": self.origin}]
        if roles:
            secret = self.backend.sign_in(self.backend.account(*roles))
            cookies.append({"name": SESSION_COOKIE, "value": secret, "url": self.origin})
        await seen.context.add_cookies(cookies)  # type: ignore[arg-type]
        return seen


@asynccontextmanager
async def serving(browser: Browser, *, is_empty: bool = False) -> AsyncIterator[Place]:
    """Serve a site over a backend of its own."""
    backend = MemoryBackend(is_empty=is_empty)
    server = TestServer(create_web(backend, WebSettings()))
    await server.start_server()
    try:
        yield Place(backend, str(server.make_url("")).rstrip("/"), browser)
    finally:
        await server.close()


@pytest_asyncio.fixture(loop_scope="module")
async def place(browser: Browser) -> AsyncIterator[Place]:
    async with serving(browser) as started:
        yield started


def public_paths(place: Place) -> list[str]:
    proposals = list(place.backend.all_proposals)
    arabic = next(key for key, view in place.backend.all_proposals.items() if view.text.lang == "ar")
    return [
        "/",
        "/?goal=6",
        "/proposals",
        f"/proposals/{proposals[0]}",
        f"/proposals/{arabic}",
        "/topics",
        "/topics?goal=6&constituency=africa&since=2026-10-01&until=x",
        "/search",
        "/search?q=water",
        "/rounds",
        *(place.path(number) for number in (10, 11, 12, 13, 14, 15, 16, 17, 18, 19)),
        place.path(19, "/texts/t1"),
        "/agenda/2/fairness",
        "/members",
        "/members/silver-estuary",
        "/node",
        "/verify",
        "/feeds",
        "/open-data",
        "/dates",
        place.path(19, "/check"),
        place.path(17, "/check"),
        "/api",
        "/sign-in",
        "/nothing-here",
    ]


def private_paths(place: Place) -> list[str]:
    busy = next(iter(place.backend.all_proposals))
    own = next(key for key, view in place.backend.all_proposals.items() if view.summary.member == place.backend.me)
    return [
        f"/proposals/{own}",
        f"/proposals/{busy}",
        f"/proposals/{own}/erase",
        *(f"/proposals/{busy}/acts/{act}" for act in ("revise", "call", "return", "duplicate")),
        f"/proposals/{busy}/acts/answer-objection?other={'b1' * 32}",
        f"/proposals/{busy}/acts/decline-amendment?other={'a1' * 32}",
        "/proposals/new",
        "/yours",
        place.path(19),
        place.path(20),
        place.path(21),
        place.path(22),
        place.path(23),
        "/rounds",
        "/node",
        "/node/peers",
        "/node/refused",
        "/node/log",
        "/account/tokens",
        "/desk",
        "/desk/try",
        place.trying(17),
        place.trying(17, "?rule=phragmen&completion=most-approved"),
        place.trying(17, "?rule=approval"),
        place.trying(18, "?rule=threshold&threshold=3/4&base=entitled&concurrent=yes"),
        place.trying(18, "?rule=threshold&threshold=4/3&min_in_favour=500"),
    ]


async def look(seen: Watched, origin: str, paths: list[str]) -> None:
    """Open pages one after the other; each must fit its window and pass axe."""
    page = await seen.page()
    wrong = []
    for path in paths:
        await page.goto(origin + path)
        wide = await sideways(page)
        wrong += [f"{path}: {wide} px too wide"] if wide else []
        wrong += [f"{path}: {line}" for line in await violations(page)]
    await seen.context.close()
    assert wrong == []
    assert seen.complaints == []
    assert seen.foreign == []


NARROW_AND_LONG = [("ru", 390), ("fr", 390)]
"""The languages with the longest words, where there is least room."""


@pytest.mark.parametrize(
    ("lang", "width"), [(lang, width) for lang in ("en", "zh", "ar") for width in (1280, 390)] + NARROW_AND_LONG
)
async def test_public_pages(place: Place, lang: str, width: int) -> None:
    await look(await place.reader(lang=lang, width=width), place.origin, public_paths(place))


@pytest.mark.parametrize(
    ("lang", "width"), [(lang, width) for lang in ("en", "zh", "ar") for width in (1280, 390)] + NARROW_AND_LONG
)
async def test_pages_behind_sign_in(place: Place, lang: str, width: int) -> None:
    await look(await place.reader(*ALL, lang=lang, width=width), place.origin, private_paths(place))


async def test_pages_in_the_dark(place: Place) -> None:
    paths = public_paths(place) + private_paths(place)
    await look(await place.reader(*ALL, color_scheme="dark"), place.origin, paths)


async def test_an_empty_federation(browser: Browser) -> None:
    async with serving(browser, is_empty=True) as empty:
        await look(
            await empty.reader(*ALL),
            empty.origin,
            ["/", "/proposals", "/topics", "/search?q=water", "/rounds", "/desk"],
        )


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("lang", ["en", "zh", "ar"])
async def test_a_ballot_from_choice_to_receipt(place: Place, lang: str, width: int) -> None:
    """The minutes add up while one ticks, the review shows what will be signed, the receipt fills up by itself."""
    seen = await place.reader("delegate", lang=lang, width=width)
    page = await seen.page()
    await page.goto(place.origin + place.path(19))
    for option in ("t1", "t3", "t5"):
        await page.locator(f"label[for=option-{option}]").click()
    await expect(page.locator("[data-sum]")).to_have_text("130")
    assert await violations(page) == []
    await page.locator("button.button:visible").first.click()
    await page.wait_for_url("**/review")
    assert await sideways(page) == 0
    assert await violations(page) == []
    assert place.backend.calls == []
    await page.locator("#field-mandate").check()
    await page.locator("button[type=submit].button:not([formaction]):visible").first.click()
    await page.wait_for_url("**/receipt")
    await expect(page.locator("#live .point-on")).to_have_count(0)
    assert await violations(page) == []
    await _fills_up(place, page)
    assert await sideways(page) == 0
    assert await violations(page) == []
    assert seen.complaints == []
    await seen.context.close()


async def _fills_up(place: Place, page: Page) -> None:
    """Two receipts, then five: the points fill, and only the change of sentence is announced."""
    live = page.locator("#live")
    announcer = page.locator("#announcer")
    key = round_numbered(place.backend, 19).summary.id
    place.backend.receive(key, 2)
    await expect(live.locator(".point-on")).to_have_count(2, timeout=PATIENCE_MS)
    await expect(announcer).to_have_text("")
    place.backend.receive(key, 5)
    await expect(live.locator(".point-on")).to_have_count(5, timeout=PATIENCE_MS)
    await expect(announcer).to_have_text(str(await live.get_attribute("data-sentence")))


async def test_a_ballot_by_keyboard_alone(place: Place) -> None:
    seen = await place.reader("delegate")
    page = await seen.page()
    await page.goto(place.origin + place.path(20))
    await page.locator("input[value=yes]").focus()
    await page.keyboard.press("Space")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/review")
    await page.locator("#field-mandate").focus()
    await page.keyboard.press("Space")
    await page.keyboard.press("Tab")
    outline = await page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
    assert outline == "3px", "focus is visible"
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/receipt")
    await seen.context.close()


async def test_a_ballot_without_javascript(place: Place) -> None:
    seen = await place.reader("delegate", java_script_enabled=False)
    page = await seen.page()
    await page.goto(place.origin + place.path(19))
    await expect(page.locator(".minutes-live")).to_be_hidden()
    await page.locator("#option-t2").check()
    await page.get_by_role("button", name="Review your ballot").click()
    await page.locator("#field-mandate").check()
    await page.get_by_role("button", name="Sign and cast the ballot").click()
    await expect(page.locator("h1")).to_have_text("Your ballot is cast")
    place.backend.receive(round_numbered(place.backend, 19).summary.id, 5)
    await page.get_by_role("link", name="Reload for new receipts").click()
    await expect(page.locator("#live")).to_contain_text("Your vote counts.")
    await seen.context.close()


async def test_ranking_and_scoring_without_javascript(place: Place) -> None:
    seen = await place.reader("delegate", java_script_enabled=False, width=390)
    page = await seen.page()
    await page.goto(place.origin + place.path(21))
    await expect(page.locator("[data-ranked]")).to_be_hidden()
    await page.get_by_label("Place of 3.").fill("1")
    await _cast(page)
    await page.goto(place.origin + place.path(22))
    await page.get_by_role("group", name="2.").get_by_label("Impact").select_option("4")
    await _cast(page)
    assert [call[3] for call in place.backend.calls] == [
        RankedBallot(tiers=(("t3",),)),
        ScoreBallot(scores={"impact": {"t2": 4}}),
    ]
    await seen.context.close()


async def _cast(page: Page) -> None:
    await page.get_by_role("button", name="Review your ballot").click()
    await page.locator("#field-mandate").check()
    await page.get_by_role("button", name="Sign and cast the ballot").click()
    await expect(page.locator("h1")).to_have_text("Your ballot is cast")


async def test_goals_are_suggested_while_one_types(place: Place) -> None:
    seen = await place.reader("delegate")
    page = await seen.page()
    await page.goto(place.origin + "/proposals/new")
    await page.locator("#field-body").press_sequentially("Wells in many villages hold too much fluoride. " * 2)
    aside = page.locator("#suggestions")
    await expect(aside).to_contain_text("close to target 6.1", timeout=PATIENCE_MS)
    await expect(aside.locator("input[name=goals][value='6']")).to_be_checked()
    await expect(aside.locator("input[name=goals][value='9']")).not_to_be_checked()
    assert await violations(page) == []
    assert seen.complaints == []
    await seen.context.close()


async def test_faults_get_the_focus_and_lead_to_their_fields(place: Place) -> None:
    seen = await place.reader("delegate", width=390)
    page = await seen.page()
    await page.goto(place.origin + "/proposals/new")
    await page.locator("#field-title").fill("Kept as typed")
    await page.get_by_role("button", name="Sign and submit").click()
    await expect(page.locator(".problem")).to_be_focused()
    assert await violations(page) == []
    await page.locator(".problem a").first.click()
    await expect(page.locator("#field-title")).to_have_value("Kept as typed")
    assert await page.evaluate("location.hash") == "#field-body"
    await seen.context.close()


async def test_the_menu_of_a_phone_opens(place: Place) -> None:
    seen = await place.reader(width=390)
    page = await seen.page()
    await page.goto(place.origin + "/rounds")
    await page.locator("summary", has_text="Menu").click()
    await expect(page.locator(".menu nav").first).to_be_visible()
    assert await violations(page) == []
    await page.locator(".menu a", has_text="Members").click()
    await page.wait_for_url("**/members")
    await seen.context.close()
