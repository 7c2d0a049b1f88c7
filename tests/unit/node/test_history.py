"""How a node grew: samples are bounded, and the pace tells when the disk is full."""

from pathlib import Path

import pytest

from node.history import EVERY_MS, KEPT_MS, History, disk_view, growth
from tests.support.builders import build_federation
from tests.support.hand_clock import HandClock
from tests.support.small_node import small_node
from web.operator_port import Sample

DAY = 24 * 3_600_000
NOW = HandClock().now()


def sample(at: int, stored: int) -> Sample:
    return Sample(at, 1, stored, 10**9, 0)


@pytest.mark.parametrize(
    ("samples", "stored", "per_day"),
    [
        ((), 5, None),
        ((sample(NOW - 1_000, 5),), 900, None),
        ((sample(NOW - DAY, 100),), 400, 300),
        ((sample(NOW - 2 * DAY, 100), sample(NOW - DAY, 900)), 400, 150),
        ((sample(NOW - DAY, 400),), 100, -300),
    ],
)
def test_growth_is_told_from_the_oldest_sample_once_it_is_an_hour_old(
    samples: tuple[Sample, ...], stored: int, per_day: int | None
) -> None:
    assert growth(samples, stored, NOW) == per_day


def test_when_the_disk_is_full_follows_from_growth_and_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = tmp_path / "store"
    store.write_bytes(b"x" * 400)
    monkeypatch.setattr("node.history.shutil.disk_usage", lambda _: _Usage())
    view = disk_view(tmp_path, store, (sample(NOW - DAY, 100),), NOW)
    assert (view.stored, view.free, view.per_day) == (400, 3_000, 300)
    assert view.full_at == NOW + 10 * DAY
    assert disk_view(tmp_path, store, (sample(NOW - DAY, 400),), NOW).full_at is None
    assert disk_view(tmp_path, store, (sample(NOW - 5_000 * DAY, 100),), NOW).full_at is None, "ten years are for ever"


class _Usage:
    total, used, free = 10_000, 7_000, 3_000


async def test_samples_are_kept_for_a_while_and_a_clock_put_back_overwrites(tmp_path: Path) -> None:
    clock = HandClock()
    async with small_node(build_federation(2), 0, tmp_path / "s.sqlite3", clock) as node:
        taken = History(node.database, node.ledger, node.register, clock)
        for _ in range(4):
            await taken.take()
            clock.advance(EVERY_MS)
        times = [each.at for each in await taken.samples()]
        assert len(times) == 4
        assert times == sorted(times)
        clock.advance(-2 * EVERY_MS)
        await taken.take()
        assert [each.at for each in await taken.samples()] == times[:3], "nothing lies in the future"
        clock.advance(KEPT_MS)
        await taken.take()
        assert [each.at for each in await taken.samples()] == [times[2], times[2] + KEPT_MS]


async def test_a_sample_says_how_large_the_store_is(tmp_path: Path) -> None:
    clock = HandClock()
    async with small_node(build_federation(2), 0, tmp_path / "s.sqlite3", clock) as node:
        taken = History(node.database, node.ledger, node.register, clock)
        await taken.take()
        found = (await taken.samples())[0]
    assert found.stored > 4_096
    assert found.free > 0
