import random
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from tests.unit.topics.test_cluster import bunches
from topics import stream
from topics.cluster import Group, Item, group
from topics.label import Spread
from topics.spill import Spill
from topics.stream import described, find_groups


def streamed(items: list[Item], texts: dict[str, str] | None = None) -> list[tuple[Group, dict[str, str]]]:
    spread = Spread()
    told: list[tuple[str, int, int]] = []
    with TemporaryDirectory() as directory, Spill(Path(directory)) as spill:
        for item in items:
            text = (texts or {}).get(item.id, "")
            spill.add(item, "en", text)
            spread.add("en", text)
        spill.seal()
        found = list(described(spill, find_groups(spill, lambda *step: told.append(step)), spread))
    assert {done for what, done, total in told if done == total}
    return found


def plain(found: list[tuple[Group, dict[str, str]]]) -> list[tuple[object, ...]]:
    return [
        (g.members, g.representative, g.sureness, g.goals, g.between, g.centre.tobytes(), label) for g, label in found
    ]


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "_BLOCK", 20)
    monkeypatch.setattr(stream, "_PIECE", 64)
    monkeypatch.setattr(stream, "_NEAR_BLOCKS", 3)
    monkeypatch.setattr(stream, "_DESCRIBED", 5)


@pytest.mark.usefixtures("small_blocks")
def test_groups_are_the_same_in_any_order_and_nearly_those_of_all_at_once() -> None:
    rng = np.random.default_rng(3)
    items = bunches([int(n) for n in rng.integers(1, 13, 40)], 0.6, 3, [int(g) for g in rng.integers(1, 18, 40)])
    texts = {item.id: f"matter{item.id.split('-')[0]} and other things" for item in items}
    found = streamed(items, texts)
    random.Random(1).shuffle(items)
    assert plain(streamed(items, texts)) == plain(found)
    assert [len(one.members) for one, _ in found] == sorted((len(one.members) for one, _ in found), reverse=True)

    whole = {member: number for number, one in enumerate(group(items)) for member in one.members}
    mine = {member: number for number, (one, _) in enumerate(found) for member in one.members}
    assert whole.keys() == mine.keys()
    assert adjusted_rand_score([whole[i] for i in whole], [mine[i] for i in whole]) > 0.95
    assert found[0][1]["en"].startswith("matter")


@pytest.mark.usefixtures("small_blocks")
def test_the_same_text_many_times_is_one_group_and_blanks_stay_alone() -> None:
    (one,) = bunches([1], 0.4, 8, [3])
    same = [Item(f"s{n:03}", one.vector, one.chances) for n in range(150)]
    blank = [Item(f"z{n:03}", np.zeros(512, dtype=np.int8), (0.0,) * 17) for n in range(50)]
    found = streamed([*same, *blank])
    assert [len(one.members) for one, _ in found] == [150] + [1] * 50
    assert found[0][0].members == tuple(item.id for item in same)


def test_one_item_is_one_group() -> None:
    (one,) = bunches([1], 0.4, 8, [3])
    assert [g.members for g, _ in streamed([one])] == [(one.id,)]
