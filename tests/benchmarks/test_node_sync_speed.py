"""How fast nodes become and stay alike, over real HTTP, as ratios and against the stated limits."""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from node.clock import SystemClock
from node.deliveries import Delivery, Draft
from node.peers import SocketWire
from node.storage import texts
from protocol import frames
from protocol.events.rounds import Ballot
from protocol.ids import RecordId
from tests.support.bare_loop import all_writers, bare_loop, mixed_events, texts_for
from tests.support.builders import Federation, build_federation, hash_of
from tests.support.small_node import SmallNode, small_node
from tests.support.until import until

pytestmark = pytest.mark.bench

_MANY = 10_000
_BATCH = 500
_SUSTAINED = 1_500
_TRIES = 4
_CATCH_UP_AT_LEAST = 0.40
_PACKETS_OF_GREETING = 4
"""Hello and proof, from both sides."""
_PACKETS_OF_ONE_ROUND_TRIP = 2


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
    """Give a node so many events with their texts; return the events as they stand in frames."""
    events = mixed_events(all_writers(federation), count)
    for start in range(0, count, _BATCH):
        part = events[start : start + _BATCH]
        await node.ledger.take(Delivery("bench", [verified.envelope for verified in part], texts_for(part)))
    return [frames.event_bytes(verified.envelope) for verified in events]


async def test_a_fresh_node_catches_up_at_a_share_of_the_bare_loop(lab: Lab, tmp_path: Path) -> None:
    source = await lab.node(0)
    bodies = await fill(source, lab.federation, _MANY)
    bare, taken = [], []
    for number in range(_TRIES):
        began = time.perf_counter()
        bare_loop(tmp_path / f"bare{number}", bodies, _BATCH)
        bare.append(time.perf_counter() - began)
        began = time.perf_counter()
        fresh = await lab.node(1, source)
        await until(lambda fresh=fresh: fresh.digest == source.digest, "caught up", 60)  # type: ignore[misc]
        taken.append(time.perf_counter() - began)
        await until_texts_are_here(fresh)
    ratio = min(bare) / min(taken)
    print(f"\nbare loop {_MANY / min(bare):,.0f}/s, catch-up {_MANY / min(taken):,.0f}/s, ratio {ratio:.2f}")
    assert ratio >= _CATCH_UP_AT_LEAST


async def until_texts_are_here(node: SmallNode) -> None:
    async with asyncio.timeout(60):
        while await node.database.read(lambda c: texts.missing(c, 1)):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


@dataclass(slots=True)
class Work:
    """What a sync costs: SQLite's instructions in tens at one node, and packets and their bytes from both."""

    instructions: int = 0
    packets: int = 0
    size: int = 0

    def on_instructions(self) -> int:
        self.instructions += 1
        return 0


async def watch(node: SmallNode, monkeypatch: pytest.MonkeyPatch) -> Work:
    work = Work()
    send = SocketWire.send

    async def counted(wire: SocketWire, packet: bytes) -> None:
        work.packets += 1
        work.size += len(packet)
        await send(wire, packet)

    monkeypatch.setattr(SocketWire, "send", counted)
    for through in (node.database.read, node.database.write):
        await through(lambda c: c._raw.set_progress_handler(work.on_instructions, 10))
    return work


async def work_of_an_idle_sync(lab: Lab, path: Path, count: int, monkeypatch: pytest.MonkeyPatch) -> Work:
    """Return what it costs that a node which holds the same as another, so many events, connects again."""
    source = await lab.node(0)
    await fill(source, lab.federation, count)
    async with small_node(lab.federation, 1, path, SystemClock()) as second:
        await fill(second, lab.federation, count)
    with monkeypatch.context() as patched:
        work = await watch(source, patched)
        async with small_node(lab.federation, 1, path, SystemClock(), (source.address,)) as second:
            for node in (source, second):
                await until(lambda node=node: any(s.is_in_step for s in node.peers.states), "in step")  # type: ignore[misc]
            async with asyncio.timeout(20):
                while not await source.cursors():  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            await source.database.read(lambda c: c.rows("SELECT 1"))  # behind what the source itself still reads
            assert sum(state.events_in + state.events_out for state in second.peers.states) == 0
    return work


async def test_a_sync_in_which_nothing_is_new_is_one_round_trip_and_no_work_that_grows(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few, many = [
        await work_of_an_idle_sync(lab, tmp_path / f"same-{count}.sqlite3", count, monkeypatch)
        for count in (100, 20_000)
    ]
    print(f"\nwith 100 events stored: {few}; with 20,000: {many}")
    assert max(few.packets, many.packets) <= _PACKETS_OF_GREETING + _PACKETS_OF_ONE_ROUND_TRIP
    assert many.size <= 1.1 * few.size
    assert many.instructions <= 2 * few.instructions + 10


async def test_a_ballot_is_on_all_other_nodes_in_a_tenth_of_a_second(lab: Lab) -> None:
    first = await lab.node(0)
    nodes = [first, *[await lab.node(which, first) for which in range(1, 5)]]
    await until(lambda: sum(s.is_connected for s in first.peers.states) == 4, "all are connected")
    for node in nodes:
        await node.ledger.publish(Draft("ballot", ballot(0), node.member.node))
    took = []
    for number in range(1, 101):
        began = time.perf_counter()
        node = nodes[number % len(nodes)]
        event = (await node.ledger.publish(Draft("ballot", ballot(number), node.member.node))).event
        while any(other.ledger.frontier.head(event.key).length <= event.seq for other in nodes):  # noqa: ASYNC110
            await asyncio.sleep(0)
        took.append(time.perf_counter() - began)
    print(f"\nmedian {1000 * statistics.median(took):.1f} ms, worst {1000 * max(took):.1f} ms")
    assert statistics.median(took) < 0.1


async def test_five_hundred_events_a_second_go_from_node_to_node(lab: Lab) -> None:
    first = await lab.node(0)
    second = await lab.node(1, first)
    await until(lambda: any(s.is_connected for s in first.peers.states), "connected")
    rates = []
    for _ in range(_TRIES):
        began = time.perf_counter()
        for number in range(_SUSTAINED):
            await first.ledger.publish(Draft("ballot", ballot(number), first.member.node))
        await until(lambda: second.digest == first.digest, "alike", 60)
        rates.append(_SUSTAINED / (time.perf_counter() - began))
    print(f"\n{', '.join(f'{rate:.0f}' for rate in rates)} events a second, each signed, stored and sent by itself")
    assert max(rates) >= 500


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
