"""comitia topics similar: near-duplicates among texts, or the nearest to one text, as JSON lines."""

import sys
from typing import Annotated

import typer

from node.commands import topics_lines
from topics.wire import Duplicates, Similar


def run(
    *,
    text: Annotated[str, typer.Option(metavar="TEXT", help="Find what is nearest to this.")] = "",
    most: Annotated[int, typer.Option(min=1, max=100, help="How many to find at most, with --text.")] = 10,
) -> None:
    """Read texts as JSON lines from standard input and write which say the same, in whatever language.

    In: {"id", "text", "lang"?, "vector"?}. Out: {"first", "second", "cosine", "by", "shared"}, where by is "words" for
    a copied wording, of which that share is common, else "meaning"; with --text: {"id", "cosine", "kind", "by"}.
    The order of the lines makes no difference. Of texts that are the same each is told with the first of them alone.
    """
    with topics_lines.topics_engine() as engine:
        items = topics_lines.read_all(sys.stdin.buffer)
        if text:
            request = Similar(id="text", op="similar", text=text, items=items, most=most)
            found = engine.similar(request)["matches"]
        else:
            found = engine.duplicates(Duplicates(id="lines", op="duplicates", items=items))["pairs"]
        for match in found:
            topics_lines.write(match)
