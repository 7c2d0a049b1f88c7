"""How wide words will be in a drawing, by estimate, and how they break into lines.

The server has no fonts, so widths are those of wide faces: what is said to fit does fit. Bidirectional order and
shaping are left to the browser.
"""

import unicodedata
from typing import Final

CHARACTERS_MAX: Final = 200
"""A longer text is never measured: it doesn't fit anywhere."""
_SPACE_EM = 0.31
_NARROW: Final = frozenset("iIjlft.,;:!'|()[]·-")


def width_of(text: str, size: float) -> float:
    """Return the estimated width of a line in pixels, for a size of letters in pixels."""
    return size * sum(_em(char) for char in text)


def wrapped(text: str, room: float, size: float, lines_max: int) -> tuple[str, ...]:
    """Return a text in at most so many lines that are no wider than the room in pixels; nothing if it doesn't fit."""
    if len(text) > CHARACTERS_MAX:
        return ()
    lines: list[str] = []
    for piece, joint in _pieces(text):
        joined = f"{lines[-1]}{joint}{piece}" if lines else piece
        if lines and width_of(joined, size) <= room:
            lines[-1] = joined
        elif width_of(piece, size) <= room and len(lines) < lines_max:
            lines.append(piece)
        else:
            return ()
    return tuple(lines)


def _pieces(text: str) -> list[tuple[str, str]]:
    """Return what a line may break before, each with what joins it to the piece before: a space or nothing.

    A sign that stands alone, as between two words of a label, stays on the line that it ends.
    """
    pieces: list[tuple[str, str]] = []
    for word in text.split():
        joint = " "
        if pieces and not any(char.isalnum() for char in word):
            pieces[-1] = (f"{pieces[-1][0]} {word}", pieces[-1][1])
            continue
        for char in word:
            if pieces and joint == "" and not (_is_wide(char) and _is_letter(char)):
                pieces[-1] = (pieces[-1][0] + char, pieces[-1][1])
            else:
                pieces.append((char, joint))
            joint = ""
    return pieces


def _is_wide(char: str) -> bool:
    return unicodedata.east_asian_width(char) in "WF"


def _is_letter(char: str) -> bool:
    return unicodedata.category(char).startswith("L")


def _em(char: str) -> float:
    category = unicodedata.category(char)
    if category in {"Mn", "Me", "Cf", "Cc"}:
        return 0.0
    if category == "So":
        return 1.4
    if char.isspace():
        return _SPACE_EM
    if _is_wide(char):
        return 1.0
    return _narrow_em(char, category)


def _narrow_em(char: str, category: str) -> float:
    if char in _NARROW:
        return 0.38
    if char in "mwMW@%—…" or "\u0900" <= char <= "\u1fff":
        return 0.95
    return 0.72 if category == "Lu" else 0.58
