"""comitia keys list: which keys a node has, and whether the roll has them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from node import config, files, founding, keystore
from node.commands import charter_files, output, passphrases
from node.config import Layout, NodeConfig
from node.rekeying import NODE_ROLES
from protocol.roll import Member

_GROUP = 4


def run(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The node's data directory.")],
    *,
    opens: Annotated[
        bool, typer.Option("--open", help="Open the key files, to see that they hold what the entry says.")
    ] = False,
    passphrase_file: passphrases.NodePassphraseFile = None,
    as_json: output.AsJson = False,
) -> None:
    """Show the node's keys with their roles and fingerprints, and whether the charter's roll has them.

    Without --open this is read from the member entry and the charter; the key files stay closed. Keys can't be replaced
    yet: that takes a change of the roll, which the protocol doesn't have so far. Whoever loses one keeps what it signed
    and can sign nothing more; whoever fears that one is known to others stops the node and tells the other members.
    """
    layout, settings = Layout(directory), config.load_config(directory)
    held = _opened(layout, settings, passphrase_file) if opens else {}
    rows = list(_rows(layout, held))
    output.show({"keys": rows}, [_line(row) for row in rows], as_json=as_json)


def fingerprint(key: str) -> str:
    """Return a public key in groups of four digits, to be read aloud and compared."""
    return " ".join(key[start : start + _GROUP] for start in range(0, len(key), _GROUP))


def _opened(layout: Layout, settings: NodeConfig, passphrase_file: Path | None) -> dict[str, str]:
    secret = passphrases.existing(passphrase_file or settings.passphrase_file, "the node's keys", "--passphrase-file")
    keys = keystore.read_node_keys(layout.keys, secret, with_teller=True)
    found = {"node": str(keys.node.key)}
    return found if keys.teller is None else {**found, "teller": str(keys.teller.key)}


def _rows(layout: Layout, held: dict[str, str]) -> Iterator[dict[str, object]]:
    on_roll = _roll_keys(layout)
    known = _entry_keys(layout)
    for role in NODE_ROLES:
        path = keystore.key_path(layout.keys, role)
        key = held.get(role) or known.get(role)
        if key is not None or path.exists():
            yield {
                "role": role,
                "key": key,
                "file": str(path) if path.exists() else None,
                "opens": role in held if held else None,
                "is_on_roll": None if on_roll is None or key is None else (key, role) in on_roll,
            }


def _entry_keys(layout: Layout) -> dict[str, str]:
    if not layout.member.exists():
        return {}
    entry: Member = founding.parse_member(files.read_bounded(layout.member, founding.MEMBER_FILE_BYTES_MAX))
    return {key.role: str(key.key) for key in entry.keys}


def _roll_keys(layout: Layout) -> set[tuple[str, str]] | None:
    if not layout.charter.exists():
        return None
    members = charter_files.read(layout.charter).charter().roll.members
    return {(str(key.key), key.role) for member in members for key in member.keys}


def _line(row: dict[str, object]) -> str:
    key = fingerprint(str(row["key"])) if row["key"] else "unknown: --open reads it from the file"
    facts = ["no file here" if row["file"] is None else "file is here"]
    if row["opens"] is not None:
        facts.append("opens" if row["opens"] else "was not opened")
    facts.append({None: "not compared with a roll", True: "on the roll", False: "NOT on the roll"}[row["is_on_roll"]])  # type: ignore[index]
    return f"{row['role']:7} {key}  ({', '.join(facts)})"
