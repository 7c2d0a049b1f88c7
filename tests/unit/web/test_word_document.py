"""The Word document: opens, has headings and tables, reads from right to left where it should, the same bytes."""

import io
import zipfile

import pytest
from docx import Document
from docx.oxml.ns import qn

from tests.support.editions import edition, hostile_backend, language, left, text, with_texts
from tests.support.web_backend import MemoryBackend
from web.editions.edition import Edition
from web.editions.word_document import agenda_docx


def written(found: Edition) -> bytes:
    data = agenda_docx(found, language(found.lang))
    assert data == agenda_docx(found, language(found.lang))
    return data


async def test_items_are_headings_and_outcomes_tables() -> None:
    backend = MemoryBackend()
    backend.editions.all_left[2] = [left()]
    found = await edition(backend)
    opened = Document(io.BytesIO(written(found)))
    headings = [each.text for each in opened.paragraphs if each.style and each.style.name == "Heading 2"]
    for item in found.items:
        assert f"{item.number}. {item.text.title}" in headings
    assert len(opened.tables) > len(found.items)
    first_rows = [table.rows[0]._tr for table in opened.tables[1:]]
    assert all(row.find(f"{qn('w:trPr')}/{qn('w:tblHeader')}") is not None for row in first_rows)
    assert opened.core_properties.title.endswith("version 2")
    assert any("Gone" in each.text for each in opened.paragraphs)


@pytest.mark.parametrize(("lang", "is_rtl"), [("ar", True), ("zh", False), ("en", False)])
async def test_it_reads_in_the_direction_of_its_language(lang: str, is_rtl: bool) -> None:
    backend = with_texts(MemoryBackend(), text("مياه نظيفة", "نص", "ar"), text("清洁用水", "正文", "zh"))
    opened = Document(io.BytesIO(written(await edition(backend, lang))))
    heading = next(each for each in opened.paragraphs if each.style and each.style.name == "Heading 1")
    assert (heading._p.find(f"{qn('w:pPr')}/{qn('w:bidi')}") is not None) is is_rtl
    arabic = next(each for each in opened.paragraphs if each.text == "نص")
    assert arabic._p.find(f"{qn('w:pPr')}/{qn('w:bidi')}") is not None
    assert arabic.runs[0]._r.find(f"{qn('w:rPr')}/{qn('w:rtl')}") is not None
    chinese = next(each for each in opened.paragraphs if each.text == "正文")
    assert chinese.runs[0]._r.find(f"{qn('w:rPr')}/{qn('w:lang')}").get(qn("w:eastAsia")) == "zh"
    assert (opened.tables[0]._tbl.find(f"{qn('w:tblPr')}/{qn('w:bidiVisual')}") is not None) is is_rtl


@pytest.mark.parametrize("first", [0, 8])
async def test_hostile_texts_are_text(first: int) -> None:
    data = written(await edition(hostile_backend(first)))
    opened = Document(io.BytesIO(data))
    assert len(opened.paragraphs) > 10
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        assert b"<script" not in file.read("word/document.xml")
        assert {info.date_time for info in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}


async def test_what_has_no_text_in_the_language_is_said() -> None:
    found = await edition(lang="ru")
    assert found.without_text
    opened = Document(io.BytesIO(written(found)))
    assert any(", ".join(found.without_text[:2]) in each.text for each in opened.paragraphs)
