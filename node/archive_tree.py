"""Writes a tree of files and its manifest: each file hashed as it is written, and on disk once the tree is finished."""

import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from node import files

MANIFEST: Final = "MANIFEST"
_DIRECTORY_MODE = 0o755
_SYNCS_AT_ONCE = 16
_UNDER_WAY_MAX = 128
"""Files that are being brought to disk; each takes a descriptor."""


class HashedFile:
    """A file that is being written."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self.size = 0
        """In bytes."""

    def write(self, data: bytes) -> None:
        """Append bytes. Raises OSError."""
        self._file.write(data)
        self._digest.update(data)
        self.size += len(data)

    @property
    def sha256(self) -> str:
        """The hash of what has been written, in hexadecimal."""
        return self._digest.hexdigest()


class Tree:
    """A new directory that grows file by file. Readable for all: nothing but what is public goes in."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._hashes: dict[str, str] = {}
        self._directories: set[Path] = set()
        self._syncing = ThreadPoolExecutor(_SYNCS_AT_ONCE, thread_name_prefix="sync")
        self._under_way: list[Future[None]] = []
        self._make(root)

    @contextmanager
    def file(self, path: str) -> Iterator[HashedFile]:
        """Give a file to write at a path below the root; on disk once the tree is finished. Raises OSError."""
        target = self._root / path
        self._make(target.parent)
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, files.PUBLIC)
        with os.fdopen(descriptor, "wb", buffering=256 * 1024) as raw:
            hashed = HashedFile(raw)
            yield hashed
            raw.flush()
            os.fchmod(raw.fileno(), files.PUBLIC)
            self._sync_later(os.dup(raw.fileno()))
        self._hashes[path] = hashed.sha256

    def add(self, path: str, data: bytes) -> None:
        """Write a file of these bytes. Raises OSError."""
        with self.file(path) as file:
            file.write(data)

    def finish(self) -> str:
        """Write the manifest and bring all directories to disk; return the manifest's hash. Raises OSError."""
        lines = b"".join(manifest_line(self._hashes[path], path) for path in sorted(self._hashes))
        self.add(MANIFEST, lines)
        self._await_syncs()
        self._syncing.shutdown()
        for directory in sorted(self._directories, reverse=True):
            files.sync_directory(directory)
        return self._hashes.pop(MANIFEST)

    def _sync_later(self, descriptor: int) -> None:
        """Bring a file to disk beside others: a disk takes many at once in little more time than one."""
        self._under_way.append(self._syncing.submit(_sync, descriptor))
        if len(self._under_way) >= _UNDER_WAY_MAX:
            self._await_syncs()

    def _await_syncs(self) -> None:
        for each in self._under_way:
            each.result()
        self._under_way.clear()

    def _make(self, directory: Path) -> None:
        if directory in self._directories:
            return
        if directory != self._root:
            self._make(directory.parent)
        directory.mkdir(mode=_DIRECTORY_MODE)
        directory.chmod(_DIRECTORY_MODE)
        self._directories.add(directory)


def _sync(descriptor: int) -> None:
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def manifest_line(sha256: str, path: str) -> bytes:
    """Return a file's line as `sha256sum -c` reads it."""
    return f"{sha256}  {path}\n".encode()
