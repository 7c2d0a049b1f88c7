"""From closed rounds to published agendas over real node processes: two persons, a correction, what left, every file.

No browser: people are programs that send the pages' forms.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from node.demo_content import Proposal, load_demo_content
from node.demo_people import Person
from protocol import canonical
from protocol.canonical import sha256_hex
from tests.support.real_federation import RealFederation, real_federation
from tests.support.until import until_answered
from web.editions.forms import FORMS

pytestmark = pytest.mark.e2e

_CONFIRM = re.compile(r'action="(/desk/requests/[0-9a-f]+/confirm)"')
_ROUND = re.compile(r'href="(?:/en)?/rounds/([0-9a-f]{64})"')
_TOPIC = re.compile(r'href="(?:/en)?/topics/([0-9a-f]{64})"')
STEP_SECONDS = 60
STORY_SECONDS = 240


class Second(Person):
    """Somebody who confirms what another person of the secretariat asks for."""

    async def confirm(self) -> bool:
        """Confirm what waits; return whether something did."""
        async with self._http.get(f"{self._address}/desk") as response:
            found = _CONFIRM.search(await response.text())
        if found is None:
            return False
        await self._post(found[1], [])
        return True


class Readers:
    """People without an account at every node."""

    def __init__(self, federation: RealFederation, http: aiohttp.ClientSession) -> None:
        self._addresses = [seat.address for seat in federation.seats]
        self._http = http

    async def everywhere(self, path: str) -> list[bytes | None]:
        """Return what stands under an address at every node; None where it isn't there."""
        return [await self._read(address + path) for address in self._addresses]

    async def _read(self, url: str) -> bytes | None:
        async with self._http.get(url) as response:
            return await response.read() if response.status == 200 else None

    async def found(self, path: str, pattern: re.Pattern[str]) -> list[str]:
        """Return what a pattern finds on a page of the first node, each once."""
        return list(dict.fromkeys(pattern.findall((await self._read(self._addresses[0] + path) or b"").decode())))

    async def agenda(self, version: int) -> dict[str, Any]:
        """Wait until a version is published on every node, the same; return it."""

        async def is_there() -> bool:
            seen = await self.everywhere(f"/agenda/{version}/agenda.json")
            return None not in seen and len(set(seen)) == 1

        await until_answered(is_there, f"version {version} is the same on every node", STEP_SECONDS)
        return dict(json.loads((await self.everywhere(f"/agenda/{version}/agenda.json"))[0] or b""))


class Story:
    """People of the secretariat, delegates of every member, and readers, at a running federation."""

    def __init__(self, readers: Readers, people: list[Person], first: Second, second: Second) -> None:
        self.readers = readers
        self.people = people
        self.first = first
        self._second = second

    async def confirmed(self, what: str) -> None:
        """Have the second person confirm what waits."""
        await until_answered(self._second.confirm, f"{what} waits for a second person", STEP_SECONDS)

    async def new(self, page: str, pattern: re.Pattern[str], known: list[str]) -> str:
        """Wait for something on a page that wasn't there; return its id."""
        found: list[str] = []

        async def is_there() -> bool:
            found[:] = [each for each in await self.readers.found(page, pattern) if each not in known]
            return bool(found)

        await until_answered(is_there, f"something new on {page}", STEP_SECONDS)
        return found[0]

    async def everywhere(self, path: str) -> None:
        """Wait until every node has what stands under an address."""

        async def is_there() -> bool:
            return None not in await self.readers.everywhere(path)

        await until_answered(is_there, f"{path} on every node", STEP_SECONDS)

    async def topic(self, at: int, written: Proposal) -> str:
        """Have a member submit a proposal and the office make a topic of it; return the topic's id."""
        proposal = await self.people[at].submit(written)
        await self.everywhere(f"/proposals/{proposal}")
        known = await self.readers.found("/en/topics", _TOPIC)
        said = {"track": "long", "lang": "en", "title": f"Topic {at}", "body": "About it."}
        await self.first.name_topic(**said, minutes=20, goals=[6], proposals=[proposal])
        return await self.new("/en/topics", _TOPIC, known)

    async def decided(self, procedure: str, subject: str, vote: Callable[[Person, str], Awaitable[None]]) -> None:
        """Hold a round in which everybody votes alike."""
        known = await self.readers.found("/en/rounds", _ROUND)
        await self.first.request_round("long", procedure, [subject], 6, 60)
        await self.confirmed(f"a {procedure}")
        found = await self.new("/en/rounds", _ROUND, known)
        await self.everywhere(f"/rounds/{found}")
        for person in self.people:
            await vote(person, found)
        await self.everywhere(f"/rounds/{found}/ballots.json")

    async def published(self, version: int) -> dict[str, Any]:
        """Draft an agenda, have it confirmed, and return it once every node has published it."""
        await self.first.draft_agenda()
        seen = await self.readers.everywhere(f"/agenda/{version}")
        assert seen == [None] * len(seen), "nothing is published by one person"
        await self.confirmed("the agenda")
        return await self.readers.agenda(version)


@asynccontextmanager
async def telling(where: Path) -> AsyncIterator[Story]:
    """Run a federation whose office needs two persons, with everybody signed in."""
    async with AsyncExitStack() as stack, asyncio.timeout(STORY_SECONDS):
        settings = ("desk.two_person_approval = true",)
        federation = await stack.enter_async_context(real_federation(where, voting_ms=2_000, extra_settings=settings))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        people = [await stack.enter_async_context(Person(seat.address)) for seat in federation.seats]
        for person, seat in zip(people, federation.seats, strict=True):
            await person.sign_in(seat.tokens["colleague"])
        office = federation.seats[0]
        first, second = [await stack.enter_async_context(Second(office.address)) for _ in range(2)]
        await first.sign_in(office.tokens["convener"])
        await second.sign_in(office.tokens["secretariat"])
        yield Story(Readers(federation, http), people, first, second)


async def test_from_closed_rounds_to_a_corrected_agenda(tmp_path: Path) -> None:
    async with telling(tmp_path) as story:
        readers = story.readers
        written = [each for each in load_demo_content().proposals if each.track == "long"][:2]
        topics = [await story.topic(at, each) for at, each in enumerate(written)]
        for topic in topics:
            await story.decided("prioritisation", topic, lambda person, found: person.approve(found, ["o1"]))
        agenda = await story.published(1)
        assert [item["text"]["title"] for item in agenda["items"]] == ["Topic 0", "Topic 1"]
        assert sha256_hex(canonical.encode(agenda["document"])) == agenda["document_sha256"]

        await story.decided("vote", topics[0], lambda person, found: person.choose(found, "no", "It is done."))
        corrected = await story.published(2)
        assert [item["text"]["title"] for item in corrected["items"]] == ["Topic 1"]
        assert [(each["text"]["title"], each["why"]) for each in corrected["left"]] == [("Topic 0", "rejected")]
        assert corrected["document"]["previous"] == agenda["document_sha256"]
        assert corrected["history"][0]["document_sha256"] == agenda["document_sha256"]

        for form in FORMS:
            seen = await readers.everywhere(f"/ar/agenda/2/{form.file}")
            assert None not in seen
            assert form.file.endswith(".ics") or len(set(seen)) == 1, form.file
        for page in await readers.everywhere("/en/agenda/2/changes"):
            assert b"Rejected by a later round." in (page or b"")
        assert await readers.agenda(1) == agenda, "an earlier version stays as it was"
