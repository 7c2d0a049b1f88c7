"""The register as a node holds it: in order, each record once, nothing that isn't certified."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest_asyncio

from consensus.agreement import certificates
from consensus.agreement.inputs import Certified
from node.register import Entry, Taken
from protocol.events.tellers import Precommit
from protocol.ids import EventId
from protocol.register import OpenRecord, record_id
from tests.support.builders import build_federation, hash_of, open_record, round_spec
from tests.support.node_pair import Lab
from tests.support.small_node import small_node

FEDERATION = build_federation(4)


def record(height: int, words: str = "") -> OpenRecord:
    """Return a record that follows the one below it."""
    request = EventId(hash_of("request", height, words))
    made = open_record(FEDERATION.id, request, round_spec(number=height), height)
    return made if height == 1 else made.model_copy(update={"prev": record_id(record(height - 1))})


def certificate(made: OpenRecord, tellers: int = 4, view: int = 0) -> bytes:
    body = Precommit(height=made.height, view=view, value=record_id(made))
    writers = [FEDERATION.writer(t.id, "teller") for t in FEDERATION.tellers[:tellers]]
    return certificates.assemble(made, tuple(w.write(body).envelope for w in writers)).to_bytes()


@pytest_asyncio.fixture
async def lab(tmp_path: Path) -> AsyncIterator[Lab]:
    async with AsyncExitStack() as stack:
        yield Lab(tmp_path, stack)


async def test_records_are_taken_in_order_and_told_once(lab: Lab) -> None:
    node = await lab.node(0)
    told: list[int] = []

    def listen(entry: Entry, certified: Certified) -> None:
        assert entry.id == certified.id
        told.append(entry.height)

    node.register.listen(listen)
    assert await node.register.take("test", certificate(record(2))) is Taken.AHEAD
    assert await node.register.take("test", certificate(record(1))) is Taken.NEW
    assert await node.register.take("test", certificate(record(1), tellers=3)) is Taken.KNOWN
    assert await node.register.take("test", certificate(record(2), view=3)) is Taken.NEW
    assert told == [1, 2]
    assert (node.register.height, node.register.head) == (2, record_id(record(2)))
    assert [entry.height for entry in await node.register.since(2, 10)] == [2]
    found = await node.register.find(record_id(record(1)))
    assert found is not None
    assert found.height == 1


async def test_less_than_a_quorum_or_a_wrong_predecessor_certifies_nothing(lab: Lab) -> None:
    node = await lab.node(0)
    assert await node.register.take("test", certificate(record(1), tellers=2)) is Taken.REFUSED
    assert node.refusals.counts == {"bad-certificate": 1}
    assert node.refusals.latest[0].reason
    await node.register.take("test", certificate(record(1)))
    astray = record(2).model_copy(update={"prev": record_id(record(1, "another"))})
    assert await node.register.take("test", certificate(astray)) is Taken.REFUSED
    assert node.register.height == 1


async def test_less_than_a_quorum_for_another_record_is_no_conflict(lab: Lab) -> None:
    node = await lab.node(0)
    await node.register.take("test", certificate(record(1)))
    assert await node.register.take("test", certificate(record(1, "another"), tellers=2)) is Taken.REFUSED
    assert node.register.conflict is None
    assert await node.register.take("test", certificate(record(1, "another"), tellers=3)) is Taken.CONFLICT
    assert node.register.height == 1


async def test_the_register_is_there_after_a_restart(lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "kept"
    async with small_node(FEDERATION, 0, path, lab.clock) as node:
        for height in (1, 2):
            await node.register.take("test", certificate(record(height)))
    async with small_node(FEDERATION, 0, path, lab.clock) as again:
        assert (again.register.height, again.register.head) == (2, record_id(record(2)))
        assert await again.register.take("test", certificate(record(3))) is Taken.NEW
        entries = await again.register.of_kind("open")
        assert [again.register.certified(entry).id for entry in entries] == [
            record_id(record(height)) for height in (1, 2, 3)
        ]
