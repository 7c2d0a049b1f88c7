"""Rebuild the classifier from data with stated hashes: `python -m topics.train DATA`.

The same data, library versions and processor give the same bytes. Takes some minutes, nearly all of them
spent on encoding. Only here and in `topics.evaluate` is scikit-learn used for classification; applying the
result needs numpy alone.
"""

import argparse
import hashlib
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from topics import sources
from topics.artifact import NAME, Artifact, Stack, to_bytes
from topics.classify import features
from topics.embed import Encoder, Int8, quantise, unit
from topics.keywords import Keywords, compile_keywords
from topics.sources import GOALS, Labelled
from topics.vocabulary import vocabulary
from topics.words import WordModel, terms

Float = npt.NDArray[np.float32]
Progress = Callable[[int, int], None]

ENCODED_LANGUAGES = ("ar", "de", "en", "es", "fr", "it", "pt", "ru", "tr", "zh-Hans")
_VECTOR_C = 1.0
_WORDS_C = 10.0
_STACK_C = 1.0
_OFFICIAL_WEIGHT = 0.3
_UNRELATED_WEIGHT = 0.1
_GOAL_BIAS_SCALE = 0.5
_MAX_TERMS = 20_000
OPINIONS = {"plain": 2, "words": 3, "keywords": 4}
_TAGS = {"zh-Hans": "zh", "nb_NO": "no"}


@dataclass(frozen=True)
class Corpus:
    """Texts with their vectors, row by row."""

    items: tuple[Labelled, ...]
    vectors: Int8

    def where(self, keep: Callable[[Labelled], bool]) -> "Corpus":
        """Return the part whose items pass, in the same order."""
        rows = [row for row, item in enumerate(self.items) if keep(item)]
        return self.take(rows)

    def take(self, rows: Sequence[int] | npt.NDArray[np.int64]) -> "Corpus":
        """Return these rows."""
        return Corpus(tuple(self.items[row] for row in rows), self.vectors[list(rows)])

    def goals(self) -> npt.NDArray[np.int64]:
        """Return the one goal of each item; for corpora in which each has exactly one."""
        return np.array([next(iter(item.goals)) for item in self.items])


def gather(data: Path, encoder: Encoder, progress: Progress) -> Corpus:
    """Read and encode all training texts; official texts of languages that the encoder lacks get zeros."""
    items = (
        *sources.official_texts(data),
        *sources.statements(data),
        *sources.spanish(data),
        *sources.benchmark(data),
        *sources.unrelated(),
    )
    rows = np.zeros((len(items), 512), dtype=np.int8)
    for row, item in enumerate(items):
        if item.source != "official" or item.lang in ENCODED_LANGUAGES:
            rows[row] = encoder.encode(item.text)
        if row % 500 == 0:
            progress(row, len(items))
    return Corpus(items, rows)


def fit_vector_model(corpus: Corpus) -> tuple[Float, Float]:
    """Return weights (512, 17) and bias (17,) of the competition of goals on the encoder's vectors."""
    weights = [_OFFICIAL_WEIGHT if item.source == "official" else 1.0 for item in corpus.items]
    model = LogisticRegression(C=_VECTOR_C, class_weight="balanced", max_iter=500)
    model.fit(unit(corpus.vectors), corpus.goals(), sample_weight=np.array(weights))
    return np.asarray(model.coef_.T, dtype=np.float16).astype(np.float32), model.intercept_.astype(np.float32)


def fit_word_model(lang: str, items: Sequence[Labelled]) -> WordModel:
    """Return the word model of one language."""
    rare = 1 if len(items) < 1_000 else 3
    counter = TfidfVectorizer(analyzer=terms, sublinear_tf=True, min_df=rare, max_features=_MAX_TERMS)
    counts = counter.fit_transform([item.text for item in items])
    goals = [next(iter(item.goals)) for item in items]
    model = LogisticRegression(C=_WORDS_C, class_weight="balanced", max_iter=500).fit(counts, goals)
    weights, bias = _spread(model)
    scale = np.abs(weights).max(axis=0) / 127
    listed = [str(term) for term in counter.get_feature_names_out()]
    return WordModel(
        lang=lang,
        place={term: row for row, term in enumerate(listed)},
        rarity=counter.idf_.astype(np.float16).astype(np.float32),
        weights=np.rint(weights / np.where(scale > 0, scale, 1)).astype(np.int8),
        scale=scale.astype(np.float32),
        bias=bias.astype(np.float32),
    )


