"""How fast nodes become and stay alike, over real HTTP, as ratios and against the stated limits."""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from node.clock import SystemClock
from node.deliveries import Delivery, Draft
from protocol import frames
from protocol.events.rounds import Ballot
from protocol.ids import RecordId
from tests.support.bare_loop import all_writers, bare_loop, mixed_events
from tests.support.builders import Federation, build_federation, hash_of
from tests.support.small_node import SmallNode, small_node
from tests.support.until import until

pytestmark = pytest.mark.bench

_MANY = 10_000
_BATCH = 500
_TRIES = 3


class Lab:
    """Starts nodes of one federation with the machine's clock."""

    def __init__(self, where: Path, stack: AsyncExitStack) -> None:
        self.federation: Federation = build_federation(8)
        self._where = where
        self._stack = stack
        self._count = 0

    async def node(self, which: int, *dials: SmallNode) -> SmallNode:
        self._count += 1
        path = self._where / f"{self._count}.sqlite3"
        addresses = tuple(node.address for node in dials)
        return await self._stack.enter_async_context(small_node(self.federation, which, path, SystemClock(), addresses))


@pytest_asyncio.fixture
async def lab(tmp_path: Path) -> AsyncIterator[Lab]:
    async with AsyncExitStack() as stack:
        yield Lab(tmp_path, stack)


def ballot(number: int) -> Ballot:
    content = {"form": "choice", "choice": "yes", "reason": f"for reason {number}"}
    return Ballot(
        round=RecordId(hash_of("round")), content={**content}, replaces=None, delegate="delegate", authorisation=None
    )


async def fill(node: SmallNode, federation: Federation, count: int) -> list[bytes]:
    events = mixed_events(all_writers(federation), count)
    for start in range(0, count, _BATCH):
        await node.ledger.take(Delivery("bench", [v.envelope for v in events[start : start + _BATCH]]))
    return [frames.event_bytes(verified.envelope) for verified in events]


async def test_a_fresh_node_catches_up_at_a_share_of_the_bare_loop(lab: Lab, tmp_path: Path) -> None:
    source = await lab.node(0)
    bodies = await fill(source, lab.federation, _MANY)
    ratios = []
    for number in range(_TRIES):
        began = time.perf_counter()
        bare_loop(tmp_path / f"bare{number}", bodies, _BATCH)
        bare = time.perf_counter() - began
        began = time.perf_counter()
        fresh = await lab.node(1, source)
        await until(lambda fresh=fresh: fresh.digest == source.digest, "caught up", 60)  # type: ignore[misc]
        taken = time.perf_counter() - began
        ratios.append(bare / taken)
        print(f"\nbare loop {_MANY / bare:.0f}/s, catch-up {_MANY / taken:.0f}/s, ratio {bare / taken:.2f}", end="")
    assert max(ratios) >= 0.40


class CountedReads:
    """Counts how often a node's store is read."""

    def __init__(self, node: SmallNode, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        self._read: Callable[[Any], Any] = node.database.read
        monkeypatch.setattr(node.database, "read", self)

    async def __call__(self, work: Any) -> Any:
        self.count += 1
        return await self._read(work)


async def test_a_sync_in_which_nothing_is_new_does_not_grow_with_what_is_stored(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    costs = {}
    for count in (90, 9_000):
        federation = build_federation(8)
        path = tmp_path / f"same-{count}.sqlite3"
        source = await lab.node(0)
        await fill(source, federation, count)
        async with small_node(lab.federation, 1, path, SystemClock()) as second:
            await fill(second, federation, count)
        reads = CountedReads(source, monkeypatch)
        began = time.process_time()
        async with small_node(lab.federation, 1, path, SystemClock(), (source.address,)) as second:
            await until(lambda second=second: any(s.is_in_step for s in second.peers.states), "in step")  # type: ignore[misc]
            assert sum(state.events_in + state.events_out for state in second.peers.states) == 0
        costs[count] = (reads.count, time.process_time() - began)
    print(f"\nreads of the store and CPU seconds, by what is stored: {costs}")
    assert costs[9_000][0] == costs[90][0]


async def test_a_ballot_is_on_all_other_nodes_in_a_tenth_of_a_second(lab: Lab) -> None:
    first = await lab.node(0)
    others = [await lab.node(which, first) for which in range(1, 5)]
    await until(lambda: sum(s.is_connected for s in first.peers.states) == 4, "all are connected")
    took = []
    for number in range(40):
        began = time.perf_counter()
        verified = await first.ledger.publish(Draft("ballot", ballot(number), first.member.node))
        key = verified.event.key
        while any(node.ledger.frontier.head(key).length <= verified.event.seq for node in others):  # noqa: ASYNC110
            await asyncio.sleep(0)
        took.append(time.perf_counter() - began)
    print(f"\nmedian {1000 * statistics.median(took):.1f} ms, worst {1000 * max(took):.1f} ms")
    assert statistics.median(took) < 0.1


async def test_five_hundred_events_a_second_go_from_node_to_node(lab: Lab) -> None:
    first = await lab.node(0)
    second = await lab.node(1, first)
    await until(lambda: any(s.is_connected for s in first.peers.states), "connected")
    count = 3_000
    began = time.perf_counter()
    for number in range(count):
        await first.ledger.publish(Draft("ballot", ballot(number), first.member.node))
    await until(lambda: second.digest == first.digest, "alike", 60)
    rate = count / (time.perf_counter() - began)
    print(f"\n{rate:.0f} events a second, each signed, stored and sent by itself")
    assert rate >= 500


async def test_eight_concurrent_writers_lose_nothing(lab: Lab) -> None:
    first = await lab.node(0)
    nodes = [first, *[await lab.node(which, first) for which in range(1, 8)]]
    await until(lambda: sum(s.is_connected for s in first.peers.states) == 7, "all are connected")

    async def write(node: SmallNode) -> None:
        for number in range(100):
            await node.ledger.publish(Draft("ballot", ballot(number), node.member.node))

    began = time.perf_counter()
    await asyncio.gather(*(write(node) for node in nodes))
    await until(lambda: len({node.digest for node in nodes}) == 1, "all alike", 60)
    print(f"\n800 events by 8 writers on 8 nodes of one process in {time.perf_counter() - began:.1f} s")
    held = [await node.events() for node in nodes]
    assert all(len(events) == 800 for events in held)
    assert len(set(map(frozenset, held))) == 1
