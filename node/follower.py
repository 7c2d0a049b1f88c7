"""Work that follows what happens: done soon after it was asked for, never twice at once, tried again if it failed."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """When asked-for work is done."""

    settle_seconds: float = 0.0
    """How long to wait for more to be asked for."""
    rest_share: float = 0.0
    """How much longer to wait, as a share of the time that the work took last, so that it never keeps a core busy."""
    retry_seconds: float = 10.0
    """How long after work that somebody else couldn't do for us it is tried again."""


class Follower:
    """Does one kind of work whenever it is asked to."""

    def __init__(
        self,
        work: Callable[[], Awaitable[object]],
        undone: str,
        pace: Pace | None = None,
        excused: tuple[type[Exception], ...] = (),
    ) -> None:
        """Follow with `work`; `undone` says in a sentence what isn't done if it fails.

        Errors that are excused are none of ours: they are told once, and the work is tried again until it is done.
        """
        self._work = work
        self._undone = undone
        self._pace = pace or Pace()
        self._excused = excused
        self._due = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._took_seconds = 0.0
        self._is_excused = False

    async def start(self) -> None:
        """Begin to follow, with work that is due at once."""
        self._due.set()
        self._task = asyncio.create_task(self._run(), name=self._undone)

    async def stop(self) -> None:
        """Stop following; work under way is given up."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def ask(self) -> None:
        """Have the work done soon."""
        self._due.set()

    async def _run(self) -> None:
        while True:
            await self._due.wait()
            await asyncio.sleep(self._pace.settle_seconds + self._pace.rest_share * self._took_seconds)
            self._due.clear()
            began = asyncio.get_running_loop().time()
            try:
                await self._work()
                self._is_excused = False
            except self._excused as error:
                self._excuse(error)
                await asyncio.sleep(self._pace.retry_seconds)
                self._due.set()
            except Exception:  # noqa: BLE001 - a fault of ours over one thing must not stop the following of others
                _LOG.exception("%s", self._undone)
            self._took_seconds = asyncio.get_running_loop().time() - began

    def _excuse(self, error: Exception) -> None:
        """Say once why the work isn't done, however often it is tried again."""
        if not self._is_excused:
            _LOG.warning("%s: %s", self._undone, error)
        self._is_excused = True
