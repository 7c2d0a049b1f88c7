from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from node.deliveries import Batch
from node.facts import Facts
from node.storage.database import Database, StoreError
from protocol.events.consultation import Proposal
from tests.support.builders import EPOCH_MS, build_federation
from tests.support.told_proposals import Teller, Told

FEDERATION = build_federation(3)
TOLD = [Told(at % 3, EPOCH_MS + at, f"Title {at}", goals=(1 + at, 10 + at)) for at in range(4)]


@pytest_asyncio.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(tmp_path / "store.sqlite3")
    await database.open()
    yield database
    await database.close()


async def test_the_table_follows_what_comes_without_reading_everything(database: Database) -> None:
    teller, facts = Teller(FEDERATION), Facts(database)
    await teller.put(database, TOLD[:2])
    first = await facts.current()
    assert [(row.member, row.time, row.goals, row.is_held) for row in first] == [
        (FEDERATION.member(at).id, EPOCH_MS + at, (1 + at, 10 + at), True) for at in range(2)
    ]
    version = facts.version
    assert await facts.current() is first
    assert facts.version == version
    events = await teller.put(database, TOLD[2:])
    assert await facts.current() is first, "it has been told of nothing"
    facts.on_batch(Batch(accepted=events[:1]))
    assert [row.time - EPOCH_MS for row in await facts.current()] == [0, 1, 2]
    assert facts.version > version


async def test_texts_come_and_go(database: Database) -> None:
    teller, facts = Teller(FEDERATION), Facts(database)
    (event,) = await teller.put(database, TOLD[:1])
    assert isinstance(event.event.body, Proposal)
    digest = event.event.body.text.sha256
    for data, expected in ((None, False), (b"back", True)):
        await facts.current()
        await database.write(lambda c, d=data: c.execute("UPDATE texts SET data = $2 WHERE hash = $1", digest, d))  # type: ignore[misc]
        facts.on_batch(Batch(texts={digest: data}) if data else Batch(erased=[digest]))
        assert [row.is_held for row in await facts.current()] == [expected]


async def test_a_failed_reading_is_made_up_for(tmp_path: Path, database: Database) -> None:
    teller, facts = Teller(FEDERATION), Facts(database)
    await teller.put(database, TOLD[:1])
    await facts.current()
    await teller.put(database, TOLD[1:2])
    read, facts._database = facts._database, Database(tmp_path / "closed.sqlite3")
    facts.on_folded(frozenset({"x"}))
    with pytest.raises(StoreError, match="not open"):
        await facts.current()
    facts._database = read
    assert len(await facts.current()) == 2
