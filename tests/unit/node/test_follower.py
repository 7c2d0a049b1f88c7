"""Work that follows what happens."""

import asyncio
import logging
from collections.abc import Callable

import pytest

from node.follower import Follower, Pace
from tests.support.until import until


class Excused(Exception):
    """Somebody else can't do it now."""


class Work:
    """Counts how often it is done; does what it is told on the way."""

    def __init__(self) -> None:
        self.done = 0
        self.under_way = 0
        self.then: Callable[[], None] = lambda: None
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self) -> None:
        self.under_way += 1
        assert self.under_way == 1, "never twice at once"
        try:
            await self.gate.wait()
            self.done += 1
            self.then()
        finally:
            self.under_way -= 1


def failing(error: Exception) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


async def test_it_begins_at_once_and_asking_several_times_on_the_way_means_once_more() -> None:
    work = Work()
    work.gate.clear()
    follower = Follower(work, "nothing was done")
    await follower.start()
    await until(lambda: work.under_way == 1, "the work")
    for _ in range(5):
        follower.ask()
    work.gate.set()
    await until(lambda: work.done == 2, "the work")
    await asyncio.sleep(0)
    assert work.done == 2
    await follower.stop()


async def test_what_is_excused_is_told_once_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    work = Work()
    work.then = failing(Excused("not here"))
    follower = Follower(work, "nothing was done", Pace(retry_seconds=0.0), (Excused,))
    with caplog.at_level(logging.WARNING):
        await follower.start()
        await until(lambda: work.done >= 3, "the work")
        assert [record.getMessage() for record in caplog.records] == ["nothing was done: not here"]
        work.then = lambda: None
        done = work.done
        await until(lambda: work.done > done, "the work")
        work.then = failing(Excused("gone again"))
        follower.ask()
        await until(lambda: len(caplog.records) == 2, "a second word")
    await follower.stop()


async def test_a_fault_of_ours_is_logged_and_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    work = Work()
    work.then = failing(ValueError("a bug"))
    follower = Follower(work, "nothing was done")
    await follower.start()
    await until(lambda: work.done == 1, "the work")
    work.then = lambda: None
    follower.ask()
    await until(lambda: work.done == 2, "the work")
    assert caplog.records[0].exc_info is not None
    await follower.stop()


async def test_stopping_gives_up_what_is_under_way_and_needs_no_start() -> None:
    work = Work()
    work.gate.clear()
    follower = Follower(work, "nothing was done")
    await follower.stop()
    await follower.start()
    await until(lambda: work.under_way == 1, "the work")
    await follower.stop()
    assert (work.under_way, work.done) == (0, 0)
