"""What taking events costs a node, as ratios to a bare loop in the same run."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from node.deliveries import Delivery
from node.ledger import Ledger
from node.refusals import Refusals
from node.storage.database import Database
from protocol import frames
from protocol.envelope import Envelope, Verified
from tests.support.bare_loop import all_writers, bare_loop, mixed_events, texts_for
from tests.support.builders import Federation, build_federation
from tests.support.hand_clock import HandClock

pytestmark = pytest.mark.bench

_BATCH = 500
_EVENTS = 6_000
_TRIES = 4
_YEAR_MS = 366 * 86_400_000


def cpu(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


async def open_ledger(federation: Federation, path: Path) -> tuple[Database, Ledger]:
    database = Database(path)
    await database.open()
    clock = HandClock()
    clock.advance(_YEAR_MS)
    ledger = Ledger(database, federation.id, federation.ring, clock, Refusals(clock))
    await ledger.start()
    return database, ledger


async def give(ledger: Ledger, events: Sequence[Verified], texts: Sequence[bytes] = ()) -> float:
    """Return the CPU seconds that taking events as frames takes, parsing included."""
    bodies = [frames.event_bytes(verified.envelope) for verified in events]
    began = time.process_time()
    for start in range(0, len(bodies), _BATCH):
        envelopes: list[Envelope] = [frames.parse_event(body) for body in bodies[start : start + _BATCH]]
        await ledger.take(Delivery("bench", envelopes, texts if start == 0 else ()))
    return time.process_time() - began


async def taking(federation: Federation, path: Path, events: Sequence[Verified]) -> tuple[float, float]:
    """Return the CPU seconds of taking events for the first and for a second time."""
    database, ledger = await open_ledger(federation, path)
    try:
        first = await give(ledger, events)
        assert ledger.position == len(events)
        return first, await give(ledger, events)
    finally:
        await ledger.stop()
        await database.close()


async def test_ingest_reaches_the_share_of_a_bare_loop_and_a_duplicate_costs_next_to_nothing(tmp_path: Path) -> None:
    federation = build_federation(8)
    events = mixed_events(all_writers(federation), _EVENTS)
    bodies = [frames.event_bytes(verified.envelope) for verified in events]
    assert texts_for(events)
    ratios, duplicates = [], []
    for number in range(_TRIES):
        bare = cpu(lambda number=number: bare_loop(tmp_path / f"bare{number}", bodies, _BATCH))  # type: ignore[misc]
        first, again = await taking(federation, tmp_path / f"node{number}", events)
        ratios.append(bare / first)
        duplicates.append(again / first)
        print(f"\nbare {_EVENTS / bare:.0f}/s  node {_EVENTS / first:.0f}/s  ratio {bare / first:.2f}", end="")
    print(f"\na duplicate costs {min(duplicates):.3f} of a new event")
    assert max(ratios) >= 0.60
    assert min(duplicates) <= 0.05


async def test_cost_does_not_grow_with_members_or_with_what_is_stored(tmp_path: Path) -> None:
    few, many = build_federation(4), build_federation(400, tellers=4)
    costs = {}
    for name, federation in (("few", few), ("many", many)):
        database, ledger = await open_ledger(federation, tmp_path / name)
        try:
            events = mixed_events(all_writers(federation), 12_000)
            await give(ledger, events[:2_000])
            early = await give(ledger, events[2_000:4_000])
            await give(ledger, events[4_000:10_000])
            costs[name] = (early, await give(ledger, events[10_000:]))
        finally:
            await ledger.stop()
            await database.close()
    print(f"\nCPU seconds for 2,000 events, early and late: {costs}")
    assert costs["few"][1] <= 1.5 * costs["few"][0]
    assert costs["many"][1] <= 1.5 * costs["few"][1]
