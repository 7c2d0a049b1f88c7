"""An index of words in a file of its own, by SQLite's full-text search: a cache that can be thrown away at any time.

It holds texts cut and folded by topics/search.py, so that it needs to know no language. What is deleted is overwritten.
It knows nothing of what may be shown: whoever asks has to check that a text is still held. An index that is damaged,
or of another version, is made anew, empty. One thread of its own does all the work.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from topics.search import Query, words

_LOG = logging.getLogger(__name__)
_VERSION = 1
_TITLE_WEIGHT, _BODY_WEIGHT = 4.0, 1.0
_FIND = """
    SELECT entries.kind, entries.id, entries.text FROM words JOIN entries ON entries.number = words.rowid
    WHERE words MATCH ? AND (? = '' OR entries.kind = ?) AND (? = '' OR entries.track = ?)
    ORDER BY bm25(words, ?, ?), entries.kind, entries.id LIMIT ?
"""
_TABLES = (
    """CREATE TABLE entries (number INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL, text TEXT NOT NULL,
        track TEXT NOT NULL, UNIQUE (kind, id))""",
    """CREATE VIRTUAL TABLE words USING fts5 (title, body,
        tokenize = "unicode61 remove_diacritics 0 categories 'L* N* Co Mn Mc'")""",
    f"PRAGMA user_version = {_VERSION}",
)

Kind = Literal["proposal", "topic", "agenda", "translation"]
Key = tuple[Kind, str]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Entry:
    """A thing to be found: the hash of its text, and the text itself."""

    key: Key
    text: str
    track: str
    title: str
    body: str


class WordIndex:
    """Opened by open(), closed by close(). Where SQLite has no full-text search it stays empty and says so once."""

    def __init__(self, path: Path, renewed: Callable[[], None]) -> None:
        self._path = path
        self._renewed = renewed
        """Called when a damaged index was made anew while in use, and so is empty."""
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="words")
        self._raw: sqlite3.Connection | None = None

    async def open(self) -> None:
        """Open the index, or make one."""
        await self._do(self._open)

    async def close(self) -> None:
        """Finish what is under way and close."""
        await self._do(self._close)
        self._executor.shutdown()

    async def texts(self) -> dict[Key, str]:
        """Return what is in the index, with the hashes of the texts."""
        rows = await self._ask("SELECT kind, id, text FROM entries")
        return {(kind, id_): text for kind, id_, text in rows}

    async def put(self, entries: Sequence[Entry]) -> None:
        """Put entries in, in place of those with the same kind and id."""
        await self._change(lambda raw: _put(raw, entries))

    async def remove(self, keys: Sequence[Key]) -> None:
        """Take entries out."""
        await self._change(lambda raw: _remove(raw, keys))

    async def purge(self) -> None:
        """Have the words of what was taken out or replaced leave the file too."""
        await self._change(_purge)

    async def find(self, wanted: Query, kind: str, track: str, most: int) -> list[tuple[Key, str]]:
        """Return what holds any of the words, best first by BM25, with the hashes of the texts."""
        if not wanted.words:
            return []
        values = (match(wanted), kind, kind, track, track, _TITLE_WEIGHT, _BODY_WEIGHT, most)
        return [((kind_, id_), text) for kind_, id_, text in await self._ask(_FIND, *values)]

    async def _ask(self, sql: str, *values: str | float) -> list[tuple[Kind, str, str]]:
        def ask() -> list[tuple[Kind, str, str]]:
            return [] if self._raw is None else self._raw.execute(sql, values).fetchall()

        return await self._guarded(ask, [])

    async def _change(self, work: Callable[[sqlite3.Connection], None]) -> None:
        def change() -> None:
            if self._raw is not None:
                with self._raw:
                    work(self._raw)

        await self._guarded(change, None)

    async def _guarded(self, work: Callable[[], _T], otherwise: _T) -> _T:
        try:
            return await self._do(work)
        except sqlite3.OperationalError as error:
            _LOG.warning("the index of words can't be used just now: %s", error)
        except sqlite3.DatabaseError as error:
            _LOG.warning("the index of words is damaged and made anew: %s", error)
            await self._do(self._renew)
            self._renewed()
        return otherwise

    async def _do(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

    def _open(self) -> None:
        try:
            self._raw = _opened(self._path)
        except sqlite3.DatabaseError:
            self._renew()

    def _renew(self) -> None:
        self._close()
        remove_index(self._path)
        try:
            self._raw = _opened(self._path)
        except sqlite3.DatabaseError as error:
            _LOG.warning("nothing is found by its words, only by meaning: %s", error)

    def _close(self) -> None:
        if self._raw is not None:
            self._raw.close()
            self._raw = None


def remove_index(path: Path) -> None:
    """Throw an index away; the node makes it anew when it is started."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def match(wanted: Query) -> str:
    """Return words as an expression of SQLite's full-text search: every one quoted, so that none is an operator."""
    quoted = [f'"{word}"' for word in wanted.words]
    if wanted.is_last_begun:
        quoted[-1] += "*"
    return " OR ".join(quoted)


def _opened(path: Path) -> sqlite3.Connection:
    raw = sqlite3.connect(path, check_same_thread=True)
    try:
        raw.execute("PRAGMA journal_mode = TRUNCATE")
        raw.execute("PRAGMA synchronous = NORMAL")
        raw.execute("PRAGMA secure_delete = ON")
        _make_tables(raw)
    except BaseException:
        raw.close()
        raise
    return raw


def _make_tables(raw: sqlite3.Connection) -> None:
    """Make the tables of a new file. Raises sqlite3.DatabaseError for one of another version."""
    found = raw.execute("PRAGMA user_version").fetchone()[0]
    if found == 0:
        with raw:
            for statement in _TABLES:
                raw.execute(statement)
    elif found != _VERSION:
        raise sqlite3.DatabaseError(f"the index is of version {found}")


def _put(raw: sqlite3.Connection, entries: Iterable[Entry]) -> None:
    for entry in entries:
        _remove(raw, [entry.key])
        values = (*entry.key, entry.text, entry.track)
        made = raw.execute("INSERT INTO entries (kind, id, text, track) VALUES (?, ?, ?, ?)", values)
        held = (made.lastrowid, " ".join(words(entry.title)), " ".join(words(entry.body)))
        raw.execute("INSERT INTO words (rowid, title, body) VALUES (?, ?, ?)", held)


def _remove(raw: sqlite3.Connection, keys: Iterable[Key]) -> None:
    for key in keys:
        numbers = raw.execute("SELECT number FROM entries WHERE kind = ? AND id = ?", key).fetchall()
        raw.executemany("DELETE FROM words WHERE rowid = ?", numbers)
        raw.executemany("DELETE FROM entries WHERE number = ?", numbers)


def _purge(raw: sqlite3.Connection) -> None:
    """Merge the whole index: it otherwise keeps what was deleted until parts of it are merged by themselves."""
    raw.execute("INSERT INTO words (words) VALUES ('optimize')")
