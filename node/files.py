"""Files that are whole or absent: bounded reading, and writing that no interruption leaves half done."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from protocol.errors import LocalError

PRIVATE = 0o600
PUBLIC = 0o644


class FileError(LocalError):
    """A file or directory is missing, in the way, too large or not to be trusted. One line, with the remedy."""


def read_bounded(path: Path, bytes_max: int) -> bytes:
    """Return a file's bytes. Raises FileError if it can't be read or has more than so many bytes."""
    try:
        with path.open("rb") as file:
            data = file.read(bytes_max + 1)
    except OSError as error:
        raise FileError(f"{path}: {_cause(error)}") from error
    if len(data) > bytes_max:
        raise FileError(f"{path}: larger than the limit of {bytes_max} bytes")
    return data


def write_new(path: Path, data: bytes, mode: int) -> None:
    """Write a file that must not exist yet, as a whole or not at all. Raises FileError."""
    try:
        with _staged(path, data, mode) as staged:
            os.link(staged, path)
        sync_directory(path.parent)
    except FileExistsError as error:
        raise FileError(f"{path} exists already and was not overwritten: choose another name or remove it") from error
    except OSError as error:
        raise FileError(f"{path}: {_cause(error)}") from error


def replace(path: Path, data: bytes) -> None:
    """Put new content in the place of a file's, which stays as it is until all is on disk. Raises FileError."""
    try:
        mode = path.stat().st_mode & 0o777
        with _staged(path, data, mode) as staged:
            staged.replace(path)
        sync_directory(path.parent)
    except OSError as error:
        raise FileError(f"{path}: {_cause(error)}") from error


@contextmanager
def new_private(path: Path) -> Iterator[BinaryIO]:
    """Give a file to write that didn't exist, for its owner alone, on disk once the block is done. Raises OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE)
    with os.fdopen(descriptor, "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def make_private_directory(path: Path) -> None:
    """Make a directory for its owner alone, or check that an existing one is. Raises FileError with the remedy."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"{path}: {_cause(error)}") from error
    check_private(path)


def check_private(path: Path) -> None:
    """Check that only its owner may use a file or directory. Raises FileError with the command that remedies it."""
    try:
        state = path.stat()
    except OSError as error:
        raise FileError(f"{path}: {_cause(error)}") from error
    if state.st_uid != os.geteuid():
        raise FileError(f"{path} belongs to another user: chown it to the one that runs this, or run as its owner")
    if state.st_mode & 0o077:
        mode = "700" if path.is_dir() else "600"
        raise FileError(f"{path} is open to other users: chmod {mode} {path}")


@contextmanager
def _staged(path: Path, data: bytes, mode: int) -> Iterator[Path]:
    """Give a file beside path that holds the data on disk; it is gone afterwards unless it was renamed."""
    staged = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    try:
        descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        yield staged
    finally:
        staged.unlink(missing_ok=True)


def sync_directory(path: Path) -> None:
    """Bring a directory's entries to disk: what was renamed or linked in it stays so. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _cause(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
