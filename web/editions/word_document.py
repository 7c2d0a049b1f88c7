"""An edition as a Word document (Office Open XML, ISO/IEC 29500), to edit and to quote from.

Written from the blocks of the printed agenda with the standard library alone: headings, tables with heading rows, each
run in its language and direction. What only paper needs is left out: the code to scan, the pages' heads. A picture
stands as its words, a drawn bar as nothing, because its numbers stand beside it.
"""

import io
import zipfile
from collections.abc import Callable, Iterable, Sequence
from typing import Final
from xml.etree import ElementTree as ET

from web.editions.akoma_ntoso import without_text_words
from web.editions.edition import Edition, moment_words
from web.editions.word_parts import CONTENT_TYPES, DOCUMENT_RELATIONS, RELATIONS, SETTINGS, STYLES
from web.i18n import Language, direction
from web.pdf.blocks import (
    Bar,
    Block,
    Cover,
    Entries,
    Facts,
    Goals,
    Heading,
    Paragraph,
    Picture,
    Prose,
    Run,
    Runs,
    Table,
    Words,
    words,
)
from web.pdf.closing_blocks import changes_blocks, fairness_blocks, hash_runs
from web.pdf.item_blocks import items_blocks
from web.pdf.round_blocks import rounds_blocks
from web.pdf.speech import Speech
from web.xml_text import allowed

_WORD: Final = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_CORE: Final = "http://schemas.openxmlformats.org/package/2006/metadata/core-properties"
_TERMS: Final = "http://purl.org/dc/terms/"
_ZIP_TIME: Final = (1980, 1, 1, 0, 0, 0)
"""Of every part, so that the same edition gives the same bytes."""
_PAGE: Final = {"w:w": "11906", "w:h": "16838"}
_TEXT_WIDTH: Final = 9638
"""Of A4 with margins of 20 mm, in twentieths of a point."""
_EAST_ASIAN: Final = frozenset({"zh", "ja", "ko"})
_STYLES: Final = {"lead": "Lead", "small": "Small", "label": "Label"}


