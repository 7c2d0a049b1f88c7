"""States of ten thousand proposals folded anew, against merely reading their events, in one run and in CPU time."""

from collections.abc import Callable
from pathlib import Path
from time import process_time

import pytest

from consensus.agenda import Closing
from node.stages import Stages
from node.storage import events as store
from node.storage import projections
from node.storage.database import Connection, Database
from protocol.envelope import Verified, reopen_verified
from protocol.events.consultation import Endorsement
from protocol.ids import RecordId
from protocol.register import Record
from tests.support.builders import build_federation
from tests.support.hand_clock import HandClock

pytestmark = pytest.mark.bench

PROPOSALS = 10_000
EVENTS = 100_000
TIMES_READING_AT_MOST = 6
CPU_SECONDS_AT_MOST = 60
FEDERATION = build_federation(20)


class Nothing:
    """A register without records."""

    def __init__(self) -> None:
        self.certified: list[tuple[RecordId, Record]] = []
        self.closings: dict[int, Closing] = {}


def history() -> list[Verified]:
    """Ten thousand proposals, and endorsements of them by all members in turn."""
    writers = [FEDERATION.writer(member) for member in range(20)]
    proposals = [writers[at % 20].write_proposals(1)[0] for at in range(PROPOSALS)]
    said = [
        writers[(at * 7 + at // PROPOSALS) % 20].write(
            Endorsement(proposal=proposals[at % PROPOSALS].id, endorses=at % 5 != 0)
        )
        for at in range(EVENTS - PROPOSALS)
    ]
    return [*proposals, *said]


def put(connection: Connection, events: list[Verified]) -> None:
    store.insert(connection, events, 1, 0, chained=True)
    projections.update(connection, events, 1, [])


def read_all(connection: Connection) -> int:
    return sum(
        len(reopen_verified(stored.envelope).event.kind)
        for stored in store.of_kind(connection, "proposal", "endorsement")
    )


async def test_ten_thousand_proposals_cost_little_more_than_reading_their_events(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    database = Database(tmp_path / "store.sqlite")
    await database.open()
    try:
        events = history()
        await database.write(lambda c: put(c, events))
        stages = Stages(database, FEDERATION.charter, Nothing(), HandClock())
        start = process_time()
        assert await database.read(read_all) > EVENTS
        reading = process_time() - start
        start = process_time()
        assert await stages.refresh() == PROPOSALS
        folding = process_time() - start
        start = process_time()
        assert await stages.refresh() == 0
        idle = process_time() - start
        await database.write(lambda c: projections.touch(c, {events[0].id}))
        start = process_time()
        assert await stages.refresh() == 1
        one = process_time() - start
    finally:
        await database.close()
    record_property("cpu_seconds", round(folding, 2))
    print(f"\n{PROPOSALS} proposals, {EVENTS} events: read in {reading:.1f} s, folded in {folding:.1f} s")
    print(f"one proposal in {one:.4f} s")
    assert folding <= min(TIMES_READING_AT_MOST * reading, CPU_SECONDS_AT_MOST)
    assert one + idle <= folding / 1_000
