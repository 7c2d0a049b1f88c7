"""Rebuild the classifier from data with stated hashes: `python -m topics.train DATA`.

The same data, library versions and processor give the same bytes. Takes some minutes, most of them spent on
encoding. Only here, in `topics.stacking` and in `topics.evaluate` is scikit-learn used for classification;
applying the result needs numpy alone.
"""

import argparse
import hashlib
import sys
from collections import Counter
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
from topics.corpus import Corpus, gather, is_encoded, language
from topics.embed import DIMENSIONS, Encoder, Int8, quantise, unit
from topics.gloss import Glosses, is_glossed, make_glosses
from topics.keywords import LANGUAGE, Entry, Keywords, compile_keywords, empty_words
from topics.opinions import ENCODED
from topics.sources import GOALS, Labelled
from topics.stacking import BIAS_SCALES, Pairs, fit_stack, left_out, pairs, questions
from topics.text import words
from topics.vocabulary import vocabulary
from topics.words import Kind, WordModel, pieces, terms

Float = npt.NDArray[np.float32]

_VECTOR_C = 1.0
_WORDS_C = 10.0
_OFFICIAL_WEIGHT = 0.3
_MAX_TERMS = 60_000
_MAX_PIECES = 100_000
_ENOUGH_TEXTS = 1_000
"""From so many texts of its own on, rare terms of a language are left out, and pieces of its words are counted too."""
_TOLD_EVERY = 5_000
Say = Callable[[str], None]
_SINGLE = frozenset({"official", "statements", "spanish"})


@dataclass(frozen=True)
class Dictionaries:
    """What is known of words and phrases before any training: it bears no labels of training texts."""

    keywords: Keywords
    glosses: Glosses


def make_dictionaries(entries: Iterable[Entry], items: Sequence[Labelled], encoder: Encoder) -> Dictionaries:
    """Return the compiled vocabulary, and the glosses of the encoder's pieces and of the words of these items."""
    chosen = list(entries)
    counts: dict[str, Counter[str]] = {}
    for item in items:
        if item.source in _SINGLE and is_encoded(item):
            counts.setdefault(language(item), Counter()).update(words(item.text))
    named = [name for entry in chosen for name in (entry.phrase, *entry.needs, *entry.bars)]
    english = Counter(word for name in named for word in words(name)) + counts.get(LANGUAGE, Counter())
    empty = empty_words()
    others = [piece for piece in map(str.lower, encoder.pieces()) if words(piece) == [piece]]
    for lang, often in counts.items():
        if lang != LANGUAGE:
            others += often
    return Dictionaries(
        compile_keywords(chosen),
        make_glosses(
            sorted(word for word in english if len(word) > 2 and word not in empty),
            (word for word in others if is_glossed(word, frozenset())),
            encoder.encode_together,
        ),
    )


def fit_vector_model(corpus: Corpus) -> tuple[Float, Float]:
    """Return weights (512, 17) and bias (17,) of the competition of goals on the encoder's vectors."""
    weights = [_OFFICIAL_WEIGHT if item.source == "official" else 1.0 for item in corpus.items]
    model = LogisticRegression(C=_VECTOR_C, class_weight="balanced", max_iter=500)
    model.fit(unit(corpus.vectors), corpus.goals(), sample_weight=np.array(weights))
    return np.asarray(model.coef_.T, dtype=np.float16).astype(np.float32), model.intercept_.astype(np.float32)


def fit_word_model(lang: str, items: Sequence[Labelled], kind: Kind = "words") -> WordModel:
    """Return the model of one language's words, or of the pieces of its words."""
    rare = 1 if len(items) < _ENOUGH_TEXTS else 3
    counted, most = (terms, _MAX_TERMS) if kind == "words" else (pieces, _MAX_PIECES)
    counter = TfidfVectorizer(analyzer=counted, sublinear_tf=True, min_df=rare, max_features=most)
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
        kind=kind,
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


def fit_base(corpus: Corpus, known: Dictionaries, meta: dict[str, Any]) -> Artifact:
    """Return everything but the stacks, from the texts that have one goal each."""
    single = corpus.where(lambda item: item.source in _SINGLE)
    encoded = single.where(is_encoded)
    official = encoded.where(lambda item: item.source == "official")
    weights, bias = fit_vector_model(encoded)
    anchors, anchor_goal, names = make_anchors(official)
    word_models, piece_models = fit_word_models(single.items)
    return Artifact(
        vector_weights=weights,
        vector_bias=bias,
        anchors=anchors,
        anchor_goal=anchor_goal,
        anchor_target=names,
        target_sharpness=fit_target_sharpness(anchors, names, official),
        word_models=word_models,
        piece_models=piece_models,
        stacks={},
        keywords=known.keywords,
        glosses=known.glosses,
        meta=meta,
    )


