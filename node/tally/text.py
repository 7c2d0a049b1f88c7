"""Bytes as lines and words as numbers, for the formats that are read line by line."""

import re
from fractions import Fraction

from node.tally.case import shown
from node.tally.faults import FormatError

_WHOLE = re.compile(r"[0-9]{1,12}")
_DECIMAL = re.compile(r"[0-9]{1,12}([.,][0-9]{1,6})?")


def lines_of(data: bytes) -> list[str]:
    """Return the lines of a text in UTF-8, without their ends. Raises FormatError at the first byte that isn't."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FormatError(line, "the file isn't in UTF-8") from error
    return [line.removesuffix("\r") for line in text.split("\n")]


def whole(text: str, line: int, what: str, least: int = 0) -> int:
    """Return a whole number of at most twelve digits. Raises FormatError naming what it should have been."""
    stripped = text.strip()
    if not _WHOLE.fullmatch(stripped) or int(stripped) < least:
        raise FormatError(line, f"{what} must be a whole number of at least {least}, not {shown(stripped)}")
    return int(stripped)


def amount(text: str, line: int, what: str) -> Fraction:
    """Return an amount of money or time, exactly. Raises FormatError naming what it should have been."""
    stripped = text.strip()
    if not _DECIMAL.fullmatch(stripped):
        raise FormatError(line, f"{what} must be an amount such as 1200 or 12.50, not {shown(stripped)}")
    return Fraction(stripped.replace(",", "."))