def _spread(model: Any) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    weights = np.zeros((model.coef_.shape[1], GOALS))
    bias = np.full(GOALS, float(model.intercept_.min()))
    weights[:, model.classes_ - 1] = model.coef_.T
    bias[model.classes_ - 1] = model.intercept_
    return weights, bias


def make_anchors(official: Corpus) -> tuple[Int8, npt.NDArray[np.int8], tuple[str, ...]]:
    """Return each official text's mean direction over the languages, its goal, and its target or ""."""
    keys = sorted({item.key for item in official.items if item.key}, key=_place)
    rows = {key: [r for r, item in enumerate(official.items) if item.key == key] for key in keys}
    directions = unit(official.vectors)
    means = np.stack([directions[rows[key]].mean(axis=0) for key in keys])
    names = tuple(key.replace("-", ".") if "-" in key else "" for key in keys)
    return quantise(means), np.array([int(key.split("-")[0]) for key in keys], dtype=np.int8), names


def _place(key: str) -> tuple[int, list[tuple[bool, int, str]]]:
    goal, *rest = key.split("-")
    return int(goal), [(not part.isdigit(), int(part) if part.isdigit() else 0, part) for part in rest]


def fit_target_sharpness(anchors: Int8, names: Sequence[str], official: Corpus) -> float:
    """Return the factor on cosines that makes the true target of the English indicators likeliest."""
    directions = unit(anchors)
    losses = []
    asked = [
        (row, item.key.replace("-", ".").rsplit(".", 1)[0])
        for row, item in enumerate(official.items)
        if item.lang == "en" and item.key.count("-") == 2
    ]
    asked = [(row, name) for row, name in asked if name in names]
    candidates = np.arange(2.0, 40.0, 1.0)
    for sharpness in candidates:
        losses.append(sum(_surprise(official, row, name, directions, names, sharpness) for row, name in asked))
    return float(candidates[int(np.argmin(losses))])


def _surprise(
    official: Corpus, row: int, true: str, directions: Float, names: Sequence[str], sharpness: float
) -> float:
    goal = true.split(".", maxsplit=1)[0]
    rows = [r for r, name in enumerate(names) if name.count(".") == 1 and name.split(".")[0] == goal]
    near = sharpness * (directions[rows] @ unit(official.vectors[row]))
    shares = near - near.max()
    return float(np.log(np.exp(shares).sum()) - shares[[names[r] for r in rows].index(true)])


def fit_base(corpus: Corpus, keywords: Keywords, meta: dict[str, Any]) -> Artifact:
    """Return everything but the stacks, from the texts that have one goal each."""
    single = corpus.where(lambda item: item.source in {"official", "statements", "spanish"})
    encoded = single.where(lambda item: item.source != "official" or item.lang in ENCODED_LANGUAGES)
    official = encoded.where(lambda item: item.source == "official")
    weights, bias = fit_vector_model(encoded)
    anchors, anchor_goal, names = make_anchors(official)
    return Artifact(
        vector_weights=weights,
        vector_bias=bias,
        anchors=anchors,
        anchor_goal=anchor_goal,
        anchor_target=names,
        target_sharpness=fit_target_sharpness(anchors, names, official),
        word_models=fit_word_models(single.items),
        stacks={},
        keywords=keywords,
        meta=meta,
    )


def fit_word_models(items: Iterable[Labelled]) -> dict[str, WordModel]:
    """Return a model per language; English keeps to the official texts, where it generalised best."""
    by_language: dict[str, list[Labelled]] = {}
    for item in items:
        if item.source != "statements":
            by_language.setdefault(_TAGS.get(item.lang, item.lang), []).append(item)
    return {lang: fit_word_model(lang, found) for lang, found in sorted(by_language.items())}


