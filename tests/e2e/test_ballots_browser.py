"""A delegate's day in a real Chromium: rankings, drafts without a line, receipts; and once against real processes."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import ClientSession
from playwright.async_api import Browser, FilePayload, Page, Route, expect
from playwright.async_api import Error as PlaywrightError

from consensus.ballots import RankedBallot
from node.demo_content import load_demo_content
from node.demo_people import Person
from tests.e2e.test_pages_browser import Place, serving
from tests.support.browser import sideways, violations, watched
from tests.support.real_federation import RealFederation, real_federation
from tests.support.web_attention import some_dates, some_needs

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("browser")]

_PATIENCE_MS = 20_000
_VOTING_SECONDS = 8
_WORDS = "Wells in dry districts hold more fluoride than a child may drink."


@pytest_asyncio.fixture(loop_scope="module")
async def place(browser: Browser) -> AsyncIterator[Place]:
    async with serving(browser) as started:
        yield started


async def placed(page: Page) -> list[str]:
    """Return the numbers of the ranked options, the best first."""
    rows = await page.locator("[data-ranked] > li").all()
    return [str(await row.get_attribute("data-number")) for row in rows]


def handle(number: int) -> str:
    return f".rank-row[data-number='{number}'] .rank-handle"


async def drag(page: Page, number: int, above: int) -> None:
    """Drag an option by its number to just above another one."""
    box, target = [await page.locator(handle(each)).bounding_box() for each in (number, above)]
    assert box is not None
    assert target is not None
    await page.mouse.move(box["x"] + 20, box["y"] + 20)
    await page.mouse.down()
    for y in (target["y"] + 60, target["y"] + 30, target["y"] + 2):
        await page.mouse.move(target["x"] + 20, y, steps=3)
    await page.mouse.up()


@pytest.mark.parametrize(("lang", "width"), [("en", 1280), ("ar", 390)])
async def test_a_ranking_by_keyboard_buttons_and_drag(place: Place, lang: str, width: int) -> None:
    seen = await place.reader("delegate", lang=lang, width=width)
    page = await seen.page()
    await page.goto(place.origin + place.path(21))
    for number in (3, 1, 2):
        await page.locator(handle(number)).press("ArrowUp")
    assert await placed(page) == ["3", "1", "2"]
    await page.locator(handle(2)).press("ArrowUp")
    assert await placed(page) == ["3", "2", "1"]
    assert await page.evaluate("document.activeElement.matches('.rank-handle')"), "the focus stays with what moved"
    told = await page.locator("#announcer").inner_text()
    assert "2" in told, "the new place is told"
    await page.locator(handle(1)).press("Home")
    assert await placed(page) == ["1", "3", "2"]
    await drag(page, 2, 1)
    assert await placed(page) == ["2", "1", "3"]
    level = page.locator(".rank-row[data-number='3'] [aria-pressed]")
    await level.click()
    await expect(level).to_have_attribute("aria-pressed", "true")
    assert await sideways(page) == 0
    assert await violations(page) == []
    await page.locator("button.button:visible").first.click()
    await page.wait_for_url("**/review")
    assert await violations(page) == []
    await page.locator("#field-mandate").check()
    await page.locator("button[type=submit].button:not([formaction]):visible").first.click()
    await page.wait_for_url("**/receipt")
    assert place.backend.calls[0][3] == RankedBallot(tiers=(("t2",), ("t1", "t3")))
    assert seen.complaints == []
    await seen.context.close()


@pytest.mark.parametrize(("lang", "width"), [("zh", 1280), ("ar", 390)])
async def test_what_needs_you_dates_and_checks_fit_and_are_accessible(place: Place, lang: str, width: int) -> None:
    place.backend.attention.more = some_needs(place.backend)
    place.backend.attention.dates = some_dates(place.backend)
    seen = await place.reader("delegate", lang=lang, width=width)
    page = await seen.page()
    account = place.backend.account("delegate")
    await place.backend.cast(account, place.path(21).removeprefix("/rounds/"), RankedBallot(tiers=(("t1",),)))
    for path in ("/yours", "/dates", place.path(21, "/check"), place.path(21, "/receipt"), place.path(17, "/check")):
        await page.goto(place.origin + path)
        assert await sideways(page) == 0, path
        assert await violations(page) == [], path
    await page.locator("#field-receipt").fill("{]")
    await page.locator("form[data-receipt] button").click()
    await expect(page.locator(".receipt")).to_be_focused()
    assert await violations(page) == []
    assert seen.foreign == []
    await seen.context.close()


async def test_two_tabs_overwrite_nothing_silently(place: Place) -> None:
    seen = await place.reader("delegate")
    first, second = await seen.page(), await seen.page()
    for page in (first, second):
        await page.goto(place.origin + "/proposals/new")
    await first.locator("#field-title").fill("From the first tab")
    await expect(first.locator("[data-draft-state]")).to_contain_text("Draft kept on your node")
    await second.locator("#field-title").fill("From the second tab")
    await expect(second.locator("[data-draft-state]")).to_contain_text("Nothing was overwritten")
    assert await violations(second) == []
    [(draft, _)] = place.backend.drafts.held.values()
    assert ("title", "From the first tab") in draft.fields
    await second.get_by_role("button", name="Keep this one instead").click()
    await expect(second.locator("[data-draft-state]")).to_contain_text("Draft kept on your node")
    [(draft, _)] = place.backend.drafts.held.values()
    assert ("title", "From the second tab") in draft.fields
    await seen.context.close()


async def test_a_draft_without_javascript(place: Place) -> None:
    seen = await place.reader("delegate", java_script_enabled=False)
    page = await seen.page()
    await page.goto(place.origin + "/proposals/new")
    await page.locator("#field-body").fill(_WORDS)
    await page.get_by_role("button", name="Keep as a draft").click()
    await expect(page.locator("#field-body")).to_have_value(_WORDS)
    await expect(page.get_by_text("Filled in from your draft of")).to_be_visible()
    await page.locator("#field-title").press("Enter")
    assert len(place.backend.drafts.held) == 1, "Enter sends the form; it does not discard the draft"
    await page.goto(place.origin + "/proposals/new")
    await page.get_by_role("button", name="Discard the draft").click()
    await expect(page.locator("#field-body")).to_have_value("")
    await seen.context.close()


async def signed_in(browser: Browser, federation: RealFederation, seat: int, account: str) -> Page:
    seen = await watched(browser, federation.seats[seat].address, viewport={"width": 1280, "height": 900})
    page = await seen.page()
    await page.goto(federation.link(seat, account))
    await page.locator("main").get_by_role("button").click()
    await page.wait_for_url("**/account/begin")
    await page.goto(f"{federation.seats[seat].address}/yours")
    return page


async def until_shown(page: Page, address: str, words: str) -> None:
    """Open a page again and again until it shows these words."""
    async with asyncio.timeout(_PATIENCE_MS / 1000):
        await page.goto(address)
        while words not in await page.locator("main").inner_text():
            await page.goto(address)


async def test_a_delegate_s_day_on_a_federation_of_real_processes(browser: Browser, tmp_path: Path) -> None:
    async with real_federation(tmp_path, voting_ms=_VOTING_SECONDS * 1000) as federation:
        origin = federation.seats[1].address
        page = await signed_in(browser, federation, 1, "delegate")
        page = await draft_without_a_line(page, origin)
        await submit_with_the_answer_lost(page, origin)
        await open_ranking(federation)
        await until_shown(page, f"{origin}/yours", "Which of these options comes first?")
        await page.get_by_role("link", name="Vote", exact=True).click()
        address = page.url
        early = await rank_by_keyboard(page)
        await change_by_drag(page)
        last = await downloaded(page)
        await check_votes(page, address, early, last)


async def draft_without_a_line(page: Page, origin: str) -> Page:
    """Type, lose the line, close the tab, and find everything again with a line."""
    await page.goto(f"{origin}/proposals/new")
    state = page.locator("[data-draft-state]")
    await page.locator("#field-title").fill("Clean wells")
    await expect(state).to_contain_text("Draft kept on your node")
    await page.context.set_offline(offline=True)
    await page.locator("#field-body").fill(_WORDS)
    silent = re.compile(r"Kept in this browser; your node has had no answer since \d\d:\d\d UTC\.")
    await expect(state).to_have_text(silent)
    await page.context.set_offline(offline=False)
    await expect(state).to_contain_text("Draft kept on your node", timeout=_PATIENCE_MS)
    await page.context.set_offline(offline=True)
    await page.locator("#field-minutes").fill("25")
    await expect(state).to_have_text(silent)
    context = page.context
    await page.close()
    await context.set_offline(offline=False)
    page = await context.new_page()
    await page.goto(f"{origin}/proposals/new")
    await expect(page.locator("[data-draft-found]")).to_contain_text("Filled in from what this browser kept")
    await expect(page.locator("#field-body")).to_have_value(_WORDS)
    await expect(page.locator("#field-minutes")).to_have_value("25")
    return page


async def submit_with_the_answer_lost(page: Page, origin: str) -> None:
    """Send the form over a line that breaks before the answer; coming back, nothing is made twice."""

    async def lose_the_answer(route: Route) -> None:
        if route.request.method == "POST":
            await route.fetch(max_redirects=0)
            await page.context.clear_cookies(name="comitia_taken")
            await route.abort()
        else:
            await route.continue_()

    await page.locator("#suggestions details").evaluate("details => { details.open = true; }")
    await page.locator("input[name=no_goal]").check()
    await page.route("**/proposals/new", lose_the_answer)
    with suppress(PlaywrightError):
        await page.get_by_role("button", name="Sign and submit").click()
    await page.unroute("**/proposals/new")
    await page.goto(f"{origin}/proposals/new")
    await expect(page.locator("[data-draft-found]")).to_contain_text("Your node took this form")
    await page.get_by_role("link", name="See what was taken").click()
    await expect(page.locator("h1")).to_have_text("Clean wells")
    await page.goto(f"{origin}/proposals")
    await expect(page.locator("main h3", has_text="Clean wells")).to_have_count(1)


async def open_ranking(federation: RealFederation) -> None:
    """Let the secretariat put three topics to a ranking."""
    seat = federation.seats[0]
    written = [each for each in load_demo_content().proposals if each.track == "long"][:3]
    async with Person(seat.address) as delegate, Person(seat.address) as office, ClientSession() as http:
        await delegate.sign_in(seat.tokens["delegate"])
        await office.sign_in(seat.tokens["secretariat"])
        for each in written:
            proposal = await delegate.submit(each)
            await office.name_topic(
                track="long", lang=each.lang, title=each.title, body=each.text, minutes=each.minutes,
                goals=each.goals, proposals=[proposal],
            )  # fmt: skip
        async with http.get(f"{seat.address}/topics") as response:
            topics = re.findall(r'id="topic-([0-9a-f]{64})"', await response.text())
        await office.request_round("long", "alternatives", topics, _VOTING_SECONDS + 1, 60)


async def rank_by_keyboard(page: Page) -> str:
    """Rank two options by keyboard and return the receipt file."""
    for number in (2, 1):
        await page.locator(handle(number)).press("ArrowUp")
    await page.locator(handle(1)).press("Home")
    assert await placed(page) == ["1", "2"]
    await cast(page)
    return await downloaded(page)


async def change_by_drag(page: Page) -> None:
    """Drag the last option to the top of the ballot that was cast."""
    await page.get_by_role("link", name="Change this ballot").click()
    assert await placed(page) == ["1", "2"]
    await drag(page, 3, 1)
    assert await placed(page) == ["3", "1", "2"]
    await cast(page)


async def cast(page: Page) -> None:
    await page.get_by_role("button", name="Review your ballot").click()
    await page.locator("#field-mandate").check()
    await page.get_by_role("button", name="Sign and cast the ballot").click()
    await expect(page.locator("p.big")).to_contain_text("Your vote counts.", timeout=_PATIENCE_MS)


async def downloaded(page: Page) -> str:
    async with page.expect_download() as waiting:
        await page.get_by_role("link", name="Download the receipt").click()
    return (await (await waiting.value).path()).read_text()


async def check_votes(page: Page, address: str, early: str, last: str) -> None:
    """Check one's own vote once the round is certified, and three files: replaced, genuine, altered."""
    await until_shown(page, f"{address}/check", "Yes, it was counted.")
    await expect(page.locator(".check-step.check-pass")).to_have_count(9)
    assert await violations(page) == []
    assert "A later ballot of the same member" in await checked(page, early)
    assert "Yes, it was counted." in await checked(page, last)
    value = json.loads(last)
    receipt = value["receipts"][0]["signatures"][0]
    receipt["sig"] = ("A" if receipt["sig"][0] != "A" else "B") + receipt["sig"][1:]
    said = await checked(page, json.dumps(value))
    assert "This receipt does not hold." in said
    assert "Receipt 1 in the file does not hold" in said
    failed = page.locator(".check-step.check-fail .check-name")
    await expect(failed).to_have_text("The tellers' receipts")


async def checked(page: Page, receipt: str) -> str:
    """Open a receipt file on the page, send it, and return what the page says."""
    file: FilePayload = {"name": "receipt.json", "mimeType": "application/json", "buffer": receipt.encode()}
    await page.locator("#receipt-file").set_input_files(file)
    await expect(page.locator("#field-receipt")).to_have_value(receipt.strip())
    await page.get_by_role("button", name="Check the receipt").click()
    await expect(page.locator(".receipt")).to_be_focused()
    return await page.locator("main").inner_text()
