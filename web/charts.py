"""The geometry of charts. Templates draw it as SVG with a title, a description and a table beside.

All lengths are in pixels of the drawing. Right to left, horizontal positions are mirrored here where a chart holds
numbers, so that digits are never turned around.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal

Anchor = Literal["start", "middle", "end"]

_AXIS_STEPS: Final = (5, 10, 15, 20, 30, 60, 120, 240, 480, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000)
_SEGMENT_LABEL_MIN = 18


@dataclass(frozen=True, slots=True)
class Piece:
    """A rectangle along a line, with what stands in it if that fits."""

    x: float
    width: float
    label: str
    kind: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis with its number."""

    x: float
    value: int
    anchor: Anchor


@dataclass(frozen=True, slots=True)
class MinutesBar:
    """Approved or taken topics laid along the plenary's time."""

    width: int
    pieces: tuple[Piece, ...]
    ticks: tuple[Tick, ...]
    capacity_x: float
    over: int
    """Minutes beyond the capacity."""


def minutes_bar(
    topics: Sequence[tuple[str, int, str]], capacity: int, width: int, *, is_rtl: bool = False
) -> MinutesBar:
    """Return the bar of topics (label, minutes, kind) in order, the axis running to the capacity or beyond."""
    used = sum(minutes for _, minutes, _ in topics)
    scale = width / max(capacity, used, 1)
    pieces = []
    start = 0
    for label, minutes, kind in topics:
        length = minutes * scale
        shown = label if length >= _SEGMENT_LABEL_MIN else ""
        pieces.append(Piece(_mirrored(start * scale, length, width, is_rtl), round(length, 1), shown, kind))
        start += minutes
    return MinutesBar(
        width=width,
        pieces=tuple(pieces),
        ticks=tuple(_axis(capacity, scale, width, is_rtl)),
        capacity_x=_mirrored(capacity * scale, 0, width, is_rtl),
        over=max(0, used - capacity),
    )


def _axis(capacity: int, scale: float, width: int, is_rtl: bool) -> list[Tick]:
    """Return ticks at round numbers at least 60 pixels apart, and the capacity last."""
    step = next((step for step in _AXIS_STEPS if step * scale >= 60), capacity or 1)
    values = [value for value in range(0, capacity, step) if value * scale <= capacity * scale - 70 or value == 0]
    start: Anchor = "end" if is_rtl else "start"
    end: Anchor = "start" if is_rtl else "end"
    ticks = [Tick(_mirrored(value * scale, 0, width, is_rtl), value, "middle" if value else start) for value in values]
    return [*ticks, Tick(_mirrored(capacity * scale, 0, width, is_rtl), capacity, end)]


def _mirrored(x: float, length: float, width: float, is_rtl: bool) -> float:
    return round(width - x - length if is_rtl else x, 1)


@dataclass(frozen=True, slots=True)
class Share:
    """How much of a bar is filled, in hundredths of its length, and where its tick stands."""

    filled: float
    tick: float | None


def share(have: int, total: int, tick: Fraction | None = Fraction(1, 2)) -> Share:
    """Return a bar for a count out of a total. A bar of nothing is empty."""
    return Share(round(100 * have / total, 1) if total else 0, float(100 * tick) if tick is not None else None)


@dataclass(frozen=True, slots=True)
class Stack:
    """Parts of a whole side by side."""

    pieces: tuple[Piece, ...]


def stack(parts: Iterable[tuple[str, int]], width: int, gap: int = 2) -> Stack:
    """Return parts (kind, count) laid side by side over a width, leaving out empty ones."""
    present = [(kind, count) for kind, count in parts if count]
    total = sum(count for _, count in present)
    room = width - gap * max(0, len(present) - 1)
    pieces = []
    x = 0.0
    for kind, count in present:
        length = room * count / total
        pieces.append(Piece(round(x, 1), round(length, 1), str(count), kind))
        x += length + gap
    return Stack(tuple(pieces))


@dataclass(frozen=True, slots=True)
class DotRow:
    """Two values of one row on a shared axis, each with the side its number stands on."""

    label: str
    y: int
    filled_x: float
    filled: int
    filled_anchor: Anchor
    hollow_x: float
    hollow: int
    hollow_anchor: Anchor
    shows_hollow: bool


@dataclass(frozen=True, slots=True)
class Dots:
    """Two series of values, one row per name."""

    width: int
    height: int
    label_x: float
    label_anchor: Anchor
    is_stacked: bool
    """Whether the names stand above their rows."""
    rows: tuple[DotRow, ...]
    ticks: tuple[Tick, ...]


