"""How likely a count is if chance alone deals it out: the hypergeometric distribution, in plain Python.

Of `population` members `marked` have something; `drawn` of the members are looked at. How many of those are marked?
"""

from functools import lru_cache
from itertools import accumulate
from math import exp, lgamma

_SAME = 1.0 + 1e-9
"""Two tails closer than this are one and the same, rounded differently."""


@lru_cache(maxsize=8_192)
def tails(population: int, marked: int, drawn: int) -> tuple[float, ...]:
    """Return P(X >= i) for i from 0 to `drawn`, descending from 1; 0 where it can't be."""
    shares = [_share(population, marked, drawn, found) for found in range(drawn + 1)]
    upwards = list(accumulate(reversed(shares)))
    return tuple(min(1.0, tail) for tail in reversed(upwards))


def at_least(population: int, marked: int, drawn: int, found: int) -> float:
    """Return how likely at least so many are found."""
    return tails(population, marked, drawn)[found] if found <= drawn else 0.0


def at_most(population: int, marked: int, drawn: int, found: int) -> float:
    """Return how likely at most so many are found."""
    return 1.0 - at_least(population, marked, drawn, found + 1)


def attainable(population: int, marked: int, drawn: int, chance: float) -> float:
    """Return how likely it is that at_least() comes out at `chance` or below: a stair, so seldom `chance` itself."""
    for tail in tails(population, marked, drawn):
        if tail <= chance * _SAME:
            return tail
    return 0.0


def _share(population: int, marked: int, drawn: int, found: int) -> float:
    if found > marked or drawn - found > population - marked:
        return 0.0
    return exp(_ways(marked, found) + _ways(population - marked, drawn - found) - _ways(population, drawn))


def _ways(all_of: int, some: int) -> float:
    """Return the logarithm of how many ways there are to choose."""
    return lgamma(all_of + 1) - lgamma(some + 1) - lgamma(all_of - some + 1)
