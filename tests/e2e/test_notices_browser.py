"""Notices in a real Chromium: the pages in every state, the letters as a mailbox shows them, and a delegate's story
against real node processes, a real mail server and a member's own system."""

import asyncio
import hashlib
import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web as aioweb
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, Page, expect

from node.demo_content import Proposal, load_demo_content
from node.demo_people import Person
from tests.support.browser import sideways, violations, watched
from tests.support.mail_box import MailBox, mail_box, part
from tests.support.real_federation import RealFederation, real_federation
from tests.support.until import until, until_answered
from tests.support.web_backend import MemoryBackend
from tests.support.web_notices import LINKED, UNSUBSCRIBING, some_hooks, told
from web.app import create_web
from web.i18n import load_languages
from web.letters import Desk, address_letter, digest_letter
from web.notice_words import Reader
from web.notices_port import Digest, NoticeChoices, NoticeSettings
from web.present import People, Tongue
from web.rendering import Templates
from web.respond import SESSION_COOKIE
from web.settings import WebSettings

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("browser")]

_VOTING_SECONDS = 20
_PATIENCE_SECONDS = 25
SHOWN = [("en", 1280), ("zh", 390), ("ar", 390), ("ru", 390)]


@asynccontextmanager
async def serving(backend: MemoryBackend) -> AsyncIterator[str]:
    server = TestServer(create_web(backend, WebSettings()))
    await server.start_server()
    try:
        yield str(server.make_url("")).rstrip("/")
    finally:
        await server.close()


@pytest.mark.parametrize(("lang", "width"), SHOWN)
async def test_pages_of_notices(browser: Browser, lang: str, width: int) -> None:
    backend = MemoryBackend()
    account = backend.account("head", "operator")
    backend.notices.kept[account.id] = NoticeSettings(
        NoticeChoices(goals=(3, 6), rhythm="daily"),
        can_mail=True,
        address="a-rather-long-name.of-somebody@international-cooperation.organisation.example.org",
        pending="new@example.org",
        is_mailing=False,
        feed="x" * 43,
        problem="550 5.1.1 no such user",
    )
    backend.webhooks.hooks = some_hooks(backend.clock)
    async with serving(backend) as origin:
        seen = await watched(browser, origin, viewport={"width": width, "height": 860})
        session = {"name": SESSION_COOKIE, "value": backend.sign_in(account), "url": origin}
        await seen.context.add_cookies([{"name": "comitia_language", "value": lang, "url": origin}, session])  # type: ignore[list-item]
        page = await seen.page()
        wrong = []
        for path in (
            "/account/notices?done=choices",
            "/node/webhooks",
            "/node/mail",
            f"/account/notices/address/{LINKED}",
            f"/unsubscribe/{UNSUBSCRIBING}",
        ):
            await page.goto(origin + path)
            await page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
            wrong += [path] if await sideways(page) else []
            wrong += [f"{path}: {line}" for line in await violations(page)]
        await seen.context.close()
    assert wrong == []
    assert (seen.foreign, seen.complaints) == ([], [])


@pytest.mark.parametrize("lang", ["en", "zh", "ar"])
async def test_letters_as_a_mailbox_shows_them(browser: Browser, lang: str, tmp_path: Path) -> None:
    """No remote content, readable on a phone, right to left where the language is; hostile titles stay text."""
    backend, languages = MemoryBackend(), load_languages()
    language = languages.find(lang)
    assert language is not None
    desk = Desk(Tongue(*language.pick(backend.names)), Templates(languages, str))
    reader = Reader(language, People.among(backend.all_members, language), f"https://node.example/{lang}")
    needs = await backend.attention.needs(backend.account("delegate"))
    digest = Digest(told(backend), 4, needs)
    letters = [
        digest_letter(desk, reader, digest, "Asia/Kathmandu", backend.clock, "https://node.example/unsubscribe/x"),
        address_letter(desk, language, "Office", "https://node.example/account/notices/address/" + "x" * 43, 24),
    ]
    seen = await watched(browser, "file:", viewport={"width": 390, "height": 860})
    page = await seen.page()
    for number, letter in enumerate(letters):
        path = tmp_path / f"{number}.html"
        path.write_text(letter.html)
        await page.goto(f"file://{path}")
        assert await sideways(page) == 0
        assert await violations(page) == []
        assert await page.locator("html").get_attribute("dir") == language.dir
        assert await page.locator("img, script, link, iframe, form").count() == 0
    await seen.context.close()
    assert (seen.foreign, seen.complaints) == ([], [])


