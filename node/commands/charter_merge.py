"""comitia charter merge: the founders' signatures gathered from copies of one charter."""

from pathlib import Path
from typing import Annotated

import typer

from node import files
from node.commands import charter_files, output
from protocol import charter


def run(
    sources: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Copies of one charter.")],
    *,
    out: Annotated[Path, typer.Option("--output", "-o", metavar="OUT", help="The file to write; must not exist.")],
    as_json: output.AsJson = False,
) -> None:
    """Gather the founders' signatures from several copies of one charter into a new file."""
    merged = charter.merge(charter_files.read(path) for path in sources)
    files.write_new(out, merged.to_bytes(), files.PUBLIC)
    lines = charter_files.description(merged)
    output.show({"file": str(out), **charter_files.facts(merged)}, lines, as_json=as_json)
