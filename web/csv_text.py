"""Cells of tables for spreadsheets and programs: RFC 4180 in UTF-8 with a byte order mark.

The mark is there because the spreadsheet that most people have reads Arabic and Chinese only with one. A cell that a
spreadsheet would take for a formula begins with an apostrophe.
"""

import csv
import io
import re
from collections.abc import Iterable
from typing import Final

BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
Cell = str | int | bool | None
_FORMULA: Final = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20\u2212|%]")
"""What a spreadsheet takes for the beginning of a formula or a command, also after white space and in full width."""
_CONTROLS: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")


def cell(value: Cell) -> str:
    """Return what stands in a cell: nothing for None, yes or no, and no text that could be taken for a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return str(value)
    plain = _CONTROLS.sub("", value).replace("\r\n", "\n").replace("\r", "\n")
    return f"'{plain}" if _FORMULA.match(plain) or plain[:1] in ("\t", "\n") else plain


def csv_row(values: Iterable[Cell]) -> bytes:
    """Return one row, with its end."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow([cell(value) for value in values])
    return out.getvalue().encode()
