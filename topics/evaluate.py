"""Honest figures for the model card: `python -m topics.evaluate DATA`, Markdown on standard output.

Whatever a figure is computed on was kept from the part of the model that could have learned it: the stack is
cross-validated on the benchmark's development half, which the opinions under it never see; for Spanish and
for the official texts everything is fitted anew without the fold. Choices of method were made on these same
texts, so the figures lean to the bright side by what that choice could gain.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import accuracy_score, f1_score, normalized_mutual_info_score
from sklearn.model_selection import KFold
from threadpoolctl import threadpool_limits

from topics.artifact import Artifact, Stack
from topics.classify import ACCEPT, features
from topics.cluster import Item, group
from topics.embed import Encoder, unit
from topics.keywords import Keywords, compile_keywords
from topics.similar import DUPLICATE
from topics.train import (
    ENCODED_LANGUAGES,
    OPINIONS,
    Corpus,
    Pairs,
    describe,
    fit_base,
    fit_stack,
    gather,
    pairs,
    report,
    train,
)
from topics.vocabulary import vocabulary

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

FOLDS = 10
REPEATS = 5
_SEED = 17


@dataclass(frozen=True)
class Figures:
    """Accuracy, macro-F1 (over yes and no) and expected calibration error, with a 95 % interval of accuracy."""

    count: int
    accuracy: float
    macro_f1: float
    calibration_error: float
    low: float
    high: float


def calibration_error(answers: Bools, chances: Floats, bins: int = 10) -> float:
    """Return the mean gap between probability and frequency over equal-width bins, weighted by their size."""
    which = np.minimum((chances * bins).astype(int), bins - 1)
    gaps = [abs(answers[which == b].mean() - chances[which == b].mean()) * (which == b).sum() for b in set(which)]
    return float(sum(gaps) / len(answers))


def figures(answers: Bools, chances: Floats) -> Figures:
    """Return the figures of probabilities against answers; the interval is a bootstrap of 1,000 draws."""
    said = chances >= ACCEPT
    right = said == answers
    draws = np.random.default_rng(_SEED).integers(0, len(right), (1_000, len(right)))
    low, high = np.quantile(right[draws].mean(axis=1), [0.025, 0.975])
    return Figures(
        len(answers),
        float(accuracy_score(answers, said)),
        float(f1_score(answers, said, average="macro")),
        calibration_error(answers, chances),
        float(low),
        float(high),
    )


def apply(stack: Stack, asked: Pairs) -> Floats:
    """Return the probability of yes for each question."""
    scores = asked.opinions @ stack.weights + stack.goal_bias[asked.goals - 1]
    return np.asarray(1.0 / (1.0 + np.exp(-scores.astype(np.float64))))


def cross_validated(asked: Pairs, seed: int) -> Floats:
    """Return each question's probability from a stack that was fitted without its fold."""
    chances = np.zeros(len(asked.answers))
    for kept, left in KFold(FOLDS, shuffle=True, random_state=seed).split(asked.opinions):
        chances[left] = apply(fit_stack(asked.take(kept)), asked.take(left))
    return chances


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *[[str(cell) for cell in row] for row in rows]]
    return "\n" + "".join("| " + " | ".join(line) + " |\n" for line in lines)


def benchmark_report(base: Artifact, corpus: Corpus) -> Iterator[str]:
    """Yield the tables on the benchmark's development half."""
    judged = corpus.where(lambda item: item.source in {"benchmark", "unrelated"})
    names = {
        "keywords": "English, all four opinions",
        "words": "without key phrases, as in the other languages with a word model",
        "plain": "vector and likeness alone, as in a language without word model",
    }
    for level, name in names.items():
        asked = pairs(base, judged, level)
        real = [
            item.source == "benchmark"
            for item in judged.items
            if level != "keywords" or item.lang == "en"
            for _ in item.goals | item.denied
        ]
        mask = np.array(real)
        runs = [cross_validated(asked, seed) for seed in range(REPEATS)]
        found = [figures(asked.answers[mask], run[mask]) for run in runs]
        yield (
            f"{name}: accuracy {_mean(found, 'accuracy')} (95 %: {_mean(found, 'low')}–{_mean(found, 'high')}), "
            f"macro-F1 {_mean(found, 'macro_f1')}, ECE {_mean(found, 'calibration_error')}, "
            f"{int(mask.sum())} questions\n"
        )
        if level == "keywords":
            yield _per_goal(asked, np.mean(runs, axis=0), mask)


def _mean(found: Sequence[Figures], name: str) -> str:
    return f"{np.mean([getattr(one, name) for one in found]):.3f}"


