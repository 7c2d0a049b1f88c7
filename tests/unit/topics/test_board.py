from tests.unit.topics.test_cluster import bunches
from topics.board import Board, Stood
from topics.cluster import Item

WORDS = {"0": ("en", "Coral reefs and warming seas"), "1": ("fr", "Des enseignants pour les écoles de village")}


def filled(items: list[Item]) -> Board:
    own = Board()
    for number, item in enumerate(items):
        own.put(item, number, *WORDS[item.id[0]])
    return own


def test_each_group_is_told_with_all_that_pages_show() -> None:
    items = bunches([3, 2], 0.4, 1, [14, 4])
    told = filled(items).arrange()
    one, two = told["groups"]
    assert (one["name"], one["members"]) == ("A", ["0-000", "0-001", "0-002"])
    assert (two["name"], two["goals"], two["languages"]) == ("B", [4], 1)
    assert "coral" in one["label"]["en"]
    assert "enseignants" in two["label"]["fr"]
    assert set(one["label"]) == set(two["label"]) == {"en", "zh", "fr", "ru", "es", "ar", "pt"}
    assert one["place"] != two["place"]
    assert told["neighbours"] == {"A": [], "B": []}


def test_close_groups_know_each_other_and_are_told_when_one_goes() -> None:
    near, far = bunches([1], 0.1, 2, [3])[0], bunches([1], 0.1, 9, [7])[0]
    twin = bunches([2], 1.7, 2, [3])[1]
    own = Board()
    for number, (name, item) in enumerate({"near": near, "twin": twin, "far": far}.items()):
        own.put(Item(name, item.vector, item.chances), number, "en", name)
    told = own.arrange()
    named = {group["members"][0]: group["name"] for group in told["groups"] if len(group["members"]) == 1}
    assert set(named) == {"near", "twin", "far"}
    assert told["neighbours"] == {
        named["near"]: [named["twin"]],
        named["twin"]: [named["near"]],
        named["far"]: [],
    }
    own.drop("twin")
    after = own.arrange()
    assert (after["gone"], after["neighbours"]) == ([named["twin"]], {named["near"]: []})


def test_among_many_only_groups_with_other_members_are_told() -> None:
    items = bunches([70, 70, 3], 0.3, 3, [14, 4, 9])
    own = filled([item for item in items if item.id[0] != "2"])
    own.arrange()
    own.put(Item("new", items[0].vector, items[0].chances), 10_000, *WORDS["0"])
    told = own.arrange()
    assert [group["name"] for group in told["groups"]] == ["A"]
    assert "new" in told["groups"][0]["members"]
    assert own.arrange()["groups"] == []


def test_what_stood_before_lends_names_and_places() -> None:
    own = filled(bunches([2, 2], 0.4, 4, [14, 4]))
    own.seed({"Q": Stood(["1-000"], (0.125, 0.875))})
    told = {group["name"]: group for group in own.arrange()["groups"]}
    assert told["Q"]["members"] == ["1-000", "1-001"]
    assert told["Q"]["place"] == [0.125, 0.875]
    assert set(told) == {"Q", "R"}


def test_when_all_have_gone_the_board_is_empty_and_starts_anew() -> None:
    items = bunches([2], 0.4, 5, [14])
    own = filled(items)
    own.arrange()
    for item in items:
        own.drop(item.id)
    assert own.arrange() == {"is_full": False, "groups": [], "gone": ["A"], "neighbours": {}}
    assert len(own) == 0
    own.put(items[0], 1, "en", "back")
    assert [group["members"] for group in own.arrange()["groups"]] == [[items[0].id]]
    assert items[0].id in own
