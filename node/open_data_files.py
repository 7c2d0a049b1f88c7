"""Open data for whoever asks this node's site: each table made at most once a minute, into a file without a name.

A table is made on a thread of its own by a reading of the store of one moment, which ends before anybody is sent a
byte: a slow reader holds nothing up. One is made at a time. A text's erasure makes all tables anew at once.
"""

import asyncio
import hashlib
import os
import tempfile
import weakref
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from node.clock import Clock
from node.moments import moment_in
from node.open_data import round_files, table_bytes
from node.open_rows import round_at
from node.register import find_entry
from node.storage.database import Connection, Database
from protocol.charter import CharterFile
from protocol.register import OpenRecord
from web.open_data_tables import BY_NAME, Form

_FRESH_MS: Final = 60_000
_PIECE_BYTES: Final = 256 * 1024


@dataclass(frozen=True, slots=True, weakref_slot=True)
class MadeFile:
    """Satisfies web.open_data_port.OpenFile. The file goes when the last one that holds it is done."""

    size: int
    sha256: str
    made: int
    erasures: int
    """How many there were."""
    _descriptor: int

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield its bytes from the beginning on."""
        for at in range(0, self.size, _PIECE_BYTES):
            yield await asyncio.to_thread(os.pread, self._descriptor, _PIECE_BYTES, at)


class OpenDataFiles:
    """Satisfies web.open_data_port.OpenData."""

    def __init__(self, database: Database, file: CharterFile, clock: Clock) -> None:
        self._database = database
        self._charter = file
        self._clock = clock
        self._made: dict[tuple[str, Form], MadeFile] = {}
        self._turn = asyncio.Semaphore(1)

    @property
    def _store(self) -> Path:
        return self._database.path

    async def table(self, name: str, form: Form) -> MadeFile:
        """Return a table, at most a minute old; an erased text is never in it."""
        async with self._turn:
            erasures = await self._database.read(_erasures)
            held = self._made.get((name, form))
            if held is None or not self._is_fresh(held, erasures):
                now = self._clock.now()
                held = await asyncio.to_thread(self._make, name, form, now, erasures)
                self._made[name, form] = held
            return held

    async def round_files(self, round_id: str) -> Mapping[str, bytes]:
        """Return a closed round's files for researchers by the ending of their names; none before its close."""
        async with self._turn:
            return await asyncio.to_thread(self._round_files, round_id)

    def _is_fresh(self, held: MadeFile, erasures: int) -> bool:
        is_young = 0 <= self._clock.now() - held.made < _FRESH_MS
        return is_young and held.erasures == erasures

    def _make(self, name: str, form: Form, now: int, erasures: int) -> MadeFile:
        digest, size = hashlib.sha256(), 0
        with _nameless(self._store.parent) as file, moment_in(self._store, self._charter) as moment:
            for piece in table_bytes(moment, BY_NAME[name], form, now):
                file.write(piece)
                digest.update(piece)
                size += len(piece)
            file.flush()
            descriptor = os.dup(file.fileno())
        made = MadeFile(size, digest.hexdigest(), now, erasures, descriptor)
        weakref.finalize(made, os.close, descriptor)
        return made

    def _round_files(self, round_id: str) -> Mapping[str, bytes]:
        with moment_in(self._store, self._charter) as moment:
            entry = find_entry(moment.connection, round_id)
            if entry is None or not isinstance(entry.record, OpenRecord):
                return {}
            return round_files(moment, round_at(moment, entry))


def _nameless(directory: Path) -> IO[bytes]:
    """Return a file that has no name, so that nothing of it is left whatever happens."""
    return tempfile.TemporaryFile(dir=directory)


def _erasures(connection: Connection) -> int:
    return int(connection.value("SELECT count(*) FROM events WHERE kind = 'erasure'") or 0)
