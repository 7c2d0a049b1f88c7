"""Backups of a node that is being written to: killed at random moments, none that looks whole is not; all verify."""

import asyncio
import os
import random
import sys
from pathlib import Path

import pytest

from node.backup_archive import check_archive
from node.backups import listed
from node.demo_content import load_demo_content
from node.demo_people import Person
from tests.e2e.test_kill import found_one, serving, verify, write
from tests.support.until import until

pytestmark = pytest.mark.e2e

_KILLS = 12
_SEED = 20_261_130


async def begin(directory: Path, place: Path) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "node", "backup", str(directory), str(place)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )


def left(place: Path) -> tuple[int, int]:
    """Return how many whole backups and how many remains of others there are; every one by its name must be whole."""
    names = [path.name for path in place.iterdir()]
    whole = [name for name in names if name.endswith(".tar")]
    for name in whole:
        check_archive(place / name)
    return len(whole), len(names) - len(whole)


async def test_a_killed_backup_leaves_nothing_that_looks_whole(tmp_path: Path) -> None:
    moments = random.Random(_SEED)
    seat = await found_one(load_demo_content(), tmp_path / "founded")
    mine = [proposal for proposal in load_demo_content().proposals if proposal.member == 0]
    place = tmp_path / "backups"
    place.mkdir()
    acknowledged: list[str] = []
    remains = 0
    async with serving(seat.directory, seat.address) as node, Person(seat.address) as delegate:
        await delegate.sign_in(seat.tokens["delegate"])
        writing = asyncio.create_task(write(delegate, mine, acknowledged))
        for _ in range(_KILLS):
            backing = await begin(seat.directory, place)
            watching = asyncio.create_task(until(lambda: _has_staging(place), "it puts itself together"))
            await asyncio.wait([watching, asyncio.ensure_future(backing.wait())], return_when=asyncio.FIRST_COMPLETED)
            watching.cancel()
            await asyncio.sleep(moments.uniform(0, 0.03))
            if backing.returncode is None:
                backing.kill()
            await backing.wait()
            remains = max(remains, left(place)[1])
        last = await begin(seat.directory, place)
        assert await last.wait() == 0
        assert node.returncode is None, "the node went on"
        node.kill()
        await writing
    assert remains > 0, f"seed {_SEED}: none was killed at work"
    assert left(place)[1] == 0, "the last one has swept up"
    newest = listed(place, seat.id)[0]
    assert newest.is_whole
    assert newest.manifest is not None
    assert newest.manifest.events > 0
    assert len(acknowledged) > _KILLS
    await _restored_it_verifies(newest.path, tmp_path / "restored")


def _has_staging(place: Path) -> bool:
    return any((path / "lock").exists() for path in place.glob(".comitia-*.part"))


async def _restored_it_verifies(path: Path, directory: Path) -> None:
    restoring = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "node", "restore", str(path), str(directory)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert await restoring.wait() == 0
    checked = await asyncio.to_thread(verify, directory)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "0 keys forked" in checked.stdout
