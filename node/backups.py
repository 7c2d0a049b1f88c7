"""Making backups: a copy of a node's store of one moment, beside its charter and settings, in one file.

The file is whole or absent, also while the node runs and whatever is killed meanwhile: everything is put together in a
staging directory beside the target, checked there, and then linked to its name at once. A staging directory whose
process is gone is removed by the next backup. Does not handle restoring.
"""

import os
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Final
from urllib.parse import quote

from node import files, founding
from node.backup_archive import (
    KEY_NAMES,
    NAMES,
    STORE,
    BackupError,
    Manifest,
    check_archive,
    part_of,
    read_manifest,
    write_archive,
)
from node.config import Layout
from node.staging import staging_in, sweep
from protocol import charter as charters
from protocol import limits
from protocol.errors import ComitiaError
from protocol.ids import FederationId, MemberId

Progress = Callable[[int, int], None]
"""Is told how much of a backup is done, of how much; may raise to stop it."""
LISTED_MAX: Final = 200
_PAGES_AT_ONCE = 500
_BUSY_SECONDS = 10
_NAME = re.compile(r"comitia-(?P<member>[a-z0-9-]{2,32})-[0-9]{8}T[0-9]{6}Z(-[0-9]{1,3})?\.tar")
_ROOM = 2.2
"""How much more than the store a backup needs while it is made: the copy, the archive, and a little."""


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that has been made and read back."""

    path: Path
    manifest: Manifest

    @property
    def size(self) -> int:
        """Its size in bytes."""
        return self.manifest.archive_bytes


@dataclass(frozen=True, slots=True)
class Listed:
    """A backup in a directory. Its manifest is None where it can't be read."""

    path: Path
    size: int
    manifest: Manifest | None

    @property
    def is_whole(self) -> bool:
        """Whether it has the size that its manifest tells; its hashes were checked when it was made."""
        return self.manifest is not None and self.manifest.archive_bytes == self.size


