"""What comitia doctor finds on the disk: settings, permissions, charter, keys, store, room, backups."""

import os
import resource
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from node import backups, files, founding, keystore
from node.config import Layout, NodeConfig
from node.diagnosis import Check, failed, passed, skipped, warned
from node.health import FULL_BYTES, LOW_BYTES
from node.keystore import KeyFileError
from node.storage import schema
from protocol import charter as charters
from protocol import limits
from protocol.charter import Charter, CharterFile
from protocol.errors import ComitiaError
from protocol.ids import MemberId
from protocol.roll import Member

_HOUR_MS = 3_600_000
_OPEN_FILES_MIN = 1_024


@dataclass(frozen=True, slots=True)
class Joined:
    """The federation that a node has joined, as far as its charter can be used."""

    check: Check
    file: CharterFile | None = None
    charter: Charter | None = None
    member: MemberId | None = None
    """Whose node it is by its member entry."""


def places(layout: Layout, settings: NodeConfig) -> Iterator[Check]:
    """Yield whether only the node's user may use its directory, its keys and what opens them."""
    private = [layout.directory, layout.keys, *sorted(layout.keys.glob("*.age"))]
    named = (settings.passphrase_file, settings.metrics_token_file)
    faults = [fault for path in private if path.exists() and (fault := _open_to_others(path))]
    faults += [fault for path in named if path is not None and (fault := _secret_fault(path))]
    for fault in faults:
        yield failed("permissions", *_parted(fault))
    if not faults:
        yield passed("permissions", "only this user may use the directory, the keys and what opens them")
    store = layout.store
    if store.exists() and store.stat().st_uid != layout.directory.stat().st_uid:
        owner = layout.directory.stat().st_uid
        yield failed("owner", f"{store} belongs to another user than {layout.directory}", f"chown -R {owner} {store}*")
    if not os.access(layout.directory, os.W_OK):
        yield failed("writing", f"{layout.directory} can't be written to", "run as its owner, or mount it writable")


def charter(layout: Layout) -> Joined:
    """Return the charter that the node has joined, and whether it can be used."""
    if not layout.charter.exists():
        remedy = f"comitia join {layout.directory} --charter FILE"
        return Joined(failed("charter", f"{layout.directory} has not joined a federation", remedy))
    try:
        file = charters.parse_file(files.read_bounded(layout.charter, limits.CHARTER_BYTES_MAX * 2))
        document = file.verified()
    except ComitiaError as error:
        return Joined(failed("charter", f"{layout.charter}: {error}", "take a whole copy from another member"))
    try:
        founding.check_rules(document)
    except ComitiaError as error:
        remedy = "install the version that the other members run"
        return Joined(warned("charter", f"a rule of it can't be used here: {error}", remedy), file, document)
    try:
        own = _own_entry(layout)
        if own is not None:
            founding.check_own_entry(document, own)
    except ComitiaError as error:
        return Joined(failed("charter", str(error), "is it the right charter? Ask whoever merged it"), file, document)
    said = f"all founders signed it; fingerprint {founding.readable_fingerprint(file.federation)[:14]} …"
    return Joined(passed("charter", said), file, document, None if own is None else own.id)


def _own_entry(layout: Layout) -> Member | None:
    if not layout.member.exists():
        return None
    return founding.parse_member(files.read_bounded(layout.member, founding.MEMBER_FILE_BYTES_MAX))


def keys(layout: Layout, settings: NodeConfig, joined: Joined, secret_file: Path | None) -> Check:
    """Return whether the keys open and are the roll's."""
    if not keystore.key_path(layout.keys, "node").exists():
        remedy = "put your copy of keys/ back (chmod 600), or the node can't sign"
        return failed("keys", f"{layout.keys} holds no node key", remedy)
    if secret_file is None:
        return skipped("keys", "not opened: no file with a passphrase is named", "name one with --passphrase-file")
    try:
        secret = keystore.read_secret(secret_file)
        held = keystore.read_node_keys(layout.keys, secret, with_teller=settings.is_teller)
    except (KeyFileError, files.FileError) as error:
        remedy = "give the passphrase that they were made with, or put your copy of keys/ back"
        return failed("keys", str(error), remedy)
    if joined.charter is None:
        return skipped("keys", "they open; without a charter nobody knows whether they are the roll's")
    try:
        member = founding.check_join(joined.charter, held, is_teller=settings.is_teller)
    except ComitiaError as error:
        remedy = "put the keys back that this member was enrolled with, or the charter that they are on"
        return failed("keys", str(error), remedy)
    roles = "node and teller" if held.teller is not None else "node"
    return passed("keys", f"they open and are {member}'s on the roll ({roles})")


