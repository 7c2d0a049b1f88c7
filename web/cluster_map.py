"""The map of groups: rings as large as a group has proposals, its goals as arcs, neighbours joined by lines.

Where a group lies comes from its texts and stays; here rings are only kept from covering one another, and labels are
put where they cover nothing, or left out. The same groups in the same order give the same map. All lengths are in
pixels of the drawing; right to left the map is mirrored, its words aren't.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import cos, hypot, pi, sin, sqrt
from typing import Final

from web.lettering import width_of, wrapped

RINGS_MAX: Final = 30
_RADIUS_MIN = 13.0
_RADIUS_MAX_SHARE = 0.1
"""Of the shorter side."""
_AREA_SHARE = 0.12
"""Rings together cover at most so much of the frame."""
_THICKNESS_SHARE = 0.26
_APART = 8.0
_EDGE = 8.0
_PASSES_MAX = 80
_LETTERS = 14.0
_LINE = 17.0
_OVER_LINE = 3.0
"""How far letters of some scripts reach over their line, up and down."""
_LABEL_WIDTH_SHARE = 0.3
"""A label is at most so wide, of the width of the frame."""
_LABEL_LINES_MAX = 3
_EVEN = 1.15
"""Lines of a label are first tried with so much more than their even length."""
_LABEL_APART = 5.0
"""Between a label and another group's ring, so that nobody takes it for that ring's."""
_ASIDE = 0.5
"""Pixels, each ring in a direction of its own, so that rings in one place know where to move."""
_GOLDEN_ANGLE: Final = pi * (3 - sqrt(5))
_ARC_GAP = 0.12
"""Radians between two arcs."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A group as the map wants it. The place is from 0 to 1 each way; neighbours are ids, others are left out."""

    id: str
    place: tuple[float, float]
    count: int
    goals: tuple[int, ...]
    label: str
    neighbours: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Arc:
    """A goal's part of a ring, as an SVG path; goal 0 stands for none."""

    goal: int
    path: str


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "Box") -> bool:
        """Whether two rectangles have a point in common."""
        apart = self.right < other.left or other.right < self.left or self.bottom < other.top or other.bottom < self.top
        return not apart

    def is_within(self, other: "Box") -> bool:
        """Whether it lies in another rectangle."""
        is_across = other.left <= self.left and self.right <= other.right
        return is_across and other.top <= self.top and self.bottom <= other.bottom


@dataclass(frozen=True, slots=True)
class Label:
    """Lines of words, each centred at x on its own base line."""

    x: float
    lines: tuple[tuple[str, float], ...]
    box: Box


@dataclass(frozen=True, slots=True)
class Ring:
    """A group as it is drawn."""

    id: str
    x: float
    y: float
    radius: float
    arcs: tuple[Arc, ...]
    label: Label | None
    """None where no place is free: the table says it."""


@dataclass(frozen=True, slots=True)
class Joint:
    """A line between two groups that are close in meaning."""

    x1: float
    y1: float
    x2: float
    y2: float


@dataclass(frozen=True, slots=True)
class ClusterMap:
    """A map of groups, in the order in which they were given."""

    width: int
    height: int
    rings: tuple[Ring, ...]
    joints: tuple[Joint, ...]


Circle = tuple[float, float, float]
"""Middle and radius."""


def cluster_map(spots: Sequence[Spot], width: int, height: int, *, is_rtl: bool = False) -> ClusterMap:
    """Return the map of at most RINGS_MAX groups; those that come first get their labels first."""
    shown = spots[:RINGS_MAX]
    circles = _kept_apart(_circles(shown, width, height, is_rtl), width, height)
    labels = _labels(shown, circles, Box(4, 4, width - 4, height - 4))
    rings = (
        Ring(spot.id, round(x, 1), round(y, 1), round(radius, 1), _arcs(spot.goals, x, y, radius), label)
        for spot, (x, y, radius), label in zip(shown, circles, labels, strict=True)
    )
    return ClusterMap(width, height, tuple(rings), tuple(_joints(shown, circles)))


def _circles(spots: Sequence[Spot], width: int, height: int, is_rtl: bool) -> list[Circle]:
    scale = _scale([spot.count for spot in spots], width, height)
    circles = []
    for at, spot in enumerate(spots):
        radius = max(_RADIUS_MIN, scale * sqrt(spot.count))
        across, down = (min(1.0, max(0.0, part)) for part in spot.place)
        aside = (_ASIDE * cos(_GOLDEN_ANGLE * at), _ASIDE * sin(_GOLDEN_ANGLE * at))
        x, y = _in_frame(across * width + aside[0], down * height + aside[1], radius, width, height)
        circles.append((width - x if is_rtl else x, y, radius))
    return circles


def _scale(counts: Sequence[int], width: int, height: int) -> float:
    """Return the radius of one proposal's ring: the largest isn't too large, nor all together."""
    if not any(counts):
        return 0.0
    by_largest = _RADIUS_MAX_SHARE * min(width, height) / sqrt(max(counts))
    return min(by_largest, sqrt(_AREA_SHARE * width * height / (pi * sum(counts))))


def _in_frame(x: float, y: float, radius: float, width: int, height: int) -> tuple[float, float]:
    margin = radius + _EDGE
    return min(max(x, margin), width - margin), min(max(y, margin), height - margin)