def dots(rows: Sequence[tuple[str, int, int | None]], width: int, *, is_rtl: bool = False) -> Dots:
    """Return the chart of rows (name, filled value, hollow value if there is a second series)."""
    top = max([1, *(value for _, one, other in rows for value in (one, other or 0))])
    step = next((step for step in _AXIS_STEPS if step * 4 >= top), top)
    end = step * -(-top // step)
    is_stacked = width < 500
    left = 24 if is_stacked else 246
    height_each = 54 if is_stacked else 42
    scale = (width - left - 40) / end
    drawn = tuple(
        _dot_row(row, 30 + place * height_each + (14 if is_stacked else 0), left, scale, width, is_rtl)
        for place, row in enumerate(rows)
    )
    ticks = [
        Tick(_mirrored(left + value * scale, 0, width, is_rtl), value, "middle") for value in range(0, end + 1, step)
    ]
    return Dots(
        width=width,
        height=30 + len(rows) * height_each + 24,
        label_x=width if is_rtl else 0,
        label_anchor="end" if is_rtl else "start",
        is_stacked=is_stacked,
        rows=drawn,
        ticks=tuple(ticks),
    )


def _dot_row(row: tuple[str, int, int | None], y: int, left: int, scale: float, width: int, is_rtl: bool) -> DotRow:
    label, filled, hollow = row
    other = filled if hollow is None else hollow
    greater: Anchor = "end" if is_rtl else "start"
    less: Anchor = "start" if is_rtl else "end"
    return DotRow(
        label=label,
        y=y,
        filled_x=_mirrored(left + filled * scale, 0, width, is_rtl),
        filled=filled,
        filled_anchor=greater if filled >= other else less,
        hollow_x=_mirrored(left + other * scale, 0, width, is_rtl),
        hollow=other,
        hollow_anchor=less if filled >= other else greater,
        shows_hollow=hollow is not None and hollow != filled,
    )


@dataclass(frozen=True, slots=True)
class Cell:
    """One goal's area in a map."""

    goal: int
    count: int
    x: float
    y: float
    width: float
    height: float
    has_room: bool
    """Whether the goal's name fits."""


def treemap(counts: Mapping[int, int], width: int, height: int, *, is_rtl: bool = False) -> tuple[Cell, ...]:
    """Return a cell for each goal with a count, its area in proportion, the largest first (a squarified treemap).

    Source: Bruls, Huizing and van Wijk, "Squarified treemaps", 2000.
    """
    wanted = sorted(((count, goal) for goal, count in counts.items() if count), key=lambda pair: (-pair[0], pair[1]))
    total = sum(count for count, _ in wanted)
    if not total:
        return ()
    scale = width * height / total
    cells: list[Cell] = []
    x, y, w, h = 0.0, 0.0, float(width), float(height)
    while wanted:
        row = _row(wanted, min(w, h), scale)
        wanted = wanted[len(row) :]
        area = sum(count for count, _ in row) * scale
        if w >= h:
            cells += _column(row, x, y, area / h, h, scale)
            x, w = x + area / h, w - area / h
        else:
            cells += _line(row, x, y, w, area / w, scale)
            y, h = y + area / w, h - area / w
    if is_rtl:
        return tuple(
            Cell(c.goal, c.count, round(width - c.x - c.width, 1), c.y, c.width, c.height, c.has_room) for c in cells
        )
    return tuple(cells)


def _row(wanted: Sequence[tuple[int, int]], side: float, scale: float) -> list[tuple[int, int]]:
    """Return as many of the next items as make the squarest row along a side."""
    row = [wanted[0]]
    for item in wanted[1:]:
        if _worst([*row, item], side, scale) > _worst(row, side, scale):
            break
        row.append(item)
    return row


def _worst(row: Sequence[tuple[int, int]], side: float, scale: float) -> float:
    areas = [count * scale for count, _ in row]
    total = sum(areas)
    return max(side**2 * max(areas) / total**2, total**2 / (side**2 * min(areas)))


def _column(
    row: Sequence[tuple[int, int]], x: float, y: float, width: float, height: float, scale: float
) -> list[Cell]:
    cells = []
    for count, goal in row:
        length = count * scale / width
        cells.append(_cell(goal, count, x, y, width, min(length, height)))
        y += length
    return cells


def _line(row: Sequence[tuple[int, int]], x: float, y: float, width: float, height: float, scale: float) -> list[Cell]:
    cells = []
    for count, goal in row:
        length = count * scale / height
        cells.append(_cell(goal, count, x, y, min(length, width), height))
        x += length
    return cells


def _cell(goal: int, count: int, x: float, y: float, width: float, height: float) -> Cell:
    return Cell(
        goal=goal,
        count=count,
        x=round(x, 1),
        y=round(y, 1),
        width=round(width, 1),
        height=round(height, 1),
        has_room=width >= 130 and height >= 70,
    )
