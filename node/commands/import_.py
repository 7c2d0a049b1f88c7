"""comitia import: what another node exported, taken as if a peer had sent it."""

import asyncio
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from node import config
from node.clock import SystemClock
from node.commands import output
from node.commands.progress import Meter
from node.exchange import Imported, Importer
from node.offline import offline_node
from node.packet_files import PacketFileError, existing_file


def run(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The data directory of a node that is stopped.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What comitia export has written.")],
    *,
    as_json: output.AsJson = False,
) -> None:
    """Take what another node exported, everything checked as if a peer had sent it.

    A file that is damaged is taken up to there; exit code 0 only if it was read to its end.
    """
    settings = config.load_config(directory)
    done = asyncio.run(_import(directory, file, settings.import_bytes_max))
    value = asdict(done) | {"file": str(file), "refused": dict(done.refused), "deferred": dict(done.deferred)}
    output.show(value, [f"{file}: {sentence(done)}"], as_json=as_json)
    if done.damage:
        raise PacketFileError(f"{file}: {done.damage}; what came before that was taken")


async def _import(directory: Path, source: Path, bytes_max: int) -> Imported:
    meter = Meter("imported bytes")
    with existing_file(source) as file:
        size = os.fstat(file.fileno()).st_size
        if size > bytes_max:
            raise PacketFileError(f"{source}: {size} bytes are over the limit of {bytes_max} (import_bytes_max)")
        async with offline_node(directory, SystemClock(), may_create=True) as node:
            done = await Importer(node, f"file {source.name}", meter).run(file, size, bytes_max)
    meter.end()
    return done


def sentence(done: Imported) -> str:
    """Return what became of a file's content in one line."""
    new = f"new: {done.events} events, {done.texts} texts, {done.records} records, {done.forks} fork proofs"
    parts = [new, f"known: {done.known}", *_refusals("refused", done.refused, done.reasons)]
    return "; ".join([*parts, *_refusals("deferred", done.deferred, done.reasons)])


def _refusals(word: str, table: Counter[str], reasons: dict[str, str]) -> Iterator[str]:
    total = sum(table.values())
    shown = ", ".join(f"{count} {kind}: {reasons[kind]}" for kind, count in sorted(table.items()))
    yield f"{word}: {total}" + (f" ({shown})" if shown else "")