def backup_name(member: str, now: int) -> str:
    """Return what a backup of this time is called."""
    moment = datetime.fromtimestamp(now // 1_000, tz=UTC)
    return f"comitia-{member}-{moment:%Y%m%dT%H%M%SZ}.tar"


def make_backup(layout: Layout, target: Path, now: int, progress: Progress, *, with_keys: bool) -> Made:
    """Make a backup of a node, running or not, and return it once it is on disk and read back.

    target is a directory, in which it gets a name of its own, or the path of a file that isn't there. Blocks for as
    long as the store takes to copy. Raises BackupError or files.FileError; then nothing of it is left.
    """
    if not (layout.store.exists() and layout.charter.exists()):
        raise BackupError(f"{layout.directory} has no store or no charter yet: there is nothing to back up")
    directory = target if target.is_dir() else target.parent
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        sweep(directory)
        _check_room(layout.store, directory)
        with staging_in(directory) as staging:
            return _make(layout, target, staging, now, progress, with_keys=with_keys)
    except OSError as error:
        cause = (error.strerror or str(error)).lower()
        raise BackupError(f"{error.filename or directory}: {cause}: no backup was made") from error


def _make(layout: Layout, target: Path, staging: Path, now: int, progress: Progress, *, with_keys: bool) -> Made:
    copy, archive = staging / STORE, staging / "archive"
    meter = _Meter(progress, layout.store.stat().st_size)
    snapshot(layout.store, copy, meter.copied)
    sources = {STORE: copy, **dict(_beside(layout, with_keys=with_keys))}
    meter.total = 4 * copy.stat().st_size
    member, steps, events, height = _facts(copy, layout)
    manifest = Manifest(
        federation=_federation(layout),
        member=member,
        made=now,
        version=metadata.version("comitia"),
        store_steps=steps,
        events=events,
        height=height,
        files=tuple(part_of(name, path, meter.tick) for name, path in sources.items()),
    )
    with files.new_private(archive) as out:
        write_archive(out, manifest, sources, meter.tick)
    check_archive(archive, meter.tick)
    path = _link(archive, target if not target.is_dir() else target / backup_name(member, now))
    progress(1, 1)
    return Made(path, manifest)


class _Meter:
    """Counts bytes of four passes over the store: copy, hash, write, read back."""

    def __init__(self, progress: Progress, store_bytes: int) -> None:
        self._progress = progress
        self._done = 0
        self.total = 4 * store_bytes

    def tick(self, done: int) -> None:
        self._done += done
        self._progress(min(self._done, self.total), self.total)

    def copied(self, done: int, of: int) -> None:
        self._done = self.total // 4 * done // max(1, of)
        self._progress(self._done, self.total)


def snapshot(store: Path, copy: Path, progress: Progress) -> None:
    """Write a consistent copy of a store that others may be writing to. Raises BackupError.

    The copy is of one moment: a read transaction is held open meanwhile, so that what is written beside it neither
    gets in nor makes the copying begin anew.
    """
    try:
        with closing(read_only(store)) as source, closing(sqlite3.connect(copy)) as target:
            copy.chmod(files.PRIVATE)
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM sqlite_master").fetchone()
            source.backup(
                target, pages=_PAGES_AT_ONCE, progress=lambda _, remaining, total: progress(total - remaining, total)
            )
            found = target.execute("PRAGMA quick_check(1)").fetchone()[0]
            target.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as error:
        raise BackupError(f"the store {store} can't be copied: {error}") from error
    if found != "ok":
        raise BackupError(f"the store {store} is damaged ({found}): restore an earlier backup, or sync anew")


def read_only(store: Path) -> sqlite3.Connection:
    """Return a connection that can't change a store. Raises sqlite3.Error."""
    return sqlite3.connect(
        f"file:{quote(str(store.absolute()))}?mode=ro", uri=True, isolation_level=None, timeout=_BUSY_SECONDS
    )


def _facts(copy: Path, layout: Layout) -> tuple[MemberId, int, int, int]:
    """Return whose store it is, its schema's steps, its newest event's position and the register's height."""
    with closing(read_only(copy)) as store:
        held = store.execute("SELECT value FROM meta WHERE name = 'member'").fetchone()
        steps, events, height = store.execute(
            "SELECT (SELECT max(steps) FROM schema_version), (SELECT max(position) FROM events),"
            " (SELECT max(height) FROM register)"
        ).fetchone()
    return MemberId(held[0]) if held else _member(layout), steps, events or 0, height or 0


def _member(layout: Layout) -> MemberId:
    if not layout.member.exists():
        raise BackupError(f"{layout.directory} holds no member.json, and its node has never run: start it once")
    return founding.parse_member(files.read_bounded(layout.member, founding.MEMBER_FILE_BYTES_MAX)).id


def _federation(layout: Layout) -> FederationId:
    return charters.parse_file(files.read_bounded(layout.charter, limits.CHARTER_BYTES_MAX * 2)).federation


def _beside(layout: Layout, *, with_keys: bool) -> Iterator[tuple[str, Path]]:
    """Yield the other files that a backup holds, those that are there."""
    for name in NAMES:
        path = layout.directory / name
        if name != STORE and (with_keys or name not in KEY_NAMES) and path.exists():
            yield name, path


def _check_room(store: Path, directory: Path) -> None:
    wanted, free = int(store.stat().st_size * _ROOM), shutil.disk_usage(directory).free
    if free < wanted:
        need, have = wanted // 1_000_000 + 1, free // 1_000_000
        raise BackupError(f"{directory}: a backup takes {need} MB while it is made, {have} MB are free: make room")


def _link(archive: Path, target: Path) -> Path:
    """Give a whole archive its name, never another file's: a second one of the same second gets a number."""
    for number in range(1_000):
        path = target if number == 0 else target.with_name(f"{target.stem}-{number}{target.suffix}")
        try:
            os.link(archive, path)
        except FileExistsError as error:
            if not _NAME.fullmatch(target.name):
                raise BackupError(f"{target} exists already and was not overwritten: choose another name") from error
            continue
        files.sync_directory(path.parent)
        return path
    raise BackupError(f"{target.parent}: too many backups of one second")


def listed(directory: Path, member: str) -> tuple[Listed, ...]:
    """Return a member's backups in a directory by their names, the newest first, at most LISTED_MAX."""
    return tuple(_listed(path) for path in _paths(directory, member)[:LISTED_MAX])


def remove_beyond(directory: Path, member: str, keep: int) -> tuple[Path, ...]:
    """Remove a member's oldest backups beyond so many, and return them. Files with other names stay."""
    surplus = tuple(_paths(directory, member)[keep:])
    for path in surplus:
        path.unlink(missing_ok=True)
    return surplus


def _paths(directory: Path, member: str) -> list[Path]:
    """Return a member's backups by their names, the newest first."""
    try:
        paths: Iterable[Path] = list(directory.iterdir())
    except OSError:
        return []
    found = [path for path in paths if (name := _NAME.fullmatch(path.name)) and name["member"] == member]
    return sorted(found, key=lambda path: (path.stem.split("Z")[0], len(path.stem), path.stem), reverse=True)


def _listed(path: Path) -> Listed:
    try:
        size = path.stat().st_size
    except OSError:
        size = 0
    try:
        return Listed(path, size, read_manifest(path))
    except ComitiaError:
        return Listed(path, size, None)
