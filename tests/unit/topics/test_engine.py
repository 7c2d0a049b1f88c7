import pytest
from pydantic import ValidationError

from tests.support.classifiers import classifier, encoder
from topics.embed import VectorError
from topics.engine import Engine, EngineError, classify_lines, group_lines
from topics.wire import (
    Arrange,
    Classify,
    Duplicates,
    Forget,
    GroupField,
    MakeGroups,
    Place,
    Remember,
    Search,
    Shelve,
    Similar,
    StoodField,
    Terms,
    TextItem,
)

OTHER = {"model": "0" * 64, "values": [1] * 512}


def engine() -> Engine:
    return Engine(classifier())


def items(**texts: str) -> list[TextItem]:
    return [TextItem(id=name, text=text) for name, text in texts.items()]


def test_lines_give_what_the_worker_gives() -> None:
    lines = [{"id": "a", "text": "Vaccines against malaria"}, {"id": "b", "text": "x", "lang": "en"}]
    asked = Classify(id="1", op="classify", items=items(a="Vaccines against malaria"))
    found = list(classify_lines(lines, classifier()))
    assert found[0] == engine().classify(asked)["items"][0]
    assert set(found[0]["goals"]) == {str(goal) for goal in range(1, 18)}
    assert found[0]["accepted"][0] == 3


def test_a_line_of_another_shape_is_refused() -> None:
    with pytest.raises(ValidationError):
        list(classify_lines([{"text": "no id"}], classifier()))
    with pytest.raises(ValidationError):
        list(group_lines([{"id": "a", "text": "x" * 20_001}], classifier()))


def test_groups_come_with_labels_and_can_take_one_more() -> None:
    lines = [
        {"id": "1", "text": "Coral reefs are bleaching and fish stocks collapse"},
        {"id": "2", "text": "Los arrecifes de coral se blanquean y las pesquerías se hunden"},
        {"id": "3", "text": "Teachers for rural primary schools"},
    ]
    found = list(group_lines(lines, classifier()))
    assert [one["members"] for one in found] == [["1", "2"], ["3"]]
    assert "coral" in found[0]["label"]["en"]
    assert found[0]["goals"][0] == 14
    groups = [GroupField(centre=g["centre"], tightness=g["tightness"], profile=g["profile"]) for g in found]
    late = TextItem(id="4", text="Les récifs coralliens blanchissent et les stocks de poissons s'effondrent")
    assert engine().place(Place(id="p", op="place", item=late, groups=groups))["group"] == 0


def test_goals_that_people_confirmed_override() -> None:
    asked = [TextItem(id="1", text="Coral reefs are bleaching", goals=[13, 14])]
    found = engine().group(MakeGroups(id="g", op="group", items=asked))["groups"]
    assert found[0]["goals"] == [13, 14]


def test_a_stored_vector_spares_the_encoding_and_changes_nothing() -> None:
    plain = items(a="Wind power for islands", b="Clean cooking stoves")
    vectors = [
        TextItem.model_validate({"id": item.id, "text": item.text, "vector": suggestion["vector"]})
        for item, suggestion in zip(
            plain, engine().classify(Classify(id="c", op="classify", items=plain))["items"], strict=True
        )
    ]
    assert engine().group(MakeGroups(id="g", op="group", items=vectors)) == engine().group(
        MakeGroups(id="g", op="group", items=plain)
    )


def test_the_index_remembers_and_forgets() -> None:
    own = engine()
    asked = items(a="Open access to satellite images of floods", b="School meals for all children")
    assert own.remember(Remember(id="r", op="remember", items=asked)) == {"remembered": 2, "left_out": []}
    found = own.similar(Similar(id="s", op="similar", text="Accès ouvert aux images satellite des inondations"))
    assert [match["id"] for match in found["matches"]] == ["a"]
    own.forget(Forget(id="f", op="forget", ids=["a"]))
    assert own.similar(Similar(id="s", op="similar", text=asked[0].text))["matches"] == []


def test_the_index_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("topics.engine.MAX_ITEMS", 1)
    with pytest.raises(EngineError, match="at most 1 items"):
        engine().remember(Remember(id="r", op="remember", items=items(a="x", b="y")))


def test_duplicates_among_many() -> None:
    asked = items(
        a="Build a network of seed banks for drought-tolerant crops",
        b="Créer un réseau de banques de semences pour des cultures tolérantes à la sécheresse",
        c="Protect the privacy of patients in digital health records",
    )
    pairs = engine().duplicates(Duplicates(id="d", op="duplicates", items=asked))["pairs"]
    assert [(pair["first"], pair["second"]) for pair in pairs] == [("a", "b")]


def test_a_foreign_vector_without_its_text_is_refused() -> None:
    foreign = TextItem.model_validate({"id": "a", "vector": OTHER})
    with pytest.raises(VectorError):
        engine().duplicates(Duplicates(id="d", op="duplicates", items=[foreign]))


