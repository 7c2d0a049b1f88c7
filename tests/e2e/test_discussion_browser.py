"""Comments, translations and stories in a real Chromium: over the in-memory backend, and through a real federation."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.e2e.test_pages_browser import ALL, PATIENCE_MS, Place, look, serving
from tests.support.browser import sideways, violations, watched
from tests.support.real_federation import RealFederation, real_federation
from tests.support.until import until_answered
from tests.unit.web.test_pages_render import private_told_paths, told_paths
from web.discussion_port import CommentInput

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("browser")]


@pytest_asyncio.fixture(loop_scope="module")
async def place(browser: Browser) -> AsyncIterator[Place]:
    async with serving(browser) as started:
        yield started


@pytest.mark.parametrize(("lang", "width"), [("en", 1280), ("zh", 390), ("ar", 390)])
async def test_every_page_of_the_discussion(place: Place, lang: str, width: int) -> None:
    paths = told_paths(place.backend) + private_told_paths(place.backend)
    await look(await place.reader(*ALL, lang=lang, width=width), place.origin, paths)


async def test_the_discussion_in_the_dark(place: Place) -> None:
    paths = told_paths(place.backend) + private_told_paths(place.backend)
    await look(await place.reader(*ALL, color_scheme="dark"), place.origin, paths)


async def test_an_open_page_is_told_of_new_comments(place: Place) -> None:
    seen = await place.reader()
    page = await seen.page()
    proposal = next(iter(place.backend.all_proposals))
    await page.goto(f"{place.origin}/proposals/{proposal}")
    place.backend.discussion.add_comment("baobab-coast", proposal, CommentInput(None, "en", "Who pays?"))
    place.backend.announce("comment", proposal)
    await expect(page.locator("#live")).to_contain_text("1 new comment.", timeout=PATIENCE_MS)
    await expect(page.locator("#announcer")).to_have_text("1 new comment.")
    assert await violations(page) == []
    await page.get_by_role("link", name="Show them").click()
    await expect(page.locator(".comment")).to_contain_text("Who pays?")
    await seen.context.close()


async def test_a_reply_without_javascript(place: Place) -> None:
    proposal = next(iter(place.backend.all_proposals))
    above = place.backend.discussion.add_comment("baobab-coast", proposal, CommentInput(None, "en", "Who pays?"))
    seen = await place.reader("delegate", java_script_enabled=False, width=390)
    page = await seen.page()
    await page.goto(f"{place.origin}/proposals/{proposal}")
    await page.locator(f"#c-{above.id}").get_by_role("link", name="Reply").click()
    await page.get_by_role("button", name="Sign and publish the comment").click()
    await expect(page.locator(".problem")).to_contain_text("Write the comment.")
    await page.locator("#field-body").fill("The ministries.")
    await page.get_by_role("button", name="Sign and publish the comment").click()
    await expect(page.locator(".comment-level-1")).to_contain_text("The ministries.")
    await seen.context.close()


ENGLISH = "Who would pay for the laboratories?"
ARABIC = "تتقاسم الوزارات التكلفة."
TITLE = "آبار نظيفة لكل قرية"
BODY = "نطلب قياس الفلوريد في كل بئر."


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def federation(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RealFederation]:
    async with real_federation(tmp_path_factory.mktemp("talk")) as started:
        yield started


async def enter(browser: Browser, federation: RealFederation, seat: int, account: str | None, lang: str) -> Page:
    """Return a page at a node, signed in if there is an account."""
    origin = federation.seats[seat].address
    seen = await watched(browser, origin, viewport={"width": 1280, "height": 860})
    cookie = {"name": "comitia_language", "value": lang, "url": origin}
    await seen.context.add_cookies([cookie])  # type: ignore[list-item]
    page = await seen.page()
    if account is not None:
        await page.goto(federation.link(seat, account))
        await page.locator("main").get_by_role("button").click()
        await expect(page.locator("header .who").first).to_be_visible(timeout=PATIENCE_MS)
    return page


async def until_shown(page: Page, address: str, words: str) -> None:
    """Open an address again and again until it shows some words."""

    async def shows() -> bool:
        await page.goto(address)
        return words in await page.locator("main").inner_text()

    await until_answered(shows, f"{address} shows {words}", 30)


async def test_three_members_talk_in_two_languages(browser: Browser, federation: RealFederation) -> None:
    """A comment at one node, its answer and a translation at another, all of it read at a third, and its erasure."""
    a, b, c = (seat.address for seat in federation.seats)
    here = await enter(browser, federation, 0, "delegate", "en")
    path = await submitted(here, a)
    await here.get_by_role("link", name="Write a comment").click()
    await here.locator("#field-body").fill(ENGLISH)
    await here.get_by_role("button", name="Sign and publish the comment").click()
    await expect(here.locator(".comment")).to_contain_text(ENGLISH)

    there = await enter(browser, federation, 1, "delegate", "en")
    await until_shown(there, b + path, ENGLISH)
    await there.locator(".comment").get_by_role("link", name="Reply").click()
    await there.locator("#field-body").fill(ARABIC)
    await there.locator("#field-lang").select_option("ar")
    await there.get_by_role("button", name="Sign and publish the comment").click()
    await expect(there.locator(".comment-level-1")).to_contain_text(ARABIC)
    await there.goto(b + path)
    await there.get_by_role("link", name="Translate this text").click()
    await there.locator("#field-lang").select_option("ar")
    await there.locator("#field-title").fill(TITLE)
    await there.locator("#field-body").fill(BODY)
    await there.get_by_role("button", name="Sign and publish the translation").click()
    await expect(there.locator(".side-by-side")).to_contain_text(BODY)

    reader = await enter(browser, federation, 2, None, "ar")
    await until_shown(reader, c + path, BODY)
    await until_shown(reader, c + path, ARABIC)
    await expect(reader.locator("h1")).to_contain_text(TITLE)
    await expect(reader.locator(".translation-note").first).to_be_visible()
    await expect(reader.locator(".comment").first).to_contain_text(ENGLISH)
    assert await violations(reader) == []
    assert await sideways(reader) == 0
    await reader.locator(".translation-note a").first.click()
    await expect(reader.locator("h1")).to_contain_text("Clean wells")
    await until_shown(reader, f"{c}/proposals", TITLE)

    await here.goto(a + path)
    await here.locator(".comment").first.get_by_role("link", name="Erase").click()
    await here.get_by_label("Withdrawn by its author").check()
    await here.locator("#field-sure").check()
    await here.get_by_role("button", name="Sign and erase the text").click()
    for page, address in ((here, a), (there, b), (reader, c)):
        await until_gone(page, address + path, ENGLISH)
        await expect(page.locator(".comment-level-1")).to_contain_text(ARABIC)
    for page in (here, there, reader):
        await page.context.close()


async def submitted(page: Page, origin: str) -> str:
    """Submit a proposal and return its path."""
    await page.goto(f"{origin}/proposals/new")
    await page.get_by_label("Long-term").check()
    await page.locator("#field-title").fill("Clean wells for every village")
    await page.locator("#field-body").fill("We ask that fluoride be measured in every well.")
    await page.locator("#field-minutes").fill("20")
    await page.locator("input[name=no_goal]").check()
    await page.get_by_role("button", name="Sign and submit").click()
    await page.wait_for_url("**/proposals/*", wait_until="load")
    return page.url.removeprefix(origin)


async def until_gone(page: Page, address: str, words: str) -> None:
    """Open an address again and again until it shows some words no more."""

    async def is_gone() -> bool:
        await page.goto(address)
        return words not in await page.locator("main").inner_text()

    await until_answered(is_gone, f"{address} no longer shows {words}", 30)
