"""What differs between two texts, word by word, for people to read. Bounded work for any two texts."""

import re
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

_PIECE = re.compile(r"\s+|[^\W\d_]+|\d+|[\W_]", re.UNICODE)
_PIECES_MAX = 4_000
"""Longer texts are compared paragraph by paragraph only."""


class Piece(NamedTuple):
    """A piece of text that stands in both, in the old one only or in the new one only."""

    kind: Literal["same", "removed", "added"]
    text: str


def differences(old: str, new: str) -> tuple[Piece, ...]:
    """Return the pieces of two texts in order; joined without what was removed they give the new one."""
    before, after = _pieces(old), _pieces(new)
    found: list[Piece] = []
    for tag, old_from, old_to, new_from, new_to in SequenceMatcher(None, before, after).get_opcodes():
        if tag == "equal":
            found.append(Piece("same", "".join(after[new_from:new_to])))
            continue
        if old_to > old_from:
            found.append(Piece("removed", "".join(before[old_from:old_to])))
        if new_to > new_from:
            found.append(Piece("added", "".join(after[new_from:new_to])))
    return tuple(found)


def _pieces(text: str) -> list[str]:
    pieces = _PIECE.findall(text)
    return pieces if len(pieces) <= _PIECES_MAX else text.splitlines(keepends=True)
