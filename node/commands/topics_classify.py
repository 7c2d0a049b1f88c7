"""comitia topics classify: goals for each text, as JSON lines."""

import sys
from typing import Annotated

import typer

from node.commands import topics_lines
from node.commands.progress import Meter
from topics.wire import Classify


def run(
    *,
    reader: Annotated[str, typer.Option(metavar="LANGUAGE", help="The language of the official words.")] = "",
) -> None:
    """Read texts as JSON lines from standard input and write goals, targets and reasons for each, as it comes.

    In: {"id", "text", "lang"?}. Out: {"id", "lang", "goals": {"1": p, …}, "accepted", "targets", "reasons", …}.
    """
    with topics_lines.topics_engine() as engine:
        meter = Meter("texts classified")
        for done, item in enumerate(topics_lines.read_items(sys.stdin.buffer), start=1):
            request = Classify(id="line", op="classify", items=[item], reader=reader)
            topics_lines.write(engine.classify(request)["items"][0])
            meter.count(done)
        meter.end()
