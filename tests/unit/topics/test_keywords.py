import random

import numpy as np
import pytest

from topics.artifact import load
from topics.keywords import MAX_PHRASE_WORDS, Entry, compile_keywords, phrases_in, stems

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


def test_every_run_of_words_up_to_the_limit_is_looked_up() -> None:
    text = "one two three four five six seven"
    found = set(phrases_in(text).values())
    assert "one two three four five six" in found
    assert text not in found
    assert len(found) == sum(7 - length + 1 for length in range(1, MAX_PHRASE_WORDS + 1))


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
    assert {goal for goal, _, _ in compiled.found(text)} == goals
    assert {int(goal) + 1 for goal in np.flatnonzero(compiled.scores(text))} == goals


def test_a_phrase_of_two_goals_counts_half_for_each() -> None:
    scores = compile_keywords(ENTRIES).scores("resilience and coral reefs, resilience")
    assert scores[10] == scores[12] == pytest.approx(0.5**0.5)
    assert scores[13] == pytest.approx(1.0)


def test_reasons_stand_in_the_text_the_longest_first() -> None:
    compiled = compile_keywords([*ENTRIES, Entry("ocean", 14)])
    assert compiled.reasons("The ocean and its coral reefs", 14) == ["coral reef", "ocean"]


def test_the_order_of_the_entries_changes_nothing() -> None:
    shuffled = list(ENTRIES)
    random.Random(4).shuffle(shuffled)
    one, two = compile_keywords(ENTRIES), compile_keywords(shuffled)
    for field in ("phrase", "goal", "share", "needs", "bars", "members", "bounds"):
        assert getattr(one, field).tolist() == getattr(two, field).tolist()


def test_the_vocabulary_that_ships_covers_goals_1_to_16() -> None:
    assert set(load().keywords.goal.tolist()) == set(range(1, 17))
    assert {goal for goal, _, _ in load().keywords.found("Illegal fishing in marine reserves")} == {14}
