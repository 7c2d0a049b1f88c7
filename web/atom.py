"""Atom 1.0 (RFC 4287): a feed as bytes, built as a tree, so that nothing that people wrote can become markup."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree as ET

from web.present import Tongue, iso
from web.xml_text import allowed

_ATOM: Final = "http://www.w3.org/2005/Atom"
_XHTML: Final = "http://www.w3.org/1999/xhtml"


@dataclass(frozen=True, slots=True)
class Point:
    """One line of an entry's list: a text in its own language, and the absolute address where it stands."""

    text: Tongue
    url: str


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A file that goes with an entry. It has no language of its own: its name is in the feed's."""

    url: str
    content_type: str
    name: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. Times are milliseconds since 1970 UTC, addresses absolute."""

    id: str
    title: Tongue
    updated: int
    url: str
    summary: Tongue
    author: Tongue | None = None
    """Nobody where the feed's own author wrote it."""
    categories: Mapping[str, str] | None = None
    """Terms, and what they mean in the reader's words."""
    points: Sequence[Point] = ()
    files: Sequence[Enclosed] = ()


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed in one language, with its entries in the order in which they are to stand."""

    id: str
    lang: str
    title: Tongue
    updated: int
    url: str
    """Where the feed itself is."""
    page_url: str
    """The page that shows the same to people."""
    author: Tongue
    entries: Sequence[Entry]


def atom_bytes(feed: Feed) -> bytes:
    """Return a feed as UTF-8. Characters that XML forbids are left out; the same feed always gives the same bytes."""
    root = ET.Element("feed", {"xmlns": _ATOM, "xml:lang": feed.lang})
    _add(root, "id", feed.id)
    _add_text(root, "title", feed.title, feed.lang)
    _add(root, "updated", iso(feed.updated))
    _add_author(root, feed.author, feed.lang)
    ET.SubElement(root, "link", {"rel": "self", "type": "application/atom+xml", "href": feed.url})
    _add_page(root, feed.page_url, feed.lang)
    for entry in feed.entries:
        _add_entry(root, entry, feed.lang)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _add_entry(root: ET.Element, entry: Entry, lang: str) -> None:
    element = ET.SubElement(root, "entry")
    _add(element, "id", entry.id)
    _add_text(element, "title", entry.title, lang)
    _add(element, "updated", iso(entry.updated))
    if entry.author:
        _add_author(element, entry.author, lang)
    _add_page(element, entry.url, lang)
    for file in entry.files:
        link = {"rel": "enclosure", "type": file.content_type, "href": file.url, "title": allowed(file.name)}
        ET.SubElement(element, "link", link)
    for term, label in (entry.categories or {}).items():
        ET.SubElement(element, "category", {"term": term, "label": allowed(label)})
    _add_text(element, "summary", entry.summary, lang)
    if entry.points:
        _add_points(element, entry.points)


def _add_points(entry: ET.Element, points: Sequence[Point]) -> None:
    content = ET.SubElement(entry, "content", {"type": "xhtml"})
    rows = ET.SubElement(ET.SubElement(content, "div", {"xmlns": _XHTML}), "ul")
    for point in points:
        row = ET.SubElement(rows, "li", {"xml:lang": point.text.lang, "dir": point.text.dir})
        ET.SubElement(row, "a", {"href": point.url}).text = allowed(point.text.text)


def _add(parent: ET.Element, tag: str, text: str) -> ET.Element:
    element = ET.SubElement(parent, tag)
    element.text = allowed(text)
    return element


def _add_text(parent: ET.Element, tag: str, text: Tongue, lang: str) -> None:
    """Add a text; its language is named where it isn't the feed's."""
    element = _add(parent, tag, text.text)
    if text.lang != lang:
        element.set("xml:lang", text.lang)


def _add_author(parent: ET.Element, name: Tongue, lang: str) -> None:
    _add_text(ET.SubElement(parent, "author"), "name", name, lang)


def _add_page(parent: ET.Element, url: str, lang: str) -> None:
    ET.SubElement(parent, "link", {"rel": "alternate", "type": "text/html", "hreflang": lang, "href": url})
