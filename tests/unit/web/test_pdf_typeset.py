"""What comes out of the typesetter: a valid tagged file, with the texts as they were given, the same every time."""

import re
import subprocess
import sys
from dataclasses import replace

import pytest

from tests.support.printed import document, opened, prose, tags, text_of
from web.pdf.blocks import (
    Attached,
    Bar,
    Block,
    Code,
    Entries,
    Facts,
    Goal,
    Goals,
    Heading,
    Paragraph,
    Picture,
    Piece,
    Run,
    Table,
    cell,
    words,
)
from web.pdf.typeset import typeset
from web.pdf.typesetting import FONTS_MISSING_STATUS

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="5" height="5"/></svg>'
EVERY: tuple[Block, ...] = (
    Facts((("Name", words("value")),)),
    Goals((Goal(3, "Good health", "#4C9F38", "#ffffff"),)),
    Table(words("Votes"), (words("Who"), words("Share"), words("Votes")),
          ((cell("A"), Bar(1, 2, tick=True), cell("1")),), (1, 2, 0), ("start", "start", "end")),
    Picture("Half is taken", 10, (Piece("1", 0, 5),)),
    Code("A code to scan", SVG, 20),
    Heading(2, words("Second")),
    Entries((words("one"), words("two"))),
    Paragraph(words("small"), "small"),
)  # fmt: skip
HOSTILE = (
    '#read("/etc/passwd") #import "@preview/a:1.0.0" #panic("no")',
    "$ x^2 $ @ref <label> *bold* _it_ `raw` ``` = no heading",
    "\\u{41} \\ // no comment /* none */ ~ --- ... 'a' \"b\"",
    '"); #eval("1") //',
    "%PDF-1.7 endobj",
)


def test_it_is_tagged_and_says_that_it_keeps_to_pdf_ua_and_pdf_a() -> None:
    pdf = opened(typeset(document(*EVERY).encoded()))
    assert pdf.Root.MarkInfo.Marked
    assert pdf.Root.Lang == "en"
    assert pdf.Root.ViewerPreferences.DisplayDocTitle
    assert pdf.docinfo.Title == "Title"
    metadata = pdf.open_metadata()
    assert (metadata["pdfuaid:part"], metadata["pdfaid:part"]) == ("1", "3")
    names = [name for name, _ in tags(pdf)]
    for name in ("/H1", "/H2", "/Table", "/TH", "/TD", "/L", "/LI", "/Figure", "/P"):
        assert name in names


def test_every_figure_is_said_in_words() -> None:
    pdf = opened(typeset(document(*EVERY).encoded()))
    told = {str(node.Alt) for name, node in tags(pdf) if name == "/Figure"}
    assert {"Half is taken", "A code to scan"} <= told


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_is_printed_as_it_is_and_runs_nothing(text: str) -> None:
    pdf = typeset(document(prose(text), Paragraph(words(text)), Heading(2, words(text))).encoded())
    assert text_of(pdf).count(text) == 3


def test_a_document_says_what_it_was_set_with() -> None:
    pdf = text_of(typeset(document(Paragraph((Run("Set with "), Run("", style="setting")))).encoded()))
    assert re.search(r"Set with typst \d+\.\d+\.\d+, [0-9a-f]{64}", pdf)


def test_a_long_text_of_anything_is_printed_to_its_end() -> None:
    text = "#$@\\ " * 13_000 + "the end"
    pdf = text_of(typeset(document(prose(text)).encoded()))
    assert "the end" in pdf
    assert pdf.count("#$@") == 13_000


@pytest.mark.parametrize(
    "text",
    [
        "x" * 65_000,
        "x\u00a0" * 30_000,
        "a" + "\u0301" * 60_000,
        "ع" * 32_000,
        "（" * 21_000,
        "中\u2060" * 10_000,
        "ก" * 20_000,
    ],
    ids=["word", "joined", "marks", "arabic", "brackets", "joiners", "thai"],
)
def test_nothing_that_a_member_writes_keeps_the_agenda_from_being_printed(text: str) -> None:
    assert typeset(document(prose(text)).encoded()).startswith(b"%PDF-")


def test_hashes_and_addresses_are_never_taken_apart() -> None:
    digest, address = "0123456789abcdef" * 4, "https://example.org/" + "longway/" * 25
    given = replace(document(prose(f"See {address} there")), keywords=(f"comitia-document:{digest}",))
    pdf = typeset(given.encoded())
    assert f"comitia-document:{digest}".encode() in pdf
    assert address in text_of(pdf).replace(" ", "")


def test_chinese_and_arabic_come_out_of_the_file_in_their_order() -> None:
    chinese, arabic = "全球卫生安全需要合作。", "المسار الطويل الأجل للمنظمات العلمية"
    pdf = typeset(document(prose(chinese, "zh"), prose(arabic, "ar", "rtl")).encoded())
    read = text_of(pdf)
    assert chinese in read
    assert "".join(arabic.split()) in "".join(read.split())


def test_right_to_left_is_said_in_the_file() -> None:
    pdf = opened(typeset(document(prose("نص", "ar", "rtl"), lang="ar", direction="rtl").encoded()))
    assert pdf.Root.Lang == "ar"
    assert pdf.Root.ViewerPreferences.Direction == "/R2L"


def test_a_text_keeps_its_language() -> None:
    pdf = opened(typeset(document(prose("Texte", "fr"), prose("文本", "zh")).encoded()))
    assert {"fr", "zh"} <= {str(node.Lang) for _, node in tags(pdf) if "/Lang" in node}


def test_the_attached_file_comes_out_byte_for_byte() -> None:
    data = '{"a":"ä\\u0000","b":1}'
    made = typeset(document(attached=(Attached("agenda-document.json", "application/json", "It", data),)).encoded())
    pdf = opened(made)
    found = pdf.attachments["agenda-document.json"].get_file()
    assert found.read_bytes() == data.encode()
    assert found.mime_type == "application/json"


def test_two_processes_in_two_places_make_the_same_bytes(tmp_path_factory: pytest.TempPathFactory) -> None:
    given = document(
        *EVERY, prose("中文"), prose("عربي", "ar", "rtl"), Paragraph((Run("", style="setting"),))
    ).encoded()
    made = [
        _in_a_process(given, str(tmp_path_factory.mktemp(name)), zone)
        for name, zone in (("a", "UTC"), ("b", "Asia/Tokyo"))
    ]
    assert made[0].stdout == made[1].stdout
    assert made[0].stdout.startswith(b"%PDF-")
    assert b"/tmp" not in made[0].stdout


def test_no_more_memory_is_taken_than_allowed() -> None:
    made = subprocess.run(
        [sys.executable, "-m", "web.pdf.typeset", str(64 * 1024**2), "20"],
        input=document().encoded(), capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert made.returncode not in (0, FONTS_MISSING_STATUS)
    assert made.stdout == b""


def _in_a_process(given: bytes, temporary: str, zone: str) -> subprocess.CompletedProcess[bytes]:
    environment = {"PYTHONPATH": ":".join(filter(None, sys.path)), "TMPDIR": temporary, "TZ": zone}
    return subprocess.run(
        [sys.executable, "-m", "web.pdf.typeset", str(2 * 1024**3), "60"],
        input=given, capture_output=True, timeout=90, check=True, env=environment,
    )  # fmt: skip
