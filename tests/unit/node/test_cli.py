import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

import pytest
import typer

from node import cli, commands
from node.cli import Entry, Family
from protocol.errors import LocalError

HEAVY = ("aiohttp", "sklearn", "numpy", "pydantic", "nacl", "pyrage", "cryptography", "sqlite3", "asyncio", "jinja2")


def entries(table: Mapping[str, Entry | Family]) -> Iterator[tuple[str, Entry]]:
    for name, entry in table.items():
        if isinstance(entry, Family):
            yield from ((f"{name} {inner}", one) for inner, one in entries(entry.entries))
        else:
            yield name, entry


ENTRIES = dict(entries(cli.COMMANDS))


class FakeModule:
    def __init__(self, run: Callable[[], None]) -> None:
        self.run = run


def with_command(monkeypatch: pytest.MonkeyPatch, run: Callable[[], None]) -> None:
    monkeypatch.setattr(cli, "COMMANDS", {"try": Entry("try", "Only here.")})
    monkeypatch.setattr("importlib.import_module", lambda _: FakeModule(run))


def test_asking_for_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom node import cli\ncode = cli.run(['--help'])\n"
        f"assert code == 0\nprint([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr.strip() == "[]"
    assert "Exit codes: 0 done; 1 refused" in done.stdout


@pytest.mark.parametrize("path", ENTRIES)
def test_every_command_has_help_that_names_the_exit_codes(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run([*path.split(), "--help"]) == cli.OK
    shown = capsys.readouterr().out
    assert shown.startswith(f"Usage: comitia {path} ")
    assert "Exit codes: 0 done; 1 refused" in shown


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=list(ENTRIES))
def test_every_row_of_the_table_has_its_module(entry: Entry) -> None:
    assert find_spec(f"node.commands.{entry.module}")
    assert entry.summary.endswith(".")
    assert len(entry.summary) < 80


def test_every_module_with_a_run_has_its_row() -> None:
    directory = Path(commands.__file__).parent
    runs = {path.stem for path in directory.glob("*.py") if "\ndef run(" in path.read_text()}
    assert runs == {entry.module for entry in ENTRIES.values()}


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--help"]) == cli.OK
    shown = capsys.readouterr().out
    for name, entry in cli.COMMANDS.items():
        assert f"  {name} " in shown
        assert entry.summary.split()[0] in shown


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "Missing command"),
        (["nope"], "No such command 'nope'"),
        (["charter"], "Missing command"),
        (["charter", "nope"], "No such command 'nope'"),
        (["--bogus"], "No such option: --bogus"),
        (["init"], "Missing argument 'DIR'"),
        (["charter", "draft", "x", "--grace-seconds", "soon"], "Invalid value for '--grace-seconds'"),
    ],
)
def test_a_wrong_command_line_is_one_line_and_exit_code_2(
    arguments: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(arguments) == cli.USAGE
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"comitia: {reason}")
    assert err.count("\n") == 1
    assert "comitia --help" in err


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (LocalError("no such thing: do that"), cli.FAILED, "comitia: no such thing: do that\n"),
        (LocalError("two\nlines\x1b[2J"), cli.FAILED, "comitia: two lines [2J\n"),
        (PermissionError(13, "Permission denied", "/x"), cli.FAILED, "comitia: [Errno 13] Permission denied: '/x'\n"),
        (typer.Abort(), cli.FAILED, "comitia: the input ended before the question was answered\n"),
        (EOFError(), cli.FAILED, "\ncomitia: the input ended before the question was answered\n"),
        (KeyboardInterrupt(), cli.INTERRUPTED, ""),
        (typer.Exit(3), 3, ""),
        (None, cli.OK, ""),
    ],
)
def test_how_a_command_ends_is_its_exit_code(
    error: BaseException | None,
    code: int,
    line: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def run() -> None:
        if error is not None:
            raise error

    with_command(monkeypatch, run)
    assert cli.run(["try"]) == code
    assert capsys.readouterr().err == line


def test_our_own_faults_are_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def run() -> None:
        raise ZeroDivisionError

    with_command(monkeypatch, run)
    with pytest.raises(ZeroDivisionError):
        cli.run(["try"])


def test_what_a_poor_terminal_cannot_show_is_escaped() -> None:
    code = "import sys\nfrom node import cli\nsys.argv = ['comitia', '联盟']\ncli.main()"
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=environment, timeout=60, check=False)
    assert done.returncode == cli.USAGE
    assert b"No such command '\\u8054\\u76df'" in done.stderr


def test_the_default_policies_are_printed_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["charter", "policies"]) == cli.OK
    assert set(json.loads(capsys.readouterr().out)) == {"long", "short", "timing"}
