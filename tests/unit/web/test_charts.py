"""The geometry of charts."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.charts import dots, minutes_bar, share, stack, week_bars


def test_a_full_bar_ends_at_its_capacity() -> None:
    bar = minutes_bar([("1", 120, "full"), ("2", 120, "full")], 240, 480)
    assert [(piece.x, piece.width) for piece in bar.pieces] == [(0, 240), (240, 240)]
    assert (bar.over, bar.ticks[-1].value, bar.ticks[-1].x) == (0, 240, 480)


def test_more_than_fits_moves_the_mark_of_the_capacity() -> None:
    bar = minutes_bar([("1", 300, "full")], 240, 300)
    assert (bar.over, bar.capacity_x) == (60, 240)


def test_right_to_left_mirrors_places_not_numbers() -> None:
    left = minutes_bar([("1", 60, "full"), ("2", 30, "full")], 240, 240)
    right = minutes_bar([("1", 60, "full"), ("2", 30, "full")], 240, 240, is_rtl=True)
    assert [240 - piece.x - piece.width for piece in left.pieces] == [piece.x for piece in right.pieces]
    assert [tick.value for tick in left.ticks] == [tick.value for tick in right.ticks]


@given(st.integers(1, 100_000), st.integers(200, 700))
def test_numbers_on_an_axis_keep_their_distance(capacity: int, width: int) -> None:
    places = [tick.x for tick in minutes_bar([], capacity, width).ticks]
    assert all(after - before >= 55 for before, after in pairwise(places))


def test_a_narrow_piece_has_no_number() -> None:
    bar = minutes_bar([("12", 1, "full"), ("3", 239, "full")], 240, 300)
    assert [piece.label for piece in bar.pieces] == ["", "3"]


def test_shares() -> None:
    assert share(3, 4).filled == 75
    assert share(0, 0).filled == 0
    assert share(1, 3, Fraction(2, 3)).tick == pytest.approx(66.67, abs=0.01)


def test_empty_parts_take_no_room() -> None:
    pieces = stack([("a", 1), ("b", 0), ("c", 1)], 102).pieces
    assert [(piece.kind, piece.x, piece.width) for piece in pieces] == [("a", 0, 50), ("c", 52, 50)]


def test_two_series_put_their_numbers_outwards() -> None:
    row = dots([("Africa", 10, 40)], 620).rows[0]
    assert (row.filled_anchor, row.hollow_anchor) == ("end", "start")
    assert row.filled_x < row.hollow_x
    mirrored = dots([("Africa", 10, 40)], 620, is_rtl=True).rows[0]
    assert (mirrored.filled_anchor, mirrored.hollow_anchor) == ("start", "end")
    assert mirrored.filled_x > mirrored.hollow_x


def test_one_series_shows_no_second() -> None:
    assert dots([("Africa", 10, None)], 620).rows[0].shows_hollow is False


def test_weeks_stand_in_order_and_the_window_is_marked() -> None:
    drawn = week_bars((0, 2, 4), 2)
    assert [(bar.height, bar.is_now) for bar in drawn.bars] == [(1, False), (15, True), (30, True)]
    assert all(bar.y + bar.height == drawn.height for bar in drawn.bars)
    mirrored = week_bars((0, 2, 4), 2, is_rtl=True)
    assert [bar.x for bar in mirrored.bars] == [bar.x for bar in reversed(drawn.bars)]


@given(st.lists(st.integers(0, 10**6), max_size=500), st.integers(0, 600))
def test_bars_stay_in_their_drawing(weeks: list[int], window: int) -> None:
    drawn = week_bars(weeks, window)
    assert all(bar.x >= 0 and bar.x + drawn.bar <= drawn.width <= 400 for bar in drawn.bars)
    assert all(bar.y >= 0 and 1 <= bar.height <= drawn.height for bar in drawn.bars)
