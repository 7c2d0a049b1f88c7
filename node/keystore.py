"""Private keys on disk: one file a key, PKCS#8 in PEM, encrypted with a passphrase as age does it (scrypt).

``age -d FILE`` gives a PEM that standard tools read. Opening a file costs a second or more: that is what keeps a
passphrase from being guessed. Does not handle keys in hardware.
"""

import os
import secrets
from pathlib import Path
from typing import Literal

import pyrage  # type: ignore[import-untyped]
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from node import files
from protocol.errors import LocalError
from protocol.keys import SEED_BYTES, SigningKey

KeyRole = Literal["root", "next-root", "node", "teller"]

KEY_FILE_BYTES_MAX = 16 * 1024
PASSPHRASE_FILE_BYTES_MAX = 4 * 1024
PASSPHRASE_CHARACTERS_MIN = 12


class KeyFileError(LocalError):
    """A key file or a passphrase can't be used. One line with the file, the cause and the remedy."""


def new_key() -> SigningKey:
    """Return a fresh key from the system's randomness."""
    return SigningKey(secrets.token_bytes(SEED_BYTES))


def key_path(directory: Path, role: KeyRole) -> Path:
    """Return where a directory of keys holds the key of a role."""
    return directory / f"{role}.pem.age"


def encrypt(key: SigningKey, passphrase: str) -> bytes:
    """Return the content of a key file. Raises KeyFileError if the passphrase is too short. Takes about a second."""
    check_passphrase(passphrase)
    private = Ed25519PrivateKey.from_private_bytes(key.seed)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    encrypted: bytes = pyrage.passphrase.encrypt(pem, passphrase)
    return encrypted


def write_key(directory: Path, role: KeyRole, encrypted: bytes) -> Path:
    """Write what encrypt() gave into a private directory, never over another file. Raises files.FileError."""
    files.make_private_directory(directory)
    path = key_path(directory, role)
    files.write_new(path, encrypted, files.PRIVATE)
    return path


def read_key(directory: Path, role: KeyRole, passphrase: str) -> SigningKey:
    """Return the key of a role. Raises KeyFileError, or files.FileError if others may read the file."""
    path = key_path(directory, role)
    if not path.exists():
        raise KeyFileError(f"{directory} holds no {role} key ({path.name})")
    files.check_private(directory)
    files.check_private(path)
    encrypted = files.read_bounded(path, KEY_FILE_BYTES_MAX)
    return _decoded(path, _decrypted(path, encrypted, passphrase))


def check_passphrase(passphrase: str) -> None:
    """Check that a new passphrase is long enough. Raises KeyFileError."""
    if len(passphrase) < PASSPHRASE_CHARACTERS_MIN:
        raise KeyFileError(f"a passphrase has at least {PASSPHRASE_CHARACTERS_MIN} characters: take several words")


def read_passphrase(path: Path) -> str:
    """Return the passphrase in a file, without the line end. Raises KeyFileError or files.FileError.

    The file must be its reader's alone. One that belongs to the superuser may be readable by a group: that is how a
    service manager hands over credentials.
    """
    _check_passphrase_file(path)
    data = files.read_bounded(path, PASSPHRASE_FILE_BYTES_MAX)
    try:
        passphrase = data.decode().rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise KeyFileError(f"{path}: a passphrase file holds one line of UTF-8 text") from error
    if not passphrase or "\n" in passphrase:
        raise KeyFileError(f"{path}: a passphrase file holds exactly one line")
    return passphrase


def _check_passphrase_file(path: Path) -> None:
    try:
        state = path.stat()
    except OSError as error:
        raise files.FileError(f"{path}: {(error.strerror or str(error)).lower()}") from error
    is_credential = state.st_uid == 0 != os.geteuid() and not state.st_mode & 0o037
    if not is_credential:
        files.check_private(path)


def _decrypted(path: Path, encrypted: bytes, passphrase: str) -> bytes:
    try:
        pem: bytes = pyrage.passphrase.decrypt(encrypted, passphrase)
    except pyrage.DecryptError as error:
        if str(error) == "Decryption failed":
            raise KeyFileError(f"{path}: the passphrase does not open it") from error
        raise KeyFileError(f"{path}: damaged, or not a key file ({str(error).lower()}): restore a copy") from error
    return pem


def _decoded(path: Path, pem: bytes) -> SigningKey:
    try:
        private = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyFileError(f"{path}: does not hold a private key in PEM") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise KeyFileError(f"{path}: holds a key that is not Ed25519")
    return SigningKey(private.private_bytes_raw())
