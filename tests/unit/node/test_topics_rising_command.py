"""comitia topics rising: JSON lines in, JSON lines out, through the real command line."""

import io
import json
import sys
from typing import Any

import pytest

from node import cli
from topics.rising import DAY_MS

NOW = 1_900_000_000_000


class Pipe:
    """Standard input that holds these bytes."""

    def __init__(self, data: bytes) -> None:
        self.buffer = io.BytesIO(data)


@pytest.fixture
def topics_rising(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Any:
    def call(data: bytes) -> tuple[int, list[Any], str]:
        monkeypatch.setattr(sys, "stdin", Pipe(data))
        code = cli.run(["topics", "rising", "--now", str(NOW)])
        out, err = capfd.readouterr()
        return code, [json.loads(line) for line in out.splitlines()], err

    return call


def lines() -> bytes:
    before = [
        {"id": f"b{n}", "member": f"m{n % 25}", "time": NOW - (30 + n % 50) * DAY_MS, "goals": [1 + n % 17]}
        for n in range(100)
    ]
    now = [
        {"id": f"n{n}", "member": f"m{n}", "time": NOW - n * DAY_MS // 2, "text": "Cholera", "lang": "en", "goals": [3]}
        for n in range(20)
    ]
    return b"\n".join(json.dumps(each).encode() for each in [*before, *now])


def test_what_rises_is_written_surest_first(topics_rising: Any) -> None:
    code, found, _ = topics_rising(lines())
    assert code == cli.OK
    assert found[0]["kind"] == "goal"
    assert found[0]["name"] == "3"
    assert found[0]["short_term"]
    assert sum(found[0]["weeks"][-4:]) == 20
    assert [rise["chance"] for rise in found] == sorted(rise["chance"] for rise in found)
    assert topics_rising(b"")[1] == []


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"nonsense", "line 1: not JSON"),
        (b'\n{"id": "x", "member": "m"}', "line 2: time: Field required"),
        (b'{"id": "x", "member": "m", "time": 1, "goals": [18]}', "line 1: goals.0"),
        (b'{"id": "x", "member": "m", "time": 1}\n{"id": "x", "member": "m", "time": 1}', "two items have the id 'x'"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(topics_rising: Any, data: bytes, reason: str) -> None:
    code, found, err = topics_rising(data)
    assert (code, found) == (cli.FAILED, [])
    assert reason in err
    assert len(err.splitlines()) == 1
