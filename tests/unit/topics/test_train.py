import numpy as np
import pytest

from topics.artifact import Stack, from_bytes, to_bytes
from topics.classify import features
from topics.embed import DIMENSIONS, quantise
from topics.evaluate import apply, calibration_error, figures
from topics.keywords import Entry, compile_keywords
from topics.sources import Labelled
from topics.train import OPINIONS, Corpus, Pairs, fit_stack, fit_word_model, pairs, train

WORDS = {goal: f"theme{chr(96 + goal)}word" for goal in range(1, 18)}


def corpus() -> Corpus:
    """Return a small world in which each goal has its direction and its word."""
    rng = np.random.default_rng(2)
    middles = rng.normal(size=(17, DIMENSIONS))
    everything = frozenset(range(1, 18))
    items, rows = [], []
    for goal in range(1, 18):
        own, others = frozenset({goal}), everything - {goal}
        for number in range(6):
            key = f"{goal}-{number}" if number < 3 else ""
            source = "official" if number < 3 else "benchmark" if number < 5 else "statements"
            items.append(Labelled(f"about {WORDS[goal]} item", "en", source, own, others, key))
            rows.append(middles[goal - 1] + rng.normal(size=DIMENSIONS))
        items.append(Labelled(f"{goal}.{1} of {WORDS[goal]}", "en", "official", own, others, f"{goal}-1-1"))
        rows.append(middles[goal - 1] + rng.normal(size=DIMENSIONS))
    items.append(Labelled("nothing of the kind", "en", "unrelated", frozenset(), everything))
    rows.append(rng.normal(size=DIMENSIONS))
    return Corpus(tuple(items), quantise(np.array(rows, dtype=np.float32)))


def test_training_twice_gives_the_same_bytes_and_it_learns() -> None:
    keywords = compile_keywords(Entry(word, goal) for goal, word in WORDS.items() if goal < 17)
    world = corpus()
    found = train(world, keywords, {"encoder": "x"})
    assert to_bytes(found) == to_bytes(train(world, keywords, {"encoder": "x"}))
    again = from_bytes(to_bytes(found))
    asked = pairs(again, world.where(lambda item: item.source == "benchmark"), "keywords")
    right = (apply(again.stacks["keywords"], asked) >= 0.5) == asked.answers
    assert right.mean() > 0.97
    assert set(again.stacks) == set(OPINIONS)


def test_opinions_at_training_are_those_at_use() -> None:
    world = corpus()
    found = train(world, compile_keywords([Entry(WORDS[3], 3)]), {})
    asked = pairs(found, world.take([0]), "words")
    _, opinions = features(found, world.vectors[0], world.items[0].text, "en")
    assert asked.opinions.tolist() == opinions[:, :3].tolist()


def test_a_word_model_favours_the_goal_of_its_words() -> None:
    items = [item for item in corpus().items if len(item.goals) == 1]
    model = fit_word_model("en", items)
    for goal in (1, 9, 17):
        assert int(model.scores(f"more {WORDS[goal]}").argmax()) + 1 == goal


def test_a_stack_is_calibrated_on_what_it_was_fitted_on() -> None:
    rng = np.random.default_rng(5)
    opinions = rng.normal(size=(4_000, 2)).astype(np.float32)
    truth = 1 / (1 + np.exp(-(opinions @ np.array([1.5, 0.5]) - 0.3)))
    answers = rng.random(4_000) < truth
    asked = Pairs(opinions, rng.integers(1, 18, 4_000), answers, np.ones(4_000, dtype=np.float32))
    stack = fit_stack(asked)
    assert stack.weights == pytest.approx([1.5, 0.5], abs=0.15)
    assert calibration_error(answers, apply(stack, asked)) < 0.02


def test_figures_by_hand() -> None:
    answers = np.array([True, True, False, False])
    found = figures(answers, np.array([0.95, 0.15, 0.15, 0.55]))
    assert found.accuracy == 0.5
    assert found.macro_f1 == 0.5
    assert found.calibration_error == pytest.approx((0.05 + 2 * 0.35 + 0.55) / 4)
    assert 0.0 <= found.low <= 0.5 <= found.high <= 1.0


def test_a_stack_without_opinions_gives_its_bias() -> None:
    asked = Pairs(np.zeros((1, 2), np.float32), np.array([4]), np.array([True]), np.ones(1, np.float32))
    assert apply(Stack(np.ones(2, np.float32), np.zeros(17, np.float32)), asked).tolist() == [0.5]
