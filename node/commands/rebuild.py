"""comitia rebuild: what lists are read from, made anew from the events."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from node.clock import SystemClock
from node.commands import output
from node.config import Layout
from node.offline import offline_node
from node.storage import projections
from node.wordindex import remove_index


def run(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The data directory of a node that is stopped.")],
    *,
    as_json: output.AsJson = False,
) -> None:
    """Throw away what a node has folded from its events for quick lists, and fold it anew. The events stay.

    The index of words goes too; the node makes it anew when it is next started.
    """
    proposals = asyncio.run(_rebuild(directory))
    output.show({"proposals": proposals}, [f"{directory}: {proposals} proposals folded anew."], as_json=as_json)


async def _rebuild(directory: Path) -> int:
    async with offline_node(directory, SystemClock()) as node:
        proposals = await node.database.write(projections.rebuild)
        remove_index(Layout(directory).words)
        return proposals
