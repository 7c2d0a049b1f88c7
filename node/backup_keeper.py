"""Backups while the node runs: made on a schedule or when the operator asks, one at a time, on a thread of its own."""

import asyncio
import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from node import backups
from node.backup_archive import BackupError, check_archive
from node.backups import Listed
from node.clock import Clock
from node.config import Backup, Layout
from node.storage import history as stored
from node.storage.database import Database
from protocol.errors import ComitiaError
from protocol.ids import MemberId
from web.operator_port import BackupsView, BackupView
from web.ports import Refused

_LOG = logging.getLogger(__name__)
_HOUR_MS = 3_600_000
_LOOK_SECONDS = 60.0
_AGAIN_MS = 15 * 60_000
"""How long to wait after one that failed."""


class _Stopped(BackupError):
    """The node stops; the backup under way is given up."""


class BackupKeeper:
    """Makes, lists and checks the backups of one node, as a resource."""

    def __init__(
        self, *, layout: Layout, directory: Path, settings: Backup, database: Database, me: MemberId, clock: Clock
    ) -> None:
        self._layout = layout
        self._directory = directory
        self._settings = settings
        self._database = database
        self._me = me
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="backup")
        self._making: asyncio.Task[None] | None = None
        self._planning: asyncio.Task[None] | None = None
        self._percent: int | None = None
        self._is_stopping = False
        self._fault = ""
        self._tried = 0

    async def start(self) -> None:
        """Begin to make backups on schedule, if there is one."""
        if self._settings.every_hours:
            self._planning = asyncio.create_task(self._run(), name="backups")

    async def stop(self) -> None:
        """Give up the backup under way, of which nothing stays, and make no more."""
        self._is_stopping = True
        if self._planning is not None:
            self._planning.cancel()
        await asyncio.gather(*(task for task in (self._planning, self._making) if task), return_exceptions=True)
        self._thread.shutdown()

    def begin(self) -> None:
        """Begin a backup now. Raises Refused while one is under way."""
        if self._making is not None:
            raise Refused("backup-running")
        self._percent, self._tried = 0, self._clock.now()
        self._making = asyncio.create_task(self._make(), name="backup")

    async def finished(self) -> None:
        """Return once no backup is under way."""
        if self._making is not None:
            await asyncio.wait([self._making])

    async def view(self) -> BackupsView:
        """Return the backups that there are, the newest first, and how they are made."""
        found = await asyncio.get_running_loop().run_in_executor(None, backups.listed, self._directory, self._me)
        checks = await self._database.read(stored.checks)
        return BackupsView(
            directory=str(self._directory),
            every_hours=self._settings.every_hours,
            keep=self._settings.keep,
            running=self._percent,
            fault=self._fault,
            listed=tuple(_view(each, checks) for each in found),
        )

    async def check(self, name: str) -> None:
        """Read a backup to its end and note what came of it. Raises Refused if there is none of this name."""
        names = [each.path.name for each in await self._listed()]
        if name not in names:
            raise Refused("unknown-backup")
        fault = ""
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, check_archive, self._directory / name)
        except ComitiaError as error:
            fault = str(error)[:300]
        now = self._clock.now()
        await self._database.write(lambda c: stored.note_check(c, name, now, fault, names))

    async def _listed(self) -> tuple[Listed, ...]:
        return await asyncio.get_running_loop().run_in_executor(None, backups.listed, self._directory, self._me)

    async def _run(self) -> None:
        while True:
            if self._making is None and await self._is_due():
                with suppress(Refused):
                    self.begin()
            await asyncio.sleep(_LOOK_SECONDS)

    async def _is_due(self) -> bool:
        now = self._clock.now()
        if self._fault and now - self._tried < _AGAIN_MS:
            return False
        made = [each.manifest.made for each in await self._listed() if each.manifest is not None and each.is_whole]
        return not made or now - max(made) >= self._settings.every_hours * _HOUR_MS or max(made) > now + _HOUR_MS

    async def _make(self) -> None:
        try:
            name = await asyncio.get_running_loop().run_in_executor(self._thread, self._make_one)
            self._fault = ""
            _LOG.info("a backup was made and read back: %s", name)
        except _Stopped:
            _LOG.info("the backup under way was given up")
        except ComitiaError as error:
            self._fault = str(error)[:300]
            _LOG.error("no backup was made: %s", error)
        finally:
            self._making, self._percent = None, None

    def _make_one(self) -> str:
        """Make a backup, on the thread, and remove the oldest beyond what is kept."""
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = backups.make_backup(
            self._layout, self._directory, self._clock.now(), self._note, with_keys=self._settings.with_keys
        )
        backups.remove_beyond(self._directory, self._me, self._settings.keep)
        return made.path.name

    def _note(self, done: int, total: int) -> None:
        if self._is_stopping:
            raise _Stopped("the node is stopping")
        self._percent = 100 * done // max(1, total)


def _view(each: Listed, checks: Mapping[str, tuple[int, str]]) -> BackupView:
    checked, fault = checks.get(each.path.name, (None, ""))
    return BackupView(
        name=each.path.name,
        made=None if each.manifest is None else each.manifest.made,
        size=each.size,
        is_whole=each.is_whole,
        has_keys=each.manifest is not None and each.manifest.has_keys,
        checked=checked,
        fault=fault,
    )
