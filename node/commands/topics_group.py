"""comitia topics group: groups of texts that belong together, as JSON lines."""

import sys

from node.commands import topics_lines
from node.commands.progress import Meter
from topics.wire import MakeGroups


def run() -> None:
    """Read texts as JSON lines from standard input and write the groups that they fall into, largest first.

    In: {"id", "text", "lang"?, "goals"?}. Out: {"label": {language: words}, "members", "representative", "sureness",
    "goals", …}. The order of the lines makes no difference.
    """
    with topics_lines.topics_engine() as engine:
        items = topics_lines.read_all(sys.stdin.buffer)
        meter = Meter("texts read")
        found = engine.group(MakeGroups(id="lines", op="group", items=items), meter)
        meter.end()
        for group in found["groups"]:
            topics_lines.write(group)
