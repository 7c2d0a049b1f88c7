"""comitia backup and comitia restore: what they print, for people and machines, and how they refuse."""

import json
from pathlib import Path

import pytest

from node import cli
from tests.support.backed_up import SECRET, directory_with_history, lock_keys

Capture = pytest.CaptureFixture[str]


@pytest.fixture
async def directory(tmp_path: Path) -> Path:
    found, history = await directory_with_history(tmp_path / "node")
    lock_keys(found, history, SECRET)
    return found


def test_there_and_back(directory: Path, tmp_path: Path, capsys: Capture) -> None:
    assert cli.run(["backup", str(directory), str(tmp_path / "b.tar"), "--with-keys"]) == cli.OK
    out, err = capsys.readouterr()
    assert out.startswith(f"{tmp_path / 'b.tar'}: ")
    assert "with the encrypted keys" in out
    assert "every hash holds" in out
    assert "backed up: 100 %" in err
    assert cli.run(["restore", str(tmp_path / "b.tar"), str(tmp_path / "new")]) == cli.OK
    out, _ = capsys.readouterr()
    assert "the node of member-001" in out
    assert "It signs nothing until others have told it" in out
    assert "Never run the old node again" in out
    assert "not in this backup" not in out
    assert (tmp_path / "new/store.sqlite3").exists()


def test_without_a_place_it_goes_where_the_settings_say(directory: Path, capsys: Capture) -> None:
    assert cli.run(["backup", str(directory), "--json"]) == cli.OK
    value = json.loads(capsys.readouterr().out)
    path = Path(value["file"])
    assert path.parent == directory / "backups"
    assert path.stat().st_size == value["bytes"]
    assert (value["member"], value["height"]) == ("member-001", 5)


def test_a_backup_without_keys_says_where_they_must_go(directory: Path, tmp_path: Path, capsys: Capture) -> None:
    assert cli.run(["backup", str(directory), str(tmp_path / "b.tar")]) == cli.OK
    assert "without keys: keep a copy of keys/ elsewhere" in capsys.readouterr().out
    assert cli.run(["restore", str(tmp_path / "b.tar"), str(tmp_path / "new"), "--json"]) == cli.OK
    assert json.loads(capsys.readouterr().out)["keys"] is False


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["restore", "{tmp}/none.tar", "{tmp}/new"], "none.tar: no such file or directory"),
        (["restore", "{tmp}/node/node.toml", "{tmp}/new"], "not a backup"),
        (["backup", "{tmp}/elsewhere"], "holds no node.toml"),
        (["backup", "{tmp}/node", "{tmp}/node/node.toml"], "exists already and was not overwritten"),
    ],
)
def test_what_can_not_be_done_is_one_line(
    directory: Path, tmp_path: Path, capsys: Capture, words: list[str], line: str
) -> None:
    assert directory == tmp_path / "node"
    assert cli.run([word.format(tmp=tmp_path) for word in words]) == cli.FAILED
    err = capsys.readouterr().err.splitlines()
    assert line in err[-1]
    assert err[-1].startswith("comitia: ")
