"""comitia export: what a stopped node holds, in a file that travels by hand."""

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from node.clock import SystemClock
from node.commands import output
from node.commands.progress import Meter
from node.exchange import Exported, Exporter, Lack, export_frontier, read_frontier
from node.offline import offline_node
from node.packet_files import existing_file, new_file
from protocol.errors import LocalError


class ExportError(LocalError):
    """The command line asks for nothing, or for two things at once."""


def run(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The data directory of a node that is stopped.")],
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="Where everything goes.")] = None,
    *,
    since_frontier: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Only what the node lacks that wrote this frontier file.")
    ] = None,
    frontier: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write how far this node has come instead.")
    ] = None,
    as_json: output.AsJson = False,
) -> None:
    """Write what a node holds into a file that another takes with comitia import.

    A node that needs only what is new writes a small frontier file first; the other exports since that.
    """
    if (file is None) == (frontier is None) or (frontier and since_frontier):
        raise ExportError("export writes either FILE, with or without --since-frontier, or --frontier FILE")
    if frontier is not None:
        asyncio.run(_export_frontier(directory, frontier))
        output.show({"frontier": str(frontier)}, [f"{frontier} says how far this node has come."], as_json=as_json)
    elif file is not None:
        done = asyncio.run(_export(directory, file, since_frontier))
        output.show({"file": str(file), **asdict(done)}, [_sentence(file, done)], as_json=as_json)


async def _export_frontier(directory: Path, out: Path) -> None:
    async with offline_node(directory, SystemClock()) as node:
        with new_file(out) as file:
            await export_frontier(node, file)


async def _export(directory: Path, out: Path, since: Path | None) -> Exported:
    meter = Meter("exported events")
    async with offline_node(directory, SystemClock()) as node:
        lack = Lack()
        if since is not None:
            with existing_file(since) as file:
                lack = read_frontier(node, file)
        with new_file(out) as file:
            done = await Exporter(node, file, lack, meter).run()
    meter.end()
    return done


def _sentence(file: Path, done: Exported) -> str:
    return (
        f"{file}: {done.events} events with {done.texts} texts, {done.records} records and {done.forks} fork proofs, "
        f"{done.size} bytes"
    )
