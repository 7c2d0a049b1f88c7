"""comitia charter verify: who signed a charter, who is missing, and its fingerprint."""

from pathlib import Path
from typing import Annotated

import typer

from node import founding
from node.commands import charter_files, output


def run(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The charter.")],
    *,
    fingerprint: Annotated[str, typer.Option(metavar="HEX", help="What its fingerprint should be.")] = "",
    as_json: output.AsJson = False,
) -> None:
    """Show what a charter says, who has signed it and who is missing. Exit code 0 only if it is complete."""
    checked = charter_files.read(file)
    if fingerprint:
        founding.check_fingerprint(checked, fingerprint)
    founding.check_rules(checked.charter())
    output.show(charter_files.facts(checked), charter_files.description(checked), as_json=as_json)
    checked.verified()
