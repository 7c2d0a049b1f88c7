"""One process at a time works on a node's store: a lock on a file beside it, which ends with the process."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from node import files
from node.files import FileError
from protocol.errors import LocalError

_NAME = "lock"


class StoreHeldError(LocalError):
    """Another process works on the store."""


@contextmanager
def hold_store(directory: Path) -> Iterator[None]:
    """Keep every other process from a data directory's store until the block ends.

    Raises StoreHeldError if one has it, FileError if the lock file can't be made.
    """
    path = directory / _NAME
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, files.PRIVATE)
    except OSError as error:
        raise FileError(f"{path}: {(error.strerror or str(error)).lower()}") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StoreHeldError(f"{directory} is in use by {_holder(descriptor)}: stop that first") from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _holder(descriptor: int) -> str:
    said = os.pread(descriptor, 20, 0).decode(errors="replace").strip()
    return f"process {said}" if said.isdigit() else "another process"
