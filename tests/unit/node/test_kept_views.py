"""Views kept for all readers: made once, and never given out once they may have changed."""

import asyncio
from dataclasses import dataclass, field

import pytest

from node.kept_views import BRIEF_MS, LASTS_MS, VIEWS_MAX, KeptViews
from node.revisions import Revisions
from tests.support.hand_clock import HandClock


@dataclass
class Asked:
    """Views of a node whose holdings are a number; counts how often one was made."""

    clock: HandClock = field(default_factory=HandClock)
    revisions: Revisions = field(default_factory=lambda: Revisions(lambda: None))
    holds: int = 0
    made: int = 0
    gate: asyncio.Event | None = None

    def __post_init__(self) -> None:
        self.views = KeptViews(self.revisions, self.clock)

    def say(self) -> None:
        """Have the node hold something else."""
        self.holds += 1
        self.revisions.on_change()

    async def read(self, key: str = "a", lasts_ms: int = LASTS_MS, *moments: int) -> int:
        return await self.views.of((key,), self._make, lasts_ms, lambda _: moments)

    async def _make(self) -> int:
        self.made += 1
        found = self.holds
        if self.gate is not None:
            await self.gate.wait()
        return found


async def test_a_view_is_made_once_while_nothing_changes() -> None:
    asked = Asked()
    assert [await asked.read() for _ in range(3)] == [0, 0, 0]
    assert asked.made == 1
    await asked.read("b")
    assert asked.made == 2


async def test_whatever_is_said_is_seen_at_once() -> None:
    asked = Asked()
    for said in range(3):
        assert await asked.read() == said
        asked.say()
    assert await asked.read() == 3


async def test_what_was_being_made_while_something_was_said_is_not_given_out_afterwards() -> None:
    asked = Asked(gate=asyncio.Event())
    assert asked.gate is not None
    reading = asyncio.create_task(asked.read())
    await asyncio.sleep(0)
    asked.say()
    asked.gate.set()
    assert await reading == 0
    assert await asked.read() == 1


async def test_many_readers_wait_for_one_view() -> None:
    asked = Asked(gate=asyncio.Event())
    assert asked.gate is not None
    readings = [asyncio.create_task(asked.read()) for _ in range(20)]
    await asyncio.sleep(0)
    asked.gate.set()
    assert await asyncio.gather(*readings) == [0] * 20
    assert asked.made == 1


@pytest.mark.parametrize("lasts_ms", [LASTS_MS, BRIEF_MS])
async def test_no_view_is_given_out_for_longer_than_it_lasts(lasts_ms: int) -> None:
    asked = Asked()
    await asked.read("a", lasts_ms)
    asked.clock.advance(lasts_ms - 1)
    await asked.read("a", lasts_ms)
    assert asked.made == 1
    asked.clock.advance(1)
    await asked.read("a", lasts_ms)
    assert asked.made == 2


async def test_a_view_ends_when_the_first_moment_comes_that_changes_it() -> None:
    asked = Asked()
    now = asked.clock.now()
    moments = (now + 700, now + 300, now - 5)
    await asked.read("a", LASTS_MS, *moments)
    asked.clock.advance(299)
    await asked.read("a", LASTS_MS, *moments)
    assert asked.made == 1
    asked.clock.advance(1)
    await asked.read("a", LASTS_MS, *moments)
    assert asked.made == 2


async def test_a_clock_that_is_set_back_ends_a_view() -> None:
    asked = Asked()
    await asked.read()
    asked.clock.advance(-1)
    await asked.read()
    assert asked.made == 2


async def test_one_that_can_not_be_made_is_tried_again() -> None:
    asked = Asked()

    async def fail() -> int:
        raise ValueError("not now")

    with pytest.raises(ValueError, match="not now"):
        await asked.views.of(("a",), fail)
    assert await asked.read() == 0


async def test_as_many_are_kept_as_were_used_last() -> None:
    asked = Asked()
    for number in range(VIEWS_MAX + 1):
        await asked.read(str(number))
    await asked.read(str(VIEWS_MAX))
    assert asked.made == VIEWS_MAX + 1
    await asked.read("0")
    assert asked.made == VIEWS_MAX + 2
