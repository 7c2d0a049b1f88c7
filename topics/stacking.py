"""How opinions are weighed: questions "does this text speak on that goal?", and a stack fitted per level.

A stack is calibrated on questions that the opinions under it haven't seen: those of the benchmark, which no
opinion is trained on, and for levels that have no benchmark, texts that were left out when the opinions were
fitted for the purpose.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold

from topics.artifact import Artifact, Stack
from topics.corpus import Corpus
from topics.embed import Encoder
from topics.opinions import Level, Opinions
from topics.sources import GOALS, Labelled

Float = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]

_STACK_C = 1.0
BIAS_SCALES: dict[Level, float] = {"keywords": 0.7, "glossed": 0.5}
"""The benchmark's questions are few, and those read by glosses come from English: there goals may differ less."""
_UNRELATED_WEIGHT = 0.1
_FOLDS = 3
_SEED = 17


@dataclass(frozen=True)
class Pairs:
    """Questions "does this text speak on that goal?" with opinions, answers and weights.

    `texts` are the rows of the texts that are asked about.
    """

    opinions: Float
    goals: npt.NDArray[np.int64]
    answers: npt.NDArray[np.bool_]
    weights: Float
    texts: npt.NDArray[np.int64]

    def take(self, rows: npt.NDArray[np.int64]) -> "Pairs":
        """Return these questions."""
        return Pairs(self.opinions[rows], self.goals[rows], self.answers[rows], self.weights[rows], self.texts[rows])


def joined(parts: Iterable[Pairs]) -> Pairs:
    """Return all questions of several parts, one after the other; texts of different parts stay different."""
    every = list(parts)
    before = np.cumsum([0, *[int(one.texts.max(initial=-1)) + 1 for one in every]])
    return Pairs(
        np.vstack([one.opinions for one in every]),
        np.concatenate([one.goals for one in every]),
        np.concatenate([one.answers for one in every]),
        np.concatenate([one.weights for one in every]),
        np.concatenate([one.texts + start for one, start in zip(every, before[:-1], strict=True)]),
    )


def pairs(base: Artifact, encoder: Encoder, corpus: Corpus, level: Level) -> Pairs:
    """Return a question for each goal that an item affirms or denies, with the opinions of that level."""
    opinions = Opinions(base, encoder)
    formed: list[Float] = []
    asked: list[tuple[int, bool, float, int]] = []
    for row, item in enumerate(corpus.items):
        reading = opinions.read(item.text, item.lang, level)
        assert reading is not None, "a level was asked for"
        found = opinions.form(reading, corpus.vectors[row])
        weight = _UNRELATED_WEIGHT if item.source == "unrelated" else 1.0
        for goal in sorted(item.goals | item.denied):
            formed.append(found[goal - 1])
            asked.append((goal, goal in item.goals, weight, row))
    goals, answers, weights, texts = zip(*asked, strict=True)
    return Pairs(
        np.stack(formed),
        np.array(goals, dtype=np.int64),
        np.array(answers, dtype=np.bool_),
        np.array(weights, dtype=np.float32),
        np.array(texts, dtype=np.int64),
    )


def fit_stack(asked: Pairs, bias_scale: float = 1.0) -> Stack:
    """Return how the opinions are weighed. A goal that was never asked about gets the bias that goals share.

    The smaller the scale, the less goals may differ in bias.
    """
    which = np.eye(GOALS, dtype=np.float32)[asked.goals - 1] * np.float32(bias_scale)
    model = LogisticRegression(C=_STACK_C, max_iter=1_000)
    model.fit(np.hstack([asked.opinions, which]), asked.answers, sample_weight=asked.weights)
    width = asked.opinions.shape[1]
    bias = model.intercept_[0] + model.coef_[0, width:] * bias_scale
    return Stack(model.coef_[0, :width].astype(np.float32), bias.astype(np.float32))


def apply(stack: Stack, asked: Pairs) -> Floats:
    """Return the probability of yes for each question."""
    scores = asked.opinions @ stack.weights + stack.goal_bias[asked.goals - 1]
    return np.asarray(1.0 / (1.0 + np.exp(-scores.astype(np.float64))))


def questions(base: Artifact, encoder: Encoder, judged: Corpus, level: Level) -> Pairs:
    """Return the questions that the level's stack is fitted on, of the benchmark and of texts on no goal."""
    if level == "keywords":
        return pairs(base, encoder, judged.where(lambda item: item.lang == "en"), level)
    return pairs(base, encoder, judged, level)


def left_out(
    corpus: Corpus,
    part: Callable[[Labelled], bool],
    key: Callable[[Labelled], str],
    fit: Callable[[Corpus], Artifact],
    ask: Callable[[Artifact, Corpus], Pairs],
) -> Pairs:
    """Return the questions on the part's items, each with opinions of a base that was fitted without its key."""
    keys = sorted({key(item) for item in corpus.items if part(item)})
    found = []
    for _, left in KFold(_FOLDS, shuffle=True, random_state=_SEED).split(keys):
        away = {keys[place] for place in left}
        kept = corpus.where(lambda item, away=away: not (part(item) and key(item) in away))  # type: ignore[misc]
        own = corpus.where(lambda item, away=away: part(item) and key(item) in away)  # type: ignore[misc]
        found.append(ask(fit(kept), own))
    return joined(found)
