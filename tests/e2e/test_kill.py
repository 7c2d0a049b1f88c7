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

from node import files, keystore
from node.clock import SystemClock
from node.config import Layout
from node.demo_content import DemoContent, Proposal, load_demo_content
from node.demo_founding import Pace, Seat, found
from node.demo_people import DemoError, Person
from protocol import frames, sync
from protocol.chain import Head
from protocol.frontier import Frontier
from tests.support.builders import build_federation
from tests.support.free_ports import free_port
from tests.support.node_pair import Stranger

pytestmark = pytest.mark.e2e

_KILLS = 15
_KILLS_BY_PEERS = 8
_SEED = 20_261_124
_READY_SECONDS = 30
_ENVIRONMENT = {"COMITIA_TOPICS_WORKER": "false", "COMITIA_PEERS": "[]"}


@asynccontextmanager
async def serving(directory: Path, address: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a node until the block ends, then kill it without a word."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "node", "serve", str(directory),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, **_ENVIRONMENT},
    )  # fmt: skip
    try:
        await answering(address, process)
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def answering(address: str, process: asyncio.subprocess.Process) -> None:
    async with aiohttp.ClientSession() as http:
        for _ in range(_READY_SECONDS * 20):
            assert process.returncode is None, "the node did not start"
            with suppress(aiohttp.ClientError, OSError):
                async with http.get(address + "/health") as response:
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
            async with serving(seat.directory, seat.address) as process:
                if at == 0:
                    await delegate.sign_in(seat.tokens["delegate"])
                    await colleague.sign_in(seat.tokens["colleague"])
                writers = [asyncio.create_task(write(p, mine, acknowledged)) for p in (delegate, colleague)]
                await asyncio.sleep(moments.uniform(0.01, 0.5))
                process.kill()
                await asyncio.gather(*writers)
    assert len(acknowledged) > 5 * _KILLS, f"seed {_SEED}: too little was written to mean anything"
    async with serving(seat.directory, seat.address):
        assert await shown(seat, acknowledged) == acknowledged, f"seed {_SEED}"
    checked = await asyncio.to_thread(verify, seat.directory)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "0 keys forked" in checked.stdout


FEDERATION = build_federation(4)
_WRITTEN = 4_000
_AT_ONCE = 20


def furnish(directory: Path, port: int) -> None:
    """Make the data directory of the first member's node."""
    layout = Layout(directory)
    files.make_private_directory(layout.directory)
    secret = keystore.new_identity()
    member = FEDERATION.member(0)
    keystore.write_key(layout.keys, "node", keystore.encrypt(member.node, secret))
    keystore.write_key(layout.keys, "teller", keystore.encrypt(member.key("teller"), secret))
    files.write_new(layout.directory / "passphrase", secret.encode() + b"\n", files.PRIVATE)
    files.write_new(layout.charter, FEDERATION.file.to_bytes(), files.PUBLIC)
    lines = f'passphrase_file = "passphrase"\n[listen]\nhost = "127.0.0.1"\nport = {port}\n'
    files.write_new(layout.config, lines.encode(), files.PUBLIC)


class Colleague:
    """Another member's node that writes to the one that is killed, and reads from its states what it has stored."""

    def __init__(self, address: str) -> None:
        self._address = address
        writer = FEDERATION.writer(3)
        self.chain = writer.write_proposals(_WRITTEN)
        self.lengths = {Frontier({}).digest: 0}
        for length, verified in enumerate(self.chain, start=1):
            self.lengths[Frontier({writer.key: Head(length, verified.id)}).digest] = length

    async def stated(self) -> int:
        """Connect and return how much of the chain the node says that it has stored."""
        async with Stranger(FEDERATION, self._address) as peer:
            said = await peer.heard(sync.StateSeen)
            assert isinstance(said, sync.StateSeen)
            return self.lengths[said.state.digest]

    async def send(self, start: int) -> None:
        """Send the chain from there on until the node is gone."""
        with suppress(aiohttp.ClientError, OSError):
            async with Stranger(FEDERATION, self._address) as peer:
                await peer.greet()
                for at in range(start, _WRITTEN, _AT_ONCE):
                    await peer.say(*(frames.event_frame(v.envelope) for v in self.chain[at : at + _AT_ONCE]))
                    await asyncio.sleep(0.01)

    async def watch(self, acknowledged: list[int]) -> None:
        """Note what the node says that it has stored, until it is gone."""
        with suppress(aiohttp.ClientError, OSError):
            while True:
                acknowledged.append(await self.stated())


async def test_killing_a_node_loses_nothing_that_it_told_its_peers_to_hold(tmp_path: Path) -> None:
    moments = random.Random(_SEED + 1)
    port = free_port(1)
    directory, address = tmp_path / "node", f"http://127.0.0.1:{port}"
    furnish(directory, port)
    colleague = Colleague(address)
    acknowledged = [0]
    for _ in range(_KILLS_BY_PEERS):
        async with serving(directory, address) as process:
            held = await colleague.stated()
            assert held >= max(acknowledged), f"seed {_SEED + 1}"
            writing = [
                asyncio.create_task(colleague.send(held)),
                asyncio.create_task(colleague.watch(acknowledged)),
            ]
            await asyncio.sleep(moments.uniform(0.05, 0.3))
            process.kill()
            await asyncio.gather(*writing)
    assert max(acknowledged) > 10 * _KILLS_BY_PEERS, f"seed {_SEED + 1}: too little was written to mean anything"
    checked = await asyncio.to_thread(verify, directory)
    assert checked.returncode == 0, checked.stdout + checked.stderr
