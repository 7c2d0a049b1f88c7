"""What other nodes say of themselves: whose, which version, what time; a stranger's word, bounded and checked."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web as aioweb
from aiohttp.test_utils import TestServer

from node.neighbours import ABOUT_PATH, Neighbours, NotANodeError, ask
from tests.support.hand_clock import HandClock

ANSWER = {"federation": "ab" * 32, "member": "ocean-institute", "version": "1.2.3", "now": 0, "height": 4}


@asynccontextmanager
async def answering(*bodies: bytes) -> AsyncIterator[list[str]]:
    """Run one server for each body; yield their addresses."""
    servers = []
    for body in bodies:

        async def answer(_: aioweb.Request, body: bytes = body) -> aioweb.Response:
            return aioweb.Response(body=body, content_type="application/json")

        app = aioweb.Application()
        app.router.add_get(ABOUT_PATH, answer)
        server = TestServer(app)
        await server.start_server()
        servers.append(server)
    try:
        yield [str(server.make_url("")).rstrip("/") for server in servers]
    finally:
        for server in servers:
            await server.close()


def said(clock: HandClock, offset_ms: int, **changes: object) -> bytes:
    return json.dumps({**ANSWER, "now": clock.now() + offset_ms, **changes}).encode()


async def test_a_node_says_who_it_is_and_how_its_clock_differs() -> None:
    clock = HandClock()
    body = said(clock, 45_000, more="said by a later version")
    async with answering(body) as (address,), aiohttp.ClientSession() as http:
        about, offset = await ask(http, address, clock)
    assert (about.member, about.version, about.height) == ("ocean-institute", "1.2.3", 4)
    assert abs(offset - 45_000) < 3_000


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"[" * 3_000,
        json.dumps({**ANSWER, "version": "<script>"}).encode(),
        json.dumps({**ANSWER, "version": "1" * 50}).encode(),
        json.dumps({**ANSWER, "member": "../x"}).encode(),
        json.dumps({**ANSWER, "now": -1}).encode(),
        json.dumps({**ANSWER, "now": 10**30}).encode(),
        json.dumps({**ANSWER, "pad": "x" * 8_000}).encode(),
    ],
)
async def test_what_is_no_node_is_called_so(body: bytes) -> None:
    async with answering(body) as (address,), aiohttp.ClientSession() as http:
        with pytest.raises(NotANodeError, match="not a node of this version"):
            await ask(http, address, HandClock())


@pytest.mark.parametrize("address", ["http://127.0.0.1:1", "http://", "https://127.0.0.1:1"])
async def test_who_does_not_answer_is_told_in_one_line(address: str) -> None:
    async with aiohttp.ClientSession() as http:
        with pytest.raises(NotANodeError, match=r"^no answer: ") as caught:
            await ask(http, address, HandClock())
    assert "\n" not in str(caught.value)


async def test_the_middle_clock_counts_and_one_liar_does_not() -> None:
    clock = HandClock()
    async with answering(said(clock, 0), said(clock, 1_000), said(clock, 10**9)) as addresses:
        dialled = list(addresses)
        neighbours = Neighbours(lambda: dialled, clock)
        before = neighbours.offset_ms
        await neighbours.ask_all()
        after = neighbours.offset_ms
        assert before is None
        assert after is not None
        assert len(neighbours.known) == 3
        assert abs(after - 1_000) < 3_000
        del dialled[1:]
        assert len(neighbours.known) == 1, "who isn't dialled any more isn't listed"


async def test_who_stops_answering_is_forgotten() -> None:
    clock = HandClock()
    async with answering(said(clock, 0)) as addresses:
        neighbours = Neighbours(lambda: addresses, clock)
        await neighbours.ask_all()
        assert neighbours.known
    await neighbours.ask_all()
    assert neighbours.known == ()
