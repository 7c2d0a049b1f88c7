"""Printed documents for tests: small ones to typeset, and what is read out of a PDF again."""

import io
from collections.abc import Iterator
from functools import cache
from typing import Any

import pikepdf
import pypdfium2

from tests.support.web_backend import MemoryBackend
from web.editions.edition import Edition
from web.editions.gathering import gather_edition
from web.i18n import Languages, load_languages
from web.pdf.blocks import Attached, Block, Heading, Part, Printed, Prose, lines_of, words


def document(*blocks: Block, lang: str = "en", direction: str = "ltr", attached: tuple[Attached, ...] = ()) -> Printed:
    """Return a document of one part under one heading."""
    part = Part(lang, direction, "Federation", "Version 1", "SHA-256 00", (Heading(1, words("Head")), *blocks))
    return Printed(
        "Title", lang, direction, "Federation", "A test", ("word",), (2026, 5, 3, 1, 2, 3), (part,), attached
    )


def prose(text: str, lang: str = "en", direction: str = "ltr") -> Prose:
    """Return a text as one paragraph for each of its parts between blank lines."""
    return Prose(lang, direction, lines_of(text.split("\n\n")))


def text_of(pdf: bytes) -> str:
    """Return the text of all pages, its blanks and line ends each one blank."""
    pages = pypdfium2.PdfDocument(pdf)
    try:
        return " ".join(" ".join(page.get_textpage().get_text_range() for page in pages).split())
    finally:
        pages.close()


def opened(pdf: bytes) -> pikepdf.Pdf:
    """Return a PDF taken apart."""
    return pikepdf.open(io.BytesIO(pdf))


def tags(pdf: pikepdf.Pdf) -> Iterator[tuple[str, Any]]:
    """Yield every structure element with the name of its type."""
    pending: list[Any] = [pdf.Root.StructTreeRoot.K]
    while pending:
        node = pending.pop()
        if isinstance(node, pikepdf.Array):
            pending.extend(node)
        elif isinstance(node, pikepdf.Dictionary) and "/S" in node:
            yield str(node.S), node
            if "/K" in node:
                pending.append(node.K)


_KNOWN: dict[str, Edition] = {}


@cache
def _languages() -> Languages:
    return load_languages()


async def edition(code: str) -> Edition:
    """Return the demonstration's agenda in force in a language, gathered once."""
    if code not in _KNOWN:
        backend, language = MemoryBackend(), _languages().find(code)
        assert language is not None
        found = await gather_edition(backend, max(each.version for each in backend.agendas), language)
        assert found is not None
        _KNOWN[code] = found
    return _KNOWN[code]