def test_progress_is_told_on_the_way() -> None:
    told: list[tuple[int, int]] = []
    row = encoder().vector("x")
    many = [
        TextItem.model_validate({"id": str(n), "vector": {"model": row.model, "values": list(row.values)}})
        for n in range(250)
    ]
    engine().remember(Remember(id="r", op="remember", items=many), lambda done, total: told.append((done, total)))
    assert told == [(100, 250), (200, 250)]


def test_search_looks_in_the_index_and_on_the_shelf_and_similar_in_the_index_alone() -> None:
    own = engine()
    own.remember(Remember(id="r", op="remember", items=items(p="Coral reefs are bleaching", q="Schools for girls")))
    named = items(**{"topic:1": "Los arrecifes de coral y los oceanos"})
    assert own.shelve(Shelve(id="r", op="shelve", items=named)) == {"shelved": 1}
    found = own.search(Search(id="s", op="search", text="Korallenriffe"))["matches"]
    assert {match["id"] for match in found} == {"p", "topic:1"}
    assert [match["cosine"] for match in found] == sorted((match["cosine"] for match in found), reverse=True)
    alike = own.similar(Similar(id="s", op="similar", text="Coral reefs are bleaching"))["matches"]
    assert [match["id"] for match in alike] == ["p"]
    own.forget(Forget(id="f", op="forget", ids=["topic:1"]))
    assert len(own.search(Search(id="s", op="search", text="coral"))["matches"]) == 2, "it was only shelved"
    assert own.shelve(Shelve(id="f", op="shelve", gone=["topic:1", "never"])) == {"shelved": 0}
    assert [m["id"] for m in own.search(Search(id="s", op="search", text="coral", most=5))["matches"]] == ["p"]


@pytest.mark.parametrize("text", ["", "asdfgh", "🎉"])
def test_what_means_nothing_finds_nothing(text: str) -> None:
    own = engine()
    own.remember(Remember(id="r", op="remember", items=items(p="Coral reefs are bleaching, fish stocks collapse")))
    assert own.search(Search(id="s", op="search", text=text)) == {"matches": []}


def test_terms_come_in_the_order_of_the_items() -> None:
    asked = [TextItem(id="b", text="Cholera in the delta", lang="en"), TextItem(id="a", text="", lang="fr")]
    assert engine().terms(Terms(id="t", op="terms", items=asked)) == {
        "items": [
            {"id": "b", "lang": "en", "terms": ["cholera", "delta"]},
            {"id": "a", "lang": "fr", "terms": []},
        ]
    }


def test_what_is_remembered_is_arranged_and_only_changes_are_told() -> None:
    own = engine()
    own.remember(Remember(id="r", op="remember", items=items(a="Coral reefs are bleaching", b="Village schools")))
    first = own.arrange(Arrange(id="a", op="arrange"))
    assert {one["name"]: one["members"] for one in first["groups"]} == {"A": ["a"], "B": ["b"]}
    assert first["groups"][0]["languages"] == 1
    assert all(0 < value < 1 for one in first["groups"] for value in one["place"])
    own.remember(Remember(id="r", op="remember", items=[TextItem(id="c", text="Los arrecifes de coral", time=9)]))
    own.forget(Forget(id="f", op="forget", ids=["b"]))
    second = own.arrange(Arrange(id="a", op="arrange"))
    assert {one["name"]: one["members"] for one in second["groups"]} == {"A": ["a", "c"]}
    assert (second["gone"], second["groups"][0]["languages"]) == (["B"], 2)
    assert second["groups"][0]["place"] == first["groups"][0]["place"]


def test_groups_that_stood_before_go_on_with_their_names_and_places() -> None:
    own = engine()
    own.remember(Remember(id="r", op="remember", items=items(a="Coral reefs are bleaching", b="Village schools")))
    stood = [StoodField(name="K2", members=["b", "gone"], place=[0.25, 0.75])]
    told = own.arrange(Arrange(id="a", op="arrange", stood=stood))
    assert {one["name"]: one["members"] for one in told["groups"]} == {"K2": ["b"], "L2": ["a"]}
    assert next(one["place"] for one in told["groups"] if one["name"] == "K2") == [0.25, 0.75]
    with pytest.raises(EngineError, match="one name"):
        own.arrange(Arrange(id="a", op="arrange", stood=[*stood, *stood]))


def test_an_empty_board_has_no_groups() -> None:
    assert engine().arrange(Arrange(id="a", op="arrange"))["groups"] == []


def test_more_than_memory_holds_is_grouped_by_way_of_the_disk() -> None:
    asked = items(a="Coral reefs are bleaching", b="Village schools", c="Bleaching of coral reefs")
    told: list[str] = []
    found = list(engine().group_many(asked, lambda what, done, total: told.append(what)))
    assert [one["members"] for one in found] == [["a", "c"], ["b"]]
    assert found == engine().group(MakeGroups(id="g", op="group", items=asked))["groups"]
    assert "blocks grouped" in told
    assert list(engine().group_many([], lambda what, done, total: None)) == []
