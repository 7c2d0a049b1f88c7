"""The geometry of charts. Templates draw it as SVG with a title, a description and a table beside.

All lengths are in pixels of the drawing. Right to left, horizontal positions are mirrored here where a chart holds
numbers, so that digits are never turned around.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal

Anchor = Literal["start", "middle", "end"]

_AXIS_STEPS: Final = (5, 10, 15, 20, 30, 60, 120, 240, 480, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000)
_SEGMENT_LABEL_MIN = 18
_WEEKS_MAX = 26
_WEEK_STEP = 12
_WEEK_GAP = 2
_WEEK_HEIGHT = 30


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
class WeekBar:
    """One week's bar; a week without anything is a line."""

    x: float
    y: float
    height: float
    is_now: bool
    """Whether it lies in the window that is compared with the one before."""


@dataclass(frozen=True, slots=True)
class Weeks:
    """Small bars, one a week, the oldest where a line of words begins."""

    width: int
    height: int
    bar: int
    bars: tuple[WeekBar, ...]


def week_bars(weeks: Sequence[int], window: int, *, is_rtl: bool = False) -> Weeks:
    """Return the bars of the latest weeks, the last `window` of them marked."""
    shown = tuple(weeks[-_WEEKS_MAX:])
    width, top = max(1, len(shown)) * _WEEK_STEP - _WEEK_GAP, max([1, *shown])
    bars = []
    for place, count in enumerate(shown):
        height = max(1.0, round(_WEEK_HEIGHT * count / top, 1))
        x = _mirrored(place * _WEEK_STEP, _WEEK_STEP - _WEEK_GAP, width, is_rtl)
        bars.append(WeekBar(x, round(_WEEK_HEIGHT - height, 1), height, place >= len(shown) - window))
    return Weeks(width, _WEEK_HEIGHT, _WEEK_STEP - _WEEK_GAP, tuple(bars))
