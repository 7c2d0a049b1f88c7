"""Phrases of the scenario language: plain words with slots in capitals, compiled into patterns.

`[…]` may be left out, `(s)` is the ending that goes with one member. The README lists the same phrases word for word.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from tests.support.builders import EPOCH_MS
from tests.support.scenario_script import Line, ScriptError

MINUTE: Final = 60_000
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

_NAME: Final = r"[a-z0-9][a-z0-9-]*"
_NAMES: Final = rf"{_NAME}(?:(?:, | and ){_NAME})*"
_QUOTED: Final = r"'[^']*'"
_SLOTS: Final[Mapping[str, str]] = {
    "WHO": _NAMES,
    "WHOM": _NAME,
    "TELLERS": _NAMES,
    "TITLE": rf"{_QUOTED}|it",
    "OTHER": _QUOTED,
    "WORDING": _QUOTED,
    "REASON": _QUOTED,
    "TITLES": rf"(?:{_QUOTED}|it)(?:(?:, | and ){_QUOTED})*",
    "TIME": r"day \d+(?:, \d\d:\d\d)?|hour \d+(?::\d\d)?",
    "NUMBER": r"\d+",
    "MINUTES": r"\d+",
    "TRACK": r"long-term|short-term",
    "CHOICE": r"yes|no",
    "ANSWER": r"addressed|accommodated|dismissed",
    "PROCEDURE": r"an? [a-z -]+?",
    "RULE": r"[^']+",
    "RANKING": rf"{_QUOTED}(?: [>=] {_QUOTED})*",
    "SCORES": rf"{_QUOTED}: .+",
}
_TOKENS: Final = re.compile(r"\(s\)|\[|\]|'?[A-Z]{2,}'?|.")
_TIME: Final = re.compile(r"(day|hour) (\d+)(?:(?:, |:)(\d\d)(?::(\d\d))?)?")


@dataclass(frozen=True, slots=True)
class Found:
    """What stands in the slots of a phrase in one line."""

    line: Line
    slots: Mapping[str, str | None]

    def has(self, slot: str) -> bool:
        """Whether an optional slot is filled."""
        return self.slots.get(slot) is not None

    def word(self, slot: str) -> str:
        """Return what fills a slot, without quotation marks."""
        value = self.slots.get(slot)
        assert value is not None, slot
        return value.strip("'")

    def quoted(self, slot: str) -> str | None:
        """Return what fills an optional slot, without quotation marks."""
        return self.word(slot) if self.has(slot) else None

    def says(self, words: str) -> bool:
        """Whether the line holds these words."""
        return words in self.line.text

    def number(self, slot: str, otherwise: int) -> int:
        """Return the number in an optional slot."""
        return int(self.word(slot)) if self.has(slot) else otherwise

    def names(self, slot: str = "WHO") -> list[str]:
        """Return the members that are named."""
        return re.findall(_NAME, re.sub(r"\band\b", ",", self.word(slot)))

    def titles(self, slot: str = "TITLES") -> list[str]:
        """Return the titles that are listed."""
        value = self.slots.get(slot)
        assert value is not None, slot
        return [found.strip("'") for found in re.findall(rf"{_QUOTED}|\bit\b", value)]

    def time(self, slot: str = "TIME") -> int:
        """Return the point in time that is named."""
        return time_of(self.word(slot))

    def fail(self, cause: str) -> ScriptError:
        """Return the error that this line can't be done."""
        return ScriptError(self.line, cause)


@dataclass(frozen=True)
class Phrase:
    """One step of the language and what it does."""

    words: str
    does: Callable[[Any, Found], None]

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The pattern of whole lines that say this."""
        return re.compile("".join(_token(found) for found in _TOKENS.findall(self.words)))

    def find(self, line: Line) -> Found | None:
        """Return what a line says in this phrase, or None if it says something else."""
        match = self.pattern.fullmatch(line.text)
        return None if match is None else Found(line, match.groupdict())


def look_up(phrases: Sequence[Phrase], line: Line) -> tuple[Phrase, Found]:
    """Return the one phrase of a line. Raises ScriptError if it is no step, or could be two."""
    found = [(phrase, said) for phrase in phrases if (said := phrase.find(line)) is not None]
    if not found:
        raise ScriptError(line, "there is no such step")
    if len(found) > 1:
        raise ScriptError(line, f"this could mean {' or '.join(repr(phrase.words) for phrase, _ in found)}")
    return found[0]


def is_time(text: str) -> bool:
    """Whether a text names a point in time."""
    return _TIME.fullmatch(text) is not None


def time_of(text: str) -> int:
    """Return a point in time: day 1, 00:00 and hour 0 are when the federation is founded."""
    match = _TIME.fullmatch(text)
    assert match is not None, text
    unit, count, first, second = match.groups()
    if unit == "day":
        return EPOCH_MS + (int(count) - 1) * DAY + int(first or 0) * HOUR + int(second or 0) * MINUTE
    return EPOCH_MS + int(count) * HOUR + int(first or 0) * MINUTE


def time_words(time: int) -> str:
    """Return a point in time in words, in whole minutes."""
    minutes = (time - EPOCH_MS) // MINUTE
    return f"day {minutes // (24 * 60) + 1}, {minutes // 60 % 24:02}:{minutes % 60:02}"


def _token(token: str) -> str:
    if token == "(s)":  # noqa: S105 - an ending, no secret
        return "s?"
    if token == "[":  # noqa: S105 - a bracket, no secret
        return "(?:"
    if token == "]":  # noqa: S105 - a bracket, no secret
        return ")?"
    slot = token.strip("'")
    return f"(?P<{slot}>{_SLOTS[slot]})" if slot in _SLOTS else re.escape(token)
