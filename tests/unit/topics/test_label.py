from topics.label import label, label_terms, spread
from topics.taxonomy.catalogue import catalogue

TEXTS = {
    "a": ("en", "Locust early warning by satellite for farmers"),
    "b": ("en", "Locust swarms and their control in dry farmland"),
    "c": ("en", "Satellite internet for schools"),
    "d": ("fr", "Les criquets pèlerins menacent les récoltes; les criquets se déplacent vite"),
    "e": ("zh", "沙漠蝗虫预警"),
}
LANGUAGES = {"en", "zh", "fr", "ru", "es", "ar", "pt"}


def test_a_group_is_called_by_what_marks_it() -> None:
    found = label(["a", "b"], [2], TEXTS, spread(TEXTS))
    assert found["en"].split(" · ")[0] == "locust"
    assert "satellite" not in found["en"]


def test_each_language_speaks_for_itself_and_the_goal_for_the_rest() -> None:
    found = label(["a", "d", "e"], [2], TEXTS, spread(TEXTS))
    assert set(found) == LANGUAGES
    assert "criquets" in found["fr"]
    assert "蝗虫" in found["zh"]
    assert " " not in found["zh"].replace(" · ", "")
    assert found["ru"] == catalogue().goal(2).short["ru"]


def test_without_goal_or_known_language_there_is_still_a_label() -> None:
    texts = {"x": ("sw", "Nzige wa jangwani wanaharibu mazao ya wakulima")}
    assert list(label(["x"], [], texts, spread(texts))) == ["sw"]
    texts = {"x": ("und", "12")}
    assert label(["x"], [], texts, spread(texts)) == {"und": "12"}


def test_function_words_make_no_label() -> None:
    everywhere = spread(TEXTS)["en"]
    chosen = label_terms([TEXTS["b"][1]], "en", everywhere, 3)
    assert chosen
    assert not {"and", "in", "their"} & {word for term in chosen for word in term.split()}
