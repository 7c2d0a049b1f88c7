"""What speaks for each goal in a text: the opinions that the classifier weighs.

Which opinions there are depends on what is known of the text's language; each such level has a stack of its own:

    keywords   English: vector, likeness, words, key phrases as they stand
    trained    languages with training texts of their own: vector, likeness, words, pieces of words, glossed key phrases
    glossed    other languages that the encoder knows: vector, likeness, glossed key phrases
    words      languages that the encoder doesn't know, but whose official texts are at hand: words

In any other language nothing is said.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from topics.artifact import Artifact
from topics.embed import Encoder, Int8, unit
from topics.gloss import Glossary, is_glossed
from topics.keywords import LANGUAGE, Found, Meant, empty_words, stems
from topics.text import UNKNOWN, base_language, words
from topics.words import WordModel

Float = npt.NDArray[np.float32]
Level = Literal["keywords", "trained", "glossed", "words"]

LEVELS: dict[Level, int] = {"keywords": 4, "trained": 5, "glossed": 3, "words": 1}
"""How many opinions each level has."""
ENCODED = frozenset({"ar", "de", "en", "es", "fr", "it", "ja", "ko", "nl", "pl", "pt", "ru", "th", "tr", "zh", UNKNOWN})
"""Languages that the encoder knows by its own account; a text whose language can't be told is read as if it did."""
_NEAREST = 3
_ANCHOR_SCALE = 10.0
_SOFT = 1e-3
_SAME_WORDS = {"hr": "cnr", "bs": "cnr", "sr": "cnr", "sh": "cnr", "nb": "no", "nn": "no", "da": "no"}


def softmax(scores: Float) -> Float:
    """Return the probabilities of one row of scores."""
    raised = np.exp(scores - scores.max())
    return np.asarray(raised / raised.sum(), dtype=np.float32)


def evidence(scores: Float) -> Float:
    """Return the log-odds of each of the competing scores, softened so that none is certain."""
    shares = softmax(scores)
    return np.log((shares + _SOFT) / (1.0 - shares + _SOFT))


def likeness(artifact: Artifact, direction: Float) -> Float:
    """Return, for each goal, the mean cosine to the nearest three of its official texts."""
    near = np.append(artifact.anchor_directions @ direction, np.float32(-1.0))
    nearest = np.partition(near[artifact.anchor_rows], -_NEAREST, axis=1)[:, -_NEAREST:]
    return np.asarray(nearest.mean(axis=1), dtype=np.float32)


def word_model(artifact: Artifact, lang: str) -> WordModel | None:
    """Return the word model that serves a language tag, if there is one."""
    base = base_language(lang)
    return artifact.word_models.get(_SAME_WORDS.get(base, base))


class Opinions:
    """Forms opinions with what one artefact learned; the encoder serves for words that the artefact doesn't know."""

    def __init__(self, artifact: Artifact, encoder: Encoder) -> None:
        self._artifact = artifact
        self.glossary = Glossary(artifact.glosses, encoder.encode if encoder.can_read else None)

    def level(self, lang: str) -> Level | None:
        """Return the level of a language tag; None where nothing is known of the language."""
        base = base_language(lang)
        if base == LANGUAGE:
            return "keywords"
        if base in self._artifact.piece_models:
            return "trained"
        if base in ENCODED:
            return "glossed"
        return "words" if word_model(self._artifact, lang) else None

    def read(self, text: str, lang: str, level: Level | None = None) -> "Reading | None":
        """Return a text read at a level, by default its language's; None where nothing is known of the language.

        A level may be asked for that serves the language less well; there have to be the models that it needs.
        """
        chosen = level or self.level(lang)
        if chosen is None:
            return None
        return Reading(chosen, text, lang, self._phrases(chosen, text, lang) if chosen != "words" else {})

    def form(self, reading: "Reading", row: Int8) -> Float:
        """Return the opinions on a text with this vector, shape (17, LEVELS[level])."""
        if reading.level == "words":
            return np.stack([self._words(reading)], axis=1)
        direction = unit(row)
        found = [
            evidence(direction @ self._artifact.vector_weights + self._artifact.vector_bias),
            likeness(self._artifact, direction) * _ANCHOR_SCALE,
        ]
        if reading.level in {"keywords", "trained"}:
            found.append(self._words(reading))
        if reading.level == "trained":
            found.append(evidence(self._artifact.piece_models[base_language(reading.lang)].scores(reading.text)))
        found.append(self._artifact.keywords.scores(reading.phrases, is_glossed=reading.is_glossed))
        return np.stack(found, axis=1)

    def reasons(self, reading: "Reading", goal: int, most: int) -> list[str]:
        """Return the words of the text that spoke for a goal, strongest first; some may say the same."""
        found = self._artifact.keywords.reasons(reading.phrases, goal, is_glossed=reading.is_glossed)
        model = word_model(self._artifact, reading.lang)
        if reading.level == "glossed" or model is None:
            return found
        return found + model.reasons(reading.text, goal, most)

    def _phrases(self, level: Level, text: str, lang: str) -> Found:
        keywords = self._artifact.keywords
        if level == "keywords":
            return keywords.in_english(text)
        base = base_language(lang)
        return keywords.in_glossed(english_meant(text) if base == LANGUAGE else self.glossary.meant(text, base))

    def _words(self, reading: "Reading") -> Float:
        model = word_model(self._artifact, reading.lang)
        assert model is not None, f"{reading.lang} has no word model: another level serves it"
        return evidence(model.scores(reading.text))


@dataclass(frozen=True)
class Reading:
    """A text with its language, the level at which it is read, and the key phrases found in it."""

    level: Level
    text: str
    lang: str
    phrases: Found

    @property
    def is_glossed(self) -> bool:
        """Whether the phrases were found by what the words may mean, rather than as they stand."""
        return self.level != "keywords"


def english_meant(text: str) -> list[Meant]:
    """Return an English text's words as if they had been glossed, to learn from English how to weigh glosses."""
    empty = empty_words()
    found = (Meant(word, frozenset(stems(word)) - empty) for word in words(text) if is_glossed(word, empty))
    return [one for one in found if one.stems]
