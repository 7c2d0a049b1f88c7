import numpy as np
import pytest

from tests.support.classifiers import encoder
from topics.artifact import Artifact, Stack, from_bytes, to_bytes
from topics.corpus import Corpus
from topics.embed import DIMENSIONS, quantise
from topics.figures import calibration_error, chances_of, cross_validated, figures
from topics.gloss import make_glosses
from topics.keywords import Entry, compile_keywords
from topics.opinions import Opinions
from topics.sources import Labelled
from topics.stacking import Pairs, apply, fit_stack, left_out, pairs
from topics.train import Dictionaries, fit_word_model, target_of, train

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


def known() -> Dictionaries:
    """Return a vocabulary of the words of goals 1 to 16, and glosses of two words."""
    entries = [Entry(word, goal) for goal, word in WORDS.items() if goal < 17]
    return Dictionaries(compile_keywords(entries), make_glosses(["water"], ["agua"], encoder().encode_together))


def test_training_twice_gives_the_same_bytes_and_it_learns() -> None:
    world = corpus()
    found = train(world, known(), encoder(), {"encoder": "x"})
    assert to_bytes(found) == to_bytes(train(world, known(), encoder(), {"encoder": "x"}))
    again = from_bytes(to_bytes(found))
    asked = pairs(again, encoder(), world.where(lambda item: item.source == "benchmark"), "keywords")
    right = (apply(again.stacks["keywords"], asked) >= 0.5) == asked.answers
    assert right.mean() > 0.97
    assert set(again.stacks) == {"keywords", "glossed"}


def test_opinions_at_training_are_those_at_use() -> None:
    world = corpus()
    found = train(world, known(), encoder(), {})
    opinions = Opinions(found, encoder())
    reading = opinions.read(world.items[0].text, "en")
    assert reading is not None
    formed = opinions.form(reading, world.vectors[0])
    assert pairs(found, encoder(), world.take([0]), "keywords").opinions.tolist() == formed.tolist()
    likely = chances_of(found, encoder(), world.take([0]))[0]
    assert likely.argmax() == 0


def test_what_is_left_out_has_no_part_in_the_opinions_on_it() -> None:
    world = corpus()
    seen: list[set[str]] = []
    blank = train(world, known(), encoder(), {})

    def fit(kept: Corpus) -> Artifact:
        seen.append({target_of(item) for item in kept.items if item.source == "official"})
        return blank

    def ask(base: Artifact, own: Corpus) -> Pairs:
        assert seen[-1].isdisjoint({target_of(item) for item in own.items})
        return pairs(base, encoder(), own, "keywords")

    asked = left_out(world, lambda item: item.source == "official", target_of, fit, ask)
    count = sum(item.source == "official" for item in world.items)
    assert len(asked.answers) == 17 * count
    assert len(set(asked.texts.tolist())) == count


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
    asked = Pairs(opinions, rng.integers(1, 18, 4_000), answers, np.ones(4_000, dtype=np.float32), np.arange(4_000))
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
    asked = Pairs(np.zeros((1, 2), np.float32), np.array([4]), np.array([True]), np.ones(1, np.float32), np.array([0]))
    assert apply(Stack(np.ones(2, np.float32), np.zeros(17, np.float32)), asked).tolist() == [0.5]


def test_a_goal_that_was_never_asked_about_gets_the_bias_of_all() -> None:
    rng = np.random.default_rng(5)
    opinions = rng.normal(size=(2_000, 1)).astype(np.float32)
    answers = opinions[:, 0] > rng.normal(size=2_000)
    goals = rng.integers(1, 17, 2_000)
    stack = fit_stack(Pairs(opinions, goals, answers, np.ones(2_000, np.float32), np.arange(2_000)))
    assert stack.goal_bias[:16].min() < stack.goal_bias[16] < stack.goal_bias[:16].max()


def test_a_text_is_never_judged_by_a_stack_that_saw_it() -> None:
    texts = np.repeat(np.arange(50), 2)
    opinions = np.eye(50, dtype=np.float32)[texts]
    answers = np.arange(100) < 50
    asked = Pairs(opinions, np.full(100, 3), answers, np.ones(100, np.float32), texts)
    found = cross_validated(asked, seed=1, folds=5)
    assert len(set(np.round(found, 6))) <= 5