def _per_goal(asked: Pairs, chances: Floats, mask: Bools) -> str:
    rows = []
    for goal in range(1, 18):
        part = mask & (asked.goals == goal)
        one = figures(asked.answers[part], chances[part])
        rows.append((goal, one.count, f"{one.accuracy:.2f} ({one.low:.2f}–{one.high:.2f})", f"{one.macro_f1:.2f}"))
    return _table(("goal", "questions", "accuracy (95 %)", "macro-F1"), rows)


def abstention_report(base: Artifact, corpus: Corpus) -> Iterator[str]:
    """Yield how often an everyday text is left alone by a stack that saw none in its language."""
    rows = []
    judged = corpus.where(lambda item: item.source == "benchmark")
    strange = corpus.where(lambda item: item.source == "unrelated")
    for lang in sorted({item.lang for item in strange.items}):
        others = strange.where(lambda item, lang=lang: item.lang != lang)  # type: ignore[misc]
        seen = Corpus(judged.items + others.items, np.vstack([judged.vectors, others.vectors]))
        fitted = replace(base, stacks={level: fit_stack(pairs(base, seen, level)) for level in OPINIONS})
        own = strange.where(lambda item, lang=lang: item.lang == lang)  # type: ignore[misc]
        chances = chances_of(fitted, own)
        rows.append((lang, len(own.items), f"{(chances.max(axis=1) < ACCEPT).mean():.2f}", f"{chances.max():.2f}"))
    yield _table(("language", "texts", "share left without a goal", "highest probability"), rows)


def chances_of(artifact: Artifact, corpus: Corpus) -> Floats:
    """Return the probabilities of all goals, shape (items, 17)."""
    rows = []
    for row, item in enumerate(corpus.items):
        name, opinions = features(artifact, corpus.vectors[row], item.text, item.lang)
        stack = artifact.stacks[name]
        rows.append(1.0 / (1.0 + np.exp(-(opinions @ stack.weights + stack.goal_bias).astype(np.float64))))
    return np.stack(rows)


def _folds(corpus: Corpus, part: Callable[[Any], bool], key: Callable[[Any], str]) -> Iterator[tuple[Corpus, Corpus]]:
    """Yield (fitted on, judged on) five times, whole keys of the part being kept apart."""
    keys = sorted({key(item) for item in corpus.items if part(item)})
    for _, left in KFold(5, shuffle=True, random_state=_SEED).split(keys):
        away = {keys[place] for place in left}
        yield (
            corpus.where(lambda item, away=away: not (part(item) and key(item) in away)),  # type: ignore[misc]
            corpus.where(lambda item, away=away: part(item) and key(item) in away),  # type: ignore[misc]
        )


def spanish_report(corpus: Corpus, keywords: Keywords) -> Iterator[str]:
    """Yield the figures on the Spanish texts, everything fitted without the fold."""
    truth: list[int] = []
    chances: list[Floats] = []
    for kept, left in _folds(corpus, lambda item: item.source == "spanish", lambda item: str(item.text)):
        chances.append(chances_of(train(kept, keywords, {}), left))
        truth.extend(left.goals())
    found = np.vstack(chances)
    top = found.argmax(axis=1) + 1
    macro = f1_score(truth, top, average="macro", labels=range(1, 17))
    taken = found[np.arange(len(truth)), np.array(truth) - 1] >= ACCEPT
    yield (
        f"likeliest goal of {len(truth)} texts: accuracy {accuracy_score(truth, top):.3f}, macro-F1 over 16 goals "
        f"{macro:.3f}; own goal among the accepted {taken.mean():.3f}; accepted per text "
        f"{(found >= ACCEPT).sum(axis=1).mean():.2f}; without a goal {(found.max(axis=1) < ACCEPT).mean():.3f}\n"
    )
    each = f1_score(truth, top, average=None, labels=range(1, 17))
    yield _table(("goal", "F1"), [(goal, f"{value:.2f}") for goal, value in enumerate(each, start=1)])


def languages_report(corpus: Corpus, keywords: Keywords) -> Iterator[str]:
    """Yield the likeliest goal of official targets in other languages, everything fitted on English alone."""
    english = corpus.where(lambda item: item.lang == "en" and item.source != "unrelated")
    targets = corpus.where(lambda item: item.source == "official" and item.key.count("-") == 1)
    right: dict[str, list[bool]] = {lang: [] for lang in ENCODED_LANGUAGES}
    for kept, left in _folds(english, lambda item: item.source == "official", lambda item: str(item.key)):
        fitted = train(kept, keywords, {})
        away = {item.key for item in left.items}
        for lang in ENCODED_LANGUAGES:
            own = targets.where(lambda item, lang=lang, away=away: item.lang == lang and item.key in away)  # type: ignore[misc]
            if own.items:
                top = chances_of(fitted, own).argmax(axis=1) + 1
                right[lang].extend((top == own.goals()).tolist())
    yield _table(("language", "targets", "right"), [(k, len(v), f"{np.mean(v):.3f}") for k, v in right.items()])