def _kept_apart(circles: list[Circle], width: int, height: int) -> list[Circle]:
    """Return circles of which those that cover one another have moved aside, each pair in equal parts."""
    moved = list(circles)
    for _ in range(_PASSES_MAX):
        are_apart = True
        for one, other in combinations(range(len(moved)), 2):
            step = _step(moved[one], moved[other])
            if step is None:
                continue
            are_apart = False
            moved[one] = _shifted(moved[one], -step[0], -step[1], width, height)
            moved[other] = _shifted(moved[other], step[0], step[1], width, height)
        if are_apart:
            break
    return moved


def _step(one: Circle, other: Circle) -> tuple[float, float] | None:
    """Return how far the second of two circles has to move so that half of what they cover is free, or None."""
    across, down = other[0] - one[0], other[1] - one[1]
    distance = hypot(across, down)
    missing = one[2] + other[2] + _APART - distance
    if missing <= 0.01:
        return None
    if distance < 0.01:
        across, distance = 1.0, 1.0
    return across / distance * missing / 2, down / distance * missing / 2


def _shifted(circle: Circle, across: float, down: float, width: int, height: int) -> Circle:
    x, y, radius = circle
    return (*_in_frame(x + across, y + down, radius, width, height), radius)


def _labels(spots: Sequence[Spot], circles: Sequence[Circle], frame: Box) -> list[Label | None]:
    rings = [_around(circle, _LABEL_APART) for circle in circles]
    taken: list[Box] = []
    labels: list[Label | None] = []
    for at, (spot, circle) in enumerate(zip(spots, circles, strict=True)):
        lines = _label_lines(spot.label, _LABEL_WIDTH_SHARE * (frame.right - frame.left))
        covered = [*taken, *rings[:at], *rings[at + 1 :]]
        free = (
            label
            for label in _candidates(lines, circle, frame)
            if label.box.is_within(frame) and not any(label.box.meets(box) for box in covered)
        )
        label = next(free, None) if lines else None
        labels.append(label)
        taken += [label.box] if label else []
    return labels


def _around(circle: Circle, margin: float) -> Box:
    x, y, radius = circle
    reach = radius + margin
    return Box(x - reach, y - reach, x + reach, y + reach)


def _label_lines(label: str, room: float) -> tuple[str, ...]:
    """Return a label in as few lines as it can have; nothing if it needs too many."""
    for count in range(1, _LABEL_LINES_MAX + 1):
        if lines := wrapped(label, room, _LETTERS, count):
            even = min(room, _EVEN * width_of(label, _LETTERS) / count)
            return wrapped(label, even, _LETTERS, count) or lines
    return ()


def _candidates(lines: Sequence[str], circle: Circle, frame: Box) -> Iterable[Label]:
    """Yield a label below and above a circle, in its middle before aside, and then beside it."""
    x, y, radius = circle
    width = max((width_of(line, _LETTERS) for line in lines), default=0)
    height = _LINE * len(lines)
    for aside in (0, width / 3, -width / 3):
        inside = min(max(x + aside, frame.left + width / 2), frame.right - width / 2)
        yield _label(lines, inside, y + radius + 4, width)
        yield _label(lines, inside, y - radius - 5 - height, width)
    beside = radius + 6 + width / 2
    yield _label(lines, x + beside, y - height / 2, width)
    yield _label(lines, x - beside, y - height / 2, width)


def _label(lines: Sequence[str], x: float, top: float, width: float) -> Label:
    placed = tuple((line, round(top + _LINE * at + 13, 1)) for at, line in enumerate(lines))
    box = Box(x - width / 2, top - _OVER_LINE, x + width / 2, top + _LINE * len(lines) + _OVER_LINE)
    return Label(round(x, 1), placed, box)


def _arcs(goals: Sequence[int], x: float, y: float, radius: float) -> tuple[Arc, ...]:
    inner = radius * (1 - _THICKNESS_SHARE)
    if len(goals) < 2:
        halves = (_sector(x, y, (inner, radius), start, start + pi) for start in (-pi / 2, pi / 2))
        return (Arc(goals[0] if goals else 0, "".join(halves)),)
    each = 2 * pi / len(goals)
    return tuple(
        Arc(goal, _sector(x, y, (inner, radius), each * at - pi / 2, each * (at + 1) - pi / 2 - _ARC_GAP))
        for at, goal in enumerate(goals)
    )


def _sector(x: float, y: float, radii: tuple[float, float], start: float, end: float) -> str:
    """Return the path of a part of a ring between two angles."""
    inner, outer = radii
    long = int(end - start > pi)

    def at(radius: float, angle: float) -> str:
        return f"{x + radius * cos(angle):.1f} {y + radius * sin(angle):.1f}"

    return (
        f"M{at(outer, start)}A{outer:.1f} {outer:.1f} 0 {long} 1 {at(outer, end)}"
        f"L{at(inner, end)}A{inner:.1f} {inner:.1f} 0 {long} 0 {at(inner, start)}Z"
    )


def _joints(spots: Sequence[Spot], circles: Sequence[Circle]) -> Iterable[Joint]:
    """Yield a line from edge to edge for each pair of which one names the other."""
    places = {spot.id: circle for spot, circle in zip(spots, circles, strict=True)}
    pairs = {
        (min(spot.id, other), max(spot.id, other)) for spot in spots for other in spot.neighbours if other in places
    }
    for one, other in sorted(pair for pair in pairs if pair[0] != pair[1]):
        (x1, y1, radius1), (x2, y2, radius2) = places[one], places[other]
        distance = hypot(x2 - x1, y2 - y1) or 1.0
        across, down = (x2 - x1) / distance, (y2 - y1) / distance
        yield Joint(
            round(x1 + across * radius1, 1),
            round(y1 + down * radius1, 1),
            round(x2 - across * radius2, 1),
            round(y2 - down * radius2, 1),
        )
