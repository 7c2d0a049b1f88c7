"""Phragmén's sequential rule with costs, exact at any size.

Every voter is given money at the same pace, and an option is taken as soon as its supporters together hold what it
costs; what they hold is then spent, all of it (Phragmén 1894; with costs: Los, Christoff and Grossi, "Proportional
budget allocations: towards a systematization", 2022). All amounts and moments are in shares: at the moment 1 every
voter has been given its share of the endowment.

How it stays exact and fast: what a voter holds follows from the moment of its last purchase, so the moment at which an
option can be taken is an exact combination of few moments with integer counts. Which options are worth looking at is
found with fixed-point integers whose error is known; a bound only ever grows, so most are never looked at again.
"""

import heapq
import math
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Literal

import numpy as np

from consensus.rules.profile import Integers, Profile
from consensus.rules.shares import Leftover, Purchase

_WORD_BITS = 62
_NEVER = -1

WhenFull = Literal["stop", "skip"]
"""What happens when an option could be taken that doesn't fit: the count ends, or it goes on without this option."""


def phragmen(
    costs: Sequence[int],
    profile: Profile,
    capacity: int,
    ranks: Sequence[int],
    when_full: WhenFull,
) -> tuple[Purchase, ...]:
    """Return the options taken, in order, each with the moment in shares at which its supporters could pay.

    costs and ranks go by option; of options that can be taken at the same moment the one of lower rank is first. With
    "stop", the count ends as soon as one of those doesn't fit into what is left of the capacity.
    """
    wanted = [option for option, count in enumerate(profile.supporter_counts) if count]
    return _run(_Race(_in_shares(costs, profile, capacity), profile, wanted, None), costs, capacity, ranks, when_full)


def phragmen_after(
    costs: Sequence[int],
    profile: Profile,
    endowment: Fraction,
    unspent: int,
    ranks: Sequence[int],
    already: Iterable[int],
    leftover: Leftover,
) -> tuple[Purchase, ...]:
    """Return the options that Phragmén's rule adds for what is unspent, when the voters start with what is left.

    Options that don't fit are passed over. Moments are in shares of the endowment that the leftover is in.
    """
    gone = set(already)
    wanted = [option for option, count in enumerate(profile.supporter_counts) if count and option not in gone]
    race = _Race(_in_shares(costs, profile, endowment), profile, wanted, leftover)
    return _run(race, costs, unspent, ranks, "skip")


def _in_shares(costs: Sequence[int], profile: Profile, endowment: int | Fraction) -> list[Fraction]:
    return [Fraction(cost * profile.voters) / endowment for cost in costs]


def _run(
    race: "_Race", costs: Sequence[int], unspent: int, ranks: Sequence[int], when_full: WhenFull
) -> tuple[Purchase, ...]:
    purchases = []
    if when_full == "skip":
        race.drop_over(costs, unspent)
    while arrived := race.first():
        moment, tied = arrived
        if any(costs[option] > unspent for option in tied):
            break
        option, *others = sorted(tied, key=lambda option: ranks[option])
        race.take(option, moment)
        unspent -= costs[option]
        purchases.append(Purchase(option, moment, tuple(others)))
        if when_full == "skip":
            race.drop_over(costs, unspent)
    return tuple(purchases)


class _Race:
    """When each group last spent all it held, and which options are still to be taken."""

    def __init__(
        self, costs: Sequence[Fraction], profile: Profile, wanted: Sequence[int], leftover: Leftover | None
    ) -> None:
        self._costs = costs
        self._weights = profile.weights
        self._supporters = profile.supporters
        self._counts = profile.supporter_counts
        least_supporters = min((self._counts[option] for option in wanted), default=1)
        self._shift = (profile.voters // least_supporters + 1).bit_length()
        self._unit = 1 << max(0, _WORD_BITS - profile.voters.bit_length() - self._shift)
        self._leftover = leftover
        self._since, self._slack = self._at_first(leftover)
        self._last = np.full(len(profile.weights), _NEVER, dtype=np.int64)
        self._moments = _Moments()
        self._wanted = set(wanted)
        self._waiting = [(self._floor(option), option) for option in wanted]
        heapq.heapify(self._waiting)

    def _at_first(self, leftover: Leftover | None) -> tuple[Integers, int]:
        """Return from when on each group has been given money, in units, at the earliest, and how far that may be off.

        Who starts with something left has been given money since before the moment 0.
        """
        if leftover is None:
            return np.zeros(len(self._weights), dtype=np.int64), 1
        steps = max(1, leftover.unit // self._unit)
        return -(leftover.at_most // steps) - 1, leftover.slack // steps + 3

    def first(self) -> tuple[Fraction, list[int]] | None:
        """Return the next moment at which options can be taken, and all of these; or None if none is left."""
        near = self._contenders()
        moments = {option: self._moment(option) for option in near}
        for entry in near.items():
            heapq.heappush(self._waiting, (entry[1], entry[0]))
        if not moments:
            return None
        earliest = min(moments.values())
        return earliest, [option for option, moment in moments.items() if moment == earliest]

    def take(self, option: int, moment: Fraction) -> None:
        """Let the supporters of an option spend all they hold."""
        groups = self._supporters[option]
        self._last[groups] = self._moments.record(moment)
        self._since[groups] = int(moment * self._unit)
        self._wanted.discard(option)

    def drop_over(self, costs: Sequence[int], unspent: int) -> None:
        """Take options out of the race that cost more than what is unspent."""
        self._wanted = {option for option in self._wanted if costs[option] <= unspent}

    def _contenders(self) -> dict[int, int]:
        """Take from the queue every option that may be the next, each with its fresh bound."""
        near: dict[int, int] = {}
        ceiling: int | None = None
        while self._waiting and (ceiling is None or self._waiting[0][0] <= ceiling):
            _, option = heapq.heappop(self._waiting)
            if option not in self._wanted:
                continue
            floor = near[option] = self._floor(option)
            if ceiling is None or floor + self._slack + 2 < ceiling:
                ceiling = floor + self._slack + 2
        return near

    def _floor(self, option: int) -> int:
        """Return a lower bound of the moment at which an option can be taken, in units."""
        groups = self._supporters[option]
        given = int(self._weights[groups] @ self._since[groups])
        return (int(self._costs[option] * self._unit) + given) // self._counts[option]

    def _moment(self, option: int) -> Fraction:
        """Return exactly when an option can be taken."""
        groups = self._supporters[option]
        last = self._last[groups]
        has_spent = last != _NEVER
        needed = self._costs[option] + self._moments.total(last[has_spent], self._weights[groups[has_spent]])
        if self._leftover is not None:
            needed -= self._leftover.total(groups[~has_spent])
        return needed / self._counts[option]


class _Moments:
    """The moments at which options were taken, exactly, over one denominator."""

    def __init__(self) -> None:
        self._numerators: list[int] = []
        self._denominator = 1

    def record(self, moment: Fraction) -> int:
        """Enter a moment and return its number."""
        scale = moment.denominator // math.gcd(self._denominator, moment.denominator)
        self._denominator *= scale
        self._numerators = [numerator * scale for numerator in self._numerators]
        self._numerators.append(moment.numerator * (self._denominator // moment.denominator))
        return len(self._numerators) - 1

    def total(self, numbers: Integers, weights: Integers) -> Fraction:
        """Return the sum of the moments of these numbers, each as often as its weight says."""
        counts = np.zeros(len(self._numerators), dtype=np.int64)
        np.add.at(counts, numbers, weights)
        together = zip(counts.tolist(), self._numerators, strict=True)
        return Fraction(sum(count * numerator for count, numerator in together if count), self._denominator)
