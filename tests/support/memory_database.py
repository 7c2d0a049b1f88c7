"""A store in memory, worked on in the thread of its test: the real schema and statements, nothing on disk."""

import sqlite3
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TypeVar

from node.storage import schema
from node.storage.database import Connection, Database

_T = TypeVar("_T")


@cache
def _empty_store() -> bytes:
    """Return a new store, made once."""
    raw = sqlite3.connect(":memory:", isolation_level=None)
    schema.migrate(Connection(raw))
    made = raw.serialize()
    raw.close()
    return made


class MemoryDatabase(Database):
    """Satisfies what uses a Database; a write is one transaction here too."""

    def __init__(self) -> None:
        self.path = Path(":memory:")
        self._raw = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self._raw.deserialize(_empty_store())
        self.connection = Connection(self._raw)

    async def open(self) -> None:
        pass

    async def close(self) -> None:
        self._raw.close()

    async def write(self, work: Callable[[Connection], _T]) -> _T:
        return self.now(work)

    def now(self, work: Callable[[Connection], _T]) -> _T:
        """Carry out work as one transaction without waiting."""
        self._raw.execute("BEGIN IMMEDIATE")
        try:
            result = work(self.connection)
        except BaseException:
            self._raw.execute("ROLLBACK")
            raise
        self._raw.execute("COMMIT")
        return result

    async def read(self, work: Callable[[Connection], _T]) -> _T:
        return work(self.connection)

    async def read_in_background(self, work: Callable[[Connection], _T]) -> _T:
        return work(self.connection)

    async def look(self, work: Callable[[Connection], _T]) -> _T:
        return work(self.connection)

    def __del__(self) -> None:
        self._raw.close()
