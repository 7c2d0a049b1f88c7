"""comitia archive: a federation's whole public record as a directory, also while the node runs."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from node.archives import Archived, write_archive
from node.commands import output
from node.commands.progress import Meter


def run(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The node's data directory, running or not.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The archive's directory, which must not exist yet.")],
    *,
    as_json: output.AsJson = False,
) -> None:
    """Write the public record into a new directory that can be kept for decades and checked without this node.

    It is whole or absent, whatever is interrupted. Ballots of rounds whose result isn't certified yet stay out.
    """
    meter = Meter("archived")
    done = write_archive(directory, out, meter)
    meter.end()
    output.show({"archive": str(out), **asdict(done)}, _lines(out, done), as_json=as_json)


def _lines(out: Path, done: Archived) -> list[str]:
    texts = f"{done.texts} texts, {done.erased} erased, {done.missing} not here"
    lines = [
        f"{out}: {done.events} statements in {done.chains} chains to register height {done.height}, {texts}.",
        f"SHA-256 of its MANIFEST: {done.manifest}",
    ]
    lines += [f"Not proven: {line}" for line in done.unproven]
    if done.running:
        lines.append(f"{done.running} rounds are not certified yet: chains end before their first ballot in them.")
    return lines
