"""Goals by area."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.treemap import Words, treemap

counts_by_goal = st.dictionaries(st.integers(1, 17), st.integers(1, 500), min_size=1)
NAMES = {goal: Words(f"Name of goal {goal}", "en") for goal in range(1, 18)}


@given(counts_by_goal, st.booleans())
def test_a_treemap_fills_its_area_in_proportion(counts: dict[int, int], is_rtl: bool) -> None:
    cells = treemap(counts, 1104, 320, is_rtl=is_rtl)
    total = sum(counts.values())
    assert {cell.goal: cell.count for cell in cells} == counts
    for cell in cells:
        assert cell.width * cell.height == pytest.approx(1104 * 320 * cell.count / total, rel=0.05, abs=200)
        assert -1 <= cell.x <= 1104
        assert cell.x + cell.width <= 1105
        assert cell.y + cell.height <= 321


@given(counts_by_goal, st.lists(st.text(max_size=60), max_size=9))
def test_words_stand_in_their_cell_and_only_where_there_is_room(counts: dict[int, int], titles: list[str]) -> None:
    groups = {goal: [Words(title, "en") for title in titles] for goal in counts}
    for cell in treemap(counts, 1104, 330, names=NAMES, groups=groups):
        lines = [*cell.name, *cell.groups]
        assert all(line.y <= cell.height for line in lines)
        assert [line.y for line in lines] == sorted({line.y for line in lines})
        assert cell.has_square or not lines
        assert cell.name or not cell.groups


def test_the_largest_cell_lists_its_groups_in_order() -> None:
    groups = {3: [Words("Floods", "en"), Words("unbreakable" * 30, "en"), Words("霍乱", "zh")]}
    (cell,) = treemap({3: 9}, 400, 300, names=NAMES, groups=groups)
    assert [line.words.text for line in cell.groups] == ["Floods", "霍乱"], "what is too wide is left out"
    assert cell.groups[1].words.lang == "zh"


def test_mirroring_moves_cells_and_not_their_words() -> None:
    counts = {3: 9, 6: 4, 13: 2}
    plain, mirrored = (treemap(counts, 900, 300, names=NAMES, is_rtl=is_rtl) for is_rtl in (False, True))
    assert [round(900 - cell.x - cell.width, 1) for cell in plain] == [cell.x for cell in mirrored]
    assert [cell.name for cell in plain] == [cell.name for cell in mirrored]


def test_a_treemap_of_nothing_is_empty() -> None:
    assert treemap({1: 0}, 100, 100) == ()