@dataclass
class Receiver:
    """A member's own system."""

    url: str = ""
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def take(self, request: aioweb.Request) -> aioweb.Response:
        self.got.append(({name.lower(): value for name, value in request.headers.items()}, await request.read()))
        return aioweb.Response(status=204)

    def types(self) -> set[str]:
        return {json.loads(body)["type"] for _, body in self.got}


@dataclass
class Scene:
    """A federation whose nodes send by one mail server, and a member's own system."""

    federation: RealFederation
    box: MailBox
    receiver: Receiver
    browser: Browser

    def to(self, address: str) -> list[EmailMessage]:
        return [message for message in self.box.messages if message["To"].addresses[0].addr_spec == address]

    async def mail_to(self, address: str, count: int) -> EmailMessage:
        """Wait until so many messages have come to an address; return the last."""
        await until(lambda: len(self.to(address)) >= count, f"{count} messages to {address}", _PATIENCE_SECONDS)
        return self.to(address)[-1]

    async def signed_in(self, seat: int, account: str) -> Page:
        origin = self.federation.seats[seat].address
        seen = await watched(self.browser, origin, viewport={"width": 1280, "height": 860})
        page = await seen.page()
        await page.goto(self.federation.link(seat, account))
        await page.locator("main").get_by_role("button").click()
        await page.wait_for_url(lambda url: "/sign-in" not in url)
        return page


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def scene(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    receiver = Receiver()
    app = aioweb.Application()
    app.router.add_post("/in", receiver.take)
    server = TestServer(app)
    await server.start_server()
    receiver.url = str(server.make_url("/in"))
    async with mail_box() as box:
        settings = [
            'mail.host = "127.0.0.1"',
            f"mail.port = {box.port}",
            'mail.tls = "none"',
            'mail.from_address = "notices@node.example"',
            "webhooks.allow_local = true",
        ]
        async with real_federation(
            tmp_path_factory.mktemp("notices"), voting_ms=_VOTING_SECONDS * 1000, extra_settings=settings
        ) as federation:
            yield Scene(federation, box, receiver, browser)
    await server.close()


async def confirm_address(scene: Scene, page: Page, seat: int, address: str) -> None:
    """Enter an address and follow the mailed link."""
    origin = scene.federation.seats[seat].address
    await page.goto(f"{origin}/en/account/notices")
    await page.get_by_label("Your e-mail address").fill(address)
    await page.get_by_role("button", name="Mail a link to confirm it").click()
    await expect(page.locator("main")).to_contain_text("A link is on its way.")
    text = part(await scene.mail_to(address, 1), "plain")
    await page.goto(next(line for line in text.splitlines() if "/account/notices/address/" in line))
    await page.get_by_role("button", name="Confirm the address").click()
    await expect(page.locator("h1")).to_have_text("Your address is confirmed")


async def make_webhook(scene: Scene, page: Page, seat: int) -> str:
    """Make a webhook that is told of everything; return its secret."""
    await page.goto(f"{scene.federation.seats[seat].address}/en/node/webhooks")
    await page.locator("#field-url").fill(scene.receiver.url)
    for box in await page.locator("input[name=events]").all():
        await box.check()
    await page.get_by_role("button", name="Make the webhook").click()
    return await page.locator(".panel code").inner_text()


def written(title: str) -> Proposal:
    return load_demo_content().proposals[0].model_copy(update={"title": title, "track": "long", "urgency": None})


async def says(address: str, words: str) -> bool:
    async with aiohttp.ClientSession() as http, http.get(address) as response:
        return words in await response.text()


async def test_from_an_address_to_one_click_that_unsubscribes(scene: Scene) -> None:
    absent, voter = "absent@member.example", "voter@member.example"
    page = await scene.signed_in(1, "colleague")
    await confirm_address(scene, page, 1, absent)
    other = await scene.signed_in(2, "colleague")
    await confirm_address(scene, other, 2, voter)
    secret = await make_webhook(scene, await scene.signed_in(1, "head"), 1)

    async with (
        Person(scene.federation.seats[0].address) as first,
        Person(scene.federation.seats[1].address) as second,
        Person(scene.federation.seats[2].address) as third,
        Person(scene.federation.seats[0].address) as office,
    ):
        people = {0: first, 1: second, 2: third}
        for seat, person in people.items():
            await person.sign_in(scene.federation.seats[seat].tokens["delegate"])
        await office.sign_in(scene.federation.seats[0].tokens["secretariat"])
        topic = await _topic(scene, people, office)
        await office.request_round("long", "prioritisation", [topic], _VOTING_SECONDS, 100)

        opened = await _with_subject(scene, absent, "Round 1 has opened")
        await _with_subject(scene, voter, "Round 1 has opened")
        round_id = _round_in(opened)
        await third.approve(round_id, ["o1"])
        reminder = await _with_subject(scene, absent, "Your member has not voted in round 1")
        assert _round_in(reminder) == round_id
        await second.approve(round_id, ["o1"])

        await until(lambda: "ballot.received" in scene.receiver.types(), "the ballot is told of", _PATIENCE_SECONDS)
        await until(lambda: "round.closed" in scene.receiver.types(), "the close is told of", 2 * _PATIENCE_SECONDS)
        _check_signatures(scene, secret)
        assert [message["Subject"] for message in scene.to(voter) if "not voted" in message["Subject"]] == []
        assert len([message for message in scene.to(absent) if "not voted" in message["Subject"]]) == 1

        await _unsubscribe(scene, page, opened)
        before = len(scene.to(absent))
        await first.submit(written("One more proposal"))
        await _with_subject(scene, voter, "One more proposal")
        assert len(scene.to(absent)) == before
    await _feed_goes_on(scene, page)


async def _topic(scene: Scene, people: dict[int, Person], office: Person) -> str:
    """Name a topic of a new proposal and return its id, as the desk lists it."""
    proposal = await people[0].submit(written("Wells without fluoride"))
    await office.name_topic(
        track="long", lang="en", title="Wells", body="All about wells.", minutes=20, goals=[6], proposals=[proposal]
    )
    async with office._http.get(f"{scene.federation.seats[0].address}/federation/v1/status") as response:
        (topic,) = (await response.json())["topics"]
    return str(topic["id"])


async def _with_subject(scene: Scene, address: str, words: str) -> EmailMessage:
    """Wait for a message whose subject or text says this."""

    def found_message() -> EmailMessage | None:
        return next((each for each in scene.to(address) if words in each["Subject"] + part(each, "plain")), None)

    await until(lambda: found_message() is not None, f"a message to {address}: {words}", _PATIENCE_SECONDS)
    message = found_message()
    assert message is not None
    return message


def _round_in(message: EmailMessage) -> str:
    return part(message, "plain").partition("/rounds/")[2][:64]


def _check_signatures(scene: Scene, secret: str) -> None:
    key = b64decode(secret.removeprefix("whsec_"))
    for headers, body in scene.receiver.got:
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        mac = b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        assert headers["webhook-signature"] == f"v1,{mac}"
    ids = [headers["webhook-id"] for headers, _ in scene.receiver.got]
    assert len(ids) == len(set(ids)), "nothing is told twice"
    assert {"proposal.submitted", "round.opened", "round.closed", "ballot.received"} <= scene.receiver.types()


async def _unsubscribe(scene: Scene, page: Page, message: EmailMessage) -> None:
    """Do as a mailbox does with one click, without cookies or a form's secret; opening the address does nothing."""
    address = message["List-Unsubscribe"].strip("<>")
    async with aiohttp.ClientSession() as http:
        async with http.get(address) as looked:
            assert "Press the button" in await looked.text()
        async with http.post(address, data={"List-Unsubscribe": "One-Click"}) as response:
            assert response.status == 200
    await page.goto(f"{scene.federation.seats[1].address}/en/account/notices")
    await expect(page.locator("main")).to_contain_text("You have unsubscribed.")


async def _feed_goes_on(scene: Scene, page: Page) -> None:
    await page.get_by_role("button", name="Make a feed address").click()
    address = await page.locator("aside code").inner_text()

    async def is_there() -> bool:
        return await says(address, "One more proposal")

    async with asyncio.timeout(_PATIENCE_SECONDS):
        await until_answered(is_there, "the feed tells of it")
