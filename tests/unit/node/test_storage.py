"""The store: a write happens as a whole or not at all, also when the disk is full; texts; what is kept of events."""

import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from node.storage import events as store
from node.storage import locks, schema, texts
from node.storage.database import Connection, Database, StoreError
from protocol.chain import Head, prove_fork
from protocol.envelope import Verified
from protocol.errors import LocalError
from protocol.frontier import Want
from protocol.ids import EventId
from tests.support.builders import ChainWriter, build_federation, hash_of

FEDERATION = build_federation(4)


@pytest_asyncio.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database(tmp_path / "store.sqlite3")
    await opened.open()
    yield opened
    await opened.close()


def put(name: str, value: str = "x") -> Callable[[Connection], int]:
    return lambda c: c.execute("INSERT INTO meta (name, value) VALUES ($1, $2)", name, value)


async def names(database: Database) -> set[str]:
    rows = await database.read(lambda c: c.rows("SELECT name FROM meta"))
    return {str(row[0]) for row in rows}


class FullDisk:
    """A connection whose next COMMIT finds no room."""

    def __init__(self, raw: sqlite3.Connection) -> None:
        self._raw = raw
        self.is_full = True

    def __getattr__(self, name: str) -> object:
        return getattr(self._raw, name)

    def execute(self, sql: str, values: tuple[object, ...] = ()) -> sqlite3.Cursor:
        if sql == "COMMIT" and self.is_full:
            self.is_full = False
            raise sqlite3.OperationalError("database or disk is full")
        return self._raw.execute(sql, values)


async def test_a_write_that_fails_leaves_nothing_behind(database: Database) -> None:
    def half(connection: Connection) -> None:
        put("one")(connection)
        raise LocalError("changed its mind")

    with pytest.raises(LocalError):
        await database.write(half)
    await database.write(put("two"))
    assert await names(database) == {"two"}


async def test_a_commit_that_fails_is_said_and_the_store_goes_on(database: Database) -> None:
    raw = database._write_raw
    assert raw is not None
    database._write_raw = FullDisk(raw)  # type: ignore[assignment]
    with pytest.raises(StoreError, match="full"):
        await database.write(put("one"))
    await database.write(put("two"))
    assert await names(database) == {"two"}


async def test_a_disk_that_fills_up_during_a_write_is_said_and_the_store_goes_on(database: Database) -> None:
    await database.write(put("before"))
    pages = await database.write(lambda c: c.value("PRAGMA page_count"))
    assert database._write_raw is not None

    def limited(connection: Connection, most: int) -> None:
        connection.value(f"PRAGMA max_page_count = {most}")

    await database.write(lambda c: limited(c, int(pages or 0) + 2))
    with pytest.raises(StoreError, match="full"):
        await database.write(put("big", "x" * 1_000_000))
    await database.write(lambda c: limited(c, 1_000_000))
    await database.write(put("after"))
    assert await names(database) == {"before", "after"}


