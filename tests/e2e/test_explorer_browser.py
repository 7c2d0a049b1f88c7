"""The explorer, the search and the suggestions in a real Chromium: as drawn, by keyboard, and without JavaScript."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.e2e.test_pages_browser import PATIENCE_MS, Place, serving
from tests.support.browser import sideways, violations

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("browser")]

HOSTILE = (
    '<b onclick="x">markup</b>',
    "x" * 10_000,
    "\u202eoverride\u2067 " * 10,
    "رقم 12 و 34%",
)
COVERED = """svg => {
  const boxes = [...svg.querySelectorAll('.map-label')].map(text => text.getBBox());
  const rings = [...svg.querySelectorAll('.disc')].map(ring => ring.getBBox());
  const frame = svg.viewBox.baseVal;
  const meet = (a, b) => a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
  const out = b => b.x < 0 || b.y < 0 || b.x + b.width > frame.width || b.y + b.height > frame.height;
  const lines = [...svg.querySelectorAll('a')].map(a => [...a.querySelectorAll('.map-label')].map(t => t.getBBox()));
  const faults = boxes.filter(out).length + rings.filter(out).length;
  let met = 0;
  lines.forEach((mine, i) => lines.forEach((theirs, j) => { if (i < j) for (const a of mine) for (const b of theirs)
    if (meet(a, b)) met += 1; }));
  for (const a of boxes) for (const b of rings) if (meet(a, b)) met += 1;
  return [boxes.length, faults, met];
}"""
SPILT = """svg => {
  const cells = [...svg.querySelectorAll('.cell')].map(cell => cell.getBBox());
  return [...svg.querySelectorAll('text')].map(text => text.getBBox()).filter(t => !cells.some(c =>
    c.x <= t.x && t.x + t.width <= c.x + c.width + 1 && c.y <= t.y && t.y + t.height <= c.y + c.height + 1)).length;
}"""


@pytest_asyncio.fixture(loop_scope="module")
async def place(browser: Browser) -> AsyncIterator[Place]:
    async with serving(browser) as started:
        yield started


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("lang", ["en", "zh", "ar"])
async def test_no_label_covers_another_or_leaves_its_frame(place: Place, lang: str, width: int) -> None:
    seen = await place.reader(lang=lang, width=width)
    page = await seen.page()
    await page.goto(place.origin + "/topics")
    labels, faults, met = await page.locator("svg.map:visible").evaluate(COVERED)
    assert (faults, met) == (0, 0)
    assert labels >= 4, "labels are not just left out"
    if width == 1280:
        assert await page.locator("svg.areas").evaluate(SPILT) == 0
    await seen.context.close()


@pytest.mark.parametrize("lang", ["en", "ar"])
async def test_hostile_labels_break_nothing(place: Place, lang: str) -> None:
    groups = place.backend.all_groups
    place.backend.all_groups = tuple(
        replace(group, label={"en": HOSTILE[at % len(HOSTILE)]}) for at, group in enumerate(groups)
    )
    for width in (1280, 390):
        seen = await place.reader(lang=lang, width=width)
        page = await seen.page()
        await page.goto(place.origin + "/topics")
        assert await sideways(page) == 0
        assert await violations(page) == []
        assert (await page.locator("svg.map:visible").evaluate(COVERED))[1:] == [0, 0]
        assert seen.complaints == []
        await seen.context.close()


async def test_a_ring_is_reached_and_opened_by_keyboard(place: Place) -> None:
    seen = await place.reader()
    page = await seen.page()
    await page.goto(place.origin + "/topics")
    ring = page.locator("svg.map:visible a").first
    name = str(await ring.get_attribute("aria-label"))
    await ring.focus()
    await page.keyboard.press("Shift+Tab")
    await page.keyboard.press("Tab")
    halo = ring.locator(".halo")
    assert await halo.evaluate("halo => getComputedStyle(halo).stroke") != "none", "focus is visible"
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/proposals?group={name.partition(',')[0]}")
    await seen.context.close()


async def test_filters_and_search_without_javascript(place: Place) -> None:
    seen = await place.reader(java_script_enabled=False, width=390)
    page = await seen.page()
    await page.goto(place.origin + "/topics")
    await page.locator("summary", has_text="Filter by goal").click()
    await page.get_by_label("Constituency", exact=True).select_option("africa")
    await page.get_by_label("First day", exact=True).fill("2026-10-10")
    await page.get_by_role("button", name="Show", exact=True).click()
    await page.wait_for_url("**constituency=africa*since=2026-10-10*")
    chosen = page.locator(".chosen-filters li")
    await expect(chosen).to_have_count(2)
    await chosen.first.get_by_role("link").click()
    await expect(chosen).to_have_count(1)
    await page.get_by_label("Search in any language").fill("water")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/search?q=water")
    await expect(page.locator("mark").first).to_have_text("water")
    await seen.context.close()


async def test_suggestions_follow_the_last_text_and_are_announced_once(place: Place) -> None:
    seen = await place.reader("delegate")
    page = await seen.page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/suggest") else None)
    await page.goto(place.origin + "/proposals/new")
    body = page.locator("#field-body")
    await body.press_sequentially("Wells in many villages hold too much fluoride. ", delay=5)
    await expect(page.locator("#announcer")).to_have_text(
        "Suggested goals: 3, 6. Similar proposals: 1.", timeout=PATIENCE_MS
    )
    assert len(asked) < 10, "it waits for a pause in typing"
    before = len(asked)
    await page.evaluate("document.getElementById('announcer').textContent = ''")
    await body.press_sequentially("People drink it.", delay=5)
    await _asked_again(page, asked, before)
    await expect(page.locator("#announcer")).to_have_text("")
    await seen.context.close()


async def _asked_again(page: Page, asked: list[str], before: int) -> None:
    async with page.expect_response("**/suggest", timeout=PATIENCE_MS):
        pass
    assert len(asked) > before


async def test_a_tick_that_was_taken_away_survives_further_typing(place: Place) -> None:
    seen = await place.reader("delegate")
    page = await seen.page()
    await page.goto(place.origin + "/proposals/new")
    body = page.locator("#field-body")
    await body.fill("Wells in many villages hold too much fluoride.")
    six = page.locator("#suggestions input[name=goals][value='6']")
    await expect(six).to_be_checked(timeout=PATIENCE_MS)
    await six.uncheck()
    async with page.expect_response("**/suggest", timeout=PATIENCE_MS):
        await body.fill("Wells in many villages hold far too much fluoride.")
    await expect(page.locator("#suggestions")).to_contain_text("close to target 6.1")
    await expect(six).not_to_be_checked()
    await seen.context.close()


async def test_suggestions_by_a_button_without_javascript(place: Place) -> None:
    seen = await place.reader("delegate", java_script_enabled=False)
    page = await seen.page()
    await page.goto(place.origin + "/proposals/new?track=short")
    await expect(page.locator("input[name=track][value=short]")).to_be_checked()
    await page.locator("#field-body").fill("Wells in many villages hold too much fluoride.")
    await page.get_by_role("button", name="Suggest goals").click()
    await expect(page.locator("#suggestions input[name=goals][value='6']")).to_be_checked()
    await expect(page.locator("#field-body")).to_have_value("Wells in many villages hold too much fluoride.")
    await seen.context.close()
