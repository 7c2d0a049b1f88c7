"""Reads files of an archive that a stranger may have made: by its manifest, without following any link."""

import hashlib
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from node.archive_tree import MANIFEST
from protocol.errors import LocalError

FILES_MAX: Final = 5_000_000
_PATH_CHARACTERS_MAX: Final = 200
_LINE_BYTES_MAX: Final = 512
_PIECE_BYTES: Final = 1024 * 1024
_MANIFEST_LINE: Final = re.compile(rb"([0-9a-f]{64})  ([A-Za-z0-9][A-Za-z0-9._/-]{0,199})\n")


class ArchiveFault(LocalError):
    """The first thing in an archive that doesn't hold. One line that names the file."""


def read_manifest(root: Path) -> dict[str, str]:
    """Return the files that a manifest names with their hashes, in its order. Raises ArchiveFault or OSError."""
    found: dict[str, str] = {}
    last = ""
    with open_inside(root, MANIFEST) as file:
        while line := file.readline(_LINE_BYTES_MAX):
            matched = _MANIFEST_LINE.fullmatch(line)
            path = "" if matched is None else matched[2].decode()
            if matched is None or not _is_plain(path) or path <= last or path == MANIFEST:
                raise ArchiveFault(f"{MANIFEST}, line {len(found) + 1}: not the hash and path of a file, in order")
            if len(found) >= FILES_MAX:
                raise ArchiveFault(f"{MANIFEST} names more than {FILES_MAX} files")
            found[path], last = matched[1].decode(), path
    return found


def _is_plain(path: str) -> bool:
    return len(path) <= _PATH_CHARACTERS_MAX and all(part.strip(".") for part in path.split("/"))


@contextmanager
def open_inside(root: Path, path: str) -> Iterator[BinaryIO]:
    """Give a plain file below a directory to read; no link is followed on the way. Raises ArchiveFault or OSError."""
    *directories, name = path.split("/")
    here = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for directory in directories:
            below = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=here)
            os.close(here)
            here = below
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=here)
    except OSError as error:
        raise ArchiveFault(f"{path}: {(error.strerror or str(error)).lower()}") from error
    finally:
        os.close(here)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ArchiveFault(f"{path}: not a plain file")
        yield file


def hash_inside(root: Path, path: str) -> str:
    """Return the SHA-256 of a file below a directory, in hexadecimal. Raises ArchiveFault or OSError."""
    digest = hashlib.sha256()
    with open_inside(root, path) as file:
        while piece := file.read(_PIECE_BYTES):
            digest.update(piece)
    return digest.hexdigest()


def paths_below(root: Path) -> Iterator[str]:
    """Yield the paths of all that lies below a directory and is no directory itself; links count as files."""
    for directory, names, found in os.walk(root, followlinks=False):
        below = Path(directory)
        for name in found:
            yield (below / name).relative_to(root).as_posix()
        for name in list(names):
            if (below / name).is_symlink():
                yield (below / name).relative_to(root).as_posix()
