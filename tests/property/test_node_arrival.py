"""Whatever arrives in whatever order, a node's lists are those that its events come to; rubbish changes nothing."""

import asyncio
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from node.deliveries import Delivery
from node.ledger import Ledger
from node.refusals import Refusals
from node.storage import projections
from node.storage.database import Connection, Database
from protocol import frames
from protocol.envelope import Envelope, Verified
from protocol.errors import RemoteError
from protocol.events.consultation import Endorsement
from tests.support.builders import Federation, build_federation
from tests.support.delivered import delivered
from tests.support.hand_clock import HandClock

FEDERATION = build_federation(4)
_YEAR_MS = 366 * 86_400_000
_MUTANTS = 1_500
_SEED = 77

steps = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5), st.booleans()), max_size=24)


def written(federation: Federation, choices: list[tuple[int, int, bool]]) -> list[Verified]:
    """Return proposals and endorsements by four members; the last member forks at the end."""
    writers = [federation.writer(which) for which in range(4)]
    events = [writers[which].write_proposals(1, words=f"first {which}")[0] for which in range(4)]
    proposals = [verified.id for verified in events]
    for which, subject, endorses in choices:
        body = Endorsement(proposal=proposals[subject % len(proposals)], endorses=endorses)
        events.append(writers[which].write(body, refs=(body.proposal,)))
    other = writers[3].branch(1)
    return [*events, *writers[3].write_proposals(1, words="one"), *other.write_proposals(1, words="two")]


async def held(path: Path, deliveries: list[list[Envelope]]) -> tuple[str, object, object]:
    """Return a node's digest and lists after deliveries, and its lists made anew."""
    async with delivered(path, FEDERATION, deliveries) as (database, ledger):
        lists = await database.read(rows)
        await database.write(projections.rebuild)
        return ledger.frontier.digest, lists, await database.read(rows)


def rows(connection: Connection) -> list[tuple[str, int, int]]:
    found = projections.list_proposals(connection, None)
    return sorted((row.id, row.goals, row.endorsements) for row in found)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(choices=steps, shuffle=st.randoms(use_true_random=False))
def test_lists_do_not_depend_on_the_order_of_arrival_and_rebuild_to_the_same(
    tmp_path_factory: pytest.TempPathFactory, choices: list[tuple[int, int, bool]], shuffle: random.Random
) -> None:
    events = written(FEDERATION, choices)
    where = tmp_path_factory.mktemp("arrival")
    straight = asyncio.run(held(where / "a", [[verified.envelope for verified in events]]))
    single = [[verified.envelope] for verified in events]
    shuffle.shuffle(single)
    other = asyncio.run(held(where / "b", single))
    assert straight[0] == other[0]
    assert straight[1] == straight[2]
    assert other[1] == other[2]
    counted = {row[0]: row[2] for row in straight[1]}  # type: ignore[attr-defined]
    assert counted == {row[0]: row[2] for row in other[1]}  # type: ignore[attr-defined]


def mutated(data: bytes, chance: random.Random) -> bytes:
    """Return bytes with a few of them changed, dropped or doubled."""
    broken = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(broken))
        match chance.randrange(4):
            case 0:
                broken[at] ^= 1 << chance.randrange(8)
            case 1:
                del broken[at : at + chance.randint(1, 40)]
            case 2:
                broken[at:at] = broken[at : at + chance.randint(1, 40)]
            case _:
                broken[at] = chance.randrange(256)
        if not broken:
            return b"\0"
    return bytes(broken)


async def test_mutated_events_are_refused_with_a_reason_and_change_nothing(tmp_path: Path) -> None:
    chance = random.Random(_SEED)
    events = written(FEDERATION, [(which, which + 1, True) for which in range(4)])[:-2]
    bodies = [frames.event_bytes(verified.envelope) for verified in events]
    database = Database(tmp_path / "store")
    await database.open()
    clock = HandClock()
    clock.advance(_YEAR_MS)
    refusals = Refusals(clock)
    ledger = Ledger(database, FEDERATION.id, FEDERATION.ring, clock, refusals)
    await ledger.start()
    try:
        for _ in range(_MUTANTS):
            try:
                envelope = frames.parse_event(mutated(chance.choice(bodies), chance))
            except RemoteError:
                continue
            report = await ledger.take(Delivery("fuzz", [envelope]))
            genuine = any(verified.envelope == envelope for verified in events)
            assert genuine or not report.accepted, f"seed {_SEED}"
        assert all(refusal.reason for refusal in refusals.latest)
        assert sum(refusals.counts.values()) > _MUTANTS // 4
        await ledger.take(Delivery("honest", [verified.envelope for verified in events]))
        assert ledger.position >= len(events)
    finally:
        await ledger.stop()
        await database.close()
