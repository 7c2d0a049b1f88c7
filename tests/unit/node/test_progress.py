"""Progress: in place on a terminal, a line every so often elsewhere."""

import io

from node.commands.progress import Meter


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_in_a_pipe_a_line_for_each_tenth() -> None:
    out = io.StringIO()
    meter = Meter("read", out)
    for done in range(1_001):
        meter(done, 1_000)
    meter.end()
    lines = out.getvalue().splitlines()
    assert len(lines) == 11
    assert lines[5] == "read: 50 % (500 of 1000)"


def test_on_a_terminal_in_place() -> None:
    out = Terminal()
    meter = Meter("read", out)
    for done in range(1_001):
        meter(done, 1_000)
    meter.end()
    assert out.getvalue().count("\r") == 101
    assert out.getvalue().count("\n") == 1


def test_where_nobody_knows_the_total_only_a_terminal_is_told() -> None:
    seen, unseen = Terminal(), io.StringIO()
    for out in (seen, unseen):
        meter = Meter("read", out)
        for done in range(1, 121):
            meter.count(done)
        meter.end()
    assert "read: 100" in seen.getvalue()
    assert unseen.getvalue() == ""


def test_of_nothing() -> None:
    out = io.StringIO()
    Meter("read", out)(0, 0)
    assert out.getvalue() == "read: 100 % (0 of 0)\n"
