import hashlib
import zipfile
from pathlib import Path

import pytest

from topics import sources
from topics.keywords import Entry
from topics.sources import SourceError
from topics.vocabulary import vocabulary

SPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
BOOK = f'<workbook {SPACE}><sheets><sheet name="README"/><sheet name="SDG 14"/></sheets></workbook>'
SHARED = f"<sst {SPACE}><si><t>keyword</t></si><si><r><t>coral </t></r><r><t>reef</t></r></si></sst>"
README = f'<worksheet {SPACE}><sheetData><row><c r="C1" t="s"><v>0</v></c></row></sheetData></worksheet>'
GOAL = (
    f'<worksheet {SPACE}><sheetData><row><c r="C1" t="s"><v>0</v></c></row>'
    '<row><c r="A2"/><c r="C2" t="s"><v>1</v></c><c r="D2" t="str"><v>sea| ocean |</v></c></row>'
    '<row><c r="A3"/></row></sheetData></worksheet>'
)


def test_keywords_are_read_with_what_they_need(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "sdg_vocabulary.xlsx"
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("xl/workbook.xml", BOOK)
        book.writestr("xl/sharedStrings.xml", SHARED)
        book.writestr("xl/worksheets/sheet1.xml", README)
        book.writestr("xl/worksheets/sheet2.xml", GOAL)
    monkeypatch.setitem(sources.HASHES, path.name, hashlib.sha256(path.read_bytes()).hexdigest())
    assert list(vocabulary(tmp_path)) == [Entry("coral reef", 14, needs=("ocean", "sea"))]


def test_another_spreadsheet_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    (tmp_path / "sdg_vocabulary.xlsx").write_bytes(b"no archive at all")
    with pytest.raises(SourceError, match="not the data named"):
        list(vocabulary(tmp_path))
