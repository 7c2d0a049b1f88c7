"""Archives of nodes that hold a history, for tests: written, hurt as a test needs, and sealed with a manifest anew."""

import base64
import json
from pathlib import Path

from node.archive_check import ArchiveChecked, check_archive
from node.archive_files import hash_inside, paths_below
from node.archive_tree import MANIFEST, manifest_line
from node.offline import offline_node
from protocol import merkle, notes, short_proof
from protocol.events.tellers import Cosignature
from protocol.notes import Checkpoint
from tests.support.hand_clock import HandClock
from tests.support.history import History, fill, make_directory


def silent(done: int, total: int) -> None:
    """Progress that nobody looks at."""


def cosign(history: History) -> None:
    """Have a quorum of tellers cosign the register's log as it stands."""
    tree = merkle.Tree()
    tree.append(merkle.leaf_hash(short_proof.charter_leaf(history.federation.file.payload)))
    for record in history.records:
        tree.append(merkle.leaf_hash(short_proof.leaf_of(record)))
    checkpoint = Checkpoint(history.federation.id, tree.size, tree.root())
    for teller in range(short_proof.quorum_of(len(history.federation.tellers))):
        signature = history.federation.member(teller).key("teller").sign(notes.cosignature_message(checkpoint, 1_000))
        body = Cosignature(height=tree.size - 1, root=checkpoint.root.hex(), time=1_000, signature=signature.hex())
        history.say(teller, body, "teller")


async def node_with(path: Path, history: History) -> Path:
    """Return the data directory of a stopped node that has taken a history."""
    directory = make_directory(path, history.federation)
    async with offline_node(directory, HandClock(), may_create=True) as node:
        await fill(node, history)
    return directory


def checked(archive: Path, fingerprint: str = "") -> ArchiveChecked:
    """Return what checking an archive came to."""
    return check_archive(archive, silent, fingerprint)


def seal_anew(archive: Path) -> None:
    """Write the manifest that goes with what is in an archive now, as a forger would."""
    (archive / MANIFEST).unlink()
    paths = sorted(paths_below(archive))
    (archive / MANIFEST).write_bytes(b"".join(manifest_line(hash_inside(archive, path), path) for path in paths))


def files_of(archive: Path) -> dict[str, bytes]:
    """Return every file of an archive with its bytes."""
    return {path: (archive / path).read_bytes() for path in paths_below(archive)}


def everything_said(archive: Path) -> bytes:
    """Return all bytes of an archive, and all statements in it as their authors wrote them."""
    files = files_of(archive)
    lines = (json.loads(line) for path, data in files.items() if path.endswith(".jsonl") for line in data.splitlines())
    statements = (each for line in lines for each in (line, *line.values()) if isinstance(each, dict))
    payloads = (base64.b64decode(each["payload"]) for each in statements if "payload" in each)
    return b"".join([*files.values(), *payloads])
