"""What waits, as it is stored: replaced whole, found by member and by end, and never by reading all that is stored."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from node.storage import waits
from node.storage.database import Connection, Database, Row, Value
from node.storage.waits import EVERYBODY, Wait


@pytest_asyncio.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database(tmp_path / "store.sqlite3")
    await opened.open()
    yield opened
    await opened.close()


class Explained(Connection):
    """Asks how each query would be answered, instead of asking it."""

    def __init__(self, inner: Connection) -> None:
        self._inner = inner
        self.plans: list[str] = []

    def rows(self, sql: str, *values: Value) -> list[Row]:
        self.plans += [str(row[3]) for row in self._inner.rows(f"EXPLAIN QUERY PLAN {sql}", *values)]
        return []

    def row(self, sql: str, *values: Value) -> Row | None:
        self.rows(sql, *values)
        return None


async def test_a_proposal_s_waits_are_replaced_as_a_whole(database: Database) -> None:
    first = Wait("p", "amendment", "a", "me", "other", 1, None)
    call = Wait("p", "call", "1", EVERYBODY, "", 2, 50)
    other = Wait("q", "objection", "o", "me", "other", 3, 40)
    await database.write(lambda c: waits.keep(c, "p", [first, call]))
    await database.write(lambda c: waits.keep(c, "q", [other]))
    assert await database.read(lambda c: waits.of_member(c, "me", 0)) == [first, other]
    await database.write(lambda c: waits.keep(c, "p", [call]))
    assert await database.read(lambda c: waits.of_member(c, "me", 0)) == [other]
    assert await database.read(lambda c: waits.ending(c, ("call", "objection"), 0, 100, 9)) == [other, call]
    assert await database.read(lambda c: waits.ending(c, ("call",), 50, 100, 9)) == []
    assert await database.read(lambda c: waits.ending(c, ("call", "objection"), 0, 100, 1)) == [other]


async def test_replies_are_shown_for_a_while_only(database: Database) -> None:
    reply = Wait("p", "reply", "o", "me", "other", 10, None)
    await database.write(lambda c: waits.keep(c, "p", [reply]))
    assert await database.read(lambda c: waits.of_member(c, "me", 9)) == [reply]
    assert await database.read(lambda c: waits.of_member(c, "me", 10)) == []


@pytest.mark.parametrize(
    "ask",
    [
        lambda c: waits.of_member(c, "me", 0),
        lambda c: waits.ending(c, ("call", "notice"), 0, 9, 9),
        lambda c: waits.of_sponsor(c, "me", ("endorsing", "consulting"), 9),
        lambda c: waits.due_after(c, 0, 9),
        lambda c: waits.fields_of(c, "me", 9),
        lambda c: waits.is_endorsed_by(c, "p", "me"),
    ],
)
async def test_no_question_reads_all_that_is_stored(database: Database, ask: Any) -> None:
    def plans(connection: Connection) -> list[str]:
        explained = Explained(connection)
        ask(explained)
        return explained.plans

    found = await database.read(plans)
    assert found
    assert not [plan for plan in found if plan.startswith("SCAN")]
