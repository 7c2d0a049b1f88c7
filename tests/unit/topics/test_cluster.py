import numpy as np
import pytest
from sklearn.cluster import AgglomerativeClustering

from tests.support.classifiers import classifier
from topics import cluster
from topics.cluster import SAME_TOPIC, Group, GroupingError, Item, group, place, positions
from topics.embed import quantise, unit

NONE = (0.0,) * 17


def chances(**goals: float) -> tuple[float, ...]:
    return tuple(goals.get(f"g{goal}", 0.01) for goal in range(1, 18))


def bunches(sizes: list[int], spread: float, seed: int, goals: list[int]) -> list[Item]:
    """Return items around random directions, the bunch's number in their ids."""
    rng = np.random.default_rng(seed)
    items = []
    for bunch, size in enumerate(sizes):
        middle = rng.normal(size=512)
        for one in range(size):
            row = quantise((middle + spread * rng.normal(size=512))[None, :].astype(np.float32))[0]
            own = tuple(0.9 if goal == goals[bunch] else 0.02 for goal in range(1, 18))
            items.append(Item(f"{bunch}-{one:03}", row, own))
    return items


def members(groups: list[Group]) -> set[tuple[str, ...]]:
    return {one.members for one in groups}


def test_what_is_alike_comes_together_and_nothing_else() -> None:
    items = bunches([5, 3, 1, 4], 0.4, 1, [3, 3, 7, 14])
    found = group(items)
    assert members(found) == {tuple(item.id for item in items if item.id.startswith(f"{bunch}-")) for bunch in range(4)}
    assert [len(one.members) for one in found] == [5, 4, 3, 1]


def test_one_matter_under_two_goals_becomes_one_group_between_them() -> None:
    items = bunches([6], 0.3, 2, [11])
    moved = [
        Item(item.id, item.vector, item.chances if number % 2 else chances(g13=0.9, g11=0.3))
        for number, item in enumerate(items)
    ]
    found = group(moved)
    assert len(found) == 1
    assert set(found[0].goals) == {11, 13}
    assert found[0].between_goals


def test_groups_agree_with_average_linkage_over_everything_at_once() -> None:
    items = bunches([4, 6, 2, 3, 5, 2], 0.8, 3, [1, 1, 2, 3, 9, 9])
    where = positions(sorted(items, key=lambda item: item.id))
    apart = np.clip(1.0 - where @ where.T, 0, 2)
    np.fill_diagonal(apart, 0)
    labels = AgglomerativeClustering(
        n_clusters=None, metric="precomputed", linkage="average", distance_threshold=1 - SAME_TOPIC
    ).fit_predict(apart)
    ids = np.array(sorted(item.id for item in items))
    assert members(group(items)) == {tuple(ids[labels == label]) for label in set(labels)}


def test_blocks_too_large_for_a_table_of_distances_are_halved(monkeypatch: pytest.MonkeyPatch) -> None:
    items = bunches([9, 8, 7, 6], 0.3, 4, [3, 3, 3, 3])
    whole = members(group(items))
    monkeypatch.setattr(cluster, "MAX_BLOCK", 10)
    assert members(group(items)) == whole
    same = [Item(f"{n:02}", items[0].vector, items[0].chances) for n in range(25)]
    assert [len(one.members) for one in group(same)] == [25]


def test_confirmed_goals_override_the_classifier() -> None:
    item = Item("a", np.ones(512, dtype=np.int8), chances(g3=0.9), confirmed=(7, 9))
    assert item.goals() == (7, 9)
    assert np.flatnonzero(item.profile()).tolist() == [6, 8]
    assert group([item])[0].goals == (7, 9)


@pytest.mark.parametrize(
    ("item_chances", "between"),
    [
        (chances(g3=0.9), False),
        (chances(g3=0.9, g6=0.6), True),
        (chances(g3=0.4, g6=0.35), True),
        (chances(g3=0.7, g6=0.3), False),
        (NONE, False),
    ],
)
def test_items_between_goals_are_marked(item_chances: tuple[float, ...], between: bool) -> None:
    item = Item("a", np.ones(512, dtype=np.int8), item_chances)
    assert item.is_between() is between
    assert group([item])[0].between == (("a",) if between else ())


