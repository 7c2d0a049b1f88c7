"""Backups while a node runs: when one is due, one at a time, what is kept, what went wrong, and stopping in between."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from node import backups
from node.backup_archive import BackupError
from node.backup_keeper import BackupKeeper
from node.config import Backup, Layout
from node.storage.database import Database
from protocol.ids import MemberId
from tests.support.backed_up import directory_with_history
from tests.support.hand_clock import HandClock
from tests.support.until import until, until_answered
from web.ports import Refused

HOUR = 3_600_000
ME = MemberId("member-001")
Keep = Callable[..., Any]


@asynccontextmanager
async def keeper(where: Path, clock: HandClock, **settings: Any) -> AsyncIterator[BackupKeeper]:
    directory, _ = await directory_with_history(where / "node")
    layout = Layout(directory)
    database = Database(layout.store)
    await database.open()
    kept = BackupKeeper(
        layout=layout,
        directory=where / "backups",
        settings=Backup(**settings),
        database=database,
        me=ME,
        clock=clock,
    )
    await kept.start()
    try:
        yield kept
    finally:
        await kept.stop()
        await database.close()


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("node.backup_keeper._LOOK_SECONDS", 0.01)


async def count(kept: BackupKeeper) -> int:
    return len((await kept.view()).listed)


async def test_the_first_is_made_at_once_and_the_next_when_it_is_due(tmp_path: Path) -> None:
    clock = HandClock()
    async with keeper(tmp_path, clock, every_hours=6, keep=2) as kept:
        for wanted in (1, 2):
            await until_answered(lambda wanted=wanted: _has(kept, wanted), "one is made")  # type: ignore[misc]
            await kept.finished()
            clock.advance(5 * HOUR)
            await asyncio.sleep(0.05)
            assert await count(kept) == wanted, "not yet due"
            clock.advance(HOUR)
        newest = clock.now()
        await until_answered(lambda: _made_at(kept, newest), "a third is made")
        await kept.finished()
        assert await count(kept) == 2, "the oldest has gone"
        view = await kept.view()
        assert (view.every_hours, view.keep, view.running, view.fault) == (6, 2, None, "")
        assert all(each.is_whole for each in view.listed)


async def _has(kept: BackupKeeper, wanted: int) -> bool:
    return await count(kept) == wanted


async def _made_at(kept: BackupKeeper, at: int) -> bool:
    return any(each.made == at for each in (await kept.view()).listed)


async def test_none_is_made_by_itself_where_that_is_not_set_and_one_at_a_time_by_the_button(tmp_path: Path) -> None:
    async with keeper(tmp_path, HandClock()) as kept:
        await asyncio.sleep(0.05)
        assert await count(kept) == 0
        kept.begin()
        assert (await kept.view()).running is not None
        with pytest.raises(Refused, match="backup-running"):
            kept.begin()
        await kept.finished()
        assert await count(kept) == 1


async def test_why_one_failed_is_told_and_the_next_is_not_tried_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[int] = []

    def fail(*_: object, **__: object) -> backups.Made:
        tries.append(1)
        raise BackupError("no room: make room")

    clock = HandClock()
    monkeypatch.setattr("node.backups.make_backup", fail)
    async with keeper(tmp_path, clock, every_hours=1) as kept:
        await until(lambda: bool(tries), "it is tried")
        await until_answered(lambda: _fault(kept, "no room: make room"), "the reason is told")
        await asyncio.sleep(0.05)
        assert len(tries) == 1
        clock.advance(HOUR)
        await until(lambda: len(tries) == 2, "it is tried again later")
        monkeypatch.undo()
        kept_fault = await kept.view()
        assert kept_fault.fault == "no room: make room"
        await kept.finished()
        kept.begin()
        await kept.finished()
        assert (await kept.view()).fault == ""


async def _fault(kept: BackupKeeper, words: str) -> bool:
    return (await kept.view()).fault == words


async def test_a_node_that_stops_gives_up_the_one_under_way_and_nothing_of_it_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    real = backups.snapshot

    def slow(store: Path, copy: Path, progress: backups.Progress) -> None:
        real(store, copy, progress)
        loop.call_soon_threadsafe(stopping.set)
        while True:
            progress(1, 2)

    monkeypatch.setattr("node.backups.snapshot", slow)
    async with keeper(tmp_path, HandClock()) as kept:
        kept.begin()
        await stopping.wait()
        async with asyncio.timeout(10):
            await kept.stop()
    assert _files(tmp_path / "backups") == []


def _files(where: Path) -> list[Path]:
    return list(where.iterdir())


async def test_one_is_read_again_when_asked_and_what_came_of_it_is_kept(tmp_path: Path) -> None:
    clock = HandClock()
    async with keeper(tmp_path, clock) as kept:
        kept.begin()
        await kept.finished()
        name = (await kept.view()).listed[0].name
        await kept.check(name)
        (good,) = (await kept.view()).listed
        assert (good.checked, good.fault) == (clock.now(), "")
        hurt(tmp_path / "backups" / name)
        await kept.check(name)
        (bad,) = (await kept.view()).listed
        assert "is damaged: its hash is not the manifest's" in bad.fault
        for unknown in ("comitia-x.tar", "../node/store.sqlite3"):
            with pytest.raises(Refused, match="unknown-backup"):
                await kept.check(unknown)


def hurt(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
