"""A node's directory with a store that has a history, for tests of backups."""

from pathlib import Path

from node import files, keystore
from node.config import Layout
from node.offline import offline_node
from tests.support.hand_clock import HandClock
from tests.support.history import History, fill, make_directory, told

WHICH = 0
SECRET = keystore.new_identity()
"""An age identity costs no time to open keys with, a passphrase a second."""


async def directory_with_history(where: Path) -> tuple[Path, History]:
    """Return a data directory of the first member: charter, settings, keys, and a store with what was told."""
    history = told()
    directory = make_directory(where, history.federation)
    directory.chmod(0o700)
    async with offline_node(directory, HandClock(), may_create=True) as node:
        await fill(node, history)
        member = history.federation.member(WHICH).id
        await node.database.write(lambda c: c.execute("INSERT INTO meta (name, value) VALUES ('member', $1)", member))
    return directory, history


def lock_keys(directory: Path, history: History, secret: str) -> None:
    """Write the first member's keys into a directory, opened by a secret."""
    layout, member = Layout(directory), history.federation.member(WHICH)
    keystore.write_key(layout.keys, "node", keystore.encrypt(member.node, secret))
    keystore.write_key(layout.keys, "teller", keystore.encrypt(member.key("teller"), secret))
    files.write_new(layout.directory / "passphrase", secret.encode() + b"\n", files.PRIVATE)
