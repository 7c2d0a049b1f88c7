"""A federation of real node processes for tests: founded as the demonstration is, running, nobody signed in yet."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from node.clock import SystemClock
from node.demo_content import load_demo_content
from node.demo_founding import Pace, Seat, found
from tests.support.free_ports import free_port
from tests.support.until import until_answered

READY_SECONDS = 60
_STOP_SECONDS = 8


@dataclass
class RealFederation:
    """Running nodes, by the order of their seats; the first one's member holds the secretariat."""

    seats: tuple[Seat, ...]
    processes: dict[int, asyncio.subprocess.Process] = field(default_factory=dict)

    def link(self, seat: int, account: str) -> str:
        """Return an account's one-time sign-in link."""
        return f"{self.seats[seat].address}/sign-in/{self.seats[seat].tokens[account]}"

    async def start(self, seat: int) -> None:
        """Start a node and wait until it answers."""
        with (self.seats[seat].directory / "node.log").open("ab") as log:
            self.processes[seat] = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "node", "serve", str(self.seats[seat].directory)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
            )
        health = f"{self.seats[seat].address}/health"
        async with aiohttp.ClientSession() as http:
            await until_answered(lambda: _answers(http, health), f"{health} answers", READY_SECONDS)

    async def stop(self, seat: int, how: signal.Signals = signal.SIGTERM) -> None:
        """Stop a node by its process id, and wait until it is gone."""
        process = self.processes.pop(seat)
        process.send_signal(how)
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


async def _answers(http: aiohttp.ClientSession, address: str) -> bool:
    try:
        async with http.get(address) as response:
            return response.status == 200
    except aiohttp.ClientError:
        return False


@asynccontextmanager
async def real_federation(
    where: Path,
    members: int = 3,
    *,
    voting_ms: int = 3_000,
    screening: bool = False,
    extra_settings: Sequence[str] = (),
) -> AsyncIterator[RealFederation]:
    """Found and start a federation below a directory; stop its nodes in the end.

    extra_settings are lines of TOML put before the first section of every node's settings.
    """
    first = free_port(members)
    pace = Pace(voting_ms=voting_ms, grace_ms=1_000, screening=screening)
    seats = await found(load_demo_content(), where, list(range(first, first + members)), pace, SystemClock())
    for seat in seats:
        settings = seat.directory / "node.toml"
        settings.write_text("".join(f"{line}\n" for line in extra_settings) + settings.read_text())
    federation = RealFederation(seats)
    try:
        await asyncio.gather(*(federation.start(seat.index) for seat in seats))
        yield federation
    finally:
        await asyncio.gather(*(federation.stop(seat) for seat in list(federation.processes)))
