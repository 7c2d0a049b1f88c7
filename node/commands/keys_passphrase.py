"""comitia keys passphrase: another secret that opens the node's and the teller's key."""

from pathlib import Path
from typing import Annotated

import typer

from node import config
from node.commands import output, passphrases
from node.config import Layout
from node.rekeying import Changed, change_secret


def run(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The node's data directory.")],
    *,
    passphrase_file: passphrases.NodePassphraseFile = None,
    new_passphrase_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Holds the new passphrase or age identity."),
    ] = None,
    as_json: output.AsJson = False,
) -> None:
    """Change what opens the node's and the teller's key. The keys stay the same, so the roll needs no change.

    Each file changes as a whole. If this is interrupted, run it again with the same two passphrases: what was done
    stays done. A running node goes on; at its next start it needs the new passphrase. Backups keep the old one.
    """
    layout, settings = Layout(directory), config.load_config(directory)
    named = passphrase_file or settings.passphrase_file
    old = passphrases.existing(named, "the node's keys", "--passphrase-file")
    new = passphrases.chosen(new_passphrase_file, "the node's keys", "--new-passphrase-file")
    output.remark("Encrypting the keys takes a few seconds …")
    changed = change_secret(layout.keys, old, new)
    value = {"keys": [{"role": each.role, "key": each.key, "changed": each.was_changed} for each in changed]}
    output.show(value, _lines(changed, named), as_json=as_json)


def _lines(changed: list[Changed], named: Path | None) -> list[str]:
    lines = [
        f"{each.role:7} {each.key[:16]} … opens with the new passphrase{'' if each.was_changed else ' already'}."
        for each in changed
    ]
    if named is not None:
        lines.append(f"Then         put the new passphrase into {named} before the node is next started.")
    return lines