def agenda_docx(edition: Edition, language: Language) -> bytes:
    """Return an edition in a language as a Word document; the same edition always gives the same bytes."""
    parts = {
        "[Content_Types].xml": CONTENT_TYPES.encode(),
        "_rels/.rels": RELATIONS.encode(),
        "docProps/core.xml": _core(edition, language),
        "word/_rels/document.xml.rels": DOCUMENT_RELATIONS.encode(),
        "word/document.xml": _document(edition, language),
        "word/settings.xml": SETTINGS.encode(),
        "word/styles.xml": STYLES.encode(),
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as file:
        for name, data in parts.items():
            info = zipfile.ZipInfo(name, _ZIP_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            info.create_system = 3
            file.writestr(info, data)
    return packed.getvalue()


def _core(edition: Edition, language: Language) -> bytes:
    root = ET.Element(
        "cp:coreProperties",
        {
            "xmlns:cp": _CORE,
            "xmlns:dc": "http://purl.org/dc/elements/1.1/",
            "xmlns:dcterms": _TERMS,
            "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
        },
    )
    said = language.gettext("Agenda, version %(version)d") % {"version": edition.version}
    for tag, text in (
        ("dc:title", f"{edition.federation_name}: {said}"),
        ("dc:creator", edition.federation_name),
        ("dc:identifier", edition.id),
        ("dc:language", language.code),
        ("cp:keywords", f"sha256:{edition.document_sha256}"),
    ):
        ET.SubElement(root, tag).text = allowed(text)
    for tag in ("dcterms:created", "dcterms:modified"):
        ET.SubElement(root, tag, {"xsi:type": "dcterms:W3CDTF"}).text = moment_words(edition.drafted)
    return _bytes(root)


def _document(edition: Edition, language: Language) -> bytes:
    root = ET.Element("w:document", {"xmlns:w": _WORD})
    written = _Written(ET.SubElement(root, "w:body"), language)
    for block in _blocks(Speech(edition, language)):
        written.add(block)
    section = ET.SubElement(written.body, "w:sectPr")
    ET.SubElement(section, "w:pgSz", _PAGE)
    margins = {f"w:{side}": "1134" for side in ("top", "right", "bottom", "left")}
    ET.SubElement(section, "w:pgMar", {**margins, "w:header": "567", "w:footer": "567", "w:gutter": "0"})
    if language.dir == "rtl":
        ET.SubElement(section, "w:bidi")
    return _bytes(root)


def _bytes(root: ET.Element) -> bytes:
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _blocks(speech: Speech) -> Iterable[Block]:
    edition, say = speech.edition, speech.language.gettext
    version = say("Agenda, version %(version)d") % {"version": edition.version}
    yield Cover(kicker=(), title=words(edition.federation_name), subtitle=words(version))
    yield Facts(
        (
            (say("Drafted"), words(speech.language.moment(edition.drafted))),
            (say("Register height"), words(speech.language.number(edition.height))),
            (say("Document hash"), hash_runs(edition.document_sha256)),
            (say("Fingerprint of the federation"), hash_runs(edition.federation.id)),
            (say("Fingerprint of the tellers"), hash_runs(edition.federation.tellers_fingerprint)),
        )
    )
    missing = without_text_words(edition, speech.language)
    if missing:
        yield Paragraph(words(missing), "small")
    yield from items_blocks(speech)
    yield from rounds_blocks(speech)
    yield from fairness_blocks(speech)
    yield from changes_blocks(speech)


class _Written:
    """A document's body, to which blocks are added one after the other."""

    def __init__(self, body: ET.Element, language: Language) -> None:
        self.body = body
        self._language = language
        self._by_kind: dict[type, Callable[..., None]] = {
            Cover: self._cover,
            Facts: self._facts,
            Heading: lambda block: self._paragraph(block.runs, f"Heading{block.level}"),
            Paragraph: lambda block: self._paragraph(block.runs, _STYLES.get(block.style, "")),
            Prose: self._prose,
            Entries: self._entries,
            Goals: self._goals,
            Table: self._table,
            Picture: lambda block: self._paragraph(words(block.alt), "Small"),
        }

    def add(self, block: Block) -> None:
        """Add a block; nothing for what only paper needs."""
        write = self._by_kind.get(type(block))
        if write is not None:
            write(block)

    def _cover(self, cover: Cover) -> None:
        self._paragraph(cover.title, "Title")
        self._paragraph(cover.subtitle, "Subtitle")

    def _facts(self, facts: Facts) -> None:
        head = tuple((words(name), value) for name, value in facts.rows)
        self._grid([(_cell_of(name), _cell_of(value)) for name, value in head], (1, 3), has_head=False)

    def _prose(self, prose: Prose) -> None:
        for lines in prose.paragraphs:
            paragraph = self._opened(self.body, "Text", prose.dir == "rtl")
            for place, line in enumerate(lines):
                self._run(paragraph, Run(line, prose.lang, prose.dir), breaks=place > 0)

    def _entries(self, entries: Entries) -> None:
        for runs in entries.entries:
            self._paragraph((Run("• "), *runs), "Entry")

    def _goals(self, goals: Goals) -> None:
        names = (f"{goal.number} {goal.name}" for goal in goals.goals)
        self._paragraph(words(" · ".join(names)), "Small")

    def _table(self, table: Table) -> None:
        kept = [place for place in range(len(table.head)) if not any(isinstance(row[place], Bar) for row in table.rows)]
        rows = [tuple(_cell_of(table.head[place]) for place in kept)]
        rows += [tuple(_words_of(row[place]) for place in kept) for row in table.rows]
        self._paragraph(table.caption, "Caption")
        self._grid(rows, [table.widths[place] for place in kept], has_head=True)

    def _grid(self, rows: Sequence[Sequence[Words]], widths: Sequence[int], *, has_head: bool) -> None:
        table = ET.SubElement(self.body, "w:tbl")
        properties = ET.SubElement(table, "w:tblPr")
        ET.SubElement(properties, "w:tblStyle", {"w:val": "TableGrid"})
        if self._language.dir == "rtl":
            ET.SubElement(properties, "w:bidiVisual")
        ET.SubElement(properties, "w:tblW", {"w:w": "5000", "w:type": "pct"})
        ET.SubElement(properties, "w:tblLook", {"w:val": "0020" if has_head else "0000"})
        shares = [max(width, 1) for width in widths]
        grid = ET.SubElement(table, "w:tblGrid")
        for share in shares:
            ET.SubElement(grid, "w:gridCol", {"w:w": str(_TEXT_WIDTH * share // sum(shares))})
        for place, row in enumerate(rows):
            self._row(table, row, is_head=has_head and place == 0)
        ET.SubElement(self.body, "w:p")

    def _row(self, table: ET.Element, row: Sequence[Words], *, is_head: bool) -> None:
        line = ET.SubElement(table, "w:tr")
        properties = ET.SubElement(line, "w:trPr")
        ET.SubElement(properties, "w:cantSplit")
        if is_head:
            ET.SubElement(properties, "w:tblHeader")
        for each in row:
            cell = ET.SubElement(line, "w:tc")
            paragraph = self._opened(cell, "TableHead" if is_head else "TableCell", self._language.dir == "rtl")
            for run in each.runs:
                self._run(paragraph, run)

    def _paragraph(self, runs: Runs, style: str) -> None:
        paragraph = self._opened(self.body, style, self._language.dir == "rtl")
        for run in runs:
            self._run(paragraph, run)

    def _opened(self, parent: ET.Element, style: str, is_rtl: bool) -> ET.Element:
        paragraph = ET.SubElement(parent, "w:p")
        if style or is_rtl:
            properties = ET.SubElement(paragraph, "w:pPr")
            if style:
                ET.SubElement(properties, "w:pStyle", {"w:val": style})
            if is_rtl:
                ET.SubElement(properties, "w:bidi")
        return paragraph

    def _run(self, paragraph: ET.Element, run: Run, *, breaks: bool = False) -> None:
        lang = run.lang or self._language.code
        element = ET.SubElement(paragraph, "w:r")
        properties = ET.SubElement(element, "w:rPr")
        if run.style == "code":
            ET.SubElement(properties, "w:rStyle", {"w:val": "Code"})
        if run.style == "strong":
            ET.SubElement(properties, "w:b")
            ET.SubElement(properties, "w:bCs")
        if run.style == "quiet":
            ET.SubElement(properties, "w:color", {"w:val": "595959"})
        if (run.dir or direction(lang)) == "rtl":
            ET.SubElement(properties, "w:rtl")
        ET.SubElement(properties, "w:lang", _language_of(lang))
        if breaks:
            ET.SubElement(element, "w:br")
        text = ET.SubElement(element, "w:t", {"xml:space": "preserve"})
        text.text = allowed(run.t)


def _language_of(tag: str) -> dict[str, str]:
    """Return a run's language as Word keeps it: apart for Latin, East Asian and right-to-left scripts."""
    if tag.partition("-")[0] in _EAST_ASIAN:
        return {"w:eastAsia": tag}
    return {"w:bidi": tag} if direction(tag) == "rtl" else {"w:val": tag}


def _cell_of(runs: Runs) -> Words:
    return Words(runs)


def _words_of(cell: Words | Bar) -> Words:
    return cell if isinstance(cell, Words) else Words(())
