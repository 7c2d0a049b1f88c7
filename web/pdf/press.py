"""Has documents typeset: in a process of its own, one at a time, in bounded time and memory, and keeps what was made.

The same document is typeset once however many ask for it, and is kept by its own bytes, so that nothing that is kept
can be out of date. Knows nothing of what a document is about.
"""

import asyncio
import hashlib
import os
import shutil
import sys
from asyncio.subprocess import PIPE
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import orjson

from web.bodies import Body
from web.pdf.typesetting import FONTS_MISSING_STATUS, FontsMissingError
from web.shelf import Shelf

_ENVIRONMENT_KEPT: Final = ("PATH", "PYTHONPATH", "VIRTUAL_ENV", "TMPDIR", "HOME")


@dataclass(frozen=True, slots=True)
class PressLimits:
    """What typesetting is allowed, and how much of what it made is kept."""

    seconds: int = 60
    memory_bytes: int = 2 * 1024**3
    document_bytes_max: int = 48 * 1024**2
    pdf_bytes_max: int = 48 * 1024**2
    waiting_max: int = 8
    """Documents that wait for their turn."""
    kept_max: int = 64
    kept_bytes_max: int = 64 * 1024**2


class PressError(Exception):
    """A document could not be typeset. One line that says why."""


class PressBusyError(PressError):
    """Too many documents wait to be typeset already."""


def press_command(limits: PressLimits) -> tuple[str, ...]:
    """Return what typesets one document: behind everything else that the machine has to do, where that can be said."""
    command = (sys.executable, "-m", "web.pdf.typeset", str(limits.memory_bytes), str(limits.seconds))
    nice = shutil.which("nice")
    return command if nice is None else (nice, "-n", "10", *command)


class Press:
    """Makes PDFs of documents (blocks.Printed)."""

    def __init__(
        self, limits: PressLimits | None = None, command: Sequence[str] = (), kept: Shelf[str, Body] | None = None
    ) -> None:
        self._limits = limits or PressLimits()
        self._command = tuple(command) or press_command(self._limits)
        self._kept = kept or Shelf[str, Body](self._limits.kept_max, self._limits.kept_bytes_max)
        self._under_way: dict[str, asyncio.Task[Body]] = {}
        self._turn = asyncio.Lock()

    async def pdf(self, document: bytes) -> Body:
        """Return the PDF of an encoded document. Raises FontsMissingError, PressBusyError or PressError.

        A reader who leaves stops nothing: others may wait for the same, and it is kept for the next one.
        """
        name = hashlib.sha256(document).hexdigest()
        kept = self._kept.get(name)
        if kept is not None:
            return kept
        task = self._under_way.get(name)
        if task is None:
            task = self._begun(name, document)
        return await asyncio.shield(task)

    async def stop(self) -> None:
        """End what is under way."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begun(self, name: str, document: bytes) -> asyncio.Task[Body]:
        if len(document) > self._limits.document_bytes_max:
            raise PressError("its texts are too long for one file")
        if len(self._under_way) > self._limits.waiting_max:
            raise PressBusyError("too many files are being made already")
        task = asyncio.create_task(self._made(name, document), name="typeset")
        self._under_way[name] = task
        task.add_done_callback(lambda done: self._done(name, done))
        return task

    def _done(self, name: str, task: asyncio.Task[Body]) -> None:
        del self._under_way[name]
        if not task.cancelled():
            task.exception()  # whoever waited has it; nobody may have waited to the end

    async def _made(self, name: str, document: bytes) -> Body:
        async with self._turn:
            body = Body(await self._typeset(document))
        self._kept.put(name, body, len(body.plain))
        return body

    async def _typeset(self, document: bytes) -> bytes:
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=_environment()
            )
        except OSError as failed:
            raise PressError("the typesetter can't be started") from failed
        try:
            async with asyncio.timeout(self._limits.seconds):
                made, said = await process.communicate(document)
        except TimeoutError as late:
            raise PressError(f"it took longer than {self._limits.seconds} seconds") from late
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        return self._judged(process.returncode, made, said)

    def _judged(self, status: int | None, made: bytes, said: bytes) -> bytes:
        if status == FONTS_MISSING_STATUS:
            told = orjson.loads(said)
            raise FontsMissingError(told["scripts"], told["remedies"])
        if status != 0 or not made.startswith(b"%PDF-"):
            reason = said.decode(errors="replace").strip().splitlines()[-1:] or [f"the typesetter ended with {status}"]
            raise PressError(reason[0][:300])
        if len(made) > self._limits.pdf_bytes_max:
            raise PressError("the file would be too large")
        return made


def _environment() -> dict[str, str]:
    """Return what the typesetter sees of this process's settings: nothing secret, and two threads."""
    kept = {name: value for name in _ENVIRONMENT_KEPT if (value := os.environ.get(name)) is not None}
    return {**kept, "RAYON_NUM_THREADS": "2", "LC_ALL": "C.UTF-8"}
