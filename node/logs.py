"""The log: one line a record, for people or as JSON, on standard error; the last lines stay in memory for the operator.

What strangers sent may stand in a record: control characters never reach the terminal or start a line of their own.
Secrets and mail addresses are taken out of every line (redaction.py).
"""

import asyncio
import json
import logging
import sys
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Literal, TextIO, cast

from node.redaction import redacted
from web.operator_port import LogEntry, LogLevel

LogFormat = Literal["text", "json"]

LINES_KEPT = 500
LINE_CHARACTERS_MAX = 4_000
_LONGEST_SECRET = 256
"""So that none is cut in half before it is known for what it is."""
_QUIET = {"aiohttp.access": logging.WARNING, "asyncio": logging.WARNING}
"""Loggers of libraries that speak of every request, with the level from which they are heard."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """One record as the operator's page shows it."""

    time: int
    """Milliseconds since 1970-01-01 UTC."""
    level: str
    source: str
    message: str


_LEVELS: dict[str, int] = {"debug": 0, "info": 1, "warning": 2, "error": 3, "critical": 3}


class LogTail(logging.Handler):
    """Keeps the last lines of the log in memory, and tells who reads along when there are more."""

    def __init__(self, lines_max: int = LINES_KEPT) -> None:
        super().__init__()
        self._lines: deque[LogLine] = deque(maxlen=lines_max)
        self._count = 0
        self._readers: dict[asyncio.Event, asyncio.AbstractEventLoop] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record; the oldest makes room."""
        try:
            self._lines.append(line_of(record))
            self._count += 1
            for arrived, loop in list(self._readers.items()):
                if not loop.is_closed():
                    loop.call_soon_threadsafe(arrived.set)
        except (TypeError, ValueError):
            self.handleError(record)

    def entries(self, level: LogLevel, after: int = 0) -> tuple[LogEntry, ...]:
        """Return what is kept of a level and worse behind a number, the newest last."""
        self.acquire()
        try:
            first = self._count - len(self._lines) + 1
            numbered = list(enumerate(self._lines, start=first))
        finally:
            self.release()
        return tuple(
            LogEntry(number, line.time, _level(line.level), line.source, line.message)
            for number, line in numbered
            if number > after and _LEVELS[_level(line.level)] >= _LEVELS[level]
        )

    async def arrivals(self) -> AsyncIterator[None]:
        """Yield each time there are more lines, from now on."""
        arrived = asyncio.Event()
        self._readers[arrived] = asyncio.get_running_loop()
        try:
            while True:
                await arrived.wait()
                arrived.clear()
                yield
        finally:
            del self._readers[arrived]

    def lines(self) -> tuple[LogLine, ...]:
        """Return what is kept, the newest last."""
        self.acquire()
        try:
            return tuple(self._lines)
        finally:
            self.release()


class _LineFormatter(logging.Formatter):
    def __init__(self, render: Callable[[LogLine], str]) -> None:
        super().__init__()
        self._render = render

    def format(self, record: logging.LogRecord) -> str:
        return self._render(line_of(record))


def line_of(record: logging.LogRecord) -> LogLine:
    """Return a record as one line of bounded length; a traceback follows its message behind a separator."""
    message = record.getMessage()
    if record.exc_info:
        message = f"{message} | {logging.Formatter().formatException(record.exc_info)}"
    return LogLine(int(record.created * 1_000), record.levelname.lower(), record.name, _one_line(message))


def as_text(line: LogLine) -> str:
    """Return a line for people: time in UTC, level, source, message."""
    time = datetime.fromtimestamp(line.time / 1_000, tz=UTC).isoformat(timespec="milliseconds")
    return f"{time.removesuffix('+00:00')}Z {line.level:7} {line.source}: {line.message}"


def as_json(line: LogLine) -> str:
    """Return a line for machines: an object with time (in milliseconds), level, source and message."""
    return json.dumps(asdict(line), ensure_ascii=False)


@contextmanager
def logging_to(level: str, form: LogFormat, stream: TextIO | None = None) -> Iterator[LogTail]:
    """Have everything from this level on logged to a stream (standard error by default) until the block ends."""
    output = logging.StreamHandler(stream or sys.stderr)
    output.setFormatter(_LineFormatter(as_json if form == "json" else as_text))
    tail = LogTail()
    root = logging.getLogger()
    before = {name: logging.getLogger(name).level for name in ("", *_QUIET)}
    root.setLevel(level.upper())
    for name, quiet in _QUIET.items():
        logging.getLogger(name).setLevel(max(quiet, root.level))
    root.addHandler(output)
    root.addHandler(tail)
    try:
        yield tail
    finally:
        root.removeHandler(output)
        root.removeHandler(tail)
        for name, old in before.items():
            logging.getLogger(name).setLevel(old)


def _level(name: str) -> LogLevel:
    """Return the level that a line counts under; one that no handler knows counts as information."""
    known = {"critical": "error"}.get(name, name)
    return cast("LogLevel", known if known in _LEVELS else "info")


def _one_line(text: str) -> str:
    clean = redacted(text[: LINE_CHARACTERS_MAX + _LONGEST_SECRET])[:LINE_CHARACTERS_MAX]
    shown = "".join(char if char.isprintable() else _escaped(char) for char in clean)
    return shown if len(text) <= LINE_CHARACTERS_MAX else f"{shown} … {len(text)} characters in all"


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
