"""What each member did is counted once, and again only where something came or was taken out."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from node.deliveries import Batch
from node.membership import Membership
from node.storage.database import Database, StoreError
from protocol.chain import ForkProof
from tests.support.builders import EPOCH_MS, build_federation
from tests.support.told_proposals import Teller, Told

FEDERATION = build_federation(3)
TOLD = [Told(at % 3, EPOCH_MS + at, f"Title {at}") for at in range(5)]


@pytest_asyncio.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(tmp_path / "store.sqlite3")
    await database.open()
    yield database
    await database.close()


@pytest.fixture
def membership(database: Database) -> Membership:
    return Membership(database, FEDERATION.charter.roll)


async def counts(membership: Membership) -> list[int]:
    return [member.proposals for member in await membership.members()]


async def test_what_came_is_added_to_what_was_counted(database: Database, membership: Membership) -> None:
    teller = Teller(FEDERATION)
    await teller.put(database, TOLD[:2])
    assert await counts(membership) == [1, 1, 0]
    events = await teller.put(database, TOLD[2:])
    before = await membership.members()
    assert await membership.members() is before, "it has been told of nothing"
    membership.on_batch(Batch(accepted=events))
    assert await counts(membership) == [2, 2, 1]


async def test_a_fork_takes_out_what_hung_on_it(database: Database, membership: Membership) -> None:
    events = await Teller(FEDERATION).put(database, TOLD)
    assert await counts(membership) == [2, 2, 1]
    first = events[0].event
    await database.write(lambda c: c.execute("UPDATE events SET chained = 0 WHERE key = $1", first.key))
    await database.write(
        lambda c: c.execute(
            "INSERT INTO forks (key, seq, first, second) VALUES ($1, 1, $2, $3)", first.key, b"one", b"other"
        )
    )
    membership.on_batch(Batch(forks=[ForkProof(events[0], events[0])]))
    assert await counts(membership) == [0, 2, 1]
    assert [bool(member.forked_keys) for member in await membership.members()] == [True, False, False]


async def test_a_failed_reading_is_made_up_for(tmp_path: Path, database: Database, membership: Membership) -> None:
    teller = Teller(FEDERATION)
    await teller.put(database, TOLD[:1])
    await counts(membership)
    events = await teller.put(database, TOLD[1:])
    membership.on_batch(Batch(accepted=events))
    read, membership._database = membership._database, Database(tmp_path / "closed.sqlite3")
    with pytest.raises(StoreError, match="not open"):
        await membership.members()
    membership._database = read
    assert await counts(membership) == [2, 2, 1]
