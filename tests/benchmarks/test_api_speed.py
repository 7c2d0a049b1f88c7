"""What a list of fifty proposals costs through the interface, against a server that only writes the same model out."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from node.clock import SystemClock
from node.library import Library
from node.stages import Stages
from tests.support.builders import EPOCH_MS, build_federation
from tests.support.memory_database import MemoryDatabase
from tests.support.told_proposals import Teller, Told
from tests.unit.node.test_library import NothingCertified
from web.ports import ProposalFilter

pytestmark = pytest.mark.bench

REQUESTS = 5_000
REPEATED = 3
PAGES = 30
STORED = (200, 2_000)


@asynccontextmanager
async def serving(kind: str) -> AsyncIterator[tuple[int, int]]:
    """Yield the process id and the port of a server."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.support.api_server", kind),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        yield process.pid, int(await process.stdout.readline())
    finally:
        process.stdin.close()
        await process.wait()


def cpu_seconds(pid: int) -> float:
    """Return what a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def requests_per_cpu_second(kind: str, **headers: str) -> float:
    """Return the best of several runs."""
    best = 0.0
    async with serving(kind) as (pid, port), aiohttp.ClientSession(skip_auto_headers=["Accept-Encoding"]) as http:
        address = f"http://127.0.0.1:{port}/api/v1/proposals"
        async with http.get(address) as first:
            known = {name: first.headers["ETag"] for name in headers}  # noqa: C420 - bare answers have no tag
        for _ in range(REPEATED):
            start = cpu_seconds(pid)
            for _ in range(REQUESTS):
                async with http.get(address, headers=known) as response:
                    await response.read()
            best = max(best, REQUESTS / (cpu_seconds(pid) - start))
    return best


async def test_a_list_costs_at_most_twice_what_writing_it_out_costs() -> None:
    bare = await requests_per_cpu_second("bare")
    whole = await requests_per_cpu_second("whole")
    kept = await requests_per_cpu_second("kept")
    unchanged = await requests_per_cpu_second("kept", **{"If-None-Match": "the tag of the answer"})
    print(
        f"\nbare {bare:.0f}/s, whole {whole:.0f}/s ({whole / bare:.0%}),"
        f" kept {kept:.0f}/s ({kept / bare:.0%}), unchanged {unchanged:.0f}/s ({unchanged / bare:.0%})"
    )
    assert whole >= bare / 2
    assert kept >= whole
    assert unchanged >= whole


async def test_a_list_made_anew_costs_what_it_holds_whatever_is_stored() -> None:
    """The proposals are counted once for each change of the node; a page of ten times as many costs no more."""
    costs = {stored: await _cost_anew(stored) for stored in STORED}
    print("\n" + ", ".join(f"{stored} stored: {1 / cost:.0f}/s made anew" for stored, cost in costs.items()))
    fewest, most = (costs[stored] for stored in STORED)
    assert most <= 2 * fewest


async def _cost_anew(stored: int) -> float:
    """Return the CPU seconds of one page of fifty proposals out of the store, at its best."""
    federation, database = build_federation(20, tellers=4), MemoryDatabase()
    told = [Told(at % 10, EPOCH_MS + at, f"Clean water for district {at}", goals=(3, 6)) for at in range(stored)]
    await Teller(federation).put(database, told)
    stages = Stages(database, federation.charter, NothingCertified(), SystemClock())
    library, best = Library(database, federation.charter.roll, stages, federation.member(0).id), float("inf")
    counts = await library.counts(ProposalFilter(), {})
    for _ in range(REPEATED):
        began = time.process_time()
        for page in range(PAGES):
            await library.proposals(ProposalFilter(page=1 + page % 3, per_page=50), {}, counts)
        best = min(best, (time.process_time() - began) / PAGES)
    return best
