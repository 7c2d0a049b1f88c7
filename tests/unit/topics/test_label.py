from collections.abc import Sequence

import numpy as np
import pytest

from topics import label as module
from topics.embed import DIMENSIONS, Int8
from topics.label import MAX_LABEL_CHARS, Spread, label, label_terms, label_text
from topics.taxonomy.catalogue import catalogue

TEXTS = {
    "a": ("en", "Locust early warning by satellite for farmers"),
    "b": ("en", "Locust swarms and their control in dry farmland"),
    "c": ("en", "Satellite internet for schools"),
    "d": ("fr", "Les criquets pèlerins menacent les récoltes; les criquets se déplacent vite"),
    "e": ("zh", "沙漠蝗虫预警"),
}
ABOUT = np.zeros(DIMENSIONS, dtype=np.int8)
LANGUAGES = {"en", "zh", "fr", "ru", "es", "ar", "pt"}


def counted(texts: dict[str, tuple[str, str]]) -> Spread:
    spread = Spread()
    for lang, text in texts.values():
        spread.add(lang, text)
    return spread


def called(members: str, goals: list[int], texts: dict[str, tuple[str, str]] = TEXTS) -> dict[str, str]:
    by_language: dict[str, list[str]] = {}
    for member in members:
        by_language.setdefault(texts[member][0], []).append(texts[member][1])
    return label(by_language, goals, counted(texts), ABOUT)


def test_a_group_is_called_by_what_marks_it() -> None:
    found = called("ab", [2])
    assert found["en"].split(" · ")[0] == "locust"
    assert "satellite" not in found["en"]


def test_each_language_speaks_for_itself_and_the_goal_for_the_rest() -> None:
    found = called("ade", [2])
    assert set(found) == LANGUAGES
    assert "criquets" in found["fr"]
    assert "蝗虫" in found["zh"]
    assert " " not in found["zh"].replace(" · ", "")
    assert found["ru"] == catalogue().goal(2).short["ru"]


NAMES = {"criquets": "locusts", "pèlerins": "pilgrims", "récoltes": "harvests", "蝗虫": "locusts", "预警": "warning"}


def names(words: Sequence[str], _: Int8) -> list[str]:
    return list(dict.fromkeys(NAMES[word] for word in words if word in NAMES))


def test_where_nobody_wrote_english_the_words_get_their_english_names() -> None:
    by_language = {"fr": [TEXTS["d"][1]], "zh": [TEXTS["e"][1]]}
    found = label(by_language, [2], counted(TEXTS), ABOUT, names)
    assert set(found["en"].split(" · ")) < set(NAMES.values())
    assert "criquets" in found["fr"]


def test_too_few_english_names_make_no_label() -> None:
    texts = {"x": ("zh", "蝗虫灾害")}
    assert called("x", [2], texts)["en"] == catalogue().goal(2).short["en"]
    assert label({"zh": [texts["x"][1]]}, [2], counted(texts), ABOUT, names)["en"] == catalogue().goal(2).short["en"]


def test_without_goal_or_known_language_there_is_still_a_label() -> None:
    assert list(called("x", [], {"x": ("sw", "Nzige wa jangwani wanaharibu mazao ya wakulima")})) == ["sw"]
    assert called("x", [], {"x": ("und", "12")}) == {"und": "12"}
    assert called("x", [], {"x": ("und", "")}) == {"und": "—"}
    assert label({}, [], Spread(), ABOUT) == {"und": "—"}


def test_function_words_make_no_label() -> None:
    chosen = label_terms([TEXTS["b"][1]], "en", counted(TEXTS))
    assert chosen
    assert not {"and", "in", "their"} & {word for term in chosen for word in term.split()}


def test_what_was_taken_out_counts_no_more() -> None:
    spread = counted(TEXTS)
    before = spread.rarities("en")("satellite")
    spread.add("en-GB", "Satellite images")
    assert spread.rarities("en")("satellite") < before
    spread.remove("en-GB", "Satellite images")
    assert spread.rarities("en")("satellite") == before
    assert spread.rarities("fr")("satellite") > before


def test_many_languages_are_counted_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_COUNTED_LANGUAGES", 2)
    spread = Spread()
    for lang in ("en", "fr", "de", "nl"):
        spread.add(lang, "Water")
    assert spread.rarities("de")("water") == spread.rarities("nl")("water") == pytest.approx(1.0)
    assert len(spread._counts) == 3


def test_only_the_beginning_of_a_text_counts_and_markup_never() -> None:
    assert len(label_text("word " * 20_000)) <= MAX_LABEL_CHARS
    assert label_text("<b>Clean</b> water \u202e🌊") == "Clean water 🌊"
