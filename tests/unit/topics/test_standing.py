import random

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from tests.unit.topics.test_cluster import bunches
from topics.cluster import Item, group
from topics.standing import Change, Standing, reach


def filled(items: list[Item], times: dict[str, int] | None = None) -> Standing:
    own = Standing()
    for number, item in enumerate(items):
        own.put(item, (times or {}).get(item.id, number))
    own.arrange()
    return own


def parts(own: Standing) -> set[frozenset[str]]:
    return {frozenset(item.id for item in own.members(name)) for name in own.names()}


def named(own: Standing) -> dict[str, set[str]]:
    return {name: {item.id for item in own.members(name)} for name in own.names()}


def mixed(count: int, seed: int = 1, spread: float = 0.75) -> list[Item]:
    """Return items of many loose bunches, in no order."""
    rng = np.random.default_rng(seed)
    sizes = [int(size) for size in rng.integers(1, 9, count)]
    found = bunches(sizes, spread, seed, [int(goal) for goal in rng.integers(1, 18, count)])[:count]
    random.Random(seed).shuffle(found)
    return found


def test_the_base_grows_by_an_eighth_at_least_by_eight() -> None:
    assert [reach(count) for count in (0, 7, 8, 15, 16, 64, 71, 72, 80, 81)] == [0, 0, 8, 8, 16, 64, 64, 72, 72, 81]
    assert all(count - reach(count) <= max(7, count / 9) for count in range(12_000))


@pytest.mark.parametrize("count", [5, 40, 150])
def test_the_same_items_give_the_same_groups_in_whatever_order_they_came(count: int) -> None:
    items = mixed(count)
    times = {item.id: number for number, item in enumerate(items)}
    expected = parts(filled(items))
    for seed in range(3):
        own, shuffled = Standing(), list(items)
        random.Random(seed).shuffle(shuffled)
        for number, item in enumerate(shuffled):
            own.put(item, times[item.id])
            if number % (seed + 2) == 0:
                own.arrange()
        own.arrange()
        assert parts(own) == expected


def test_the_latest_item_moves_no_other_between_full_groupings() -> None:
    items = mixed(130)
    own = filled(items[:60])
    moved = full = 0
    for number, item in enumerate(items[60:], start=60):
        before = named(own)
        own.put(item, number)
        change = own.arrange()
        after = named(own)
        full += change.is_full
        if change.is_full:
            continue
        assert change.gone == frozenset()
        assert {name for name in after if after[name] != before.get(name)} == change.changed
        assert all(after[name] - {item.id} == members for name, members in before.items())
        moved += 1
    assert full == len({reach(n) for n in range(60, 131)}) - 1
    assert moved > 40


def test_placing_agrees_with_grouping_all_at_once() -> None:
    items = bunches([9] * 12 + [3] * 10, 0.5, 5, [3] * 22)
    random.Random(2).shuffle(items)
    count = 127
    assert count - reach(count) == 13
    own = filled(items[:count])
    whole = {item: number for number, one in enumerate(group(items[:count])) for item in one.members}
    mine = {item: number for number, members in enumerate(named(own).values()) for item in members}
    assert adjusted_rand_score([whole[i] for i in whole], [mine[i] for i in whole]) > 0.95


def test_an_item_from_before_the_end_of_the_base_has_all_grouped_anew() -> None:
    items = mixed(20)
    times = {item.id: 10 * number for number, item in enumerate(items)}
    own = filled(items[:18], times)
    own.put(items[18], 5)
    assert own.arrange().is_full
    own.put(items[19], 10_000)
    assert not own.arrange().is_full


def test_names_stay_when_all_are_grouped_anew() -> None:
    items = mixed(64, spread=0.4)
    own = filled(items[:63])
    before = named(own)
    own.put(items[63], 63)
    assert own.arrange().is_full
    after = named(own)
    for name, members in after.items():
        if name in before:
            assert members & before[name]
    best = {max(after, key=lambda name: len(after[name] & members)) == old for old, members in before.items()}
    assert best == {True}


def test_an_item_that_goes_leaves_its_group_and_moves_no_other() -> None:
    items = mixed(40)
    own = filled(items)
    before = named(own)
    name = next(name for name, members in before.items() if len(members) > 1)
    gone = min(before[name])
    own.drop(gone)
    own.drop("never there")
    change = own.arrange()
    assert change == Change(is_full=False, changed=frozenset({name}), gone=frozenset())
    assert named(own) == before | {name: before[name] - {gone}}
    for item in before[name]:
        own.drop(item)
    assert own.arrange().gone == {name}
    assert gone not in own
    assert len(own) == 40 - len(before[name])


def test_what_is_gone_says_nothing_any_more_of_what_its_group_is_about() -> None:
    items = bunches([4, 2], 0.4, 3, [3, 9])
    own = filled([*items[:4], *items[4:], *bunches([2], 0.4, 9, [1])])
    name = next(name for name, members in named(own).items() if items[0].id in members)
    own.drop(items[0].id)
    own.arrange()
    row = own.names().index(name)
    assert own.means()[row] == pytest.approx(own.rows(name).mean(axis=0), abs=1e-5)


def test_an_item_that_changes_is_placed_anew() -> None:
    items = bunches([6, 6], 0.4, 4, [3, 9])
    own = filled(items)
    changed = Item(items[0].id, items[6].vector, items[6].chances)
    own.put(changed, 0)
    own.arrange()
    assert {item.id for item in items[6:]} | {changed.id} in named(own).values()


def test_many_changes_have_all_grouped_anew() -> None:
    items = mixed(60)
    own = filled(items)
    fulls = []
    for item in items[:9]:
        own.put(Item(item.id, items[59].vector, items[59].chances), items.index(item))
        fulls.append(own.arrange().is_full)
    assert fulls.count(True) == 1


def test_groups_that_stood_before_lend_their_names() -> None:
    items = bunches([3, 5], 0.4, 6, [3, 9])
    own = Standing()
    own.seed({"F": [items[0].id], "C2": [items[5].id, "gone"], "Q": ["gone too"]})
    for number, item in enumerate([*items, *bunches([1], 0.4, 70, [1])]):
        own.put(item if number < 8 else Item("new", item.vector, item.chances), number)
    assert own.arrange().is_full
    assert named(own) == {
        "F": {item.id for item in items[:3]},
        "C2": {item.id for item in items[3:]},
        "D2": {"new"},
    }
    with pytest.raises(ValueError, match="no group"):
        own.seed({"nonsense": []})


def test_items_about_which_nothing_is_known_stay_alone() -> None:
    blank = [Item(f"{n:02}", np.zeros(512, dtype=np.int8), (0.0,) * 17) for n in range(20)]
    own = filled(blank)
    assert len(own.names()) == 20
    assert Standing().arrange() == Change(is_full=False, changed=frozenset(), gone=frozenset())


def test_the_same_text_a_thousand_times_is_one_group() -> None:
    (one,) = bunches([1], 0.4, 8, [3])
    own = filled([Item(f"{n:04}", one.vector, one.chances) for n in range(1_000)])
    assert [len(members) for members in named(own).values()] == [1_000]
