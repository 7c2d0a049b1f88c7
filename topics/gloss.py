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
"""Cosine from which on a word may mean another."""
STRANGE_ALIKE = 0.75
"""Cosine that the nearest has to reach for a word outside the table: true words mostly do, letters at random don't."""
SURELY_ALIKE = 0.8
"""Cosine from which on a word can be given the other's name."""
FITTING = 0.12
"""Cosine of a word to what texts are about from which on it fits them."""
NOTHING = -1
MAX_WORD_CHARS = 60
MAX_KEPT_WORDS = 50_000
MAX_STRANGE_WORDS = 100
_HAN_FROM = "\u3400"
_STEP = 1_024
_SAME_BEGINNING = 5


@dataclass(frozen=True)
class Glosses:
    """English words, and what others mean among them.

    `directions` has a row of int8 for each of the `english` words. Each of the `known` words has a row in
    `meanings` with the places of up to NEAREST English words, nearest first, or NOTHING; `is_sure` tells whether
    the first of them is SURELY_ALIKE.
    """

    english: tuple[str, ...]
    directions: Int8
    known: tuple[str, ...]
    meanings: npt.NDArray[np.int16]
    is_sure: npt.NDArray[np.bool_]

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


def nearest(rows: Float, directions: Float) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.bool_]]:
    """Return for each row of length 1 the places of the NEAREST directions that are ALIKE, nearest first.

    And whether the first is SURELY_ALIKE.
    """
    likeness = rows @ directions.T
    few = np.sort(np.argpartition(-likeness, min(NEAREST, likeness.shape[1] - 1), axis=1)[:, :NEAREST], axis=1)
    found = np.take_along_axis(likeness, few, axis=1)
    order = np.argsort(-found, axis=1, kind="stable")
    ranked, alike = np.take_along_axis(few, order, axis=1), np.take_along_axis(found, order, axis=1)
    return np.where(alike >= ALIKE, ranked, NOTHING).astype(np.int16), alike[:, 0] >= SURELY_ALIKE


def make_glosses(english: Sequence[str], others: Iterable[str], encode: EncodeTogether) -> Glosses:
    """Return the table of these words; the same words in any order give the same."""
    known = sorted(set(others))
    directions, rows = encode(english), unit(encode(known))
    units = unit(directions)
    found = [nearest(rows[start : start + _STEP], units) for start in range(0, len(rows), _STEP)]
    meanings, sure = (np.concatenate(column) for column in zip(*found, strict=True))
    return Glosses(tuple(english), directions, tuple(known), meanings, sure)


class Glossary:
    """Answers what words may mean; keeps those that it had to encode, the latest MAX_KEPT_WORDS.

    Without an encoder, words outside the table mean nothing.
    """

    def __init__(self, glosses: Glosses, encode: Encode | None) -> None:
        self._glosses = glosses
        self._encode = encode
        self._kept: OrderedDict[str, frozenset[str]] = OrderedDict()

    def meant(self, text: str, lang: str) -> list[Meant]:
        """Return the text's words with the English stems that each may mean; words that mean none are left out.

        Of words outside the table the first MAX_STRANGE_WORDS of a text are looked at.
        """
        empty = function_words(lang)
        telling = [word for word in words(text) if is_glossed(word, empty)]
        strange = dict.fromkeys(word for word in telling if word not in self._glosses.place)
        passed_over = set(list(strange)[MAX_STRANGE_WORDS:])
        found = (Meant(word, self.stems(word)) for word in telling if word not in passed_over)
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

    def names(self, candidates: Iterable[str], about: Int8) -> list[str]:
        """Return English words that surely mean some of these, those nearest to what it is about first.

        Only words of the table have a name, and words that have little to do with it are left out; of several forms
        of one word the nearest is told.
        """
        places = sorted({place for word in candidates if (place := self._sure_place(word)) >= 0})
        if not places:
            return []
        near = np.round(self._glosses.units[places] @ unit(about), 4)
        found: dict[str, str] = {}
        for at in np.argsort(-near, kind="stable"):
            english = self._glosses.english[places[at]]
            if near[at] >= FITTING:
                found.setdefault(" ".join(stems(english))[:_SAME_BEGINNING], english)
        return list(found.values())

    def _sure_place(self, word: str) -> int:
        row = self._glosses.place.get(word)
        if row is None or not self._glosses.is_sure[row]:
            return NOTHING
        place = int(self._glosses.meanings[row, 0])
        return NOTHING if self._glosses.english[place] == word else place

    def _meanings(self, word: str) -> list[int]:
        row = self._glosses.place.get(word)
        if row is not None:
            return [int(place) for place in self._glosses.meanings[row]]
        if self._encode is None:
            return []
        likeness = self._glosses.units @ unit(self._encode(word))
        if likeness.max() < STRANGE_ALIKE:
            return []
        order = np.argsort(-likeness, kind="stable")[:NEAREST]
        return [int(place) for place in order if likeness[place] >= ALIKE]
