import asyncio
import io
import json
import logging
from collections.abc import Callable

import pytest

from node import logs
from node.logs import LINE_CHARACTERS_MAX, LogFormat, LogLine, LogTail, line_of

_LOG = logging.getLogger("node.test_logs")


def record(message: str, level: int = logging.INFO) -> logging.LogRecord:
    return logging.LogRecord("node.test_logs", level, __file__, 1, message, None, None)


def logged(
    form: LogFormat, *, level: str = "info", lines_max: int = logs.LINES_KEPT, speak: Callable[[], None] = lambda: None
) -> tuple[str, tuple[LogLine, ...]]:
    stream = io.StringIO()
    with logs.logging_to(level, form, stream) as tail:
        speak()
        return stream.getvalue(), tail.lines()


def test_a_record_is_one_line_for_people() -> None:
    text, lines = logged("text", speak=lambda: _LOG.warning("peer %s is away", "b"))
    assert text.count("\n") == 1
    assert text.endswith("Z warning node.test_logs: peer b is away\n")
    assert [line.message for line in lines] == ["peer b is away"]


def test_a_record_is_one_object_for_machines() -> None:
    text, (line,) = logged("json", speak=lambda: _LOG.error("表 %d", 3))
    assert json.loads(text) == {
        "time": line.time,
        "level": "error",
        "source": "node.test_logs",
        "message": "表 3",
    }


def test_a_time_is_written_in_utc() -> None:
    assert logs.as_text(logs.LogLine(1_767_225_600_123, "info", "node", "up")) == (
        "2026-01-01T00:00:00.123Z info    node: up"
    )


@pytest.mark.parametrize("form", ["text", "json"])
def test_what_strangers_sent_makes_no_line_of_its_own_and_commands_no_terminal(form: LogFormat) -> None:
    hostile = "x\nerror node: forged\r\x1b[2J\u2028\u202e"
    text, (line,) = logged(form, speak=lambda: _LOG.info("refused: %s", hostile))
    assert len(text.splitlines()) == 1
    assert "\x1b" not in text
    assert line.message == "refused: x\\nerror node: forged\\r\\x1b[2J\\u2028\\u202e"


def test_long_lines_are_cut() -> None:
    _, (line,) = logged("text", speak=lambda: _LOG.info("y" * 100_000))
    assert len(line.message) < logs.LINE_CHARACTERS_MAX + 100
    assert line.message.endswith("100000 characters in all")


def test_a_traceback_stays_on_its_line() -> None:
    def speak() -> None:
        try:
            dict[str, str]()["gone"]
        except KeyError:
            _LOG.exception("failed")

    text, _ = logged("text", speak=speak)
    assert text.count("\n") == 1
    assert "failed | Traceback" in text
    assert "KeyError: 'gone'" in text


def test_the_level_decides_what_is_heard() -> None:
    def speak() -> None:
        _LOG.info("quiet")
        _LOG.warning("loud")

    text, lines = logged("text", level="warning", speak=speak)
    assert "quiet" not in text
    assert [line.message for line in lines] == ["loud"]


def test_every_request_is_not_worth_a_line() -> None:
    text, _ = logged("text", speak=lambda: logging.getLogger("aiohttp.access").info("GET /"))
    assert text == ""


def test_the_tail_is_bounded_and_keeps_the_newest() -> None:
    tail = logs.LogTail(lines_max=3)
    for number in range(5):
        tail.handle(logging.LogRecord("n", logging.INFO, "", 0, "%d", (number,), None))
    assert [line.message for line in tail.lines()] == ["2", "3", "4"]


def test_a_record_that_cannot_be_worded_does_not_stop_the_program(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tail = logs.LogTail()
    tail.handle(logging.LogRecord("n", logging.INFO, "", 0, "%d", ("no number",), None))
    assert tail.lines() == ()
    assert "Logging error" in capsys.readouterr().err


def test_everything_is_as_before_afterwards() -> None:
    root = logging.getLogger()
    before = (root.level, list(root.handlers), logging.getLogger("aiohttp.access").level)
    logged("text", level="debug")
    assert (root.level, list(root.handlers), logging.getLogger("aiohttp.access").level) == before


def test_no_secret_is_kept_or_written_even_at_the_edge_of_what_is_kept() -> None:
    token = "aB3" * 14
    shown = line_of(record(f"/sign-in/{token}"))
    assert token not in shown.message
    edge = line_of(record("x " * ((LINE_CHARACTERS_MAX - 20) // 2) + token))
    assert "aB3aB3" not in edge.message


def test_the_tail_gives_what_is_behind_a_number_and_of_a_level() -> None:
    tail = LogTail(lines_max=3)
    for number, level in enumerate((logging.INFO, logging.ERROR, logging.WARNING, logging.CRITICAL, 7), start=1):
        tail.emit(record(f"line {number}", level))
    assert [(each.number, each.level) for each in tail.entries("debug")] == [(3, "warning"), (4, "error"), (5, "info")]
    assert [each.number for each in tail.entries("warning")] == [3, 4]
    assert [each.number for each in tail.entries("debug", after=4)] == [5]
    assert tail.entries("error", after=4) == ()


async def test_who_reads_along_is_told_of_new_lines_from_any_thread() -> None:
    tail = LogTail()
    arrivals = tail.arrivals()
    waiting = asyncio.ensure_future(anext(arrivals))
    await asyncio.sleep(0)
    assert not waiting.done()
    await asyncio.to_thread(tail.emit, record("from a thread"))
    async with asyncio.timeout(5):
        await waiting
    await arrivals.aclose()  # type: ignore[attr-defined]
    tail.emit(record("nobody reads"))
    assert len(tail.entries("debug")) == 2