async def test_a_damaged_store_is_said(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    first = Database(path)
    await first.open()
    await first.write(put("one"))
    await first.close()
    data = bytearray(path.read_bytes())
    data[4_096:] = b"\xff" * (len(data) - 4_096)
    path.write_bytes(data)
    damaged = Database(path)
    with pytest.raises(StoreError):  # noqa: PT012 - damage may be found at either step
        await damaged.open()
        await damaged.write(put("two"))
    await damaged.close()


async def test_a_store_that_is_not_open_says_so(tmp_path: Path) -> None:
    closed = Database(tmp_path / "never")
    with pytest.raises(StoreError, match="not open"):
        await closed.read(lambda c: c.rows("SELECT 1"))
    with pytest.raises(StoreError, match="not open"):
        await closed.write(put("one"))


async def test_migration_is_done_once_and_a_half_done_one_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "store.sqlite3"
    first = Database(path)
    await first.open()
    await first.write(put("kept"))
    await first.close()
    steps = schema.STEPS
    broken = (*steps, ("CREATE TABLE novelty (a TEXT)", "CREATE TABLE novelty (a TEXT)"))
    monkeypatch.setattr(schema, "STEPS", broken)
    second = Database(path)
    with pytest.raises(StoreError):
        await second.open()
    await second.close()
    monkeypatch.setattr(schema, "STEPS", (*steps, ("CREATE TABLE novelty (a TEXT)",)))
    third = Database(path)
    await third.open()
    assert await third.read(lambda c: c.rows("SELECT a FROM novelty")) == []
    assert await third.read(lambda c: c.value("SELECT max(steps) FROM schema_version")) == len(steps) + 1
    assert await names(third) == {"kept"}
    await third.close()


async def test_what_is_in_the_store_is_there_after_it_was_closed(tmp_path: Path) -> None:
    writer = FEDERATION.writer(0)
    chain = writer.write_proposals(3)
    path = tmp_path / "store.sqlite3"
    first = Database(path)
    await first.open()
    await first.write(lambda c: keep(c, writer, chain))
    await first.close()
    second = Database(path)
    await second.open()
    assert await second.read(store.load_heads) == {writer.key: Head(3, chain[2].id)}
    assert await second.read(store.last_position) == 3
    found = await second.read(lambda c: store.chains(c, [Want(writer.key, 1)], 10, 1_000_000))
    assert found == [v.envelope for v in chain[1:]]
    await second.close()


def keep(connection: Connection, writer: ChainWriter, events: list[Verified], first: int = 1) -> None:
    store.insert(connection, events, first, 0, chained=True)
    store.save_heads(connection, [(writer.key, Head(writer.length, writer.head))])


async def test_chains_are_read_in_parts_bounded_in_number_and_bytes(database: Database) -> None:
    writers = [FEDERATION.writer(which) for which in (0, 1)]
    first = 1
    for writer in writers:
        events = writer.write_proposals(10)
        await database.write(lambda c, w=writer, e=events, at=first: keep(c, w, e, at))  # type: ignore[misc]
        first += 10
    wants = [Want(writer.key, 2) for writer in writers]
    found = await database.read(lambda c: store.chains(c, wants, 12, 1_000_000))
    assert found == [v.envelope for v in (*writers[0].events[2:], *writers[1].events[2:6])]
    few = await database.read(lambda c: store.chains(c, wants, 12, 1))
    assert few == [writers[0].events[2].envelope]


async def test_after_a_fork_evidence_stays_and_counts_no_more(database: Database) -> None:
    writer = FEDERATION.writer(0)
    chain = writer.write_proposals(4)
    (twin,) = writer.branch(2).write_proposals(1, words="two")
    await database.write(lambda c: keep(c, writer, chain))
    await database.write(lambda c: store.save_fork(c, prove_fork(chain[2], twin)))
    held = await database.read(lambda c: store.after(c, 0, 10))
    assert [item.envelope.id for item in held] == [v.id for v in chain[:2]]
    assert {e.id for e in await database.read(lambda c: store.by_ids(c, [v.id for v in chain]))} == {
        v.id for v in chain
    }
    ((first, second),) = await database.read(store.forks)
    assert {first.id, second.id} == {chain[2].id, twin.id}


async def test_an_erased_text_never_comes_back(database: Database) -> None:
    owner = FEDERATION.writer(0).write_proposals(1)[0]
    digest, erasure = hash_of("text"), EventId(hash_of("erasure"))
    await database.write(lambda c: texts.expect(c, [(owner, digest, "en", 4)]))
    assert await database.write(lambda c: texts.fill(c, digest, b"text"))
    assert not await database.write(lambda c: texts.fill(c, digest, b"text"))
    assert await database.write(lambda c: texts.erase(c, digest, erasure, 0))
    assert not await database.write(lambda c: texts.fill(c, digest, b"text"))
    row = await database.read(lambda c: texts.get(c, digest))
    assert row is not None
    assert (row.data, row.erased_by) == (None, erasure)
    assert await database.read(lambda c: texts.missing(c, 10)) == []


async def test_a_text_longer_than_any_event_says_is_not_taken(database: Database) -> None:
    owner = FEDERATION.writer(0).write_proposals(1)[0]
    digest = hash_of("text")
    await database.write(lambda c: texts.expect(c, [(owner, digest, "en", 3)]))
    assert not await database.write(lambda c: texts.fill(c, digest, b"text"))
    await database.write(lambda c: texts.expect(c, [(owner, digest, "en", 4), (owner, digest, "en", 2)]))
    assert await database.write(lambda c: texts.fill(c, digest, b"text"))


async def test_locks_of_what_is_done_are_released_and_no_others(database: Database) -> None:
    round_id = hash_of("round")
    kept = ["1 prevote 0", "10 prevote 0", "11 prevote 3", f"{round_id} seal 0"]
    for slot in kept:
        await database.write(lambda c, slot=slot: locks.hold(c, slot, slot))  # type: ignore[misc]
    await database.write(lambda c: locks.release(c, ["1", round_id]))
    assert set(await database.read(locks.load)) == {"10 prevote 0", "11 prevote 3"}
    with pytest.raises(LocalError, match="bound to another"):
        await database.write(lambda c: locks.hold(c, "10 prevote 0", "another"))


async def test_a_look_up_sees_at_once_what_others_have_committed(database: Database) -> None:
    """Others are the writer of this process, and other processes, such as a command beside a running node."""
    count = "SELECT count(*) FROM meta WHERE name = 'seen'"
    assert await database.look(lambda c: c.value(count)) == 0
    await database.write(put("seen"))
    assert await database.look(lambda c: c.value(count)) == 1
    beside = Database(database.path)
    await beside.open()
    await beside.write(lambda c: c.execute("DELETE FROM meta WHERE name = 'seen'"))
    assert await database.look(lambda c: c.value(count)) == 0
    await beside.close()


async def test_a_look_up_that_can_not_be_done_at_once_is_done_as_a_reading(database: Database) -> None:
    tries = 0

    def busy_once(connection: Connection) -> int:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise sqlite3.OperationalError("database is locked")
        return connection.value("SELECT 1")  # type: ignore[return-value]

    assert await database.look(busy_once) == 1
    assert tries == 2


async def test_nothing_is_looked_up_in_a_store_that_is_not_open(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="not open"):
        await Database(tmp_path / "store.sqlite3").look(lambda c: c.value("SELECT 1"))