def store(layout: Layout, joined: Joined) -> Check:
    """Return whether the store is whole, of this version, and of this federation."""
    if not layout.store.exists():
        return skipped("store", "there is none yet: the node has not run")
    try:
        with closing(backups.read_only(layout.store)) as raw:
            steps = raw.execute("SELECT max(steps) FROM schema_version").fetchone()[0]
            if steps > len(schema.STEPS):
                said = f"{layout.store} was written by a newer version (schema {steps})"
                return failed("store", said, "install that version or a newer one")
            found = raw.execute("PRAGMA quick_check(1)").fetchone()[0]
            first = raw.execute("SELECT payload FROM events ORDER BY position LIMIT 1").fetchone()
            events = raw.execute("SELECT max(position) FROM events").fetchone()[0] or 0
    except (sqlite3.Error, TypeError) as error:
        return failed("store", f"{layout.store}: {error}", "restore a backup, or move it away and sync anew")
    if found != "ok":
        return failed("store", f"{layout.store} is damaged: {found}", "restore a backup, or move it away and sync anew")
    if first is not None and joined.file is not None and joined.file.federation.encode() not in first[0]:
        return failed("store", f"{layout.store} is of another federation", "give every federation its own directory")
    behind = "" if steps == len(schema.STEPS) else f", brought from schema {steps} to {len(schema.STEPS)} at the start"
    return passed("store", f"whole, {events} events{behind}")


def disk(layout: Layout) -> Check:
    """Return whether there is room on the disk."""
    usage = shutil.disk_usage(layout.directory)
    said = f"{usage.free // 1_000_000} MB of {usage.total // 1_000_000} MB are free"
    if usage.free < FULL_BYTES:
        return failed("disk", said, "make room: the node refuses to sign on a full disk")
    if usage.free < LOW_BYTES and usage.free * 20 < usage.total:
        return warned("disk", said, "make room soon")
    return passed("disk", said)


def backup(layout: Layout, settings: NodeConfig, now: int) -> Check:
    """Return whether there is a backup that is whole and young enough."""
    directory = layout.backups(settings)
    member = _member_of_store(layout)
    found = backups.listed(directory, member) if member else ()
    broken = [each.path.name for each in found if not each.is_whole]
    if broken:
        return warned("backup", f"{directory / broken[0]} is not whole", "remove it and make another: comitia backup")
    made = max((each.manifest.made for each in found if each.manifest is not None), default=None)
    if made is None:
        remedy = f"comitia backup {layout.directory}, and set every_hours in node.toml, section backup"
        return warned("backup", f"there is none in {directory}", remedy)
    hours = max(0, now - made) // _HOUR_MS
    if settings.backup.every_hours and hours > settings.backup.every_hours * 3 // 2:
        remedy = "see the node's log for why none was made"
        return warned("backup", f"the last one is {hours} hours old, more than the settings ask for", remedy)
    same = directory.stat().st_dev == layout.directory.stat().st_dev
    where = "; on the node's own disk, so keep a copy elsewhere" if same else ""
    return passed("backup", f"{len(found)} in {directory}, the last one {hours} hours old{where}")


def _member_of_store(layout: Layout) -> str:
    """Return whose store it is, or nothing while that isn't known."""
    try:
        with closing(backups.read_only(layout.store)) as raw:
            row = raw.execute("SELECT value FROM meta WHERE name = 'member'").fetchone()
            if row is not None:
                return str(row[0])
        own = _own_entry(layout)
    except (sqlite3.Error, ComitiaError):
        return ""
    return "" if own is None else own.id


def limits_of_the_system() -> Check:
    """Return whether a node may hold as many connections as it takes."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < _OPEN_FILES_MIN:
        return warned("system", f"a process may open {soft} files", f"raise the limit to {_OPEN_FILES_MIN} or more")
    return passed("system", f"a process may open {soft} files")


def _open_to_others(path: Path) -> str:
    try:
        files.check_private(path)
    except files.FileError as error:
        return str(error)
    return ""


def _secret_fault(path: Path) -> str:
    try:
        keystore.read_secret(path)
    except (KeyFileError, files.FileError) as error:
        return str(error)
    return ""


def _parted(sentence: str) -> tuple[str, str]:
    cause, _, remedy = sentence.rpartition(": ")
    return (cause, remedy) if cause else (sentence, "look at it with ls -l")
