"""What a word of any language may mean in English, by the encoder: it puts words that mean the same close together.

A table holds the meanings of the words that the encoder knows as one piece and of those in the training texts;
a word that isn't in it is encoded when it first comes, and kept. Each word is encoded alone: what is said of it
doesn't depend on the company that it comes in. Knows nothing of grammar, and one word at a time.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from topics.embed import Int8, unit
from topics.keywords import Meant, empty_words, stems
from topics.text import function_words, words

Float = npt.NDArray[np.float32]
Encode = Callable[[str], Int8]
EncodeTogether = Callable[[Sequence[str]], Int8]

NEAREST = 3
ALIKE = 0.6
"""Cosine from which on two words are taken to mean the same."""
NOTHING = -1
MAX_WORD_CHARS = 60
MAX_KEPT_WORDS = 50_000
_HAN_FROM = "\u3400"


@dataclass(frozen=True)
class Glosses:
    """English words, and what others mean among them.

    `directions` has a row of int8 for each of the `english` words. Each of the `known` words has a row in
    `meanings` with the places of up to NEAREST English words, nearest first, or NOTHING.
    """

    english: tuple[str, ...]
    directions: Int8
    known: tuple[str, ...]
    meanings: npt.NDArray[np.int16]

    @cached_property
    def units(self) -> Float:
        """The English words as rows of length 1."""
        return unit(self.directions)

    @cached_property
    def place(self) -> dict[str, int]:
        """The row in `meanings` of each known word."""
        return {word: row for row, word in enumerate(self.known)}

    @cached_property
    def stems(self) -> list[frozenset[str]]:
        """The telling stems of each English word."""
        empty = empty_words()
        return [frozenset(stems(word)) - empty for word in self.english]


def is_glossed(word: str, empty: frozenset[str]) -> bool:
    """Tell whether a word can mean anything: no function word, not too short, not too long."""
    return (len(word) > 2 or word >= _HAN_FROM) and len(word) <= MAX_WORD_CHARS and word not in empty


def nearest(rows: Float, directions: Float) -> npt.NDArray[np.int16]:
    """Return for each row of length 1 the places of the NEAREST directions that are ALIKE, nearest first."""
    likeness = rows @ directions.T
    few = np.sort(np.argpartition(-likeness, min(NEAREST, likeness.shape[1] - 1), axis=1)[:, :NEAREST], axis=1)
    found = np.take_along_axis(likeness, few, axis=1)
    order = np.argsort(-found, axis=1, kind="stable")
    ranked, alike = np.take_along_axis(few, order, axis=1), np.take_along_axis(found, order, axis=1) >= ALIKE
    return np.where(alike, ranked, NOTHING).astype(np.int16)


def make_glosses(english: Sequence[str], others: Iterable[str], encode: EncodeTogether) -> Glosses:
    """Return the table of these words; the same words in any order give the same."""
    known = sorted(set(others))
    directions, rows = encode(english), unit(encode(known))
    step = 1_024
    units = unit(directions)
    meanings = np.vstack([nearest(rows[start : start + step], units) for start in range(0, len(rows), step)])
    return Glosses(tuple(english), directions, tuple(known), meanings)


class Glossary:
    """Answers what the words of a text may mean; keeps the words that it had to encode, the latest MAX_KEPT_WORDS."""

    def __init__(self, glosses: Glosses, encode: Encode) -> None:
        self._glosses = glosses
        self._encode = encode
        self._kept: OrderedDict[str, frozenset[str]] = OrderedDict()

    def meant(self, text: str, lang: str) -> list[Meant]:
        """Return the text's words with the English stems that each may mean; words that mean none are left out."""
        empty = function_words(lang)
        found = (Meant(word, self.stems(word)) for word in words(text) if is_glossed(word, empty))
        return [one for one in found if one.stems]

    def stems(self, word: str) -> frozenset[str]:
        """Return the English stems that a word may mean."""
        kept = self._kept.get(word)
        if kept is None:
            kept = frozenset().union(*(self._glosses.stems[place] for place in self._meanings(word) if place >= 0))
            self._kept[word] = kept
            if len(self._kept) > MAX_KEPT_WORDS:
                self._kept.popitem(last=False)
        return kept

    def _meanings(self, word: str) -> list[int]:
        row = self._glosses.place.get(word)
        if row is not None:
            return [int(place) for place in self._glosses.meanings[row]]
        return [int(place) for place in nearest(unit(self._encode(word))[None, :], self._glosses.units)[0]]
