"""Changing what opens a node's keys, each file as a whole, so that no moment leaves a key that nothing opens.

Two files can't change at once: if the work is interrupted between them, one opens with the new secret and one with the
old. Doing it again with both finishes it. Does not replace keys: that takes a change of the roll, which the protocol
doesn't have yet.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from node import files, keystore
from node.keystore import KeyFileError, KeyRole
from protocol.ids import KeyId

NODE_ROLES: Final[tuple[KeyRole, ...]] = ("node", "teller")


@dataclass(frozen=True, slots=True)
class Changed:
    """One key and whether its file was changed now or had been before."""

    role: KeyRole
    key: KeyId
    was_changed: bool


def change_secret(directory: Path, old: str, new: str) -> list[Changed]:
    """Encrypt the keys in a directory anew. Raises KeyFileError or files.FileError; then run it again with both."""
    keystore.check_secret(new)
    if old == new:
        raise KeyFileError("the new passphrase is the old one: nothing was changed")
    roles = [role for role in NODE_ROLES if keystore.key_path(directory, role).exists()]
    if not roles:
        raise KeyFileError(f"{directory} holds no keys of a node")
    prepared = [_prepare(directory, role, old, new) for role in roles]
    for changed, content in prepared:
        if content is not None:
            files.replace(keystore.key_path(directory, changed.role), content)
    return [changed for changed, _ in prepared]


def _prepare(directory: Path, role: KeyRole, old: str, new: str) -> tuple[Changed, bytes | None]:
    """Return a key's new file content, proven to open; None for one that the new secret opens already."""
    try:
        key = keystore.read_key(directory, role, old)
    except KeyFileError:
        try:
            return Changed(role, keystore.read_key(directory, role, new).key, was_changed=False), None
        except KeyFileError as error:
            raise KeyFileError(f"neither passphrase opens the {role} key: nothing was changed") from error
    content = keystore.encrypt(key, new)
    if keystore.decrypt(content, new).key != key.key:
        raise KeyFileError(f"the {role} key could not be encrypted anew: nothing was changed")
    return Changed(role, key.key, was_changed=True), content
