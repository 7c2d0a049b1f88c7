"""Restoring: a new directory made of a backup, whole or not at all; nobody signed in, nothing signed too early."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from node import backups
from node.accounts import Accounts
from node.backup_archive import BackupError
from node.config import Layout
from node.restoring import forget_restoring, restore_backup, restored_from
from node.sessions import Sessions
from node.storage.database import Connection, Database
from node.storage.notices import NEVER
from tests.support.backed_up import SECRET, directory_with_history, lock_keys
from tests.support.hand_clock import HandClock
from web.accounts_port import Arrival

NOW = HandClock().now()


def silent(*_: int) -> None:
    return


MAIL = "INSERT INTO mails VALUES ($1, 'op', 'digest', 'a@example.org', '', $1, 1, 1, 0, 0, NULL, '')"
DELIVERY = "INSERT INTO hook_deliveries VALUES ($1, 'hook', 'round.opened', '{}', $2, 1, 1, 0, NULL, '')"
NOTICE = "INSERT INTO notices VALUES ('op', $1, 'agenda', '1', '', '', 1, NULL, $2)"


def fill(connection: Connection) -> None:
    """Put in what lets somebody in, and messages in every state."""
    connection.execute("INSERT INTO meta (name, value) VALUES ('store', 'old')")
    connection.execute("INSERT INTO ended_sessions VALUES ('hash', 'ended', 'op', 1, 2)")
    connection.execute("INSERT INTO address_links VALUES ('op', 'a@example.org', 'hash', 9)")
    connection.execute("INSERT INTO tokens VALUES ('t', 'hash', 'op', 'Script', 'read', 1, 9, NULL)")
    connection.execute("INSERT INTO token_keys VALUES ('t', 'key', 'digest', NULL, 1)")
    for state in ("waiting", "sending", "sent", "failed"):
        connection.execute(MAIL, state)
        connection.execute(DELIVERY, f"msg_{state}", state)
    connection.execute(NOTICE, "unsent", None)
    connection.execute(NOTICE, "told", "sent")


@pytest.fixture
async def backup(tmp_path: Path) -> Path:
    directory, history = await directory_with_history(tmp_path / "node")
    lock_keys(directory, history, SECRET)
    database = Database(Layout(directory).store)
    await database.open()
    accounts = Accounts(database, HandClock())
    await accounts.add("op", "Operator", "member-001", frozenset({"operator"}))
    await Sessions(database, HandClock()).redeem(await accounts.invite("op"), Arrival())
    await accounts.invite("op")
    await database.write(fill)
    await database.close()
    return backups.make_backup(Layout(directory), tmp_path, NOW, silent, with_keys=True).path


async def test_the_restored_directory_has_all_files_with_their_modes(backup: Path, tmp_path: Path) -> None:
    restored = restore_backup(backup, tmp_path / "new" / "node", silent)
    modes = {
        str(path.relative_to(restored.directory)): oct(path.stat().st_mode & 0o777)
        for path in restored.directory.rglob("*")
    }
    assert modes == {
        "store.sqlite3": "0o600",
        "charter.json": "0o644",
        "node.toml": "0o644",
        "keys": "0o700",
        "keys/node.pem.age": "0o600",
        "keys/teller.pem.age": "0o600",
    }
    assert restored.directory.stat().st_mode & 0o777 == 0o700
    assert not restored.lacks_keys


async def test_accounts_come_back_and_sessions_and_links_do_not(backup: Path, tmp_path: Path) -> None:
    layout = Layout(restore_backup(backup, tmp_path / "new", silent).directory)
    with closing(sqlite3.connect(layout.store)) as raw:
        counts = [
            raw.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
            for table in (
                "accounts", "sessions", "links", "ended_sessions", "address_links", "tokens", "token_keys",
            )
        ]  # fmt: skip
        mails = [row[0] for row in raw.execute("SELECT state FROM mails ORDER BY state")]
        deliveries = dict(raw.execute("SELECT id, state FROM hook_deliveries").fetchall())
        notices = dict(raw.execute("SELECT name, mail FROM notices").fetchall())
        name = raw.execute("SELECT value FROM meta WHERE name = 'store'").fetchone()
    assert counts == [1, 0, 0, 0, 0, 0, 0]
    assert mails == ["failed", "sent"], "what waited may have been sent since"
    assert deliveries["msg_waiting"] == "waiting", "it is delivered, perhaps again, with the id by which that shows"
    assert notices == {"unsent": NEVER, "told": "sent"}
    assert name is None, "peers must not take it for the old store"


async def test_the_store_knows_from_when_it_is_until_that_is_over(backup: Path, tmp_path: Path) -> None:
    database = Database(Layout(restore_backup(backup, tmp_path / "new", silent).directory).store)
    await database.open()
    assert await database.read(restored_from) == NOW
    await database.write(forget_restoring)
    assert await database.read(restored_from) is None
    await database.close()


@pytest.mark.parametrize("what", ["directory", "file", "link"])
async def test_nothing_is_overwritten(backup: Path, tmp_path: Path, what: str) -> None:
    place = tmp_path / "new"
    if what == "directory":
        place.mkdir()
        (place / "x").touch()
    elif what == "file":
        place.touch()
    else:
        place.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BackupError, match="was not overwritten"):
        restore_backup(backup, place, silent)


async def test_an_empty_directory_may_be_filled(backup: Path, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    assert restore_backup(backup, tmp_path / "new", silent).manifest.height == 5


def hurt(backup: Path) -> None:
    data = bytearray(backup.read_bytes())
    data[len(data) // 2] ^= 1
    backup.write_bytes(data)


def staged(where: Path) -> list[Path]:
    return [path for path in where.iterdir() if path.name.endswith(".part")]


async def test_a_damaged_backup_restores_nothing(backup: Path, tmp_path: Path) -> None:
    hurt(backup)
    with pytest.raises(BackupError, match="is damaged"):
        restore_backup(backup, tmp_path / "new", silent)
    assert not (tmp_path / "new").exists()
    assert staged(tmp_path) == []


async def test_a_backup_of_a_newer_version_is_refused(
    backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("node.storage.schema.STEPS", ())
    with pytest.raises(BackupError, match="install that version or a newer one"):
        restore_backup(backup, tmp_path / "new", silent)


async def test_a_charter_that_is_not_the_manifests_is_refused(
    backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("node.backups._federation", lambda _: "cd" * 32)
    other = backups.make_backup(Layout(tmp_path / "node"), tmp_path / "other.tar", NOW, silent, with_keys=False)
    with pytest.raises(BackupError, match="its charter is not that of its manifest"):
        restore_backup(other.path, tmp_path / "new", silent)
