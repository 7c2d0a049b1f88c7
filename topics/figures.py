"""Figures of probabilities against answers, and tables of them in Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import GroupKFold

from topics.artifact import Artifact
from topics.classify import ACCEPT, chances
from topics.corpus import Corpus
from topics.embed import Encoder
from topics.opinions import Level, Opinions
from topics.sources import GOALS
from topics.stacking import Floats, Pairs, apply, fit_stack

Bools = npt.NDArray[np.bool_]

FOLDS = 10
SEED = 17
_DRAWS = 1_000


@dataclass(frozen=True)
class Figures:
    """Accuracy with a 95 % interval, macro-F1 (over yes and no), expected calibration error."""

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


def interval(right: Bools) -> tuple[float, float]:
    """Return the 95 % interval of a share of right answers, by a bootstrap of 1,000 draws."""
    draws = np.random.default_rng(SEED).integers(0, len(right), (_DRAWS, len(right)))
    low, high = np.quantile(right[draws].mean(axis=1), [0.025, 0.975])
    return float(low), float(high)


def figures(answers: Bools, chances: Floats) -> Figures:
    """Return the figures of probabilities against answers."""
    said = chances >= ACCEPT
    low, high = interval(said == answers)
    return Figures(
        len(answers),
        float(accuracy_score(answers, said)),
        float(f1_score(answers, said, average="macro")),
        calibration_error(answers, chances),
        low,
        high,
    )


def cross_validated(asked: Pairs, seed: int, scale: float = 1.0, folds: int = FOLDS) -> Floats:
    """Return each question's probability from a stack that was fitted without the texts of its fold."""
    found = np.zeros(len(asked.answers))
    groups = np.random.default_rng(seed).permutation(int(asked.texts.max()) + 1)[asked.texts]
    for kept, left in GroupKFold(folds, shuffle=True, random_state=seed).split(asked.opinions, groups=groups):
        found[left] = apply(fit_stack(asked.take(kept), scale), asked.take(left))
    return found


def chances_of(artifact: Artifact, encoder: Encoder, corpus: Corpus, level: Level | None = None) -> Floats:
    """Return the probabilities of all goals, shape (items, 17), at a level or at that of each item's language."""
    opinions = Opinions(artifact, encoder)
    rows: list[Floats] = []
    for row, item in enumerate(corpus.items):
        reading = opinions.read(item.text, item.lang, level)
        if reading is None:
            rows.append(np.zeros(GOALS))
        else:
            found = chances(artifact.stacks[reading.level], opinions.form(reading, corpus.vectors[row]))
            rows.append(found.astype(np.float64))
    return np.stack(rows)


def mean_of(found: Sequence[Figures], name: str) -> str:
    """Return the mean of one figure over several runs, in three places."""
    return f"{np.mean([getattr(one, name) for one in found]):.3f}"


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ["---"] * len(head), *[[str(cell) for cell in row] for row in rows]]
    return "\n" + "".join("| " + " | ".join(line) + " |\n" for line in lines)
