import numpy as np
import pytest

from topics.words import WordModel, distinct, is_telling, terms


def model() -> WordModel:
    weights = np.zeros((3, 17), dtype=np.int8)
    weights[0, 5] = 127
    weights[1, 6] = 127
    weights[2, 5] = 60
    return WordModel(
        lang="en",
        place={"water": 0, "energy": 1, "drinking water": 2},
        rarity=np.array([2.0, 2.0, 3.0], dtype=np.float32),
        weights=weights,
        scale=np.full(17, 0.1, dtype=np.float32),
        bias=np.zeros(17, dtype=np.float32),
    )


def test_terms_are_words_and_their_neighbours() -> None:
    assert terms("Safe drinking water") == ["safe", "drinking", "water", "safe drinking", "drinking water"]


def test_scores_follow_the_formula() -> None:
    rows, values = model().profile("water water energy")
    assert rows.tolist() == [0, 1]
    expected = np.array([2.0 * (1 + np.log(2)), 2.0])
    assert values == pytest.approx(expected / np.linalg.norm(expected), rel=1e-5)
    scores = model().scores("water water energy")
    assert scores[5] == pytest.approx(12.7 * values[0], rel=1e-5)
    assert scores[6] == pytest.approx(12.7 * values[1], rel=1e-5)
    assert not scores[[0, 1, 2, 3, 4, 7]].any()


def test_a_text_of_unknown_words_scores_the_bias() -> None:
    assert not model().scores("zebra").any()
    assert model().reasons("zebra", 6, 5) == []


def test_reasons_are_the_words_that_spoke_for_the_goal() -> None:
    assert model().reasons("energy from drinking water", 6, 5) == ["water"]
    assert model().reasons("energy from drinking water", 7, 5) == ["energy"]
    assert model().reasons("energy from drinking water", 1, 5) == []


def test_function_words_and_scraps_tell_nothing() -> None:
    assert not is_telling("of water", "en")
    assert not is_telling("eau", "fr")
    assert is_telling("water", "en")
    assert is_telling("粮食", "zh")
    assert distinct(["clean water", "water", "energy"]) == ["clean water", "energy"]
