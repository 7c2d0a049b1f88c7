"""Goals by area: the geometry of a squarified treemap, and what has room in each of its cells.

Source: Bruls, Huizing and van Wijk, "Squarified treemaps", 2000. All lengths are in pixels of the drawing. Right to
left the cells are mirrored, their words aren't.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from web.lettering import width_of, wrapped

GAP: Final = 4
"""Kept free at the right and the lower edge of a cell."""
_EDGE = 10
_LETTERS = 14.0
_NAME_TOP = 58
_LINE = 17
_GROUPS_GAP = 9
_GROUPS_MAX = 4
_BETWEEN_GROUPS = 3
_BELOW = 8


@dataclass(frozen=True, slots=True)
class Words:
    """A short text in its language."""

    text: str
    lang: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line of words and how far below the upper edge of its cell its letters stand."""

    words: Words
    y: float


@dataclass(frozen=True, slots=True)
class Cell:
    """One goal's area."""

    goal: int
    count: int
    x: float
    y: float
    width: float
    height: float
    name: tuple[Line, ...] = ()
    """The goal's name in one or two lines, where there is room."""
    groups: tuple[Line, ...] = ()
    """Its largest groups, where there is room."""

    @property
    def has_square(self) -> bool:
        """Whether the goal's number fits."""
        return self.width >= 34 and self.height >= 42

    @property
    def has_count(self) -> bool:
        """Whether the count fits beside the number."""
        return self.has_square and self.width >= 48 + width_of(str(self.count), 20)


def treemap(
    counts: Mapping[int, int],
    width: int,
    height: int,
    *,
    names: Mapping[int, Words] | None = None,
    groups: Mapping[int, Sequence[Words]] | None = None,
    is_rtl: bool = False,
) -> tuple[Cell, ...]:
    """Return a cell for each goal with a count, its area in proportion, the largest first."""
    cells = [_lettered(cell, names or {}, groups or {}) for cell in _cells(counts, width, height)]
    return tuple(replace(cell, x=round(width - cell.x - cell.width, 1)) for cell in cells) if is_rtl else tuple(cells)


def _lettered(cell: Cell, names: Mapping[int, Words], groups: Mapping[int, Sequence[Words]]) -> Cell:
    """Return a cell with its goal's name and its largest groups, as far as they fit."""
    room, floor = cell.width - GAP - 2 * _EDGE, cell.height - GAP - _BELOW
    name = names.get(cell.goal)
    lines = wrapped(name.text, room, _LETTERS, 2) if name and cell.has_square else ()
    named = tuple(Line(Words(line, name.lang), _NAME_TOP + _LINE * at) for at, line in enumerate(lines) if name)
    if not named or named[-1].y > floor:
        return cell
    top = named[-1].y + _LINE + _GROUPS_GAP
    return replace(cell, name=named, groups=tuple(_listed(groups.get(cell.goal, ()), room, top, floor)))


def _listed(groups: Sequence[Words], room: float, top: float, floor: float) -> Iterable[Line]:
    """Yield the lines of the first groups that fit; one that doesn't is left out, as long as others do."""
    shown, y = 0, top
    for group in groups:
        lines = wrapped(group.text, room, _LETTERS, 2)
        if not lines or shown == _GROUPS_MAX or y + _LINE * (len(lines) - 1) > floor:
            continue
        yield from (Line(Words(line, group.lang), y + _LINE * at) for at, line in enumerate(lines))
        shown, y = shown + 1, y + _LINE * len(lines) + _BETWEEN_GROUPS


def _cells(counts: Mapping[int, int], width: int, height: int) -> list[Cell]:
    wanted = sorted(((count, goal) for goal, count in counts.items() if count), key=lambda pair: (-pair[0], pair[1]))
    total = sum(count for count, _ in wanted)
    scale = width * height / total if total else 0
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
    return cells


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
        cells.append(_cell(goal, count, (x, y), width, min(length, height)))
        y += length
    return cells


def _line(row: Sequence[tuple[int, int]], x: float, y: float, width: float, height: float, scale: float) -> list[Cell]:
    cells = []
    for count, goal in row:
        length = count * scale / height
        cells.append(_cell(goal, count, (x, y), min(length, width), height))
        x += length
    return cells


def _cell(goal: int, count: int, corner: tuple[float, float], width: float, height: float) -> Cell:
    x, y = corner
    return Cell(goal, count, round(x, 1), round(y, 1), round(width, 1), round(height, 1))
