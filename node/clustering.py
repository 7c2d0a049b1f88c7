"""Runs the topics module in a process of its own, so that the encoder never burdens the node.

The process is started when it is first needed, answers one request after another, and is started again when it has
died, hung or spoken nonsense, at most a few times a minute. A node without it goes on: whoever asks gets
TopicsUnavailable. The lines that it speaks are described in topics/worker.py.
"""

import asyncio
import logging
import os
import shutil
import sys
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from typing import Any, Literal

import orjson

from node.clock import Clock
from protocol.errors import ComitiaError

_LOG = logging.getLogger(__name__)
_MINUTE_MS = 60_000
_BATCH_ITEMS = 256
_STDERR_BYTES = 4_096
_SINGLE_THREADED = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

WorkerState = Literal["running", "starting", "stopped", "failed"]
Answer = dict[str, Any]


class TopicsUnavailable(ComitiaError):
    """The topics module gave no answer: it is not running, too busy, or refused the request. One line that says why."""


@dataclass(frozen=True, slots=True)
class WorkerLimits:
    """What the worker is allowed."""

    start_seconds: float = 60.0
    request_seconds: float = 60.0
    item_seconds: float = 0.2
    """What each item of a request adds to its time."""
    stop_seconds: float = 1.0
    waiting_max: int = 32
    """Requests that wait for their turn."""
    request_bytes_max: int = 128_000_000
    answer_bytes_max: int = 64_000_000
    starts_per_minute: int = 4
    backoff_ms: int = 2_000
    """How long to wait after a second failure in a row; doubled with each further one, up to a minute."""


def worker_command() -> tuple[str, ...]:
    """Return what starts the worker: behind everything else that the machine has to do, where that can be said."""
    command = (sys.executable, "-m", "topics.worker")
    nice = shutil.which("nice")
    return command if nice is None else (nice, "-n", "10", *command)


