"""Which words of a language, or pieces of words, speak for which goal: TF-IDF and one linear model, in numpy alone.

Weights are stored as int8 with one scale per goal. Fitting is `topics.train`'s; here they are only applied.
"""

import math
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt

from topics.text import function_words, words

Int8 = npt.NDArray[np.int8]
Float = npt.NDArray[np.float32]

Kind = Literal["words", "pieces"]

PIECE_CHARS = (3, 4, 5)
_LEAST_PULL = 0.15
_DENSE = frozenset({"zh", "ja", "ko", "ar", "th"})


def terms(text: str) -> list[str]:
    """Return the words that the models count, then each pair of neighbours; single letters are left out."""
    single = [word for word in words(text) if len(word) > 1 or word > "\u3400"]
    return single + [f"{left} {right}" for left, right in pairwise(single)]


def pieces(text: str) -> list[str]:
    """Return every run of three to five characters inside a word with a space on either side."""
    padded = [f" {word} " for word in words(text)]
    starts = [(word, size, start) for word in padded for size in PIECE_CHARS for start in range(len(word) - size + 1)]
    return [word[start : start + size] for word, size, start in starts]


_COUNTED = {"words": terms, "pieces": pieces}


@dataclass(frozen=True)
class WordModel:
    """One language's terms, or the pieces of its words, with their weights for the seventeen goals.

    `place` maps a term to its row; `rarity` is its inverse document frequency; a weight for goal g is
    `weights[row, g - 1] * scale[g - 1]`.
    """

    lang: str
    place: dict[str, int]
    rarity: Float
    weights: Int8
    scale: Float
    bias: Float
    kind: Kind = "words"

    def profile(self, text: str) -> tuple[npt.NDArray[np.int64], Float]:
        """Return the rows of the known terms in the text and their TF-IDF, of length 1 together."""
        counts = Counter(self.place[term] for term in _COUNTED[self.kind](text) if term in self.place)
        rows = np.array(sorted(counts), dtype=np.int64)
        often = np.array([1.0 + math.log(counts[int(row)]) for row in rows], dtype=np.float32)
        values = often * self.rarity[rows]
        length = float(np.sqrt(values @ values)) or 1.0
        return rows, (values / length).astype(np.float32)

    def scores(self, text: str) -> Float:
        """Return the seventeen linear scores of the text."""
        rows, values = self.profile(text)
        return np.asarray(values @ self.weights[rows].astype(np.float32) * self.scale + self.bias)

    def reasons(self, text: str, goal: int, most: int) -> list[str]:
        """Return the terms that spoke most for the goal, strongest first; a pair displaces its words."""
        rows, values = self.profile(text)
        name = {self.place[term]: term for term in terms(text) if term in self.place}
        pull = values * self.weights[rows, goal - 1].astype(np.float32)
        least = _LEAST_PULL * pull.max(initial=0.0)
        found = [name[int(rows[i])] for i in np.lexsort((rows, -pull)) if pull[i] > least]
        return distinct([term for term in found if is_telling(term, self.lang)])[:most]


def is_telling(term: str, lang: str) -> bool:
    """Tell whether a term can stand as a reason or label: no function word in it, and not too short."""
    empty = function_words(lang)
    return not any(word in empty for word in term.split()) and len(term) >= (2 if lang in _DENSE else 4)


def distinct(found: list[str]) -> list[str]:
    """Return the terms without those that share a word with an earlier one."""
    kept: list[str] = []
    for term in found:
        if not any(set(term.split()) & set(other.split()) for other in kept):
            kept.append(term)
    return kept
