"""comitia topics rising: goals, groups and terms that have become more frequent than chance explains, as JSON lines."""

import sys
from typing import Annotated, Any, BinaryIO

import orjson
import typer
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from node.clock import SystemClock
from node.commands import topics_lines
from node.commands.topics_lines import LINE_BYTES_MAX, TopicsError
from topics.rising import Rise, Said, rising
from topics.terms import telling_terms
from topics.wire import MAX_ITEMS, Goal, Name, Tag


class Line(BaseModel):
    """One proposal as it is read."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    id: Name
    member: Name
    time: Annotated[int, Field(ge=0)]
    text: str = ""
    lang: Tag = ""
    goals: Annotated[list[Goal], Field(max_length=17)] = []
    group: Annotated[str, Field(max_length=200)] = ""

    def said(self) -> Said:
        """Return what is counted of it."""
        lang, terms = telling_terms(self.text, self.lang) if self.text else (self.lang, [])
        goals = tuple(sorted(set(self.goals)))
        return Said(self.id, self.member, self.time, lang, goals, self.group, tuple(terms))


def run(
    *,
    now: Annotated[int, typer.Option(min=0, help="When the weeks end, in milliseconds; now if not given.")] = 0,
) -> None:
    """Read proposals as JSON lines from standard input and write what rises in the last twelve weeks, surest first.

    In: {"id", "member", "time" in milliseconds, "text"?, "lang"?, "goals"?, "group"?}. Out: {"kind", "name", "lang",
    "group", "weeks", "chance", "short_term", "voices", "voices_now", "others", "others_now"}; topics/SIGNALS.md says
    what they mean.
    """
    for rise in rising(read(sys.stdin.buffer), now or SystemClock().now()):
        topics_lines.write(answer(rise))


def read(stream: BinaryIO) -> list[Said]:
    """Return what the lines say. Raises TopicsError naming the line that can't be read."""
    found: dict[str, Said] = {}
    for number, data in enumerate(iter(lambda: stream.readline(LINE_BYTES_MAX + 1), b""), start=1):
        if len(data) > LINE_BYTES_MAX:
            raise TopicsError(f"line {number}: longer than the limit of {LINE_BYTES_MAX} bytes")
        if data.strip():
            said = _line(number, data).said()
            if said.id in found:
                raise TopicsError(f"two items have the id {said.id!r}")
            found[said.id] = said
        if len(found) > MAX_ITEMS:
            raise TopicsError(f"more than {MAX_ITEMS} items")
    return list(found.values())


def _line(number: int, data: bytes) -> Line:
    try:
        return Line.model_validate(orjson.loads(data))
    except orjson.JSONDecodeError as error:
        raise TopicsError(f"line {number}: not JSON: {error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise TopicsError(f"line {number}: {': '.join(filter(None, (where, first['msg'])))}") from error


def answer(rise: Rise) -> dict[str, Any]:
    """Return a rise as a line of output."""
    return {
        "kind": rise.kind,
        "name": rise.name,
        "lang": rise.lang,
        "group": rise.group,
        "weeks": list(rise.weeks),
        "chance": rise.chance,
        "short_term": rise.is_short_term,
        "voices": rise.voices.all,
        "voices_now": rise.voices.now,
        "others": rise.voices.others,
        "others_now": rise.voices.others_now,
    }
