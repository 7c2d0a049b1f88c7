"""What taking events costs a node, as ratios to a bare loop in the same run, by this process's CPU time."""

import gc
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from node.deliveries import Delivery, Report
from node.ledger import Ledger
from node.refusals import Refusals
from node.storage.database import Database
from protocol import canonical, frames
from protocol.ids import FederationId, KeyId, MemberId
from protocol.keys import SigningKey
from protocol.roll import KeyRing, Member, Roll, enrol
from tests.support.bare_loop import all_writers, bare_loop, mixed_events, texts_for
from tests.support.builders import ChainWriter, build_federation, hash_of, signing_key
from tests.support.hand_clock import HandClock

pytestmark = pytest.mark.bench

_BATCH = 500
_EVENTS = 6_000
_TRIES = 8
_SHARE_OF_BARE_LOOP_AT_LEAST = 0.60
_DUPLICATE_AT_MOST = 0.05
_GROWTH_AT_MOST = 1.3
_EACH, _REPEATS = 2_000, 8
_YEAR_MS = 366 * 86_400_000


@contextmanager
def without_the_tests_objects() -> Iterator[None]:
    """Spare the collector what the test itself holds: thousands of events that no node keeps in memory."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@asynccontextmanager
async def open_ledger(federation: FederationId, ring: KeyRing, path: Path) -> AsyncIterator[Ledger]:
    database = Database(path)
    await database.open()
    clock = HandClock()
    clock.advance(_YEAR_MS)
    ledger = Ledger(database, federation, ring, clock, Refusals(clock))
    await ledger.start()
    try:
        yield ledger
    finally:
        await ledger.stop()
        await database.close()


async def give(ledger: Ledger, bodies: Sequence[bytes], texts: Sequence[Sequence[bytes]] = ()) -> list[Report]:
    """Hand over events as they stand in frames, a delivery for each batch, and each batch's texts with it."""
    reports = []
    for number, start in enumerate(range(0, len(bodies), _BATCH)):
        envelopes = [frames.parse_event(body) for body in bodies[start : start + _BATCH]]
        reports.append(await ledger.take(Delivery("bench", envelopes, texts[number] if texts else ())))
    return reports


async def cpu_of_giving(ledger: Ledger, bodies: Sequence[bytes], texts: Sequence[Sequence[bytes]] = ()) -> float:
    """Return the CPU seconds of this process, all threads, that taking new events needs, parsing included."""
    began = time.process_time()
    reports = await give(ledger, bodies, texts)
    took = time.process_time() - began
    assert sum(len(report.accepted) for report in reports) == len(bodies)
    return took


async def cpu_of_duplicates(ledger: Ledger, bodies: Sequence[bytes]) -> float:
    began = time.process_time()
    reports = await give(ledger, bodies)
    took = time.process_time() - began
    assert sum(report.duplicates for report in reports) == len(bodies)
    return took


def cpu_of_bare_loop(path: Path, bodies: Sequence[bytes]) -> float:
    began = time.process_time()
    bare_loop(path, bodies, _BATCH)
    return time.process_time() - began


async def test_ingest_reaches_its_share_of_a_bare_loop_and_a_duplicate_costs_next_to_nothing(tmp_path: Path) -> None:
    federation = build_federation(20)
    events = mixed_events(all_writers(federation), _EVENTS)
    bodies = [frames.event_bytes(verified.envelope) for verified in events]
    texts = [texts_for(events[start : start + _BATCH]) for start in range(0, _EVENTS, _BATCH)]
    bare, alone, beside, again = ([float("inf")] for _ in range(4))
    with without_the_tests_objects():
        for number in range(_TRIES):
            bare.append(cpu_of_bare_loop(tmp_path / f"bare{number}", bodies))
            async with open_ledger(federation.id, federation.ring, tmp_path / f"node{number}") as ledger:
                alone.append(await cpu_of_giving(ledger, bodies))
                again.append(await cpu_of_duplicates(ledger, bodies))
            async with open_ledger(federation.id, federation.ring, tmp_path / f"texts{number}") as ledger:
                beside.append(await cpu_of_giving(ledger, bodies, texts))
    share, share_beside, duplicate = min(bare) / min(alone), min(bare) / min(beside), min(again) / min(alone)
    print(
        f"\nby CPU second: bare loop {_EVENTS / min(bare):,.0f}, node {_EVENTS / min(alone):,.0f}, share {share:.2f}"
        f" (with texts {share_beside:.2f}); a duplicate costs {duplicate:.3f} of a new event"
    )
    assert share >= _SHARE_OF_BARE_LOOP_AT_LEAST
    assert duplicate <= _DUPLICATE_AT_MOST


class Crowd:
    """A roll of any size, without the charter that its members would have to sign."""

    def __init__(self, members: int) -> None:
        self.federation = FederationId(hash_of("a crowd of", members))
        entries, self.writers = [], []
        for number in range(members):
            name = MemberId(f"member-{number:05d}")
            root, node, teller = (signing_key(name, role) for role in ("root", "node", "teller"))
            entries.append(_entry(name, root, node, teller))
            self.writers.append(ChainWriter(self.federation, name, node))
        first = entries[0].id
        self.ring = KeyRing(Roll(members=tuple(entries), tellers=(first,), secretariat=(first,)))


def _entry(name: MemberId, root: SigningKey, node: SigningKey, teller: SigningKey) -> Member:
    return Member(
        id=name,
        names={"en": name},
        country="CH",
        constituencies=("europe",),
        root=root.key,
        next_root=canonical.sha256_hex(bytes.fromhex(KeyId(root.key))),
        keys=(enrol(name, root.key, node, "node"), enrol(name, root.key, teller, "teller")),
        address="",
    )


async def cost_once_stored(crowd: Crowd, path: Path, stored: int) -> float:
    """Return the least CPU seconds that some events with their texts take where so many are stored already."""
    events = mixed_events(crowd.writers, stored + _REPEATS * _EACH)
    bodies = [frames.event_bytes(verified.envelope) for verified in events]
    texts = [texts_for(events[start : start + _BATCH]) for start in range(0, len(events), _BATCH)]
    del events
    costs = []
    async with open_ledger(crowd.federation, crowd.ring, path) as ledger:
        await give(ledger, bodies[:stored], texts)
        with without_the_tests_objects():
            for start in range(stored, len(bodies), _EACH):
                part = slice(start, start + _EACH)
                costs.append(await cpu_of_giving(ledger, bodies[part], texts[start // _BATCH :]))
    return min(costs)


async def test_an_event_costs_the_same_with_many_members_and_many_events(tmp_path: Path) -> None:
    costs = {
        (members, stored): await cost_once_stored(Crowd(members), tmp_path / f"{members}-{stored}", stored)
        for members, stored in ((10, 1_000), (10_000, 1_000), (10_000, 100_000))
    }
    for (members, stored), cost in costs.items():
        print(f"\n{members:6,} members, {stored:7,} stored: {cost / _EACH * 1e6:.0f} µs an event", end="")
    assert max(costs.values()) <= _GROWTH_AT_MOST * costs[10, 1_000]
