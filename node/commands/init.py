"""comitia init: the keys and settings of a new node, and the member entry for whoever drafts the charter."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from node import config, files, founding, keystore
from node.commands import output, passphrases
from node.config import Layout
from node.files import FileError
from node.founding import FounderKeys, Profile
from node.keystore import KeyFileError, KeyRole, NodeKeys
from protocol.keys import SigningKey
from protocol.roll import Member


def run(  # noqa: PLR0913 - one parameter for each option
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The node's data directory, made if need be.")],
    *,
    member: Annotated[str, typer.Option(metavar="ID", help="2 to 32 of a-z, 0-9 and -.")],
    name: Annotated[list[str], typer.Option(metavar="LANGUAGE=NAME", help="Repeat for more languages.")],
    country: Annotated[str, typer.Option(metavar="XX", help="Two capital letters (ISO 3166).")],
    constituency: Annotated[list[str] | None, typer.Option(metavar="ID", help="Repeat for more.")] = None,
    address: Annotated[str, typer.Option(metavar="URL", help="Empty if this node only dials out.")] = "",
    no_teller: Annotated[bool, typer.Option("--no-teller", help="Make no teller's key.")] = False,
    offline: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where the root keys go. Default: beside DIR, DIR-offline.")
    ] = None,
    passphrase_file: passphrases.NodePassphraseFile = None,
    root_passphrase_file: passphrases.RootPassphraseFile = None,
    as_json: output.AsJson = False,
) -> None:
    """Make a node's keys, its settings, and the member entry that goes to whoever drafts the charter.

    The root key signs the charter and replaces lost keys. It and its successor go into a directory of their own: move
    that away from this machine. DIR/member.json is public: send it to the drafter.
    """
    directory = directory.absolute()
    places = _Places(Layout(directory), offline.absolute() if offline else _beside(directory))
    profile = Profile(member, output.names_by_language(name), country, tuple(set(constituency or ())), address)
    keys = _new_keys(with_teller=not no_teller)
    entry = founding.member_entry(profile, keys)
    settings = config.new_config(public_url=address, is_teller=not no_teller)
    _check(places)
    node_secret = passphrases.chosen(passphrase_file, "the node's keys", "--passphrase-file")
    root_secret = passphrases.chosen(root_passphrase_file, "the root keys", "--root-passphrase-file")
    if node_secret == root_secret:
        raise KeyFileError("the root keys need a passphrase of their own, or whoever runs the node holds them too")
    output.remark("Encrypting the keys takes a few seconds …")
    _write(places, [*_key_files(places, keys, node_secret, root_secret), *_public_files(places, entry, settings)])
    _report(places, entry, as_json=as_json)


@dataclass(frozen=True, slots=True)
class _Places:
    """Where the files of a new founder go."""

    node: Layout
    offline: Path


@dataclass(frozen=True, slots=True)
class _NewFile:
    path: Path
    content: bytes
    mode: int


def _beside(directory: Path) -> Path:
    return directory.with_name(directory.name + "-offline")


def _new_keys(*, with_teller: bool) -> FounderKeys:
    node = NodeKeys(keystore.new_key(), keystore.new_key() if with_teller else None)
    return FounderKeys(keystore.new_key(), keystore.new_key(), node)


def _check(places: _Places) -> None:
    """Check that nothing is in the way and the root keys won't lie on the node."""
    node, offline = places.node, places.offline
    if offline.is_relative_to(node.directory):
        raise KeyFileError(f"{offline} lies in {node.directory}: root keys don't belong there; choose another place")
    roots = (keystore.key_path(offline, "root"), keystore.key_path(offline, "next-root"))
    others = (keystore.key_path(node.keys, "node"), keystore.key_path(node.keys, "teller"))
    for path in (*others, node.config, node.member, node.charter, *roots, offline / node.member.name):
        if path.exists():
            raise FileError(f"{path} exists already, nothing was made: choose another directory or remove it")


def _key_files(places: _Places, keys: FounderKeys, node_secret: str, root_secret: str) -> Iterator[_NewFile]:
    made: list[tuple[Path, KeyRole, SigningKey | None, str]] = [
        (places.offline, "root", keys.root, root_secret),
        (places.offline, "next-root", keys.next_root, root_secret),
        (places.node.keys, "node", keys.node.node, node_secret),
        (places.node.keys, "teller", keys.node.teller, node_secret),
    ]
    for directory, role, key, secret in made:
        if key:
            yield _NewFile(keystore.key_path(directory, role), keystore.encrypt(key, secret), files.PRIVATE)


def _public_files(places: _Places, entry: Member, settings: bytes) -> tuple[_NewFile, ...]:
    """Return the files without secrets, the member entry last: where it is, all is."""
    content = founding.member_bytes(entry)
    return (
        _NewFile(places.offline / places.node.member.name, content, files.PUBLIC),
        _NewFile(places.node.config, settings, files.PUBLIC),
        _NewFile(places.node.member, content, files.PUBLIC),
    )


def _write(places: _Places, contents: list[_NewFile]) -> None:
    """Write all files or none: what was written is removed again if one can't be."""
    written: list[Path] = []
    try:
        for directory in (places.offline, places.node.directory, places.node.keys):
            files.make_private_directory(directory)
        for new in contents:
            files.write_new(new.path, new.content, new.mode)
            written.append(new.path)
    except BaseException:
        for path in written:
            path.unlink(missing_ok=True)
        raise


def _report(places: _Places, entry: Member, *, as_json: bool) -> None:
    value = {
        "member": entry.id,
        "directory": str(places.node.directory),
        "offline": str(places.offline),
        "entry": str(places.node.member),
        "root": entry.root,
        "keys": {key.role: key.key for key in entry.keys},
    }
    lines = (
        f"{entry.id} is ready to found a federation.",
        f"Root key     {entry.root}",
        f"Send         {places.node.member} to whoever drafts the charter; it is public.",
        f"Move away    {places.offline} to a stick or a safe, with a copy elsewhere; it signs the charter.",
        f"Then         comitia charter sign FILE --keys {places.offline}",
    )
    output.show(value, lines, as_json=as_json)