@dataclass(frozen=True)
class Pairs:
    """Questions "does this text speak on that goal?" with their features, answers and weights."""

    opinions: Float
    goals: npt.NDArray[np.int64]
    answers: npt.NDArray[np.bool_]
    weights: Float

    def take(self, rows: npt.NDArray[np.int64]) -> "Pairs":
        """Return these questions."""
        return Pairs(self.opinions[rows], self.goals[rows], self.answers[rows], self.weights[rows])


def pairs(base: Artifact, corpus: Corpus, level: str) -> Pairs:
    """Return a question for each goal that an item affirms or denies, with the opinions up to that level.

    An item for which the level's last opinion is missing in its language is left out.
    """
    width = OPINIONS[level]
    rows: list[Float] = []
    goals: list[int] = []
    answers: list[bool] = []
    weights: list[float] = []
    for row, item in enumerate(corpus.items):
        _, opinions = features(base, corpus.vectors[row], item.text, item.lang)
        if opinions.shape[1] < width:
            continue
        for goal in sorted(item.goals | item.denied):
            rows.append(opinions[goal - 1, :width])
            goals.append(goal)
            answers.append(goal in item.goals)
            weights.append(_UNRELATED_WEIGHT if item.source == "unrelated" else 1.0)
    return Pairs(np.stack(rows), np.array(goals), np.array(answers), np.array(weights, dtype=np.float32))


def fit_stack(asked: Pairs) -> Stack:
    """Return how the opinions are weighed, calibrated on questions that the opinions haven't seen."""
    model = LogisticRegression(C=_STACK_C, max_iter=1_000)
    model.fit(_with_goal(asked), asked.answers, sample_weight=asked.weights)
    width = asked.opinions.shape[1]
    bias = model.intercept_[0] + model.coef_[0, width:] * _GOAL_BIAS_SCALE
    return Stack(model.coef_[0, :width].astype(np.float32), bias.astype(np.float32))


def _with_goal(asked: Pairs) -> Float:
    which = np.eye(GOALS, dtype=np.float32)[asked.goals - 1] * _GOAL_BIAS_SCALE
    return np.hstack([asked.opinions, which])


def train(corpus: Corpus, keywords: Keywords, meta: dict[str, Any]) -> Artifact:
    """Return the whole artefact fitted on this corpus."""
    base = fit_base(corpus, keywords, meta)
    judged = corpus.where(lambda item: item.source in {"benchmark", "unrelated"})
    return replace(base, stacks={level: fit_stack(pairs(base, judged, level)) for level in OPINIONS})


def describe(encoder: Encoder) -> dict[str, Any]:
    """Return what the artefact says of its origin."""
    return {"encoder": encoder.model, "sources": dict(sources.HASHES)}


def write(artifact: Artifact, out: Path) -> str:
    """Write the artefact and its hash into a directory and return the hash."""
    content = to_bytes(artifact)
    digest = hashlib.sha256(content).hexdigest()
    out.mkdir(parents=True, exist_ok=True)
    (out / NAME).write_bytes(content)
    (out / "classifier.sha256").write_text(f"{digest}  {NAME}\n", encoding="ascii")
    return digest


def report(done: int, total: int) -> None:
    """Tell a person how far it is, on standard error."""
    sys.stderr.write(f"\rencoded {done} of {total}")
    sys.stderr.flush()


def main(arguments: Sequence[str] | None = None) -> None:
    """Train from a directory of data and write the artefact."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="directory with the sources that topics/sources.py names")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "artifacts")
    chosen = parser.parse_args(arguments)
    encoder = Encoder()
    with threadpool_limits(limits=1):
        corpus = gather(chosen.data, encoder, report)
        keywords = compile_keywords(vocabulary(chosen.data))
        digest = write(train(corpus, keywords, describe(encoder)), chosen.out)
    sys.stdout.write(f"{digest}\n")


if __name__ == "__main__":
    main()
