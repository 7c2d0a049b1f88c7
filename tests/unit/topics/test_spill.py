from pathlib import Path

import numpy as np
import pytest

from tests.unit.topics.test_cluster import bunches, chances
from topics import spill as module
from topics.cluster import GroupingError, Item, positions
from topics.spill import Spill


def test_what_was_written_is_read_again_in_an_order_of_its_own(tmp_path: Path) -> None:
    items = bunches([3, 2], 0.4, 1, [3, 7])
    items.append(Item("confirmed", items[0].vector, (0.0,) * 17, (13, 7)))
    orders = []
    for number, some in enumerate((items, items[::-1])):
        (tmp_path / str(number)).mkdir()
        with Spill(tmp_path / str(number)) as own:
            for item in some:
                own.add(item, "zh" if item.confirmed else "en", f"<b>text</b> of {item.id} 水")
            own.seal()
            orders.append(own.ids)
            read = own.items(np.arange(len(own)))
            by_id = {item.id: item for item in items}
            for at, item in enumerate(read):
                expected = by_id[item.id]
                assert (item.chances, item.confirmed) == (expected.chances, expected.confirmed)
                assert item.vector.tolist() == expected.vector.tolist()
                assert own.text(at) == f"text of {item.id} 水"
                assert own.lang(at) == ("zh" if item.confirmed else "en")
            assert own.positions(np.arange(len(own))) == pytest.approx(positions(read), abs=1e-5)
    assert orders[0] == orders[1]
    assert sorted(orders[0]) == sorted(item.id for item in items)


def test_the_same_items_are_told_and_blank_ones_are_like_none(tmp_path: Path) -> None:
    row, blank = np.ones(512, dtype=np.int8), np.zeros(512, dtype=np.int8)
    with Spill(tmp_path) as own:
        for name, vector, goals in (("a", row, chances()), ("b", row, chances()), ("c", row, chances(g3=0.9))):
            own.add(Item(name, vector, goals), "en", "")
        for name in "de":
            own.add(Item(name, blank, (0.0,) * 17), "en", "")
        own.seal()
        firsts, like = own.twins()
        names = [own.ids[firsts[at]] for at in like]
        assert len(firsts) == 4
        assert names[own.ids.index("a")] == names[own.ids.index("b")]
        assert len(set(names)) == 4


def test_a_repeated_id_and_too_many_items_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    item = Item("a", np.ones(512, dtype=np.int8), chances())
    with Spill(tmp_path) as own:
        own.add(item, "en", "")
        with pytest.raises(GroupingError, match="'a'"):
            own.add(item, "en", "")
        monkeypatch.setattr(module, "MAX_STREAMED_ITEMS", 1)
        with pytest.raises(GroupingError, match="more than 1 items"):
            own.add(Item("b", item.vector, item.chances), "en", "")
