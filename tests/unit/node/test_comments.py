"""Where comments stand and which of them count, where one member signs with several keys."""

import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from node.storage import comments
from node.storage import events as store
from node.storage.database import Connection, Database, Row
from protocol import limits
from protocol.envelope import Verified
from protocol.events.discussion import Comment
from protocol.ids import EventId
from tests.support.builders import ChainWriter, build_federation, hash_of, proposal_text

FEDERATION = build_federation(2)
SUBJECT = EventId(hash_of("subject"))


@pytest_asyncio.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database(tmp_path / "store")
    await opened.open()
    yield opened
    await opened.close()


def by_two_keys(each: int) -> list[Verified]:
    """Return comments that one member signs with two keys in turn, each answering the one before."""
    first, second = FEDERATION.writer(0), FEDERATION.writer(1)
    both = (first, ChainWriter(FEDERATION.id, first.member, second.signer, 0, []))
    said: list[Verified] = []
    for number in range(2 * each):
        text = proposal_text(f"said {number}")
        reply_to = said[-1].id if said else None
        said.append(both[number % 2].write(Comment(subject=SUBJECT, reply_to=reply_to, text=text)))
    return said


def stand(connection: Connection) -> list[Row]:
    return connection.rows("SELECT id, thread, level, placed, path FROM comments ORDER BY id")


async def test_the_first_of_both_chains_count_whichever_came_first(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    # SPEC 2.61: "Of a member's comments on one proposal the first COMMENTS_PER_MEMBER_MAX count"
    monkeypatch.setattr(limits, "COMMENTS_PER_MEMBER_MAX", 3)
    said = by_two_keys(4)
    first = {each.id for each in sorted(said, key=lambda each: (each.event.seq, each.event.key))[:3]}
    found = []
    for seed in range(6):
        order = list(said)
        random.Random(seed).shuffle(order)

        def arrive(connection: Connection, order: list[Verified] = order) -> list[Row]:
            connection.execute("DELETE FROM comments")
            connection.execute("DELETE FROM events")
            for position, each in enumerate(order, start=1):
                store.insert(connection, [each], position, 1, chained=True)
                comments.update(connection, [each], [])
            return stand(connection)

        found.append(await database.write(arrive))
    assert {row[0] for row in found[0]} == first
    assert all(rows == found[0] for rows in found)
    await database.write(comments.rebuild)
    assert await database.read(stand) == found[0]


async def test_a_place_is_never_before_what_is_answered(database: Database) -> None:
    # SPEC 2.63: "one millisecond after the place of the comment that it stands below if that is later"
    writer = FEDERATION.writer(0)
    above = writer.write(Comment(subject=SUBJECT, reply_to=None, text=proposal_text("above")), time_ms=5_000)
    early = writer.write(Comment(subject=SUBJECT, reply_to=above.id, text=proposal_text("early")), time_ms=10)

    def arrive(connection: Connection) -> list[int]:
        comments.update(connection, [above, early], [])
        return [row.placed for row in comments.replies(connection, above.id, 0, 5)]

    assert await database.write(arrive) == [5_001]
