import random

import numpy as np
import pytest

from topics.artifact import load
from topics.keywords import Entry, Meant, compile_keywords, stems

ENTRIES = [
    Entry("coral reef", 14),
    Entry("resilience", 11),
    Entry("resilience", 13),
    Entry("acidification", 14, needs=("ocean", "sea")),
    Entry("bank", 8, bars=("seed bank", "river bank")),
    Entry("seed bank", 2),
]


def test_plurals_and_hyphens_make_no_difference() -> None:
    assert stems("Low-income Coral Reefs, gas and process") == stems("low income coral reef gas and process")
    assert stems("gas process") == ["gas", "process"]


def test_a_phrase_longer_than_the_limit_is_left_out() -> None:
    six, seven = "one two three four five six", "one two three four five six seven"
    compiled = compile_keywords([Entry(six, 3), Entry(seven, 4)])
    assert {goal for goal, _, _ in compiled.holding(compiled.in_english(seven))} == {3}


@pytest.mark.parametrize(
    ("text", "goals"),
    [
        ("Coral reefs of the north", {14}),
        ("corals and a reef", set()),
        ("Resilience of cities", {11, 13}),
        ("Acidification of soils", set()),
        ("Acidification of the seas", {14}),
        ("Banks lend to small firms", {8}),
        ("Seed banks lend seeds", {2}),
        ("", set()),
    ],
)
def test_a_phrase_counts_for_its_goal_if_its_conditions_hold(text: str, goals: set[int]) -> None:
    compiled = compile_keywords(ENTRIES)
    found = compiled.in_english(text)
    assert {goal for goal, _, _ in compiled.holding(found)} == goals
    assert {int(goal) + 1 for goal in np.flatnonzero(compiled.scores(found))} == goals


def test_a_phrase_of_two_goals_counts_half_for_each() -> None:
    compiled = compile_keywords(ENTRIES)
    scores = compiled.scores(compiled.in_english("resilience and coral reefs, resilience"))
    assert scores[10] == scores[12] == pytest.approx(0.5**0.5)
    assert scores[13] == pytest.approx(1.0)


def test_reasons_stand_in_the_text_the_longest_first() -> None:
    compiled = compile_keywords([*ENTRIES, Entry("ocean", 14)])
    assert compiled.reasons(compiled.in_english("The ocean and its coral reefs"), 14) == ["coral reef", "ocean"]


def meant(*words: tuple[str, str]) -> list[Meant]:
    """Return a text of words, each with the English stems that it may mean."""
    return [Meant(word, frozenset(means.split())) for word, means in words]


REEFS = ("arrecifes", "reef"), ("coral", "coral")


@pytest.mark.parametrize(
    ("text", "goals"),
    [
        (REEFS, {14}),
        ((REEFS[0], ("de", "of"), REEFS[1]), {14}),
        ((REEFS[0], ("a", "x"), ("b", "y"), ("c", "z"), REEFS[1]), set()),
        ((REEFS[0],), set()),
        ((("acidez", "acidity acidification"),), set()),
        ((("acidez", "acidity acidification"), ("x", "x"), ("y", "y"), ("mar", "sea")), {14}),
        ((("banco", "bank bench"), ("semillas", "seed")), {2}),
        ((("banco", "bank bench"), ("x", "x"), ("y", "y"), ("semillas", "seed")), {8}),
        ((), set()),
    ],
)
def test_a_glossed_phrase_is_found_in_any_order_within_a_few_words(
    text: tuple[tuple[str, str], ...], goals: set[int]
) -> None:
    compiled = compile_keywords(ENTRIES)
    found = compiled.in_glossed(meant(*text))
    assert {goal for goal, _, _ in compiled.holding(found, is_glossed=True)} == goals


def test_a_glossed_phrase_says_where_it_stands() -> None:
    compiled = compile_keywords(ENTRIES)
    found = compiled.in_glossed(meant(("los", "it"), *REEFS))
    assert compiled.reasons(found, 14, is_glossed=True) == ["arrecifes coral"]


def test_what_is_left_of_a_phrase_without_its_empty_words_counts_only_if_it_tells_something() -> None:
    compiled = compile_keywords([Entry("the work", 8), Entry("decent work for all", 8)])
    assert not compiled.scores(compiled.in_glossed(meant(("trabajo", "work"))), is_glossed=True).any()
    found = compiled.in_glossed(meant(("trabajo", "work"), ("decente", "decent")))
    assert compiled.scores(found, is_glossed=True)[7] == 1.0


def test_one_word_is_not_two_words_of_a_phrase() -> None:
    compiled = compile_keywords([Entry("water waters", 6), Entry("water quality", 6)])
    assert not compiled.in_glossed(meant(("agua", "water quality")))


def test_the_order_of_the_entries_changes_nothing() -> None:
    shuffled = list(ENTRIES)
    random.Random(4).shuffle(shuffled)
    one, two = compile_keywords(ENTRIES), compile_keywords(shuffled)
    assert one.stems == two.stems
    for field in ("members", "cuts", "phrase", "goal", "share", "needs", "bars", "sets", "bounds"):
        assert getattr(one, field).tolist() == getattr(two, field).tolist()


def test_the_vocabulary_that_ships_covers_goals_1_to_16() -> None:
    keywords = load().keywords
    assert set(keywords.goal.tolist()) == set(range(1, 17))
    assert {goal for goal, _, _ in keywords.holding(keywords.in_english("Illegal fishing in marine reserves"))} == {14}
