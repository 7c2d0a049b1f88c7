"""Exact fractions as short figures for sentences. For reading only: nothing is decided by them."""

from fractions import Fraction
from typing import Final

_PLACES: Final = 2


def decimal(value: Fraction) -> str:
    """Return a fraction with two decimals, rounded half up, or with more where two would show nothing: 1.73, 0.0004."""
    places = _PLACES
    while value and round_half_up(value, places) == 0:
        places += 1
    scaled = round_half_up(value, places)
    whole, rest = divmod(scaled, _ten_to(places))
    decimals = f"{rest:0{places}d}".rstrip("0")
    return f"{whole}.{decimals}" if decimals else str(whole)


def percent(value: Fraction) -> int:
    """Return a share as a whole percentage, rounded down, so that only all is 100."""
    return value.numerator * 100 // value.denominator


def round_half_up(value: Fraction, places: int) -> int:
    """Return a fraction that isn't negative in units of its last decimal."""
    scaled = value * _ten_to(places)
    return (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)


def _ten_to(places: int) -> int:
    return int(10**places)
