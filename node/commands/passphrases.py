"""Where a passphrase comes from: a file that is named, or the terminal. Never an argument: those are seen by others."""

import getpass
import sys
from pathlib import Path
from typing import Annotated

import typer

from node import keystore
from node.keystore import KeyFileError

NODE_VARIABLE = "COMITIA_PASSPHRASE_FILE"
ROOT_VARIABLE = "COMITIA_ROOT_PASSPHRASE_FILE"

NodePassphraseFile = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        envvar=NODE_VARIABLE,
        metavar="FILE",
        help="Holds the passphrase, or an age identity, of the node's and the teller's key. Else it is asked for.",
    ),
]
RootPassphraseFile = Annotated[
    Path | None,
    typer.Option(
        "--root-passphrase-file",
        envvar=ROOT_VARIABLE,
        metavar="FILE",
        help="Holds the passphrase of the root keys. Else it is asked for.",
    ),
]


def existing(file: Path | None, what: str, option: str) -> str:
    """Return the passphrase that opens keys which exist. Raises KeyFileError or files.FileError."""
    return _ask(f"Passphrase of {what}: ", option) if file is None else keystore.read_secret(file)


def chosen(file: Path | None, what: str, option: str) -> str:
    """Return a passphrase for new keys, asked for twice. Raises KeyFileError if it is too short or mistyped."""
    secret = _ask(f"New passphrase for {what}: ", option) if file is None else keystore.read_secret(file)
    keystore.check_secret(secret)
    if file is None and _ask("The same once more: ", option) != secret:
        raise KeyFileError("the two passphrases differ: nothing was made, start again")
    return secret


def _ask(prompt: str, option: str) -> str:
    if not sys.stdin.isatty():
        raise KeyFileError(f"there is no terminal to ask for a passphrase on: name a file with {option}")
    return getpass.getpass(prompt)
