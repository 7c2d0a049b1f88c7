"""The secretariat's desk in a real Chromium: every page, what goes by keyboard, by dragging and without JavaScript.

A story from screening to a published agenda goes over a federation of real node processes.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, Page, expect

from node.demo_content import load_demo_content
from node.demo_people import Person
from tests.support.browser import Watched, sideways, violations, watched
from tests.support.real_federation import RealFederation, real_federation
from tests.support.web_backend import MemoryBackend
from tests.support.web_content import round_numbered
from web.app import create_web
from web.ports import RoundInput
from web.respond import SESSION_COOKIE
from web.settings import WebSettings

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("browser")]

PATIENCE_MS = 15_000
STORY_SECONDS = 60
OPEN_SECONDS = 8


@dataclass
class Place:
    """A site over the in-memory backend, and a browser."""

    backend: MemoryBackend
    origin: str
    browser: Browser

    def paths(self) -> list[str]:
        topics = list(self.backend.all_topics)
        rounds = [round_numbered(self.backend, number).summary.id for number in (19, 16)]
        return [
            "/desk",
            "/desk/screening",
            "/desk/topics",
            f"/desk/topics/{topics[-1]}",
            f"/desk/topics/{topics[0]}",
            "/desk/topics/split?group=A",
            f"/desk/topics/{topics[-1]}/merge",
            "/desk/round",
            "/desk/round/subjects",
            "/desk/round/dates",
            "/desk/round/preview",
            *(f"/desk/rounds/{found}" for found in rounds),
            "/desk/objections",
            "/desk/agenda",
        ]

    async def office(self, lang: str = "en", width: int = 1280, **options: object) -> Watched:
        """Return a context of the secretariat, with a round half prepared and a request that waits."""
        account = self.backend.account("secretariat")
        subjects = tuple(list(self.backend.all_topics)[:3])
        self.backend.desk.drafts[account.id, "round"] = {
            "track": ("long",), "procedure": ("prioritisation",), "subjects": subjects, "duration": ("7",),
            "unit": ("days",),
        }  # fmt: skip
        seen = await watched(self.browser, self.origin, viewport={"width": width, "height": 860}, **options)
        cookies = {"comitia_language": lang, SESSION_COOKIE: self.backend.sign_in(account)}
        await seen.context.add_cookies([{"name": n, "value": v, "url": self.origin} for n, v in cookies.items()])
        return seen


@pytest_asyncio.fixture(loop_scope="module")
async def place(browser: Browser) -> AsyncIterator[Place]:
    backend = MemoryBackend()
    server = TestServer(create_web(backend, WebSettings()))
    await server.start_server()
    yield Place(backend, str(server.make_url("")).rstrip("/"), browser)
    await server.close()


@pytest.mark.parametrize(
    ("lang", "width", "scheme"),
    [
        ("en", 1280, "dark"),
        ("en", 390, "light"),
        ("zh", 1280, "light"),
        ("ar", 390, "light"),
        ("ru", 390, "light"),
    ],
)
async def test_every_page_fits_and_is_accessible(place: Place, lang: str, width: int, scheme: str) -> None:
    place.backend.desk.needs_second_person = True
    wanted = RoundInput("long", "prioritisation", tuple(list(place.backend.all_topics)[:2]), 3_600_000)
    await place.backend.desk.requests.ask_round(place.backend.account("head"), wanted)
    seen = await place.office(lang, width, color_scheme=scheme)
    page = await seen.page()
    wrong = []
    for path in place.paths():
        await page.goto(place.origin + path)
        wide = await sideways(page)
        wrong += [f"{path}: {wide} px too wide"] if wide else []
        wrong += [f"{path}: {line}" for line in await violations(page)]
    await seen.context.close()
    assert wrong == []
    assert seen.complaints == []
    assert seen.foreign == []


def free(place: Place) -> int:
    """Return the place of the first item that may move down."""
    items = place.backend.desk.due_items
    return next(at for at, item in enumerate(items) if item.round != items[at + 1].round)


async def numbered(page: Page) -> list[str]:
    """Return the subjects of the agenda as they stand on the page."""
    return [await each.input_value() for each in await page.locator("input[name=subject]").all()]


async def test_an_agenda_is_ordered_by_keyboard(place: Place) -> None:
    """Arrows on the buttons move an item, say where it is, and stop where a round decided the order."""
    seen = await place.office()
    page = await seen.page()
    await page.goto(place.origin + "/desk/agenda")
    at = free(place)
    before = await numbered(page)
    row = page.locator("[data-item]").nth(at)
    title = (await row.locator("[data-title]").inner_text()).strip()
    await row.locator("[data-down]").focus()
    await page.keyboard.press("ArrowDown")
    assert await numbered(page) == [*before[:at], before[at + 1], before[at], *before[at + 2 :]]
    await expect(page.locator("#announcer")).to_have_text(re.compile(re.escape(title) + rf" is now number {at + 2} of"))
    await expect(page.locator("[data-item]").nth(at + 1).locator("[data-down]")).to_be_focused()
    first = page.locator("[data-item]").first.locator("[data-up]")
    await expect(first).to_be_disabled()
    assert await violations(page) == []
    await page.get_by_role("button", name="Ask the tellers to certify").click()
    await page.wait_for_url("**/desk?done=agenda")
    assert place.backend.calls[-1][2] == (*before[:at], before[at + 1], before[at], *before[at + 2 :])
    assert seen.complaints == []
    await seen.context.close()


async def test_an_item_is_dragged_and_stops_where_a_decided_order_would_break(place: Place) -> None:
    seen = await place.office()
    page = await seen.page()
    await page.goto(place.origin + "/desk/agenda")
    rows = page.locator("ol[data-track=long] > [data-item]")
    before = await numbered(page)
    count = await rows.count()
    await rows.nth(count - 1).drag_to(rows.nth(1))
    after = await numbered(page)
    assert after.index(before[count - 1]) == 1, "a new item may stand anywhere"
    await rows.nth(0).drag_to(rows.nth(3))
    assert (await numbered(page))[:2] == [before[count - 1], before[0]], "it stops before the next of its round"
    await expect(page.locator("#announcer")).to_have_text(re.compile("cannot move there"))
    assert seen.complaints == []
    await seen.context.close()


async def test_screening_goes_on_by_keyboard_to_the_next_one(place: Place) -> None:
    seen = await place.office()
    page = await seen.page()
    await page.goto(place.origin + "/desk/screening")
    first = await page.locator("input[name=proposal]").input_value()
    await page.locator("input[name=verdict]").first.focus()
    await page.keyboard.press("Space")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/desk/screening?after=*")
    await expect(page.locator(".notice")).to_be_focused()
    assert await page.locator("input[name=proposal]").input_value() != first
    await seen.context.close()


async def test_a_round_is_prepared_without_javascript(place: Place) -> None:
    seen = await place.office(java_script_enabled=False, width=390)
    page = await seen.page()
    await page.goto(place.origin + "/desk/round")
    await page.get_by_role("button", name="Continue").click()
    await page.get_by_role("button", name="Continue").click()
    await page.get_by_label("Open for").fill("9")
    await page.get_by_role("button", name="Back").click()
    await page.get_by_role("button", name="Continue").click()
    await expect(page.get_by_label("Open for")).to_have_value("9")
    await page.get_by_role("button", name="Preview").click()
    await page.get_by_role("button", name="Sign and ask the tellers").click()
    await page.wait_for_url("**/desk?done=round")
    assert place.backend.calls[-1][2].closes_in_ms == 9 * 86_400_000
    await page.goto(place.origin + "/desk/agenda")
    rows = page.locator("[data-item]")
    await rows.nth(free(place)).get_by_role("button", name=re.compile("Down")).click()
    await page.wait_for_url("**/desk/agenda?done=order*")
    await expect(page.locator(".notice")).to_contain_text("is now number")
    await seen.context.close()


@dataclass
class Story:
    """A federation of three, its people, and two of the secretariat at their browsers."""

    federation: RealFederation
    browser: Browser
    people: dict[int, Person] = field(default_factory=dict)

    @property
    def office(self) -> str:
        return self.federation.seats[0].address

    async def sign_in(self, seat: int, account: str) -> Page:
        link = self.federation.link(seat, account)
        seen = await watched(self.browser, self.federation.seats[seat].address)
        page = await seen.page()
        await page.goto(link)
        await page.locator("main").get_by_role("button").click()
        return page

    async def until(self, page: Page, path: str, holds: Callable[[Page], object]) -> None:
        """Open a page again and again until something holds of it."""
        async with asyncio.timeout(PATIENCE_MS / 1000):
            await page.goto(path)
            while not await holds(page):  # type: ignore[misc]
                await page.goto(path)


async def screened(story: Story, page: Page, count: int) -> None:
    """Find all admissible, one after the other, without leaving the queue."""
    await story.until(
        page, f"{story.office}/desk", lambda p: p.get_by_text(f"{count} proposals wait for screening").count()
    )
    await page.goto(f"{story.office}/desk/screening")
    for _ in range(count):
        await page.get_by_label("Find it admissible").check()
        await page.get_by_role("button", name="Sign and go to the next").click()
        await page.wait_for_url("**/desk/screening?after=*")


async def named(story: Story, page: Page, title: str, *proposals: str) -> None:
    await page.goto(f"{story.office}/desk/topics/new")
    await page.locator("#field-title").fill(title)
    await page.locator("#field-body").fill(f"What belongs to {title}.")
    await page.locator("#field-minutes").fill("20")
    for proposal in proposals:
        await page.locator(f"input[name=proposals][value='{proposal}']").check()
    await page.get_by_role("button", name="Sign and name the topic").click()
    await page.wait_for_url("**/desk/topics?done=topic")


async def opened(story: Story, page: Page, second: Page, topic: str) -> None:
    """Go through the steps, and have the second person confirm."""
    await page.goto(f"{story.office}/desk/round")
    await page.get_by_role("button", name="Continue").click()
    await page.get_by_label(topic).check()
    await page.get_by_role("button", name="Continue").click()
    await page.get_by_label("Open for").fill(str(OPEN_SECONDS))
    await page.get_by_label("Unit").select_option("seconds")
    await page.get_by_role("button", name="Preview").click()
    await expect(page.locator("main")).to_contain_text("3 members of the roll in force, one vote each.")
    await expect(page.locator("main")).to_contain_text("have to take part.")
    await page.get_by_role("button", name="Ask a second person to confirm").click()
    await expect(page.locator("main")).to_contain_text("Take it back")
    await second.goto(f"{story.office}/desk")
    await second.get_by_role("button", name="Confirm and sign").click()
    await second.wait_for_url("**/desk?done=round")


async def round_at_desk(story: Story, page: Page, number: int) -> str:
    """Wait until a round runs; return its id."""
    link = page.locator(".desk-round h3 a", has_text=re.compile(rf"^\s*{number}\."))
    await story.until(page, f"{story.office}/desk", lambda _: link.count())
    return str(await link.get_attribute("href")).rpartition("/")[2]


async def test_from_screening_to_an_agenda_in_the_office_s_order(tmp_path: Path, browser: Browser) -> None:
    async with AsyncExitStack() as stack, asyncio.timeout(STORY_SECONDS):
        settings = ("desk.two_person_approval = true",)
        federation = await stack.enter_async_context(real_federation(tmp_path, screening=True, extra_settings=settings))
        story = Story(federation, browser)
        for seat in federation.seats:
            person = await stack.enter_async_context(Person(seat.address))
            await person.sign_in(seat.tokens["colleague"])
            story.people[seat.index] = person
        content = load_demo_content()
        written = [each for each in content.proposals if each.track == "long"][:3]
        ids = [await story.people[at].submit(each) for at, each in enumerate(written)]
        page, second = await story.sign_in(0, "convener"), await story.sign_in(0, "secretariat")

        await screened(story, page, 3)
        await named(story, page, "Rivers", ids[0], ids[1])
        await named(story, page, "Lakes", ids[2])
        await page.goto(f"{story.office}/desk/topics")
        await page.get_by_role("link", name=re.compile("Rename.*Rivers")).click()
        await page.locator("#field-title").fill("Clean rivers")
        await page.get_by_role("button", name="Sign and change the topic").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Clean rivers")

        await opened(story, page, second, "Clean rivers")
        first_round = await round_at_desk(story, page, 1)
        await page.goto(f"{story.office}/desk/rounds/{first_round}")
        await page.get_by_role("button", name="Remind 3 members").click()
        await expect(page.locator(".notice")).to_contain_text("The reminder is signed.")
        other = await story.sign_in(2, "delegate")
        elsewhere = federation.seats[2].address
        await story.until(
            other, f"{elsewhere}/rounds", lambda p: p.get_by_text("reminds your member to vote in round 1").count()
        )
        for person in story.people.values():
            await person.approve(first_round, ["o1"])
        await opened(story, page, second, "Lakes")
        second_round = await round_at_desk(story, page, 2)
        for person in story.people.values():
            await person.approve(second_round, ["o1"])

        agenda = f"{story.office}/desk/agenda"
        await story.until(page, agenda, lambda p: _has(p.locator("[data-item]"), 2))
        rows = page.locator("[data-title]")
        assert [text.strip() for text in await rows.all_inner_texts()] == ["Clean rivers", "Lakes"]
        await page.locator("[data-down]").first.focus()
        await page.keyboard.press("ArrowDown")
        assert [text.strip() for text in await rows.all_inner_texts()] == ["Lakes", "Clean rivers"]
        await page.get_by_role("button", name="Ask a second person to confirm").click()
        await page.wait_for_url("**/desk?done=waiting")
        await second.goto(f"{story.office}/desk")
        await second.get_by_role("button", name="Confirm and sign").click()
        await second.wait_for_url("**/desk?done=agenda")
        for seat in federation.seats:
            await story.until(other, f"{seat.address}/en", lambda p: p.get_by_text("Clean rivers").count())
            titles = [text.strip() for text in await other.locator(".item h3").all_inner_texts()]
            assert titles == ["Lakes", "Clean rivers"], f"seat {seat.index}"


async def _has(found: object, count: int) -> bool:
    return await found.count() == count  # type: ignore[attr-defined, no-any-return]
