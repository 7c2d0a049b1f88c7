"""All training texts with their vectors, in one order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from topics import sources
from topics.embed import DIMENSIONS, Encoder, Int8
from topics.opinions import ENCODED
from topics.sources import Labelled

Progress = Callable[[int, int], None]

_TAGS = {"zh-Hans": "zh", "nb_NO": "no"}
_EVERY = 500


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


def language(item: Labelled) -> str:
    """Return the ISO 639 code of an item's language."""
    return _TAGS.get(item.lang, item.lang)


def is_encoded(item: Labelled) -> bool:
    """Tell whether the encoder knows the item's language."""
    return language(item) in ENCODED


def gather(data: Path, encoder: Encoder, progress: Progress) -> Corpus:
    """Read and encode all training texts; texts in languages that the encoder lacks get zeros."""
    items = (
        *sources.official_texts(data),
        *sources.statements(data),
        *sources.spanish(data),
        *sources.benchmark(data),
        *sources.unrelated(),
    )
    rows = np.zeros((len(items), DIMENSIONS), dtype=np.int8)
    for row, item in enumerate(items):
        if is_encoded(item):
            rows[row] = encoder.encode(item.text)
        if row % _EVERY == 0:
            progress(row, len(items))
    return Corpus(items, rows)
