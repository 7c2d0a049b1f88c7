"""A database on threads of its own: one that writes, one that reads, so that pages never wait for a batch of events.

A look-up of a few rows by key, such as that of a session, is cheaper than the way to a thread and back: it is done at
once, beside both, on a connection of its own.

Statements use ``$1`` as PostgreSQL does; for SQLite that is translated. A write is one transaction: it happens as a
whole, is on disk when it returns, or has not happened.
"""

import asyncio
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from node.storage import schema
from protocol.errors import ComitiaError

_T = TypeVar("_T")
Value = str | bytes | int | None
Row = tuple[Value, ...]
_BUSY_SECONDS = 10
_VALUES_PER_QUERY = 400
_CHECKPOINT_PAGES = 16_000
"""64 MB: ids fall anywhere in an index, so that in a large store the same pages are written again and again."""


class StoreError(ComitiaError):
    """The store can't be used: damaged, of a newer version, or on a full disk."""


@lru_cache(maxsize=512)
def _translated(sql: str) -> str:
    return re.sub(r"\$(\d+)", r"?\1", sql)


class Connection:
    """What work on the database may do."""

    def __init__(self, raw: sqlite3.Connection) -> None:
        self._raw = raw

    def rows(self, sql: str, *values: Value) -> list[Row]:
        """Return all rows that a query gives."""
        return self._raw.execute(_translated(sql), values).fetchall()

    def row(self, sql: str, *values: Value) -> Row | None:
        """Return the first row that a query gives, or None."""
        found: Row | None = self._raw.execute(_translated(sql), values).fetchone()
        return found

    def rows_among(self, sql: str, values: Sequence[Value]) -> Iterator[Row]:
        """Yield all rows that a query gives whose last condition's column, with which it ends, is one of the values."""
        for start in range(0, len(values), _VALUES_PER_QUERY):
            part = values[start : start + _VALUES_PER_QUERY]
            marks = ", ".join(f"${number}" for number in range(1, len(part) + 1))
            yield from self.rows(f"{sql} IN ({marks})", *part)

    def value(self, sql: str, *values: Value) -> Value:
        """Return the first column of the first row, or None."""
        found = self.row(sql, *values)
        return None if found is None else found[0]

    def execute(self, sql: str, *values: Value) -> int:
        """Carry out a statement; return how many rows it touched."""
        return self._raw.execute(_translated(sql), values).rowcount

    def execute_many(self, sql: str, rows: Iterable[Sequence[Value]]) -> None:
        """Carry out a statement for each row of values."""
        self._raw.executemany(_translated(sql), rows)


class Database:
    """One store. Opened by open(), closed by close()."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="store-writer")
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="store-reader")
        self._background = ThreadPoolExecutor(1, thread_name_prefix="store-background")
        self._write_raw: sqlite3.Connection | None = None
        self._read_raw: sqlite3.Connection | None = None
        self._background_raw: sqlite3.Connection | None = None
        self._look_raw: sqlite3.Connection | None = None

    async def open(self) -> None:
        """Open or create the store. Raises StoreError."""
        loop = asyncio.get_running_loop()
        self._write_raw = await loop.run_in_executor(self._writer, self._connect)
        self._read_raw = await loop.run_in_executor(self._reader, self._connect)
        self._background_raw = await loop.run_in_executor(self._background, self._connect)
        self._look_raw = self._connect()
        self._look_raw.execute("PRAGMA busy_timeout = 0")

    async def close(self) -> None:
        """Finish what is under way and close."""
        loop = asyncio.get_running_loop()
        if self._look_raw is not None:
            self._look_raw.close()
        threads = (
            (self._background_raw, self._background),
            (self._read_raw, self._reader),
            (self._write_raw, self._writer),
        )
        for raw, executor in threads:
            if raw is not None:
                await loop.run_in_executor(executor, raw.close)
            executor.shutdown()

    async def write(self, work: Callable[[Connection], _T]) -> _T:
        """Carry out work as one transaction and return its result once it is on disk. Raises StoreError."""
        return await asyncio.get_running_loop().run_in_executor(self._writer, self._transact, work)

    async def read(self, work: Callable[[Connection], _T]) -> _T:
        """Carry out work that only reads, beside any write under way."""
        if self._read_raw is None:
            raise StoreError("the store is not open")
        return await asyncio.get_running_loop().run_in_executor(self._reader, work, Connection(self._read_raw))

    async def read_in_background(self, work: Callable[[Connection], _T]) -> _T:
        """Carry out longer work that only reads: what is short and waited for doesn't queue behind it."""
        if self._background_raw is None:
            raise StoreError("the store is not open")
        return await asyncio.get_running_loop().run_in_executor(
            self._background, work, Connection(self._background_raw)
        )

    async def look(self, work: Callable[[Connection], _T]) -> _T:
        """Carry out a look-up of a few rows by key, which takes microseconds, at once; as a reading where it can't be.

        What another connection or process has committed is seen, as in read().
        """
        if self._look_raw is None:
            raise StoreError("the store is not open")
        try:
            return work(Connection(self._look_raw))
        except sqlite3.OperationalError:
            return await self.read(work)

    def _transact(self, work: Callable[[Connection], _T]) -> _T:
        raw = self._write_raw
        if raw is None:
            raise StoreError("the store is not open")
        try:
            raw.execute("BEGIN IMMEDIATE")
            try:
                result = work(Connection(raw))
                raw.execute("COMMIT")
            except BaseException:
                if raw.in_transaction:
                    raw.execute("ROLLBACK")
                raise
        except sqlite3.DatabaseError as error:
            raise StoreError(f"the store {self.path} can't be written: {error}") from error
        return result

    def _connect(self) -> sqlite3.Connection:
        try:
            raw = sqlite3.connect(self.path, isolation_level=None, check_same_thread=True, timeout=_BUSY_SECONDS)
        except sqlite3.DatabaseError as error:
            raise StoreError(f"the store {self.path} can't be opened: {error}") from error
        try:
            raw.execute("PRAGMA journal_mode = WAL")
            raw.execute("PRAGMA synchronous = FULL")
            raw.execute("PRAGMA cache_size = -16000")
            raw.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
            schema.migrate(Connection(raw))
        except BaseException as error:
            raw.close()
            if isinstance(error, sqlite3.DatabaseError):
                raise StoreError(f"the store {self.path} can't be opened: {error}") from error
            raise
        return raw
