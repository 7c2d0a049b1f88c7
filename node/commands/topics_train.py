"""comitia topics train: the classifier rebuilt from data with stated hashes."""

from pathlib import Path
from typing import Annotated

import typer

from node.commands import topics_lines
from topics import train


def run(
    data: Annotated[Path, typer.Argument(metavar="DATA", help="The directory that topics/sources.py describes.")],
    *,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the artefact and its hash go.")],
) -> None:
    """Rebuild the classifier from data whose hashes are stated, and print the hash of what comes out. Takes minutes."""
    with topics_lines.refusals_worded():
        train.main([str(data), "--out", str(out)])
