import numpy as np
import pytest

from tests.support.classifiers import encoder
from topics.artifact import load
from topics.embed import cosine, unit
from topics.opinions import LEVELS, Level, Opinions, english_meant, evidence, likeness, word_model


@pytest.mark.parametrize(
    ("lang", "level"),
    [
        ("en", "keywords"),
        ("en-GB", "keywords"),
        ("es", "trained"),
        ("es_MX", "trained"),
        ("zh-Hant", "glossed"),
        ("ja", "glossed"),
        ("und", "glossed"),
        ("km", "words"),
        ("da", "words"),
        ("hi", None),
        ("", None),
    ],
)
def test_the_level_follows_what_is_known_of_the_language(lang: str, level: Level | None) -> None:
    assert Opinions(load(), encoder()).level(lang) == level


@pytest.mark.parametrize("lang", ["en", "es", "fr", "km"])
def test_a_level_has_the_opinions_that_its_stack_weighs(lang: str) -> None:
    opinions = Opinions(load(), encoder())
    reading = opinions.read("Clean water for villages", lang)
    assert reading is not None
    formed = opinions.form(reading, encoder().encode(reading.text))
    assert formed.shape == (17, LEVELS[reading.level]) == (17, len(load().stacks[reading.level].weights))


def test_english_is_read_by_glosses_as_if_it_were_another_language() -> None:
    found = english_meant("The low-income households of the cities")
    assert [meant.word for meant in found] == ["low-income", "households", "cities"]
    assert found[0].stems == {"low", "income"}


def test_likeness_is_the_mean_of_the_nearest_three() -> None:
    artifact = load()
    row = encoder().encode("Plastic waste in the sea")
    near = [cosine(anchor, row) for anchor in artifact.anchors]
    for goal in (1, 12, 14):
        own = sorted((c for c, g in zip(near, artifact.anchor_goal, strict=True) if g == goal), reverse=True)
        assert likeness(artifact, unit(row))[goal - 1] == pytest.approx(sum(own[:3]) / 3, abs=1e-5)


def test_evidence_is_never_certain() -> None:
    strong = evidence(unit(encoder().encode("x").astype("int8"))[:17] * 1e4)
    assert abs(strong).max() < 8
    assert np.isfinite(strong).all()


def test_neighbouring_languages_share_a_word_model() -> None:
    artifact = load()
    assert word_model(artifact, "hr") is word_model(artifact, "sr-Latn") is artifact.word_models["cnr"]
    assert word_model(artifact, "da_DK") is artifact.word_models["no"]
    assert word_model(artifact, "ja") is None
