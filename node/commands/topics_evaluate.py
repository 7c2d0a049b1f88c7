"""comitia topics evaluate: how often the classifier is right."""

from pathlib import Path
from typing import Annotated

import typer

from node.commands import topics_lines
from topics import evaluate


def run(
    data: Annotated[Path, typer.Argument(metavar="DATA", help="The directory that topics/sources.py describes.")],
) -> None:
    """Print the figures of the model card, computed anew. Takes minutes."""
    with topics_lines.refusals_worded():
        evaluate.main([str(data)])