def test_the_representative_is_the_member_nearest_to_all() -> None:
    items = bunches([7], 0.5, 5, [2])
    found = group(items)[0]
    where = positions(items)
    total = (where @ where.T).sum(axis=1)
    assert found.representative == items[int(total.argmax())].id


def test_a_tight_group_is_surer_than_a_loose_one() -> None:
    tight, loose = bunches([5], 0.1, 6, [2]), bunches([5, 5], 0.75, 7, [3, 3])
    renamed = [Item("t" + item.id, item.vector, item.chances) for item in tight]
    found = group(renamed + loose)
    sure = {one.members[0][0]: one.sureness for one in found}
    assert sure["t"] > 0.85
    assert sure["t"] > sure["0"]
    assert all(0.0 <= one.sureness <= 1.0 for one in found)


def test_two_items_of_one_id_are_refused() -> None:
    item = Item("a", np.ones(512, dtype=np.int8), NONE)
    with pytest.raises(GroupingError, match="'a'"):
        group([item, item])


def test_nothing_gives_no_groups() -> None:
    assert group([]) == []


def test_placing_finds_the_group_and_moves_nothing() -> None:
    items = bunches([5, 4, 3], 0.4, 8, [3, 7, 14])
    late = [item for item in items if item.id.endswith("-002")]
    groups = group([item for item in items if not item.id.endswith("-002")])
    before = [(one.members, one.centre.tobytes()) for one in groups]
    for item in late:
        found = place(item, groups)
        assert found.group is not None
        assert groups[found.group].members[0][0] == item.id[0]
    assert [(one.members, one.centre.tobytes()) for one in groups] == before


def test_placing_judges_by_the_mean_likeness_to_the_members() -> None:
    items = bunches([6, 1], 0.6, 9, [3, 3])
    inside, other = items[:6], items[6]
    groups = [one for one in group(inside) if len(one.members) == 6]
    where = positions([*inside, other])
    assert place(other, groups).likeness == pytest.approx(float((where[:6] @ where[6]).mean()), abs=0.01)


def test_what_fits_nowhere_becomes_a_topic_of_its_own() -> None:
    items = bunches([5, 1], 0.3, 10, [3, 9])
    assert place(items[5], group(items[:5])).group is None
    assert place(items[5], []).group is None


def test_proposals_on_one_matter_in_several_languages_come_together() -> None:
    texts = {
        "locust-en": "Early warning of desert locust swarms from satellites and field scouts",
        "locust-fr": "Alerte précoce des essaims de criquets pèlerins par satellite et équipes de terrain",
        "locust-ar": "الإنذار المبكر من أسراب الجراد الصحراوي بالأقمار الصناعية وفرق الميدان",
        "battery-en": "Sodium-ion batteries for storing solar and wind power on the grid",
        "battery-ru": "Натрий-ионные аккумуляторы для хранения солнечной и ветровой энергии в сети",
        "battery-zh": "用于电网储存太阳能和风能的钠离子电池",
    }
    items = []
    for name, text in texts.items():
        found = classifier().classify(text)
        items.append(Item(name, found.vector.array(), found.goals))
    assert members(group(items)) == {
        ("locust-ar", "locust-en", "locust-fr"),
        ("battery-en", "battery-ru", "battery-zh"),
    }


def test_unit_rows_give_likeness_between_zero_and_one_for_equal_items() -> None:
    items = bunches([1], 0.1, 11, [5])
    where = positions(items)
    assert float(where[0] @ where[0]) == pytest.approx(1.0, abs=1e-5)
    assert float(np.linalg.norm(unit(items[0].vector))) == pytest.approx(1.0, abs=1e-6)
