"""The chart of a store's growth over the last days: bars of its size, one for each part of the time, and a row a day.

Right to left, positions are mirrored here, so that digits are never turned around.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from web.operator_port import Sample

_DAY_MS: Final = 24 * 3_600_000
_DAYS_MAX = 14
WIDTH: Final = 640
HEIGHT: Final = 120
_BASE: Final = 96
_BARS_MAX = 56
_GAP = 2


@dataclass(frozen=True, slots=True)
class SizeBar:
    """The store's size at the end of a part of the time."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class HistoryChart:
    """The bars, and what their ends and the highest one stand for."""

    width: int
    height: int
    base: int
    bars: tuple[SizeBar, ...]
    first: int
    last: int
    most: int
    is_rtl: bool


def history_chart(samples: Sequence[Sample], *, is_rtl: bool = False) -> HistoryChart | None:
    """Return the chart of samples, the oldest first; None if there are fewer than two."""
    if len(samples) < 2:
        return None
    first, last = samples[0].at, samples[-1].at
    parts = min(_BARS_MAX, len(samples))
    latest: dict[int, Sample] = {}
    for sample in samples:
        latest[min(parts - 1, (sample.at - first) * parts // max(1, last - first))] = sample
    most = max(sample.stored for sample in samples)
    step = WIDTH / parts
    bars = []
    for place, sample in sorted(latest.items()):
        height = max(1.0, round((_BASE - 8) * sample.stored / max(1, most), 1))
        x = place * step
        shown = WIDTH - x - step + _GAP if is_rtl else x
        bars.append(SizeBar(round(shown, 1), round(_BASE - height, 1), round(step - _GAP, 1), height))
    return HistoryChart(WIDTH, HEIGHT, _BASE, tuple(bars), first, last, most, is_rtl)


def by_day(samples: Sequence[Sample]) -> tuple[Sample, ...]:
    """Return the last sample of each day (UTC), the newest day first."""
    days = {sample.at // _DAY_MS: sample for sample in samples}
    return tuple(days[day] for day in sorted(days, reverse=True)[:_DAYS_MAX])
