"""A store as it was at one moment: what is written meanwhile isn't seen, and nothing can be written through it."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from node.config import Layout
from node.deliveries import Delivery
from node.files import FileError
from node.moments import moment_of
from node.offline import offline_node
from node.storage import events as store
from node.storage.database import StoreError
from tests.support.archived import node_with
from tests.support.hand_clock import HandClock
from tests.support.history import make_directory, told


async def test_what_is_written_meanwhile_is_not_seen(tmp_path: Path) -> None:
    history = told()
    directory = await node_with(tmp_path / "node", history)
    async with offline_node(directory, HandClock()) as node:
        with moment_of(directory) as moment:
            before = store.count(moment.connection)
            more = history.propose(1, "Meanwhile")
            await node.ledger.take(Delivery("history", [more.envelope], history.texts[-1:]))
            assert store.count(moment.connection) == before
        with moment_of(directory) as moment:
            assert store.count(moment.connection) == before + 1


async def test_nothing_can_be_written(tmp_path: Path) -> None:
    directory = await node_with(tmp_path / "node", told())
    with pytest.raises(StoreError, match="readonly"), moment_of(directory) as moment:
        moment.connection.execute("DELETE FROM events")


async def test_a_store_of_another_version_is_refused(tmp_path: Path) -> None:
    directory = await node_with(tmp_path / "node", told())
    with closing(sqlite3.connect(Layout(directory).store)) as raw:
        raw.execute("DELETE FROM schema_version WHERE steps = (SELECT max(steps) FROM schema_version)")
        raw.commit()
    with pytest.raises(StoreError, match="another version"), moment_of(directory):
        pass


async def test_what_is_no_store_is_refused_with_words(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="has not joined"), moment_of(tmp_path):
        pass
    directory = make_directory(tmp_path / "node", told().federation)
    with pytest.raises(FileError, match="holds no store"), moment_of(directory):
        pass
    Layout(directory).store.write_bytes(b"not a database at all" * 100)
    with pytest.raises(StoreError, match="can't be read"), moment_of(directory):
        pass
