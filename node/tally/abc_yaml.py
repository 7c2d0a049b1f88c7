"""abcvoting's .abc.yaml files: approvals of candidates by number, for a committee of a given size.

Read is the part of YAML in which these files are written: one mapping of the keys below, numbers, and lists or sets of
numbers in brackets or braces, a profile also with one dash a line. Anything else of YAML is refused, so nothing in a
file can do more than fill a profile. What was computed before is passed over.
"""

import re
from collections.abc import Iterator
from typing import Final

from consensus.ballots import Ballot
from node.tally.case import UNIT_REMARK, Case, approval, check_options, check_voters, numbered, question_of, shown
from node.tally.faults import FormatError
from node.tally.text import lines_of, whole

_KEYS: Final = frozenset({"description", "profile", "num_cand", "committeesize", "voter_weights", "compute"})
_KEY: Final = re.compile(r"([a-z_]+):(?:[ \t]+(.*))?")
_TOKEN: Final = re.compile(r"[ \t]*(?:([0-9]{1,12})(?![^\s,\]}])|([][{},]))[ \t]*")
_CLOSES: Final = {"[": "]", "{": "}"}

Line = tuple[int, str]
Token = tuple[int, str]
"""A token with its line: a number, a bracket, a brace, a comma, or the dash that begins an entry."""


def parse_abc_yaml(data: bytes, capacity: int | None) -> Case:
    """Return the case in an .abc.yaml file; each candidate costs 1. Raises FormatError."""
    entries = _entries(data)
    if "profile" not in entries:
        raise FormatError(0, "there is no profile")
    sets = list(_Reader(list(_tokens(entries["profile"]))).profile())
    candidates = _number(entries, "num_cand")
    if candidates is None:
        candidates = 1 + max((int(number) for _, numbers in sets for number in numbers), default=-1)
    check_options(candidates, entries.get("num_cand", entries["profile"])[0][0])
    for line, numbers in sets:
        _check_set(line, numbers, candidates)
    seats = _number(entries, "committeesize") if capacity is None else capacity
    if seats is None:
        raise FormatError(0, "the file has no committeesize: give --capacity")
    weights = _weights(entries, len(sets))
    voters: list[Ballot] = []
    for (line, numbers), weight in zip(sets, weights, strict=True):
        check_voters(len(voters) + weight, line)
        voters += [approval(numbers)] * weight
    ballots, electorate = numbered(voters)
    return Case(
        question=question_of(((str(number), 1) for number in range(candidates)), seats),
        electorate=electorate,
        ballots=ballots,
        form="approval",
        remarks=(*(("a voter of weight n is counted as n voters",) if "voter_weights" in entries else ()), UNIT_REMARK),
    )


def _entries(data: bytes) -> dict[str, list[Line]]:
    """Return the lines of each key's value; the first is the one with the key."""
    entries: dict[str, list[Line]] = {}
    current: list[Line] | None = None
    for number, text in enumerate(lines_of(data), start=1):
        if text.strip() == "" or text.lstrip().startswith("#"):
            continue
        if text[0] in " -":
            if current is None:
                raise FormatError(number, "the file must begin with a key such as profile:")
            current.append((number, text))
            continue
        matched = _KEY.fullmatch(text.rstrip())
        if matched is None or matched[1] not in _KEYS:
            raise FormatError(
                number, f"a line begins with one of the keys {', '.join(sorted(_KEYS))}, not {shown(text)}"
            )
        if matched[1] in entries:
            raise FormatError(number, f"the key {matched[1]} stands twice")
        current = entries[matched[1]] = [(number, matched[2] or "")]
    return entries


def _number(entries: dict[str, list[Line]], key: str) -> int | None:
    if key not in entries:
        return None
    (line, text), *more = entries[key]
    if more:
        raise FormatError(more[0][0], f"{key} is one number")
    return whole(_without_comment(text), line, key)


def _without_comment(text: str) -> str:
    return re.split(r"(?:^|\s)#", text, maxsplit=1)[0]


def _tokens(lines: list[Line]) -> Iterator[Token]:
    for line, written in lines:
        text = _without_comment(written)
        stripped = text.lstrip(" \t")
        if stripped.startswith("- "):
            yield line, "-"
            text = stripped[2:]
        place = 0
        while text[place:].strip():
            matched = _TOKEN.match(text, place)
            if matched is None:
                raise FormatError(line, f"numbers in brackets or braces are read, not {shown(text[place:].strip())}")
            yield line, matched[1] or matched[2]
            place = matched.end()


class _Reader:
    """Reads lists and sets of numbers from tokens."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._place = 0

    def profile(self) -> Iterator[tuple[int, list[str]]]:
        """Yield each voter's numbers with their line: a list of lists, or one list behind each dash."""
        if self._peek() == "[":
            for line in self._items():
                yield line, self._numbers()
        else:
            while self._place < len(self._tokens):
                self._take("-")
                yield self._line(), self._numbers()
        self._end()

    def numbers(self) -> list[str]:
        """Return the numbers of one list, with nothing behind it."""
        found = self._numbers()
        self._end()
        return found

    def _items(self) -> Iterator[int]:
        """Yield the line of each item of a list or set, standing before it."""
        closing = _CLOSES.get(self._peek())
        if closing is None:
            raise FormatError(self._line(), "a list in brackets or a set in braces is missing here")
        self._place += 1
        while self._peek() != closing:
            yield self._line()
            if self._peek() != closing:
                self._take(",")
        self._place += 1

    def _numbers(self) -> list[str]:
        found = []
        for line in self._items():
            token = self._peek()
            if not token.isdigit():
                raise FormatError(line, f"a candidate is a number, not {shown(token) if token else 'the end'}")
            found.append(str(int(token)))
            self._place += 1
        return found

    def _peek(self) -> str:
        return self._tokens[self._place][1] if self._place < len(self._tokens) else ""

    def _line(self) -> int:
        last = min(self._place, len(self._tokens) - 1)
        return self._tokens[last][0] if self._tokens else 0

    def _take(self, wanted: str) -> None:
        if self._peek() != wanted:
            raise FormatError(self._line(), f"{shown(wanted)} is missing before {shown(self._peek() or 'the end')}")
        self._place += 1

    def _end(self) -> None:
        if self._place < len(self._tokens):
            raise FormatError(self._line(), f"{shown(self._peek())} stands behind the end of the list")


def _check_set(line: int, numbers: list[str], candidates: int) -> None:
    if len(set(numbers)) < len(numbers):
        raise FormatError(line, "a candidate stands twice in one approval set")
    for number in numbers:
        if int(number) >= candidates:
            raise FormatError(line, f"there is no candidate {number}: they are numbered from 0 to {candidates - 1}")


def _weights(entries: dict[str, list[Line]], voters: int) -> list[int]:
    if "voter_weights" not in entries:
        return [1] * voters
    line = entries["voter_weights"][0][0]
    weights = [int(number) for number in _Reader(list(_tokens(entries["voter_weights"]))).numbers()]
    if len(weights) != voters:
        raise FormatError(line, f"{len(weights)} weights for {voters} voters")
    if 0 in weights:
        raise FormatError(line, "a weight of zero is no vote")
    return weights
