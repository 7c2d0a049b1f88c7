"""Streams that keep open pages up to date."""

import asyncio

from aiohttp import ClientResponse

from tests.support.web_content import round_numbered
from tests.unit.web.conftest import MakeSite, Site
from web import keys

PATIENCE_SECONDS = 10


async def part(response: ClientResponse) -> str:
    """Return the next part that a stream sends."""
    lines: list[str] = []
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            line = (await response.content.readline()).decode()
            assert line, "the stream ended"
            if line == "\n" and any(entry.startswith("data:") for entry in lines):
                return "".join(lines)
            lines.append(line)


async def line(response: ClientResponse) -> str:
    """Return the next line of a stream that isn't blank."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            words = (await response.content.readline()).decode().strip()
            if words:
                return words


async def voted(site: Site) -> str:
    site.sign_in("delegate")
    path = "/rounds/" + round_numbered(site.backend, 19).summary.id
    await site.send(path + "/cast", [("approves", "t3"), ("mandate", "yes")], path)
    return path


async def test_a_receipt_fills_up(site: Site) -> None:
    path = await voted(site)
    async with site.client.get(path + "/events?part=receipt") as response:
        assert response.headers["Content-Type"].startswith("text/event-stream")
        assert "Received by 0 of 7 tellers." in await part(response)
        site.backend.receive(path.removeprefix("/rounds/"), 5)
        text = await part(response)
    assert "Received by 5 of 7 tellers." in text
    assert 'data-sentence="Your vote counts."' in text


async def test_what_changes_nothing_on_the_page_sends_nothing(site: Site) -> None:
    path = await voted(site)
    async with site.client.get(path + "/events?part=receipt") as response:
        await part(response)
        site.backend.announce("proposal", "x")
        site.backend.announce("round", "x")
        assert await line(response) == ": still here", "the same part isn't sent again"
        site.backend.receive(path.removeprefix("/rounds/"), 3)
        assert "Received by 3 of 7 tellers." in await part(response)


async def test_a_reader_who_left_frees_the_place(make_site: MakeSite) -> None:
    site = await make_site(streams_max=1)
    path = "/rounds/" + round_numbered(site.backend, 19).summary.id + "/events"
    response = await site.client.get(path)
    await part(response)
    assert (await site.get(path)).status == 503
    response.close()
    async with asyncio.timeout(PATIENCE_SECONDS):
        while site.client.app is not None and site.client.app[keys.STREAMS]:
            site.backend.announce("round", "x")
            await asyncio.sleep(0)


async def test_streams_need_their_reader(site: Site) -> None:
    path = "/rounds/" + round_numbered(site.backend, 19).summary.id + "/events?part=receipt"
    assert (await site.get(path)).status == 401
    assert (await site.get("/rounds/" + "0" * 64 + "/events")).status == 404


async def test_stopping_the_application_ends_its_streams(make_site: MakeSite) -> None:
    site = await make_site()
    path = "/rounds/" + round_numbered(site.backend, 19).summary.id + "/events"
    response = await site.client.get(path)
    await part(response)
    async with asyncio.timeout(PATIENCE_SECONDS):
        await site.client.server.close()
    assert site.backend.listeners == []
