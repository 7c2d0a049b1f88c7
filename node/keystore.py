"""Private keys on disk: one file a key, PKCS#8 in PEM, encrypted by age. ``age -d FILE`` gives a PEM for other tools.

What opens a file is a passphrase, or an age identity (``AGE-SECRET-KEY-1…``) for services that start by themselves. A
passphrase costs a second and half a gigabyte each time: that is what keeps it from being guessed. An identity can't be
guessed and costs nothing. Does not handle keys in hardware.
"""

import os
import secrets
from dataclasses import dataclass
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
SECRET_FILE_BYTES_MAX = 4 * 1024
PASSPHRASE_CHARACTERS_MIN = 12
_IDENTITY_PREFIX = "AGE-SECRET-KEY-1"


class KeyFileError(LocalError):
    """A key file or what should open it can't be used. One line with the file, the cause and the remedy."""


@dataclass(frozen=True, slots=True)
class NodeKeys:
    """The keys that a node signs with; no teller's key if it does no teller's work."""

    node: SigningKey
    teller: SigningKey | None


def new_key() -> SigningKey:
    """Return a fresh key from the system's randomness."""
    return SigningKey(secrets.token_bytes(SEED_BYTES))


def new_identity() -> str:
    """Return a fresh age identity, which may stand wherever a passphrase may."""
    return str(pyrage.x25519.Identity.generate())


def key_path(directory: Path, role: KeyRole) -> Path:
    """Return where a directory of keys holds the key of a role."""
    return directory / f"{role}.pem.age"


def encrypt(key: SigningKey, secret: str) -> bytes:
    """Return the content of a key file that a passphrase or identity opens. Raises KeyFileError if it's too short."""
    check_secret(secret)
    private = Ed25519PrivateKey.from_private_bytes(key.seed)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    encrypted: bytes
    if _is_identity(secret):
        encrypted = pyrage.encrypt(pem, [_identity(secret).to_public()])
    else:
        encrypted = pyrage.passphrase.encrypt(pem, secret)
    return encrypted


def write_key(directory: Path, role: KeyRole, encrypted: bytes) -> Path:
    """Write what encrypt() gave into a private directory, never over another file. Raises files.FileError."""
    files.make_private_directory(directory)
    path = key_path(directory, role)
    files.write_new(path, encrypted, files.PRIVATE)
    return path


def read_key(directory: Path, role: KeyRole, secret: str) -> SigningKey:
    """Return the key of a role. Raises KeyFileError, or files.FileError if others may read the file."""
    path = key_path(directory, role)
    if not path.exists():
        raise KeyFileError(f"{directory} holds no {role} key ({path.name})")
    files.check_private(directory)
    files.check_private(path)
    encrypted = files.read_bounded(path, KEY_FILE_BYTES_MAX)
    return _decoded(path, _decrypted(path, encrypted, secret))


def decrypt(encrypted: bytes, secret: str) -> SigningKey:
    """Return the key in what encrypt() gave. Raises KeyFileError if the passphrase or identity doesn't open it."""
    path = Path("the encrypted key")
    return _decoded(path, _decrypted(path, encrypted, secret))


def read_node_keys(directory: Path, secret: str, *, with_teller: bool) -> NodeKeys:
    """Return the keys that a node starts with, the teller's where asked for and there. Raises like read_key()."""
    has_teller = with_teller and key_path(directory, "teller").exists()
    return NodeKeys(
        node=read_key(directory, "node", secret),
        teller=read_key(directory, "teller", secret) if has_teller else None,
    )


def check_secret(secret: str) -> None:
    """Check that a new passphrase is long enough, or that an identity is one. Raises KeyFileError."""
    if _is_identity(secret):
        _identity(secret)
    elif len(secret) < PASSPHRASE_CHARACTERS_MIN:
        raise KeyFileError(f"a passphrase has at least {PASSPHRASE_CHARACTERS_MIN} characters: take several words")


def read_secret(path: Path) -> str:
    """Return the passphrase or identity in a file of one line; an identity may have lines of comment around it.

    The file must be its reader's alone. One that belongs to the superuser may be readable by a group: that is how a
    service manager hands over credentials. Raises KeyFileError or files.FileError.
    """
    _check_secret_file(path)
    try:
        lines = files.read_bounded(path, SECRET_FILE_BYTES_MAX).decode().splitlines()
    except UnicodeDecodeError as error:
        raise KeyFileError(f"{path}: a passphrase file holds one line of UTF-8 text") from error
    identities = [line.strip() for line in lines if _is_identity(line)]
    found = identities or lines
    if len(found) != 1 or not found[0]:
        raise KeyFileError(f"{path}: a passphrase file holds exactly one line")
    return found[0]


def _check_secret_file(path: Path) -> None:
    try:
        state = path.stat()
    except OSError as error:
        raise files.FileError(f"{path}: {(error.strerror or str(error)).lower()}") from error
    is_credential = state.st_uid == 0 and os.geteuid() != 0 and not state.st_mode & 0o037
    if not is_credential:
        files.check_private(path)


def _is_identity(secret: str) -> bool:
    return secret.startswith(_IDENTITY_PREFIX)


def _identity(secret: str) -> pyrage.x25519.Identity:
    try:
        return pyrage.x25519.Identity.from_str(secret)
    except pyrage.IdentityError as error:
        raise KeyFileError("this age identity is damaged: make one with age-keygen, or take a passphrase") from error


def _decrypted(path: Path, encrypted: bytes, secret: str) -> bytes:
    try:
        pem: bytes
        if _is_identity(secret):
            pem = pyrage.decrypt(encrypted, [_identity(secret)])
        else:
            pem = pyrage.passphrase.decrypt(encrypted, secret)
    except pyrage.DecryptError as error:
        cause = str(error).splitlines()[0].rstrip(".").lower()
        if cause in {"decryption failed", "no matching keys found"}:
            raise KeyFileError(f"{path}: this passphrase does not open it") from error
        raise KeyFileError(f"{path}: damaged, or not a key file ({cause}): restore a copy") from error
    return pem


def _decoded(path: Path, pem: bytes) -> SigningKey:
    try:
        private = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyFileError(f"{path}: does not hold a private key in PEM") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise KeyFileError(f"{path}: holds a key that is not Ed25519")
    return SigningKey(private.private_bytes_raw())
