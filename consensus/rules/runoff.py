"""Instant run-off: the option with the fewest votes is eliminated until one is left.

A ballot is one vote for its best option that is left. Where several of its options are level there, each has an equal
part of the vote, as an exact fraction. A ballot that ranks none of the options left is exhausted. Counting goes on to
the last option, so that every option has a place; an option that once has more than half of the votes that still
count stays first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from consensus.rules.profile import Integers
from consensus.rules.rankings import Places, Rankings


@dataclass(frozen=True, slots=True)
class Elimination:
    """One count: the votes of each option left, the option that goes, and others with as few, in tie order."""

    votes: dict[int, Fraction]
    eliminated: int
    tied_with: tuple[int, ...]
    exhausted: int
    continuing: int


def eliminations(rankings: Rankings, ranks: Sequence[int]) -> tuple[Elimination, ...]:
    """Return every elimination in turn. Of options with as few votes, the one of the greatest rank goes first."""
    count = _Count(rankings)
    left = set(range(rankings.options))
    gone = []
    while len(left) > 1:
        votes = {option: count.votes(option) for option in sorted(left)}
        fewest = min(votes.values())
        *others, last = sorted((o for o in left if votes[o] == fewest), key=lambda option: ranks[option])
        gone.append(Elimination(votes, last, tuple(others), count.exhausted, count.voters - count.exhausted))
        left.remove(last)
        count.eliminate(last)
    return tuple(gone)


class _Count:
    """Who each group's vote goes to, kept up to date as options go.

    Votes are counted as whole numbers by how many options share a vote, so that only few fractions are ever added.
    """

    def __init__(self, rankings: Rankings) -> None:
        self._none = rankings.options
        self._places: Places = rankings.places
        self._by_option: Places = np.ascontiguousarray(rankings.places.T)
        self._weights = rankings.weights
        self._is_left = np.ones(self._none, dtype=np.bool_)
        self._best = self._places.min(axis=1, initial=self._none)
        self._shared: dict[int, Integers] = {}
        self.voters = int(self._weights.sum())
        self.exhausted = 0
        self._add(np.arange(len(self._places)), 1)

    def votes(self, option: int) -> Fraction:
        """Return the votes of an option that is left."""
        return sum((Fraction(int(counts[option]), size) for size, counts in self._shared.items()), Fraction(0))

    def eliminate(self, option: int) -> None:
        """Give the votes of an option to what their ballots rank next."""
        stood = self._by_option[option]
        moved = np.flatnonzero((stood == self._best) & (stood < self._none))
        self._add(moved, -1)
        self._is_left[option] = False
        self._best[moved] = self._places_left(moved).min(axis=1, initial=self._none)
        self._add(moved, 1)

    def _places_left(self, groups: Integers) -> Places:
        """Return the places of the options left in some groups, those that are gone behind all others."""
        places: Places = np.where(self._is_left, self._places[groups], np.int16(self._none))
        return places

    def _add(self, groups: Integers, sign: int) -> None:
        """Add the votes of some groups to what they go to now, or take them away."""
        best = self._best[groups]
        weights = self._weights[groups] * sign
        is_exhausted = best == self._none
        self.exhausted += int(weights[is_exhausted].sum())
        groups, best, weights = groups[~is_exhausted], best[~is_exhausted], weights[~is_exhausted]
        is_first = self._places_left(groups) == best[:, np.newaxis]
        sizes = is_first.sum(axis=1)
        for size in np.unique(sizes):
            those = sizes == size
            counts = self._shared.setdefault(int(size), np.zeros(self._none, dtype=np.int64))
            counts += weights[those] @ is_first[those]
