"""JSON lines in and out, for the commands about topics: what they read is checked line by line."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any, BinaryIO

import orjson
from pydantic import ValidationError
from threadpoolctl import threadpool_limits

from node.commands import output
from protocol.errors import LocalError
from topics.absent import EncoderMissing, encoder_here
from topics.artifact import ArtifactError
from topics.classify import Classifier
from topics.cluster import GroupingError
from topics.embed import VectorError
from topics.engine import Engine, EngineError
from topics.sources import SourceError
from topics.text import MAX_TEXT_CHARS
from topics.wire import MAX_ITEMS, TextItem

LINE_BYTES_MAX = 2_000_000


class TopicsError(LocalError):
    """What was read can't be answered. One line that says where and why."""


@contextmanager
def topics_engine() -> Iterator[Engine]:
    """Give what answers about texts. Raises TopicsError for what the topics module refuses."""
    with refusals_worded(), threadpool_limits(limits=1):
        yield Engine(Classifier(encoder_here()))


@contextmanager
def refusals_worded() -> Iterator[None]:
    """Word what the topics module refuses as an error of the command line."""
    try:
        yield
    except (ArtifactError, EncoderMissing, EngineError, GroupingError, SourceError, VectorError) as error:
        raise TopicsError(str(error)) from error


def read_items(stream: BinaryIO) -> Iterator[TextItem]:
    """Yield an item for each line {"id", "text", "lang"?, "vector"?, "goals"?}; empty lines are passed over.

    Of a text that is too long the beginning counts. Raises TopicsError naming the line that can't be read.
    """
    for number, line in enumerate(iter(lambda: stream.readline(LINE_BYTES_MAX + 1), b""), start=1):
        if len(line) > LINE_BYTES_MAX:
            raise TopicsError(f"line {number}: longer than the limit of {LINE_BYTES_MAX} bytes")
        if line.strip():
            yield _item(number, line)


def read_all(stream: BinaryIO) -> list[TextItem]:
    """Return all items in the order of their ids. Raises TopicsError if there are too many, or an id comes twice."""
    items = list(islice(read_items(stream), MAX_ITEMS + 1))
    if len(items) > MAX_ITEMS:
        raise TopicsError(f"more than {MAX_ITEMS} items")
    check_ids(items)
    return sorted(items, key=lambda item: item.id)


def check_ids(items: Iterable[TextItem]) -> None:
    """Raise TopicsError if an id comes twice."""
    seen: set[str] = set()
    for item in items:
        if item.id in seen:
            raise TopicsError(f"two items have the id {item.id!r}")
        seen.add(item.id)


def write(answer: dict[str, Any]) -> None:
    """Write an answer as one line and have it arrive at once."""
    sys.stdout.buffer.write(orjson.dumps(answer) + b"\n")
    sys.stdout.buffer.flush()


def _item(number: int, line: bytes) -> TextItem:
    try:
        value = orjson.loads(line)
        if isinstance(value, dict) and isinstance(value.get("text"), str) and len(value["text"]) > MAX_TEXT_CHARS:
            output.remark(f"line {number}: of {len(value['text'])} characters the first {MAX_TEXT_CHARS} count")
            value["text"] = value["text"][:MAX_TEXT_CHARS]
        return TextItem.model_validate(value)
    except orjson.JSONDecodeError as error:
        raise TopicsError(f"line {number}: not JSON: {error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise TopicsError(f"line {number}: {': '.join(filter(None, (where, first['msg'])))}") from error
