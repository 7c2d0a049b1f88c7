"""A node's process is killed at random moments, for real; nothing that it acknowledged is lost."""

import asyncio
import os
import random
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiohttp
import pytest

from node.clock import SystemClock
from node.demo_content import DemoContent, Proposal, load_demo_content
from node.demo_founding import Pace, Seat, found
from node.demo_people import DemoError, Person
from tests.e2e.test_demo import free_port

pytestmark = pytest.mark.e2e

_KILLS = 15
_SEED = 20_261_124
_READY_SECONDS = 30
_ENVIRONMENT = {"COMITIA_TOPICS_WORKER": "false", "COMITIA_PEERS": "[]"}


@asynccontextmanager
async def serving(seat: Seat) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a node until the block ends, then kill it without a word."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "node", "serve", str(seat.directory),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, **_ENVIRONMENT},
    )  # fmt: skip
    try:
        await answering(seat, process)
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def answering(seat: Seat, process: asyncio.subprocess.Process) -> None:
    async with aiohttp.ClientSession() as http:
        for _ in range(_READY_SECONDS * 20):
            assert process.returncode is None, "the node did not start"
            with suppress(aiohttp.ClientError, OSError):
                async with http.get(seat.address + "/health") as response:
                    if response.status == 200:
                        return
            await asyncio.sleep(0.05)
    raise AssertionError("the node did not answer")


async def write(person: Person, proposals: list[Proposal], acknowledged: list[str]) -> None:
    """Submit one proposal after another until the node is gone."""
    with suppress(aiohttp.ClientError, OSError, DemoError):
        while True:
            for proposal in proposals:
                acknowledged.append(await person.submit(proposal))


async def found_one(content: DemoContent, where: Path) -> Seat:
    first = free_port(4)
    pace = Pace(voting_ms=3_000, grace_ms=500)
    seats = await found(content, where, list(range(first, first + 4)), pace, SystemClock())
    return seats[0]


async def shown(seat: Seat, proposals: list[str]) -> list[str]:
    async with aiohttp.ClientSession() as http:
        found_ids = []
        for proposal in proposals:
            async with http.get(f"{seat.address}/proposals/{proposal}") as response:
                if response.status == 200:
                    found_ids.append(proposal)
        return found_ids


def verify(directory: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "node", "verify", str(directory)]
    return subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)


async def test_killing_a_node_at_any_moment_loses_nothing_that_it_acknowledged(tmp_path: Path) -> None:
    moments = random.Random(_SEED)
    content = load_demo_content()
    seat = await found_one(content, tmp_path)
    mine = [proposal for proposal in content.proposals if proposal.member == 0]
    acknowledged: list[str] = []
    async with Person(seat.address) as delegate, Person(seat.address) as colleague:
        for at in range(_KILLS):
            async with serving(seat) as process:
                if at == 0:
                    await delegate.sign_in(seat.tokens["delegate"])
                    await colleague.sign_in(seat.tokens["colleague"])
                writers = [asyncio.create_task(write(p, mine, acknowledged)) for p in (delegate, colleague)]
                await asyncio.sleep(moments.uniform(0.01, 0.5))
                process.kill()
                await asyncio.gather(*writers)
    assert len(acknowledged) > 5 * _KILLS, f"seed {_SEED}: too little was written to mean anything"
    async with serving(seat):
        assert await shown(seat, acknowledged) == acknowledged, f"seed {_SEED}"
    checked = await asyncio.to_thread(verify, seat.directory)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "0 keys forked" in checked.stdout
