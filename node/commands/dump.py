"""comitia dump: open data as tables, also while the node runs."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from node.clock import SystemClock
from node.commands import output
from node.commands.progress import Meter
from node.open_data import write_dump


def run(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The node's data directory, running or not.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The directory to make, which must not exist yet.")],
    *,
    as_json: output.AsJson = False,
) -> None:
    """Write proposals, positions, ballots, outcomes and more as CSV and JSON lines with a machine-readable description.

    Rounds that are closed are added as PaBuLib and PrefLib files. Nothing that happened in a round whose result isn't
    certified yet is in it, nor any text that was erased. The directory is whole or absent.
    """
    meter = Meter("tables")
    done = write_dump(directory, out, SystemClock().now(), meter)
    meter.end()
    rows = ", ".join(f"{count} {table.replace('_', ' ')}" for table, count in done.rows.items())
    output.show({"dump": str(out), **asdict(done)}, [f"{out}: {rows}; {done.rounds} files of rounds."], as_json=as_json)
