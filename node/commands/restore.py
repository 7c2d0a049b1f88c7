"""comitia restore: a data directory made of a backup."""

from pathlib import Path
from typing import Annotated

import typer

from node import restoring
from node.backup_archive import read_manifest
from node.commands import output
from node.commands.progress import Meter
from node.restoring import Restored


def run(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What comitia backup has written.")],
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A new data directory; never one that is used.")],
    *,
    as_json: output.AsJson = False,
) -> None:
    """Check a backup from its first byte to its last, and make a new data directory of it.

    The restored node signs nothing until two other members' nodes (or all, where there are fewer) have told it how far
    its own chains reach and it has caught up: what it signed after the backup would otherwise be contradicted, and its
    key would count as forked. Stop the old node for good before: two nodes with the same keys fork them.
    """
    meter, total = Meter("restored"), read_manifest(file).bytes_total
    done = 0

    def tick(piece: int) -> None:
        nonlocal done
        done += piece
        meter(done, total)

    restored = restoring.restore_backup(file, directory, tick)
    meter.end()
    value = {"directory": str(directory), "keys": not restored.lacks_keys}
    output.show({**value, **restored.manifest.model_dump(mode="json")}, _lines(restored), as_json=as_json)


def _lines(restored: Restored) -> list[str]:
    directory, manifest = restored.directory, restored.manifest
    lines = [
        f"{directory}: the node of {manifest.member}, {manifest.events} events to register height {manifest.height}.",
        "Nobody is signed in there: comitia accounts invite makes new links.",
        "Accounts and means of signing in are those of the backup, revoked ones too: comitia accounts list.",
        "It signs nothing until others have told it how far its own chains reach; /node says when.",
        "Never run the old node again: two nodes with the same keys fork them.",
    ]
    if restored.lacks_keys:
        lines.append(f"Keys         not in this backup: put your copy into {directory / 'keys'} (chmod 600)")
    return [*lines, f"Then         comitia doctor {directory}", f"             comitia serve {directory}"]
