"""comitia backup: a consistent copy of a node in one file, also while it runs."""

from pathlib import Path
from typing import Annotated

import typer

from node import backups, config
from node.backups import Made
from node.clock import SystemClock
from node.commands import output
from node.commands.progress import Meter
from node.config import Layout


def run(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The node's data directory, running or not.")],
    target: Annotated[
        Path | None,
        typer.Argument(metavar="[TO]", help="A directory, or a new file. Default: the directory of the settings."),
    ] = None,
    *,
    with_keys: Annotated[
        bool, typer.Option("--with-keys", help="Put the encrypted key files in as well; never their passphrase.")
    ] = False,
    as_json: output.AsJson = False,
) -> None:
    """Write store, charter, member entry and settings into one file, and read it back. The node may run meanwhile.

    The file is whole or absent, whatever is interrupted. It holds the accounts and, with --with-keys, the encrypted
    keys: keep it where only you can read it.
    """
    layout = Layout(directory)
    settings = config.load_config(directory)
    place = target if target is not None else layout.backups(settings)
    if target is None:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
    meter = Meter("backed up")
    keys = with_keys or settings.backup.with_keys
    made = backups.make_backup(layout, place, SystemClock().now(), meter, with_keys=keys)
    meter.end()
    output.show(_value(made), _lines(made), as_json=as_json)


def _value(made: Made) -> dict[str, object]:
    return {"file": str(made.path), "bytes": made.size, **made.manifest.model_dump(mode="json")}


def _lines(made: Made) -> list[str]:
    manifest = made.manifest
    keys = "with the encrypted keys" if manifest.has_keys else "without keys: keep a copy of keys/ elsewhere"
    return [
        f"{made.path}: {manifest.events} events to register height {manifest.height}, {made.size} bytes, {keys}.",
        "It was read back and every hash holds.",
    ]
