import numpy as np
import numpy.typing as npt

from topics.layout import MAX_NEIGHBOURS, NEIGHBOUR, Map, principal, restored

Float = npt.NDArray[np.float32]


def means(count: int, seed: int = 1) -> tuple[list[str], Float]:
    rng = np.random.default_rng(seed)
    families = rng.normal(size=(max(1, count // 6), 40))
    rows = families[rng.integers(len(families), size=count)] + 0.8 * rng.normal(size=(count, 40))
    return [f"G{number}" for number in range(count)], np.asarray(
        rows / np.linalg.norm(rows, axis=1)[:, None], np.float32
    )


def drawn(names: list[str], rows: Float) -> Map:
    own = Map()
    own.update(names, rows, frozenset(names))
    return own


def gaps(own: Map) -> npt.NDArray[np.float64]:
    where = np.array(list(own.places.values()))
    apart = np.abs(where[:, None] - where[None]).max(axis=2)
    np.fill_diagonal(apart, 1.0)
    return np.asarray(apart.min(axis=1))


def test_no_two_groups_lie_on_each_other_and_all_lie_on_the_map() -> None:
    for count in (1, 2, 26, 300):
        own = drawn(*means(count))
        assert len(own.places) == count
        assert gaps(own).min() >= 0.2 / np.sqrt(2.5 * count)
        assert all(0 < value < 1 for place in own.places.values() for value in place)


def test_the_largest_have_most_room() -> None:
    own = drawn(*means(300))
    first = [own.places[f"G{number}"] for number in range(20)]
    apart = [max(abs(a[0] - b[0]), abs(a[1] - b[1])) for a in first for b in first if a != b]
    assert min(apart) > 0.12


def test_what_is_alike_lies_together() -> None:
    names, rows = means(60)
    own = drawn(names, rows)
    where = np.array([own.places[name] for name in names])
    apart = np.linalg.norm(where[:, None] - where[None], axis=2)
    likeness = rows @ rows.T
    one, two = np.triu_indices(60, 1)
    alike = likeness[one, two] > 0.5
    assert apart[one, two][alike].mean() < 0.6 * apart[one, two][~alike].mean()


def test_a_new_group_moves_none_and_settles_near_the_like() -> None:
    names, rows = means(50)
    own = drawn(names[:49], rows[:49])
    before = dict(own.places)
    twin = np.vstack([rows[:49], rows[7:8] + 0.01])
    own.update([*names[:49], "NEW"], twin, frozenset({"NEW"}))
    assert {name: own.places[name] for name in before} == before
    apart = {name: np.hypot(*np.subtract(place, own.places["NEW"])) for name, place in before.items()}
    assert sorted(apart, key=apart.__getitem__).index("G7") < 5
    assert "G7" in own.neighbours["NEW"]
    assert "NEW" in own.neighbours["G7"]


def test_neighbours_kept_up_are_those_of_a_fresh_map() -> None:
    names, rows = means(80)
    own = drawn(names[:70], rows[:70])
    for count in range(71, 81):
        own.update(names[:count], rows[:count], frozenset({names[count - 1]}))
    own.update(names[5:], rows[5:], frozenset())
    fresh = drawn(names[5:], rows[5:])
    assert own.neighbours == fresh.neighbours
    near = rows[5:] @ rows[5:].T
    for row, name in enumerate(names[5:]):
        found = own.neighbours[name]
        assert len(found) == min(MAX_NEIGHBOURS, int((near[row] >= NEIGHBOUR).sum()) - 1)


def test_only_groups_with_other_neighbours_are_told() -> None:
    names, rows = means(40)
    own = drawn(names, rows)
    assert own.update(names, rows, frozenset()) == set()
    gone = next(name for name in names if own.neighbours[name])
    asked = {name for name, others in own.neighbours.items() if gone in others}
    kept = [row for row, name in enumerate(names) if name != gone]
    assert own.update([names[row] for row in kept], rows[kept], frozenset()) == asked - {gone}


def test_places_from_before_are_kept() -> None:
    names, rows = means(4)
    own = restored({"G1": (0.123, 0.456), "GONE": (0.9, 0.9)})
    own.update(names, rows, frozenset(names))
    assert own.places["G1"] == (0.123, 0.456)
    assert set(own.places) == set(names)


def test_groups_that_say_nothing_lie_somewhere() -> None:
    assert principal(np.zeros((3, 5), dtype=np.float32)) == [(0.5, 0.5)] * 3
    own = drawn(["A", "B", "C"], np.zeros((3, 5), dtype=np.float32))
    assert len(set(own.places.values())) == 3
    assert own.neighbours == {"A": (), "B": (), "C": ()}
    assert principal(np.ones((1, 5), dtype=np.float32)) == [(0.5, 0.5)]
