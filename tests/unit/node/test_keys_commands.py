"""comitia keys: what is listed, what is public, and a passphrase changed so that no moment leaves a key unopened."""

import json
from pathlib import Path

import pytest

from node import cli, files, keystore, rekeying
from node.config import Layout
from node.files import FileError
from node.keystore import KeyFileError
from tests.support.backed_up import directory_with_history, lock_keys
from tests.support.history import History

Capture = pytest.CaptureFixture[str]
OLD, NEW = keystore.new_identity(), keystore.new_identity()


@pytest.fixture
async def node(tmp_path: Path) -> tuple[Layout, History]:
    directory, history = await directory_with_history(tmp_path / "node")
    lock_keys(directory, history, OLD)
    (tmp_path / "new").write_text(NEW)
    (tmp_path / "new").chmod(0o600)
    return Layout(directory), history


def opened(layout: Layout, secret: str) -> tuple[str, str]:
    keys = keystore.read_node_keys(layout.keys, secret, with_teller=True)
    assert keys.teller is not None
    return keys.node.key, keys.teller.key


def test_the_keys_are_listed_with_roles_and_whether_the_roll_has_them(
    node: tuple[Layout, History], capsys: Capture
) -> None:
    layout, history = node
    secret = str(layout.directory / "passphrase")
    assert cli.run(["keys", "list", str(layout.directory), "--open", "--passphrase-file", secret, "--json"]) == cli.OK
    rows = json.loads(capsys.readouterr().out)["keys"]
    member = history.federation.member(0)
    assert [(row["role"], row["key"], row["opens"], row["is_on_roll"]) for row in rows] == [
        ("node", member.node.key, True, True),
        ("teller", member.key("teller").key, True, True),
    ]
    assert cli.run(["keys", "list", str(layout.directory), "--open", "--passphrase-file", secret]) == cli.OK
    spoken = " ".join(member.node.key[at : at + 4] for at in range(0, 64, 4))
    assert f"node    {spoken}  (file is here, opens, on the roll)" in capsys.readouterr().out


def test_without_an_entry_closed_keys_are_unknown(node: tuple[Layout, History], capsys: Capture) -> None:
    assert cli.run(["keys", "list", str(node[0].directory)]) == cli.OK
    assert capsys.readouterr().out.count("unknown: --open reads it from the file") == 2


def test_the_public_part_is_printed_and_nothing_secret(node: tuple[Layout, History], capsys: Capture) -> None:
    layout, history = node
    assert cli.run(["keys", "public", str(layout.directory)]) == cli.FAILED
    assert "made by comitia init" in capsys.readouterr().err
    entry = next(member for member in history.federation.roll.members if member.id == "member-001")
    layout.member.write_text(entry.model_dump_json())
    assert cli.run(["keys", "public", str(layout.directory)]) == cli.OK
    assert json.loads(capsys.readouterr().out) == json.loads(entry.model_dump_json())


def test_the_help_says_honestly_that_keys_can_not_be_replaced_yet(capsys: Capture) -> None:
    for words in (["keys", "--help"], ["keys", "list", "--help"], ["keys", "public", "--help"]):
        assert cli.run(words) == cli.OK
        text = " ".join(capsys.readouterr().out.split())
        assert "can't be replaced" in text or "can't take another entry yet" in text


def test_a_passphrase_is_changed_and_the_keys_stay(
    node: tuple[Layout, History], tmp_path: Path, capsys: Capture
) -> None:
    layout, _ = node
    before = opened(layout, OLD)
    words = ["keys", "passphrase", str(layout.directory), "--passphrase-file", str(layout.directory / "passphrase")]
    assert cli.run([*words, "--new-passphrase-file", str(tmp_path / "new")]) == cli.OK
    assert "put the new passphrase into" in capsys.readouterr().out
    assert opened(layout, NEW) == before
    with pytest.raises(KeyFileError):
        opened(layout, OLD)
    assert (layout.keys / "node.pem.age").stat().st_mode & 0o777 == 0o600


def test_what_was_interrupted_between_two_keys_is_finished_by_doing_it_again(
    node: tuple[Layout, History], monkeypatch: pytest.MonkeyPatch
) -> None:
    layout, _ = node
    before = opened(layout, OLD)
    real, calls = files.replace, []

    def once(path: Path, data: bytes) -> None:
        calls.append(path)
        if len(calls) == 2:
            raise FileError("the power failed")
        real(path, data)

    monkeypatch.setattr("node.files.replace", once)
    with pytest.raises(FileError, match="the power failed"):
        rekeying.change_secret(layout.keys, OLD, NEW)
    for secret, role in ((NEW, 0), (OLD, 1)):
        assert keystore.read_key(layout.keys, rekeying.NODE_ROLES[role], secret).key == before[role]
    changed = rekeying.change_secret(layout.keys, OLD, NEW)
    assert [each.was_changed for each in changed] == [False, True]
    assert opened(layout, NEW) == before


def test_a_wrong_passphrase_the_same_one_and_a_short_one_change_nothing(node: tuple[Layout, History]) -> None:
    layout, _ = node
    before = [path.read_bytes() for path in sorted(layout.keys.iterdir())]
    for old, new in ((keystore.new_identity(), NEW), (OLD, OLD), (OLD, "short")):
        with pytest.raises(KeyFileError):
            rekeying.change_secret(layout.keys, old, new)
    with pytest.raises(KeyFileError, match="holds no keys"):
        rekeying.change_secret(layout.directory, OLD, NEW)
    assert [path.read_bytes() for path in sorted(layout.keys.iterdir())] == before
