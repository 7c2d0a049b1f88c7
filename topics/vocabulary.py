"""Reads the SDG vocabulary's spreadsheet (one sheet per goal: keyword, what it needs, what bars it)."""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

from topics.keywords import Entry
from topics.sources import checked

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_SHEET = re.compile(r"SDG (\d+)")


def vocabulary(data: Path) -> Iterator[Entry]:
    """Yield the key phrases of goals 1 to 16. Raises SourceError if the file isn't the one named."""
    with zipfile.ZipFile(checked(data, "sdg_vocabulary.xlsx")) as book:
        shared = ["".join(part.itertext()) for part in _root(book, "xl/sharedStrings.xml").iter(f"{_MAIN}si")]
        sheets = _root(book, "xl/workbook.xml").iter(f"{_MAIN}sheet")
        for number, sheet in enumerate(sheets, start=1):
            goal = _SHEET.fullmatch(sheet.get("name", ""))
            if goal:
                yield from _entries(_root(book, f"xl/worksheets/sheet{number}.xml"), shared, int(goal[1]))


def _root(book: zipfile.ZipFile, name: str) -> ET.Element:
    return ET.fromstring(book.read(name))  # noqa: S314 (the file's hash was checked: it is the one we know)


def _entries(sheet: ET.Element, shared: list[str], goal: int) -> Iterator[Entry]:
    for row in list(sheet.iter(f"{_MAIN}row"))[1:]:
        cells = {(cell.get("r") or "").rstrip("0123456789"): _value(cell, shared) for cell in row}
        if cells.get("C"):
            yield Entry(cells["C"], goal, _listed(cells.get("D", "")), _listed(cells.get("E", "")))


def _value(cell: ET.Element, shared: list[str]) -> str:
    value = cell.find(f"{_MAIN}v")
    if value is None or value.text is None:
        return ""
    return shared[int(value.text)] if cell.get("t") == "s" else value.text


def _listed(cell: str) -> tuple[str, ...]:
    return tuple(sorted({part.strip() for part in cell.split("|") if part.strip()}))
