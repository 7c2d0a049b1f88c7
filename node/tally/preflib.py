"""PrefLib's files: .cat as approvals of the first category, .soc .soi .toc .toi as rankings.

Metadata stand in lines that begin with #, preferences in lines of a count, a colon, and alternatives by number, those
that are level in braces.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

from consensus.ballots import Ballot
from node.tally.case import UNIT_REMARK, Case, approval, check_options, check_voters, numbered, question_of, shown
from node.tally.faults import FormatError
from node.tally.orders import ranking
from node.tally.text import lines_of, whole

DataType = Literal["cat", "soc", "soi", "toc", "toi"]
Order = tuple[tuple[str, ...], ...]
"""Alternatives from the first on, those that are level together."""

_KEY: Final = re.compile(r"#\s*([A-Z][A-Z0-9 ]*?)\s*:(.*)")
_NAME: Final = re.compile(r"ALTERNATIVE NAME ([0-9]{1,12})")
_ITEM: Final = re.compile(r"\s*(?:([0-9]{1,12})|\{([0-9,\s]*)\})\s*(,|\Z)")


@dataclass(slots=True)
class _File:
    """What has been read so far."""

    meta: dict[str, tuple[int, str]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    orders: list[tuple[int, int, str]] = field(default_factory=list)
    """Line, count and what stands behind the colon."""

    def number(self, key: str) -> int:
        """Return a number of the metadata. Raises FormatError if it isn't there."""
        if key not in self.meta:
            raise FormatError(0, f"there is no line # {key}: …")
        line, value = self.meta[key]
        return whole(value, line, key)


def parse_preflib(data: bytes, data_type: DataType, capacity: int | None) -> Case:
    """Return the case in a PrefLib file. Approvals need a capacity, each alternative costs 1. Raises FormatError."""
    file = _read(data)
    stated = file.meta.get("DATA TYPE")
    if stated is not None and stated[1].lower() != data_type:
        raise FormatError(stated[0], f"the file says that its data type is {shown(stated[1])}, not {data_type}")
    alternatives = [str(number) for number in range(1, _alternatives(file) + 1)]
    ballots, electorate = numbered(_ballots(file, data_type, frozenset(alternatives)))
    if "NUMBER VOTERS" in file.meta and file.number("NUMBER VOTERS") != len(ballots):
        line, said = file.meta["NUMBER VOTERS"]
        raise FormatError(line, f"the file says {shown(said)} voters, but its preferences count {len(ballots)}")
    is_approval = data_type == "cat"
    question = question_of(((number, 1 if is_approval else 0) for number in alternatives), _seats(capacity, data_type))
    return Case(
        question=question,
        electorate=electorate,
        ballots=ballots,
        form="approval" if is_approval else "ranked",
        names=file.names,
        remarks=(_category_remark(file), UNIT_REMARK) if is_approval else (),
    )


def _read(data: bytes) -> _File:
    file = _File()
    for line, text in enumerate(lines_of(data), start=1):
        if text.startswith("#"):
            _read_key(file, line, text)
        elif text.strip():
            count, colon, order = text.partition(":")
            if not colon:
                raise FormatError(line, "a line of preferences has a count, a colon and alternatives")
            file.orders.append((line, whole(count, line, "the count before the colon", 1), order))
    return file


def _read_key(file: _File, line: int, text: str) -> None:
    matched = _KEY.fullmatch(text)
    if matched is None:
        return
    key, value = matched[1], matched[2].strip()
    named = _NAME.fullmatch(key)
    if named is not None:
        file.names[str(int(named[1]))] = value
    elif key in file.meta:
        raise FormatError(line, f"# {key} stands twice")
    else:
        file.meta[key] = (line, value)


def _alternatives(file: _File) -> int:
    count = file.number("NUMBER ALTERNATIVES")
    check_options(count, file.meta["NUMBER ALTERNATIVES"][0])
    return count


def _seats(capacity: int | None, data_type: DataType) -> int:
    if data_type != "cat":
        return capacity or 0
    if capacity is None:
        raise FormatError(0, "the file doesn't say how many alternatives there is room for: give --capacity")
    return capacity


def _ballots(file: _File, data_type: DataType, known: frozenset[str]) -> list[Ballot]:
    ballots: list[Ballot] = []
    for line, count, text in file.orders:
        check_voters(len(ballots) + count, line)
        order = tuple(_order(text, line))
        _check(order, line, data_type, known)
        if data_type == "cat":
            _check_categories(order, file, line)
            ballot: Ballot = approval(order[0] if order else ())
        else:
            ballot = ranking(order)
        ballots += [ballot] * count
    return ballots


def _order(text: str, line: int) -> Iterator[tuple[str, ...]]:
    """Yield the alternatives that are level, from the first on."""
    place, more = 0, bool(text.strip())
    while more:
        matched = _ITEM.match(text, place)
        if matched is None:
            raise FormatError(
                line, f"alternatives are numbers, or numbers in braces, not {shown(text[place:].strip())}"
            )
        single, level, comma = matched.groups()
        yield (str(int(single)),) if single else tuple(_level(level, line))
        place, more = matched.end(), comma == ","


def _level(text: str, line: int) -> Iterator[str]:
    for number in text.split(",") if text.strip() else ():
        yield str(whole(number, line, "an alternative", 1))


def _check(order: Order, line: int, data_type: DataType, known: frozenset[str]) -> None:
    named = [number for level in order for number in level]
    for number in named:
        if number not in known:
            raise FormatError(line, f"there is no alternative {number}: they are numbered from 1 to {len(known)}")
    if len(set(named)) < len(named):
        raise FormatError(line, "an alternative stands twice in one preference")
    if data_type in ("soc", "toc") and len(named) < len(known):
        raise FormatError(line, f"a .{data_type} file ranks all {len(known)} alternatives, this line {len(named)}")
    if data_type in ("soc", "soi") and any(len(level) != 1 for level in order):
        raise FormatError(line, f"in a .{data_type} file no alternatives are level")
    if data_type in ("toc", "toi") and not all(order):
        raise FormatError(line, "braces with nothing between them")


def _check_categories(order: Order, file: _File, line: int) -> None:
    most = file.number("NUMBER CATEGORIES")
    if len(order) > most:
        raise FormatError(line, f"the file has {most} categories, this line {len(order)}")


def _category_remark(file: _File) -> str:
    name = file.meta.get("CATEGORY NAME 1", (0, ""))[1]
    return f"what stands in the first category ({name or 'without a name'}) is taken as approved, the rest as not"
