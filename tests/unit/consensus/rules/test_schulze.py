"""Schulze's own examples, level options, and the closest comparisons."""

import numpy as np
import pytest

from consensus.rules.schulze import Measure, complete_order, narrowest, strongest_paths

FORTY_FIVE = np.array(
    [[0, 20, 26, 30, 22], [25, 0, 16, 33, 18], [19, 29, 0, 17, 24], [15, 12, 28, 0, 14], [23, 27, 21, 31, 0]]
)
"""Schulze's example with 45 voters: how many prefer the first of A to E to the second."""


def test_the_strongest_paths_of_schulzes_example() -> None:
    assert strongest_paths(FORTY_FIVE, "winning-votes").tolist() == [
        [0, 28, 28, 30, 24],
        [25, 0, 28, 33, 24],
        [25, 29, 0, 29, 24],
        [25, 28, 28, 0, 24],
        [25, 28, 28, 31, 0],
    ]


def test_margins_take_the_ballots_against_away() -> None:
    paths = strongest_paths(FORTY_FIVE, "margins")
    assert paths[4, 0] == 5, "by D, C and B, because the direct link is worth 1"
    assert paths[0, 4] == 3
    assert paths[0, 3] == 15


@pytest.mark.parametrize("measure", ["winning-votes", "margins"])
def test_the_order_of_schulzes_example(measure: Measure) -> None:
    places = complete_order(strongest_paths(FORTY_FIVE, measure), range(5))
    assert ["ABCDE"[place.option] for place in places] == list("EACBD")
    assert not any(place.is_by_ties for place in places)


def test_the_order_is_total_where_paths_are_not() -> None:
    """The first is ahead of the third and the fourth of the second, and no more."""
    paths = np.zeros((4, 4), dtype=np.int64)
    paths[0, 2], paths[3, 1] = 9, 8
    places = complete_order(paths, (0, 1, 2, 3))
    assert [place.option for place in places] == [0, 2, 3, 1]
    assert [place.level for place in places] == [(1, 3), (1, 3), (0, 2), (0, 2)]
    assert [place.is_by_ties for place in places] == [True, True, False, False]
    assert [place.option for place in complete_order(paths, (3, 2, 1, 0))] == [3, 1, 0, 2]


def test_everybody_level_goes_by_rank() -> None:
    places = complete_order(strongest_paths(np.zeros((3, 3), dtype=np.int64), "winning-votes"), (2, 0, 1))
    assert [place.option for place in places] == [1, 2, 0]
    assert places[0].level == (2, 0)


def test_the_closest_comparison_is_the_best_placed_of_several() -> None:
    counted = np.array([[0, 3, 4], [3, 0, 5], [4, 1, 0]])
    assert narrowest(counted, [2, 0, 1]) == {2: 0, 0: 2, 1: 0}
    assert narrowest(counted[:1, :1], [0]) == {}
