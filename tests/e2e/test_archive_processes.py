"""Archives by real processes: killed at random moments, what stands there is whole; a mirror is witnessed."""

import asyncio
import os
import random
import re
import signal
import sys
from pathlib import Path

import aiohttp
import pytest

from node.archives import write_archive
from node.demo_content import load_demo_content
from node.demo_people import Person
from tests.e2e.test_kill import found_one, serving, write
from tests.support.archived import checked, cosign, node_with, silent
from tests.support.history import told
from tests.support.until import until

pytestmark = pytest.mark.e2e

_KILLS = 6
_SEED = 20_261_130
_ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
_SECONDS = 60


async def begin(*arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "node", *arguments),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=_ENVIRONMENT,
    )


async def test_a_killed_archive_leaves_nothing_that_stands_under_its_name_but_whole_ones(tmp_path: Path) -> None:
    moments = random.Random(_SEED)
    seat = await found_one(load_demo_content(), tmp_path / "founded")
    mine = [proposal for proposal in load_demo_content().proposals if proposal.member == 0]
    place = tmp_path / "archives"
    place.mkdir()
    acknowledged: list[str] = []
    remains = 0
    async with serving(seat.directory, seat.address) as node, Person(seat.address) as delegate:
        await delegate.sign_in(seat.tokens["delegate"])
        writing = asyncio.create_task(write(delegate, mine, acknowledged))
        for number in range(_KILLS):
            out = place / str(number)
            making = await begin("archive", str(seat.directory), str(out))
            watching = asyncio.create_task(until(lambda: any(place.glob(".comitia-*.part")), "it puts itself together"))
            await asyncio.wait([watching, asyncio.ensure_future(making.wait())], return_when=asyncio.FIRST_COMPLETED)
            watching.cancel()
            await asyncio.sleep(moments.uniform(0, 0.2))
            if making.returncode is None:
                making.kill()
            await making.communicate()
            remains = max(remains, len(list(place.glob(".comitia-*.part"))))
            if out.exists():
                assert checked(out).holds, checked(out).fault
        last = await begin("archive", str(seat.directory), str(place / "last"))
        said, _ = await last.communicate()
        assert last.returncode == 0, said.decode()
        assert node.returncode is None, "the node went on"
        node.kill()
        await writing
    assert remains > 0, f"seed {_SEED}: none was killed at work"
    assert not list(place.glob(".comitia-*.part")), "the last one has swept up"
    found = checked(place / "last")
    assert found.holds, found.fault
    assert found.statements > 0


async def test_a_mirror_is_witnessed_like_a_node(tmp_path: Path) -> None:
    history = told()
    cosign(history)
    write_archive(await node_with(tmp_path / "node", history), tmp_path / "archive", silent)
    mirror = await begin("mirror", str(tmp_path / "archive"), "--port", "0")
    try:
        address = await asyncio.wait_for(_address(mirror), _SECONDS)
        witness = await begin(
            *("witness", str(tmp_path / "witness"), "--node", address, "--fingerprint", history.federation.id, "--once")
        )
        said, _ = await asyncio.wait_for(witness.communicate(), _SECONDS)
        assert witness.returncode == 0, said.decode()
        async with aiohttp.ClientSession() as http, http.get(f"{address}/MANIFEST") as answer:
            assert await answer.read() == (tmp_path / "archive" / "MANIFEST").read_bytes()
        mirror.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(mirror.wait(), _SECONDS) == 0
    finally:
        if mirror.returncode is None:
            mirror.kill()
            await mirror.wait()


async def _address(mirror: asyncio.subprocess.Process) -> str:
    assert mirror.stdout is not None
    async for line in mirror.stdout:
        found = re.search(r"is served at (http://\S+)/", line.decode())
        if found is not None:
            return found[1]
    raise AssertionError("the mirror ended")
