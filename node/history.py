"""How store and disk grew over the last days: a sample now and then in a small table, and what it tells of tomorrow."""

import asyncio
import logging
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from node.clock import Clock
from node.ledger import Ledger
from node.register import Register
from node.storage import history as stored
from node.storage.database import Database, StoreError
from web.operator_port import DiskView, Sample

_LOG = logging.getLogger(__name__)
EVERY_MS: Final = 15 * 60_000
KEPT_MS: Final = 14 * 24 * 3_600_000
_DAY_MS = 24 * 3_600_000
_LEAST_MS = 3_600_000
"""Over less than this, growth says nothing."""
_FAR_MS = 3_650 * _DAY_MS


class History:
    """Samples of one node; as a resource it takes one at the start and every quarter of an hour."""

    def __init__(self, database: Database, ledger: Ledger, register: Register, clock: Clock) -> None:
        self._database = database
        self._ledger = ledger
        self._register = register
        self._clock = clock
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to take samples."""
        self._task = asyncio.create_task(self._run(), name="history")

    async def stop(self) -> None:
        """Take no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def samples(self) -> tuple[Sample, ...]:
        """Return what is kept, the oldest first."""
        return await self._database.read(stored.samples)

    async def take(self) -> None:
        """Take a sample and forget those that are too old. Raises StoreError."""
        now = self._clock.now()
        sample = Sample(
            at=now,
            events=self._ledger.position,
            stored=store_bytes(self._database.path),
            free=shutil.disk_usage(self._database.path.parent).free,
            height=self._register.height,
        )
        await self._database.write(lambda c: stored.keep(c, sample, oldest=now - KEPT_MS))

    async def _run(self) -> None:
        while True:
            try:
                await self.take()
            except StoreError as error:
                _LOG.warning("the node's history could not be written: %s", error)
            await asyncio.sleep(EVERY_MS / 1_000)


def store_bytes(path: Path) -> int:
    """Return the size of a store with its log of writes."""
    files = (path.with_name(path.name + end) for end in ("", "-wal"))
    return sum(file.stat().st_size for file in files if file.exists())


def disk_view(directory: Path, store: Path, samples: Sequence[Sample], now: int) -> DiskView:
    """Return what the disk holds, and when it is full at the pace of the samples."""
    usage = shutil.disk_usage(directory)
    stored_now = store_bytes(store)
    per_day = growth(samples, stored_now, now)
    full_at = None
    if per_day is not None and per_day > 0:
        left_ms = usage.free * _DAY_MS // per_day
        full_at = now + left_ms if left_ms <= _FAR_MS else None
    return DiskView(stored_now, usage.free, usage.total, per_day, full_at)


def growth(samples: Sequence[Sample], stored_now: int, now: int) -> int | None:
    """Return by how many bytes a store grows in a day since the oldest sample, or None if that is too young."""
    if not samples or now - samples[0].at < _LEAST_MS:
        return None
    return (stored_now - samples[0].stored) * _DAY_MS // (now - samples[0].at)
