"""comitia topics group: groups of texts that belong together, as JSON lines."""

import sys
from collections import deque
from collections.abc import Iterator
from itertools import chain, islice

from node.commands import output, topics_lines
from node.commands.progress import Meter
from topics.engine import Engine
from topics.wire import MAX_ITEMS, MakeGroups, TextItem

_TOLD_EVERY = 10_000


def run() -> None:
    """Read texts as JSON lines from standard input and write the groups that they fall into, largest first.

    In: {"id", "text", "lang"?, "goals"?, "vector"?}; a vector spares the encoding. Out: {"label": {language: words},
    "members", "representative", "sureness", "goals", …}. The order of the lines makes no difference. More than 20,000
    go by way of a temporary directory.
    """
    with topics_lines.topics_engine() as engine:
        lines = topics_lines.read_items(sys.stdin.buffer)
        first = deque(islice(lines, MAX_ITEMS + 1))
        if len(first) > MAX_ITEMS:
            _group_many(engine, chain(_emptied(first), lines))
        else:
            _group(engine, list(first))


def _group(engine: Engine, items: list[TextItem]) -> None:
    topics_lines.check_ids(items)
    meter = Meter("texts read")
    found = engine.group(MakeGroups(id="lines", op="group", items=items), meter)
    meter.end()
    if found["left_out"]:
        output.remark(f"{len(found['left_out'])} texts without a vector were left out: the encoder isn't installed")
    for group in found["groups"]:
        topics_lines.write(group)


def _group_many(engine: Engine, items: Iterator[TextItem]) -> None:
    meters: dict[str, Meter] = {}

    def tell(what: str, done: int, total: int) -> None:
        if total:
            meters.setdefault(what, Meter(what))(done, total)
        elif done % _TOLD_EVERY == 0:
            output.remark(f"{what}: {done}")

    for group in engine.group_many(items, tell):
        topics_lines.write(group)
    for meter in meters.values():
        meter.end()


def _emptied(items: deque[TextItem]) -> Iterator[TextItem]:
    while items:
        yield items.popleft()
