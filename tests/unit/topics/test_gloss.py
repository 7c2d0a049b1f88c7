from collections.abc import Sequence

import numpy as np
import pytest

from tests.support.classifiers import encoder
from topics.artifact import load
from topics.embed import DIMENSIONS, Int8
from topics.gloss import MAX_KEPT_WORDS, MAX_STRANGE_WORDS, NOTHING, Glossary, is_glossed, make_glosses

SPACE = {
    "water": (0,),
    "waters": (0, 1),
    "fish": (2,),
    "agua": (0,),
    "aguas": (0, 1),
    "mar": (0, 5),
    "pez": (2,),
    "zzz": (9,),
}


class Words:
    """An encoder of words with a direction each, which counts what it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, word: str) -> Int8:
        self.asked.append(word)
        row = np.zeros(DIMENSIONS, dtype=np.int8)
        row[list(SPACE.get(word, (200,)))] = 100
        return row

    def together(self, words: Sequence[str]) -> Int8:
        return np.stack([self(word) for word in words])


def test_a_word_means_the_nearest_english_words() -> None:
    glosses = make_glosses(["fish", "water", "waters"], ["pez", "agua", "zzz"], Words().together)
    assert glosses.known == ("agua", "pez", "zzz")
    assert glosses.meanings.tolist() == [[1, 2, NOTHING], [0, NOTHING, NOTHING], [NOTHING] * 3]


def test_the_order_of_the_words_changes_nothing() -> None:
    one = make_glosses(["fish", "water"], ["pez", "agua"], Words().together)
    two = make_glosses(["fish", "water"], ["agua", "pez", "agua"], Words().together)
    assert one.known == two.known
    assert one.meanings.tolist() == two.meanings.tolist()


def test_a_word_outside_the_table_is_encoded_once() -> None:
    encode = Words()
    glossary = Glossary(make_glosses(["fish", "water", "waters"], ["agua"], encode.together), encode)
    encode.asked.clear()
    for _ in range(3):
        found = glossary.meant("Aguas, agua y pez", "es")
    assert [(one.word, *one.stems) for one in found] == [("aguas", "water"), ("agua", "water"), ("pez", "fish")]
    assert encode.asked == ["aguas", "pez"]


def test_only_what_surely_means_the_same_and_fits_gives_its_name() -> None:
    encode = Words()
    table = make_glosses(["fish", "water", "waters"], ["agua", "aguas", "mar", "zzz", "pez", "water"], encode.together)
    glossary = Glossary(table, encode)
    about = encode("aguas")
    assert glossary.names(["agua", "mar", "zzz", "pez"], about) == ["water"], "the others are unsure, or don't fit"
    assert glossary.names(["agua", "aguas"], about) == ["waters"], "two forms of one word are told once"
    assert glossary.names(["water", "unknown"], about) == [], "a word is no name of itself"
    assert glossary.names([], about) == []
    assert glossary.stems("mar") == {"water"}


def test_where_nothing_can_be_encoded_the_table_still_serves() -> None:
    glossary = Glossary(make_glosses(["water"], ["agua"], Words().together), None)
    assert glossary.stems("agua") == {"water"}
    assert glossary.stems("pez") == set()


def test_a_text_of_strange_words_costs_no_more_than_the_limit() -> None:
    encode = Words()
    glossary = Glossary(make_glosses(["water"], ["agua"], encode.together), encode)
    encode.asked.clear()
    text = " ".join(f"w{chr(97 + n % 26)}{chr(97 + n // 26)}" for n in range(MAX_STRANGE_WORDS + 50)) + " agua"
    assert [one.word for one in glossary.meant(text, "es")] == ["agua"], "what the table knows counts however late"
    assert len(encode.asked) == MAX_STRANGE_WORDS


def test_no_more_words_are_kept_than_the_limit() -> None:
    encode = Words()
    glossary = Glossary(make_glosses(["water"], ["agua"], encode.together), encode)
    for number in range(MAX_KEPT_WORDS + 1):
        glossary.stems(f"w{number}")
    encode.asked.clear()
    glossary.stems(f"w{MAX_KEPT_WORDS}")
    assert encode.asked == []
    glossary.stems("w0")
    assert encode.asked == ["w0"]


@pytest.mark.parametrize(
    ("word", "is_one"), [("agua", True), ("de", False), ("ella", False), ("水", True), ("x" * 61, False)]
)
def test_short_and_endless_words_mean_nothing(word: str, is_one: bool) -> None:
    assert is_glossed(word, frozenset({"ella"})) == is_one


KNOWN = {"pobreza": "poverty", "eau": "water", "вода": "water", "الفقر": "poverty", "森林": "forest", "saúde": "health"}


@pytest.mark.parametrize("word", KNOWN)
def test_the_table_that_ships_knows_the_words_of_the_goals(word: str) -> None:
    assert KNOWN[word] in Glossary(load().glosses, encoder().encode).stems(word)
