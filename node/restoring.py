"""Restoring: a data directory made of a backup, whole or not at all, never over another one.

What a backup can't know is what the node did after it. So the restored store is told apart from the old one: it gets
a new name (peers forget how far they had followed the old one), nobody is signed in and no link or token opens, since
those may have been ended meanwhile, no message goes out a second time, and it is marked as restored: the node that
opens it signs nothing before others have told it how far its own chains reach, and it has caught up with them
(peers.py).

Accounts, passkeys and passwords come back as they were, since there may be no other copy of them: OPERATIONS.md says
what to look at. Webhook messages that waited stay: each has an id by which its receiver tells a second delivery.
"""

import secrets
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from node import files
from node.backup_archive import STORE, BackupError, Manifest, Tick, read_manifest, unpack_archive
from node.config import Layout
from node.storage import schema
from node.storage.database import Connection
from protocol import charter as charters
from protocol import limits

_RESTORED = "restored"
_FORGOTTEN = (
    "DELETE FROM sessions",
    "DELETE FROM ended_sessions",
    "DELETE FROM links",
    "DELETE FROM address_links",
    "DELETE FROM tokens",
    "DELETE FROM token_keys",
    "DELETE FROM mails WHERE state IN ('waiting', 'sending')",
    "UPDATE notices SET mail = '' WHERE mail IS NULL",
    "DELETE FROM meta WHERE name = 'store'",
)
"""What lets somebody in and may have been taken back since, and messages that may have been sent since."""
_PUBLIC_FILES = ("charter.json", "member.json", "node.toml")


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored."""

    directory: Path
    manifest: Manifest
    lacks_keys: bool


def restore_backup(path: Path, directory: Path, tick: Tick) -> Restored:
    """Make a data directory of a backup once all of it is checked. Raises BackupError or files.FileError."""
    manifest = read_manifest(path)
    _check_place(directory)
    _check_steps(manifest, path)
    try:
        _check_room(directory, manifest)
        with _staging(directory) as staging:
            unpack_archive(path, staging, tick)
            layout = Layout(staging)
            _check_charter(layout, manifest, path)
            _prepare(layout.store, path, manifest.made)
            for name in _PUBLIC_FILES:
                if (staging / name).exists():
                    (staging / name).chmod(files.PUBLIC)
            files.sync_directory(staging)
            staging.rename(directory)
        files.sync_directory(directory.parent)
    except OSError as error:
        cause = (error.strerror or str(error)).lower()
        raise BackupError(f"{error.filename or directory}: {cause}: nothing was restored") from error
    return Restored(directory, manifest, lacks_keys=not manifest.has_keys)


def restored_from(connection: Connection) -> int | None:
    """Return when the backup was made that a store was restored from, while that binds the node; else None."""
    held = connection.value("SELECT value FROM meta WHERE name = $1", _RESTORED)
    return int(held) if isinstance(held, str) else None


def forget_restoring(connection: Connection) -> None:
    """Note that a restored store has caught up with what others hold of its own chains."""
    connection.execute("DELETE FROM meta WHERE name = $1", _RESTORED)


def _check_place(directory: Path) -> None:
    if directory.is_symlink() or (directory.exists() and (not directory.is_dir() or any(directory.iterdir()))):
        raise BackupError(f"{directory} holds something already and was not overwritten: restore to a new directory")


def _check_steps(manifest: Manifest, path: Path) -> None:
    if manifest.store_steps > len(schema.STEPS):
        raise BackupError(f"{path} was made by version {manifest.version}: install that version or a newer one")


def _check_room(directory: Path, manifest: Manifest) -> None:
    directory.parent.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(directory.parent).free
    if free < manifest.bytes_total:
        need, have = manifest.bytes_total // 1_000_000 + 1, free // 1_000_000
        raise BackupError(f"{directory.parent}: {need} MB are needed, {have} MB are free: make room")


@contextmanager
def _staging(directory: Path) -> Iterator[Path]:
    staging = directory.with_name(f".{directory.name}.{secrets.token_hex(8)}.part")
    staging.mkdir(mode=0o700)
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _check_charter(layout: Layout, manifest: Manifest, path: Path) -> None:
    file = charters.parse_file(files.read_bounded(layout.charter, limits.CHARTER_BYTES_MAX * 2))
    members = {member.id for member in file.verified().roll.members}
    if file.federation != manifest.federation or manifest.member not in members:
        raise BackupError(f"{path}: its charter is not that of its manifest: take another backup")


def _prepare(store: Path, path: Path, made: int) -> None:
    """Check a store that was unpacked, and mark it as restored."""
    try:
        with closing(sqlite3.connect(store, isolation_level=None)) as raw:
            raw.execute("PRAGMA journal_mode = DELETE")
            found = raw.execute("PRAGMA quick_check(1)").fetchone()[0]
            if found != "ok":
                raise BackupError(f"{path}: its {STORE} is damaged ({found}): take another backup")
            raw.execute("BEGIN IMMEDIATE")
            for statement in _FORGOTTEN:
                raw.execute(statement)
            raw.execute("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", (_RESTORED, str(made)))
            raw.execute("COMMIT")
    except sqlite3.Error as error:
        raise BackupError(f"{path}: its {STORE} can't be used: {error}: take another backup") from error
    store.chmod(files.PRIVATE)
