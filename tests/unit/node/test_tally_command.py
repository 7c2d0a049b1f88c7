"""comitia tally from the command line: what it prints, and that a bad file is one line and exit code 2."""

import json
import re
from pathlib import Path

import pytest

from node import cli

ROOT = Path(__file__).parents[3]
VECTORS = ROOT / "tests" / "vectors" / "tally"
TIMES = re.compile(r"[0-9.]+ s  ")


def call(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = cli.run(["tally", *words])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_a_file_by_a_rule(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = call(capsys, str(VECTORS / "garden.pb"), "--rule", "equal-shares", "--set", "quorum=2/3")
    assert (code, err) == (cli.OK, "")
    assert "rule      equal-shares quorum=2/3" in out
    assert "Topics selected: 3 of 6" in out
    assert "fairness  No group was left out" in out
    assert "CPU seconds" in out


def test_a_file_that_names_its_rule(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, str(VECTORS / "proxies.json"))
    assert code == cli.OK
    assert "Votes among these that another member cast by proxy: 1." in out


def test_side_by_side(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, str(VECTORS / "garden.pb"), "--compare")
    assert code == cli.OK
    assert "not kept: " in out
    assert "taken by" in out
    code, out, _ = call(capsys, str(VECTORS / "garden.pb"), "--compare", "--json")
    assert len(json.loads(out)["results"]) >= 3


def test_what_is_compared_breaks_ties_as_the_rule_that_is_given(capsys: pytest.CaptureFixture[str]) -> None:
    words = (str(VECTORS / "garden.pb"), "--rule", "approval", "--set", "ties=lot", "--lot", "seed", "--compare")
    code, out, _ = call(capsys, *words, "--json")
    assert code == cli.OK
    assert {result["settings"]["ties"] for result in json.loads(out)["results"]} == {"lot"}
    lots = {result["outcome"]["selection"]["lot"] for result in json.loads(out)["results"]}
    assert lots == {b"seed".hex()}


def test_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, str(VECTORS / "lunch.cat"), "--rule", "approval", "--capacity", "2", "--json")
    assert code == cli.OK
    value = json.loads(out)
    assert [entry["option"] for entry in value["results"][0]["outcome"]["selection"]["chosen"]] == ["1", "2"]


def test_settings_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    words = (str(VECTORS / "board.abc.yaml"), "--rule", "equal-shares", "--settings", '{"completion": []}')
    code, out, _ = call(capsys, *words)
    assert code == cli.OK
    assert "left over: 1 of 3" in out


@pytest.mark.parametrize(
    ("name", "data", "words", "reason"),
    [
        ("odd.pb", b"oops\n", ("--rule", "approval"), "odd.pb: line 1: the file must begin with META"),
        ("odd.txt", b"", (), "the name's ending says the format"),
        ("odd.json", b"[" * 100_000, (), "odd.json: this is no JSON that can be read"),
        ("odd.cat", b"\xff\n", (), "odd.cat: line 1: the file isn't in UTF-8"),
        ("odd\x1b[2J.pb", b"oops\n", (), "line 1: the file must begin with META"),
        ("odd.abc.yaml", b"profile: \x1b[2J\n", (), "odd.abc.yaml: line 1: numbers in brackets"),
    ],
)
def test_a_bad_file_is_one_line_and_exit_code_2(
    name: str, data: bytes, words: tuple[str, ...], reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    code, out, err = call(capsys, str(path), *words)
    assert (code, out) == (cli.USAGE, "")
    assert reason in err
    assert err.count("\n") == 1
    assert "\x1b" not in err


def test_a_file_that_is_not_there_is_one_line_and_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = call(capsys, str(tmp_path / "none.pb"))
    assert code == cli.USAGE
    assert err.count("\n") == 1


def test_a_rule_that_cannot_count_it_is_one_line_and_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    for words, reason in (
        (("--rule", "silence"), "counts ballots of the form choice"),
        (("--rule", "coin"), "there is no rule 'coin'"),
        ((), "the file names no rule"),
        (("--rule", "approval", "--set", "quorum=5/4"), "more than the whole"),
        (("--rule", "approval", "--set", "ties=lot"), "give --lot"),
    ):
        code, out, err = call(capsys, str(VECTORS / "garden.pb"), *words)
        assert (code, out) == (cli.USAGE, "")
        assert reason in err
        assert err.count("\n") == 1


def test_names_in_a_file_cannot_disturb_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (VECTORS / "garden.pb").read_text("utf-8").replace("Beehives", "Bee\x1b[2Jhives\u202e")
    path = tmp_path / "garden.pb"
    path.write_text(text, "utf-8")
    code, out, _ = call(capsys, str(path), "--rule", "approval")
    assert code == cli.OK
    assert "\x1b" not in out
    assert "\u202e" not in out


def test_the_example_of_the_readme_comes_out_as_written(capsys: pytest.CaptureFixture[str]) -> None:
    """But for the times, which differ from machine to machine."""
    readme = (ROOT / "README.md").read_text("utf-8")
    section = readme.partition("## Try a rule before you adopt it\n")[2].partition("\n## ")[0]
    written = [line.strip() for line in section.splitlines() if line.startswith("    ")]
    command, *expected = written
    words = command.removeprefix("comitia tally ").split()
    code, out, _ = call(capsys, str(ROOT / words[0]), *words[1:])
    assert code == cli.OK
    printed = [TIMES.sub("", line.strip()) for line in out.splitlines() if line.strip()]
    assert printed[: len(expected)] == [TIMES.sub("", line) for line in expected]
