"""Staging directories: where something is put together beside its place, so that it appears there as a whole.

A staging directory is locked while its maker lives; one whose maker was killed is removed by the next sweep.
"""

import fcntl
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from node import files

_STAGING = re.compile(r"\.comitia-[0-9a-f]{16}\.part")


@contextmanager
def staging_in(directory: Path) -> Iterator[Path]:
    """Give a directory for what isn't whole yet; it is gone afterwards. Its lock says that its maker is alive."""
    staging = directory / f".comitia-{secrets.token_hex(8)}.part"
    staging.mkdir(mode=0o700)
    descriptor = os.open(staging / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, files.PRIVATE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)
        os.close(descriptor)


def sweep(directory: Path) -> None:
    """Remove staging directories whose maker was killed."""
    for staging in directory.iterdir():
        if _STAGING.fullmatch(staging.name) and not staging.is_symlink() and _is_abandoned(staging):
            shutil.rmtree(staging, ignore_errors=True)


def _is_abandoned(staging: Path) -> bool:
    with suppress(OSError):
        descriptor = os.open(staging / "lock", os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        finally:
            os.close(descriptor)
        return True
    return False
