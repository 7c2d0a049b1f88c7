"""What a printed document is made of: a tree of plain values that page.typ prints, block by block.

A text is data all the way: it stands in this tree as a string and goes to the page as a string. Nothing here knows
agendas, fonts or the typesetter.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

import orjson

Style = Literal["plain", "strong", "quiet", "code", "setting"]
"""A setting is a place that the typesetter fills with what it sets with: its version and the digest of the fonts."""
ParagraphStyle = Literal["plain", "lead", "small", "label"]
Side = Literal["start", "end"]


@dataclass(frozen=True, slots=True)
class Run:
    """Some words in one language. Without a language they are in that of the part that they stand in."""

    t: str
    lang: str = ""
    dir: str = ""
    style: Style = "plain"
    to: str = ""
    """An address of the node's own that the words lead to."""


Runs = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Cover:
    """The head of a title page."""

    kicker: Runs
    title: Runs
    subtitle: Runs
    kind: Literal["cover"] = "cover"


@dataclass(frozen=True, slots=True)
class Facts:
    """Names with their values."""

    rows: tuple[tuple[str, Runs], ...]
    kind: Literal["facts"] = "facts"


@dataclass(frozen=True, slots=True)
class Contents:
    """The contents of the part that it stands in."""

    title: str
    kind: Literal["contents"] = "contents"


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of level 1 to 3, at most one level below the one before; the contents have it only if it is listed."""

    level: int
    runs: Runs
    is_listed: bool = True
    kind: Literal["heading"] = "heading"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph."""

    runs: Runs
    style: ParagraphStyle = "plain"
    kind: Literal["paragraph"] = "paragraph"


@dataclass(frozen=True, slots=True)
class Prose:
    """A text that somebody wrote: its paragraphs, each a tuple of lines."""

    lang: str
    dir: str
    paragraphs: tuple[tuple[str, ...], ...]
    kind: Literal["prose"] = "prose"


@dataclass(frozen=True, slots=True)
class Entries:
    """A list."""

    entries: tuple[Runs, ...]
    kind: Literal["list"] = "list"


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal with its mark: number, name, and the colours of the mark and of the number on it."""

    number: int
    name: str
    colour: str
    ink: str


@dataclass(frozen=True, slots=True)
class Goals:
    """Goals in a row."""

    goals: tuple[Goal, ...]
    kind: Literal["goals"] = "goals"


@dataclass(frozen=True, slots=True)
class Words:
    """A table's cell with words in it."""

    runs: Runs
    kind: Literal["words"] = "words"


@dataclass(frozen=True, slots=True)
class Bar:
    """A table's cell with a drawn share. It is decoration: the numbers stand in other cells of its row."""

    part: int
    whole: int
    tick: bool = False
    kind: Literal["bar"] = "bar"


@dataclass(frozen=True, slots=True)
class Table:
    """A table with one row of headings. A width is a share of the page, 0 as wide as its contents."""

    caption: Runs
    head: tuple[Runs, ...]
    rows: tuple[tuple[Words | Bar, ...], ...]
    widths: tuple[int, ...]
    aligned: tuple[Side, ...]
    kind: Literal["table"] = "table"


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a bar: where it begins and how long it is, in units of the whole."""

    label: str
    start: int
    length: int
    shade: Literal["full", "other"] = "full"


@dataclass(frozen=True, slots=True)
class Picture:
    """Pieces laid along a bar, with what it shows in words for those who don't see it."""

    alt: str
    whole: int
    pieces: tuple[Piece, ...]
    kind: Literal["picture"] = "picture"


@dataclass(frozen=True, slots=True)
class Code:
    """A code to scan, as SVG, with what it says in words."""

    alt: str
    svg: str
    millimetres: int
    kind: Literal["code"] = "code"


@dataclass(frozen=True, slots=True)
class Page:
    """The beginning of a new page."""

    kind: Literal["page"] = "page"


Block = (
    Cover | Facts | Contents | Heading | Paragraph | Prose | Entries | Goals | Table | Picture | Code | Page
)  # every kind that page.typ prints


@dataclass(frozen=True, slots=True)
class Part:
    """All that is said in one language, and what stands above and below each of its pages."""

    lang: str
    dir: str
    running: str
    version: str
    hash: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Attached:
    """A file inside the document."""

    name: str
    mime: str
    description: str
    data: str


@dataclass(frozen=True, slots=True)
class Printed:
    """A whole document. time is year, month, day, hour, minute, second in UTC."""

    title: str
    lang: str
    dir: str
    author: str
    description: str
    keywords: tuple[str, ...]
    time: tuple[int, int, int, int, int, int]
    parts: tuple[Part, ...]
    attached: tuple[Attached, ...] = field(default=())

    def encoded(self) -> bytes:
        """Return the document as the typesetter takes it: the same bytes for the same document."""
        return orjson.dumps(self)


def words(text: str, lang: str = "", direction: str = "", style: Style = "plain") -> Runs:
    """Return a text as one run."""
    return (Run(text, lang, direction, style),)


def cell(text: str) -> Words:
    """Return a table's cell with words in the part's own language."""
    return Words(words(text))


def lines_of(paragraphs: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """Return paragraphs as tuples of lines."""
    return tuple(tuple(paragraph.split("\n")) for paragraph in paragraphs)