class TopicsWorker:
    """Answers about texts, from one process; one that isn't wanted answers nothing and starts no process."""

    def __init__(
        self,
        clock: Clock,
        command: Sequence[str] = (),
        limits: WorkerLimits | None = None,
        *,
        is_wanted: bool = True,
    ) -> None:
        self._command = tuple(command) or worker_command()
        self._limits = limits or WorkerLimits()
        self._starts = _Starts(clock, self._limits)
        self._names = (str(number) for number in count(1))
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._process: _WorkerProcess | None = None
        self._launching: asyncio.Task[_WorkerProcess] | None = None
        self._warming: asyncio.Task[None] | None = None
        self._listeners: list[Callable[[], None]] = []
        self._is_stopped = not is_wanted

    @property
    def state(self) -> WorkerState:
        """Whether the worker runs."""
        if self._launching is not None and not self._launching.done():
            return "starting"
        if self._process is not None and self._process.is_alive:
            return "running"
        return "failed" if self._starts.made and not self._is_stopped else "stopped"

    @property
    def is_off(self) -> bool:
        """Whether it will not be started at all."""
        return self._is_stopped

    def listen(self, listener: Callable[[], None]) -> None:
        """Call a listener whenever the worker was started again and so remembers nothing."""
        self._listeners.append(listener)

    async def start(self) -> None:
        """Begin to start the worker and load what it needs, so that the first answer is quick. Doesn't wait for it."""
        if self._warming is None:
            self._warming = asyncio.create_task(self._warm_up(), name="topics-start")

    async def stop(self) -> None:
        """Stop the worker; requests under way are answered with TopicsUnavailable."""
        self._is_stopped = True
        tasks = [task for task in (self._launching, self._warming) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._process is not None:
            await self._process.end(self._limits.stop_seconds)

    async def classify(self, items: Sequence[Answer], reader: str | None) -> list[Answer]:
        """Return a suggestion per item {id, text, lang?, vector?}, in order. Raises TopicsUnavailable."""
        found: list[Answer] = []
        for batch in _batches(items):
            request = {"op": "classify", "items": batch, "reader": reader or ""}
            answer = await self._ask(request, len(batch))
            found += answer["items"]
        return found

    async def remember(self, items: Sequence[Answer]) -> list[str]:
        """Have items {id, text, lang?, vector?, goals?, time?} compared with by similar() and grouped by arrange().

        Returns the ids of those that had to be left out, the encoder being missing. Raises TopicsUnavailable.
        """
        left_out: list[str] = []
        for batch in _batches(items):
            answer = await self._ask({"op": "remember", "items": batch}, len(batch))
            left_out += answer["left_out"]
        return left_out

    async def arrange(self, stood: Sequence[Answer], items: int) -> Answer:
        """Return what changed in the groups of so many remembered items, as topics/worker.py describes it.

        stood are the groups {name, members, place} to go on with after a start. Raises TopicsUnavailable.
        """
        return await self._ask({"op": "arrange", "stood": list(stood)}, items)

    async def forget(self, ids: Sequence[str]) -> None:
        """Have items compared with and grouped no longer. Raises TopicsUnavailable."""
        for batch in _batches(ids):
            await self._ask({"op": "forget", "ids": batch}, 0)

    async def similar(self, text: str, most: int) -> list[Answer]:
        """Return the remembered items nearest to a text as {id, cosine, kind, by}. Raises TopicsUnavailable."""
        answer = await self._ask({"op": "similar", "text": text, "most": most}, 1)
        matches: list[Answer] = answer["matches"]
        return matches

    async def shelve(self, items: Sequence[Answer], gone: Sequence[str]) -> None:
        """Have items {id, text or vector} looked among by search() alone, and those gone no longer.

        Raises TopicsUnavailable.
        """
        for batch in _batches(gone):
            await self._ask({"op": "shelve", "gone": batch}, 0)
        for batch in _batches(items):
            await self._ask({"op": "shelve", "items": batch}, len(batch))

    async def search(self, text: str, most: int) -> list[Answer]:
        """Return the items nearest in meaning to a few words as {id, cosine}. Raises TopicsUnavailable."""
        answer = await self._ask({"op": "search", "text": text, "most": most}, 1)
        matches: list[Answer] = answer["matches"]
        return matches

    async def terms(self, items: Sequence[Answer]) -> list[Answer]:
        """Return the telling terms of items {id, text, lang?} as {id, lang, terms}. Raises TopicsUnavailable."""
        found: list[Answer] = []
        for batch in _batches(items):
            answer = await self._ask({"op": "terms", "items": batch}, len(batch))
            found += answer["items"]
        return found

    async def _warm_up(self) -> None:
        try:
            await self._ask({"op": "hello"}, 0)
        except TopicsUnavailable as error:
            _LOG.warning("the topics worker did not start: %s", error)

    async def _ask(self, request: Answer, items: int) -> Answer:
        if self._waiting >= self._limits.waiting_max:
            raise TopicsUnavailable("the topics worker has too much to do: try again later")
        self._waiting += 1
        try:
            async with self._turn:
                return await self._ask_in_turn(request, items)
        finally:
            self._waiting -= 1

    async def _ask_in_turn(self, request: Answer, items: int) -> Answer:
        name = next(self._names)
        line = orjson.dumps({"id": name, **request}) + b"\n"
        if len(line) > self._limits.request_bytes_max:
            raise TopicsUnavailable(f"a request of {len(line)} bytes is too large for the topics worker")
        process = await self._running()
        try:
            async with asyncio.timeout(self._limits.request_seconds + items * self._limits.item_seconds):
                answer = await process.ask(name, line)
        except (_Broken, TimeoutError) as error:
            self._starts.note_failure()
            await process.end(0)
            raise TopicsUnavailable(f"the topics worker gave no answer: {_cause(error)}") from error
        self._starts.note_success()
        return answer

    async def _running(self) -> "_WorkerProcess":
        """Return the process, started if need be. Whoever gives up waiting for that doesn't stop it from starting."""
        if self._process is not None and self._process.is_alive and not self._is_stopped:
            return self._process
        if self._launching is None or self._launching.done():
            self._check_start()
            self._launching = asyncio.create_task(self._launch(), name="topics-launch")
        try:
            return await asyncio.shield(self._launching)
        except asyncio.CancelledError:
            if self._launching.cancelled():
                raise TopicsUnavailable("the node is shutting down") from None
            raise

    def _check_start(self) -> None:
        if self._is_stopped:
            raise TopicsUnavailable("the topics worker is switched off, or the node is shutting down")
        wait_ms = self._starts.wait_ms()
        if wait_ms > 0:
            raise TopicsUnavailable(f"the topics worker failed; it is started again in {wait_ms // 1_000 + 1} s")

    async def _launch(self) -> "_WorkerProcess":
        if self._process is not None:
            await self._process.end(0)
        is_first = not self._starts.made
        self._starts.note_start()
        try:
            process = await _WorkerProcess.launch(self._command, self._limits)
        except (_Broken, TimeoutError) as error:
            self._starts.note_failure()
            raise TopicsUnavailable(f"the topics worker can't be started: {_cause(error)}") from error
        self._process = process
        if not is_first:
            for listener in self._listeners:
                listener()
        return process


class _Broken(Exception):
    """The process is of no further use."""


class _Starts:
    """When the worker may be started again."""

    def __init__(self, clock: Clock, limits: WorkerLimits) -> None:
        self.made = 0
        self._clock = clock
        self._limits = limits
        self._times: deque[int] = deque(maxlen=limits.starts_per_minute)
        self._failures = 0
        self._failed_at = 0

    def note_start(self) -> None:
        self.made += 1
        self._times.append(self._clock.now())

    def note_failure(self) -> None:
        self._failures += 1
        self._failed_at = self._clock.now()

    def note_success(self) -> None:
        self._failures = 0

    def wait_ms(self) -> int:
        """Return how long to wait before the next start. A clock that stepped back never lengthens it."""
        waits = [0]
        if len(self._times) == self._times.maxlen:
            waits.append(self._left(self._times[0], _MINUTE_MS))
        if self._failures > 1:
            doubled = self._limits.backoff_ms << min(self._failures - 2, 16)
            waits.append(self._left(self._failed_at, min(doubled, _MINUTE_MS)))
        return max(waits)

    def _left(self, since: int, wait_ms: int) -> int:
        passed = self._clock.now() - since
        return wait_ms - passed if passed >= 0 else 0


class _WorkerProcess:
    """One run of the worker: lines to its standard input, lines from its standard output."""

    def __init__(self, process: Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        self._process = process
        self._requests, self._answers = process.stdin, process.stdout
        self._reading = asyncio.Lock()
        self._log = asyncio.create_task(_log_lines(process.stderr), name="topics-stderr")

    @classmethod
    async def launch(cls, command: Sequence[str], limits: WorkerLimits) -> "_WorkerProcess":
        """Return a process that has said that it is ready. Raises _Broken or TimeoutError."""
        try:
            raw = await asyncio.create_subprocess_exec(
                *command,
                stdin=PIPE,
                stdout=PIPE,
                stderr=PIPE,
                limit=limits.answer_bytes_max,
                env=_environment(),
                start_new_session=True,
            )
        except OSError as error:
            raise _Broken(f"{command[0]}: {error.strerror or error}") from error
        process = cls(raw)
        try:
            async with asyncio.timeout(limits.start_seconds):
                await process.hear_ready()
        except BaseException:
            await process.end(0)
            raise
        return process

    @property
    def is_alive(self) -> bool:
        return self._process.returncode is None

    async def hear_ready(self) -> None:
        """Wait for the first line. Raises _Broken if it is another than expected."""
        if (await self.read()).get("ready") is not True:
            raise _Broken("its first line was not the one expected")

    async def ask(self, name: str, line: bytes) -> Answer:
        """Return the answer to a request line. Raises _Broken, or TopicsUnavailable if the request is refused.

        What it says of its progress is passed over, and so are answers that nobody waits for any more.
        """
        try:
            self._requests.write(line)
            await self._requests.drain()
        except OSError as error:
            raise _Broken("it has died") from error
        while True:
            answer = await self.read()
            if answer.get("id") != name or "progress" in answer:
                continue
            if "ok" in answer:
                return _object(answer["ok"])
            raise TopicsUnavailable(f"the topics worker refused the request: {_message(answer)}")

    async def read(self) -> Answer:
        """Return the next line's object. Raises _Broken."""
        async with self._reading:
            try:
                line = await self._answers.readline()
            except ValueError as error:
                raise _Broken("it answered with more than the limit") from error
        if not line.endswith(b"\n"):
            raise _Broken("it has died")
        try:
            return _object(orjson.loads(line))
        except orjson.JSONDecodeError as error:
            raise _Broken("it answered with something else than JSON") from error

    async def end(self, grace_seconds: float) -> None:
        """End the process: by closing its input, and by force once the grace has passed."""
        self._requests.close()
        if grace_seconds:
            with suppress(TimeoutError):
                async with asyncio.timeout(grace_seconds):
                    await self._process.wait()
        with suppress(ProcessLookupError):
            self._process.kill()
        await asyncio.gather(self._process.wait(), self._drain(), self._log)

    async def _drain(self) -> None:
        async with self._reading:
            with suppress(OSError):
                while await self._answers.read(65_536):
                    pass


def _environment() -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("COMITIA_")}
    return own | _SINGLE_THREADED


async def _log_lines(stream: asyncio.StreamReader) -> None:
    while chunk := await stream.read(_STDERR_BYTES):
        for line in chunk.decode(errors="replace").splitlines():
            if line.strip():
                _LOG.warning("topics worker: %s", line)


def _batches(items: Sequence[Any]) -> list[list[Any]]:
    return [list(items[start : start + _BATCH_ITEMS]) for start in range(0, len(items), _BATCH_ITEMS)]


def _object(value: object) -> Answer:
    if not isinstance(value, dict):
        raise _Broken("it answered with something else than an object")
    return value


def _message(answer: Answer) -> str:
    error = answer.get("error")
    return str(error.get("message")) if isinstance(error, dict) else "without a reason"


def _cause(error: Exception) -> str:
    return "it took too long" if isinstance(error, TimeoutError) else str(error)
