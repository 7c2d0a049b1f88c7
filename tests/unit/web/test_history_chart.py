"""The chart of growth: bars within the drawing, mirrored for who reads from the right, and a row a day."""

from hypothesis import given
from hypothesis import strategies as st

from web.history_chart import WIDTH, by_day, history_chart
from web.operator_port import Sample

DAY = 24 * 3_600_000


def samples(sizes: list[int], step: int = DAY // 4) -> list[Sample]:
    return [Sample(at * step, at, size, 1, 0) for at, size in enumerate(sizes)]


@given(st.lists(st.integers(0, 10**12), min_size=2, max_size=300), st.booleans())
def test_bars_stay_within_the_drawing_and_never_vanish(sizes: list[int], is_rtl: bool) -> None:
    chart = history_chart(samples(sizes), is_rtl=is_rtl)
    assert chart is not None
    assert 1 <= len(chart.bars) <= 56
    for bar in chart.bars:
        assert -0.2 <= bar.x <= WIDTH
        assert bar.x + bar.width <= WIDTH + 2.2
        assert 1 <= bar.height <= chart.base
        assert abs(bar.y + bar.height - chart.base) < 0.2
    assert chart.most == max(sizes)


def test_right_to_left_mirrors_the_bars() -> None:
    left, right = (history_chart(samples([1, 5, 9]), is_rtl=is_rtl) for is_rtl in (False, True))
    assert left is not None
    assert right is not None
    assert [bar.height for bar in left.bars] == [bar.height for bar in right.bars]
    assert left.bars[0].x < left.bars[-1].x
    assert right.bars[0].x > right.bars[-1].x


def test_too_little_makes_no_chart() -> None:
    assert history_chart([]) is None
    assert history_chart(samples([1])) is None


def test_the_last_sample_of_each_day_is_told_the_newest_first() -> None:
    days = by_day(samples(list(range(100))))
    assert len(days) == 14
    assert [day.stored for day in days[:2]] == [99, 95]
    assert by_day([]) == ()