def fit_word_models(items: Iterable[Labelled]) -> tuple[dict[str, WordModel], dict[str, WordModel]]:
    """Return the models of words and of pieces by language, for those whose opinion is asked.

    English keeps to the official texts, where its words generalised best.
    """
    by_language: dict[str, list[Labelled]] = {}
    for item in items:
        if item.source != "statements":
            by_language.setdefault(language(item), []).append(item)
    rich = {lang: found for lang, found in by_language.items() if len(found) >= _ENOUGH_TEXTS}
    asked = {
        lang: found for lang, found in by_language.items() if lang in rich or lang == LANGUAGE or lang not in ENCODED
    }
    return (
        {lang: fit_word_model(lang, found) for lang, found in sorted(asked.items())},
        {lang: fit_word_model(lang, found, "pieces") for lang, found in sorted(rich.items())},
    )


def silent(_: str) -> None:
    """Say nothing."""


def train(corpus: Corpus, known: Dictionaries, encoder: Encoder, meta: dict[str, Any], say: Say = silent) -> Artifact:
    """Return the whole artefact fitted on this corpus; `say` hears what is being done."""
    say("fitting opinions on all texts")
    base = fit_base(corpus, known, meta)
    say("weighing opinions on the benchmark's questions")
    judged = corpus.where(lambda item: item.source in {"benchmark", "unrelated"})
    stacks: dict[str, Stack] = {
        level: fit_stack(questions(base, encoder, judged, level), scale) for level, scale in BIAS_SCALES.items()
    }
    if base.piece_models:
        say("fitting opinions anew without parts of the Spanish texts, to weigh them on those")
        stacks["trained"] = fit_stack(own_questions(corpus, known, encoder))
    if set(base.word_models) - ENCODED:
        say("weighing words in the languages that the encoder lacks")
        stacks["words"] = fit_stack(official_questions(corpus, known, encoder))
    return replace(base, stacks=stacks)


def own_questions(corpus: Corpus, known: Dictionaries, encoder: Encoder) -> Pairs:
    """Return the questions for languages with texts of their own, each text left out when its opinions were fitted."""

    def ask(base: Artifact, own: Corpus) -> Pairs:
        return pairs(base, encoder, own, "trained")

    return left_out(
        corpus.where(lambda item: item.source != "unrelated" or item.lang == "es"),
        lambda item: item.source in {"spanish", "unrelated"},
        lambda item: item.text,
        lambda kept: fit_base(kept, known, {}),
        ask,
    )


def official_questions(corpus: Corpus, known: Dictionaries, encoder: Encoder) -> Pairs:
    """Return the questions for languages that the encoder doesn't know, targets left out with their indicators."""
    strange = corpus.where(lambda item: item.source == "official" and not is_encoded(item))
    blank = without_vectors(known)

    def fit(kept: Corpus) -> Artifact:
        return replace(blank, word_models=fit_word_models(kept.items)[0])

    def ask(base: Artifact, own: Corpus) -> Pairs:
        return pairs(base, encoder, own.where(lambda item: item.key.count("-") == 1), "words")

    return left_out(strange, lambda item: "-" in item.key, target_of, fit, ask)


def without_vectors(known: Dictionaries) -> Artifact:
    """Return an artefact that knows nothing yet but words and phrases."""
    return Artifact(
        vector_weights=np.zeros((DIMENSIONS, GOALS), dtype=np.float32),
        vector_bias=np.zeros(GOALS, dtype=np.float32),
        anchors=np.zeros((0, DIMENSIONS), dtype=np.int8),
        anchor_goal=np.zeros(0, dtype=np.int8),
        anchor_target=(),
        target_sharpness=0.0,
        word_models={},
        piece_models={},
        stacks={},
        keywords=known.keywords,
        glosses=known.glosses,
        meta={},
    )


def target_of(item: Labelled) -> str:
    """Return the key of the target that an official text is or measures: `2-4` for target 2.4 and its indicators."""
    return "-".join(item.key.split("-")[:2])


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
    if sys.stderr.isatty():
        sys.stderr.write(f"\rencoded {done} of {total}")
        sys.stderr.flush()
    elif done % _TOLD_EVERY == 0:
        sys.stderr.write(f"encoded {done} of {total}\n")


def announce(words: str) -> None:
    """Tell a person what is being done, on standard error."""
    sys.stderr.write(f"\n{words} …\n")
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
        announce("glossing words")
        known = make_dictionaries(vocabulary(chosen.data), corpus.items, encoder)
        digest = write(train(corpus, known, encoder, describe(encoder), announce), chosen.out)
    sys.stdout.write(f"{digest}\n")


if __name__ == "__main__":
    main()