def targets_report(artifact: Artifact, corpus: Corpus) -> Iterator[str]:
    """Yield how often an indicator's own target is the nearest within its goal."""
    rows = []
    directions = unit(artifact.anchors)
    places = [row for row, name in enumerate(artifact.anchor_target) if name.count(".") == 1]
    for lang in ENCODED_LANGUAGES:
        own = corpus.where(lambda item, lang=lang: item.lang == lang and item.key.count("-") == 2)  # type: ignore[misc]
        if not own.items:
            continue
        near = unit(own.vectors) @ directions[places].T
        foreign = artifact.anchor_goal[places][None, :] != own.goals()[:, None]
        best = np.where(foreign, -2.0, near).argmax(axis=1)
        told = [artifact.anchor_target[places[place]] for place in best]
        true = [item.key.replace("-", ".").rsplit(".", 1)[0] for item in own.items]
        rows.append((lang, len(true), f"{np.mean([a == b for a, b in zip(told, true, strict=True)]):.3f}"))
    yield _table(("language", "indicators", "own target first"), rows)


def duplicates_report(corpus: Corpus) -> Iterator[str]:
    """Yield precision and recall of near-duplicates: translations of one target among all the others."""
    own = corpus.where(
        lambda item: item.source == "official" and item.key.count("-") == 1 and item.lang in ENCODED_LANGUAGES
    )
    near = unit(own.vectors) @ unit(own.vectors).T
    one, two = np.triu_indices(len(own.items), 1)
    langs, keys = np.array([i.lang for i in own.items]), np.array([i.key for i in own.items])
    across = langs[one] != langs[two]
    same, said = (keys[one] == keys[two])[across], near[one, two][across] >= DUPLICATE
    hits = int((same & said).sum())
    yield (
        f"{int(across.sum())} pairs across {len(set(langs))} languages, {int(same.sum())} of them translations; at "
        f"cosine {DUPLICATE}: precision {hits / said.sum():.3f}, recall {hits / same.sum():.3f}\n"
    )


def grouping_report(artifact: Artifact, corpus: Corpus) -> Iterator[str]:
    """Yield the agreement of groups, found without a given number, with goals on the benchmark's positives."""
    own = corpus.where(lambda item: item.source == "benchmark" and bool(item.goals))
    chances = chances_of(artifact, own)
    items = [Item(f"{row:05}", own.vectors[row], tuple(chances[row])) for row in range(len(own.items))]
    groups = group(items)
    label = {member: number for number, one in enumerate(groups) for member in one.members}
    score = normalized_mutual_info_score(own.goals(), [label[item.id] for item in items])
    first = normalized_mutual_info_score(own.goals(), chances.argmax(axis=1))
    yield f"{len(items)} texts in {len(groups)} groups: NMI {score:.3f}; by likeliest goal alone {first:.3f}\n"


def everything(corpus: Corpus, keywords: Keywords, meta: dict[str, Any]) -> Iterator[str]:
    """Yield the whole report piece by piece."""
    whole = train(corpus, keywords, meta)
    base = fit_base(corpus, keywords, meta)
    for title, part in (
        ("Benchmark, development half", benchmark_report(base, corpus)),
        ("Texts on no goal", abstention_report(base, corpus)),
        ("Near-duplicates across languages", duplicates_report(corpus)),
        ("Targets", targets_report(whole, corpus)),
        ("Grouping", grouping_report(whole, corpus)),
        ("Other languages, trained on English", languages_report(corpus, keywords)),
        ("Spanish", spanish_report(corpus, keywords)),
    ):
        yield f"\n### {title}\n\n"
        yield from part


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures for the model card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    chosen = parser.parse_args(arguments)
    encoder = Encoder()
    with threadpool_limits(limits=1):
        corpus = gather(chosen.data, encoder, report)
        keywords = compile_keywords(vocabulary(chosen.data))
        for piece in everything(corpus, keywords, describe(encoder)):
            sys.stdout.write(piece)
            sys.stdout.flush()


if __name__ == "__main__":
    main()
