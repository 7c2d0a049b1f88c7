"""The Method of Equal Shares with costs, exact at any size.

Every voter holds one share, and all amounts are in shares. An option's price is the least x such that its supporters
pay for it when each pays x, or all that is left where that is less; the option with the least price is taken, its
supporters pay, and so on until no option can be paid for (Peters, Pierczyński and Skowron, "Proportional participatory
budgeting with additive utilities", 2021, with each option worth one to who approves it).

How it stays exact and fast: what a voter has left is one share minus the prices of what it paid in full, so a sum over
many voters is an exact combination of few prices with integer counts. Which voters and options are worth looking at is
found with fixed-point integers whose error is known: after k rounds, what is left of a voter lies within k units below
its fixed-point number and never above. Whatever these leave open is settled by exact integers and fractions.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from consensus.rules.profile import Integers, Profile

RAISE_PARTS = 100
RAISES_MAX = 100

_WORD_BITS = 62
_ROUNDS_AT_FIRST = 16

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Purchase:
    """One option bought, the price in shares, and the options that had the same price, in tie order."""

    option: int
    price: Fraction
    tied_with: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Offer:
    """An option's exact price, and which of its live supporters are left with nothing after paying it."""

    option: int
    price: Fraction
    emptied: Mask


@dataclass(frozen=True, slots=True, eq=False)
class Shared:
    """What was bought, in order, and what the voters have left."""

    endowment: Fraction
    purchases: tuple[Purchase, ...]
    leftover: "Leftover"


@dataclass(frozen=True, slots=True, eq=False)
class Leftover:
    """What each group's voters have left of their shares: fixed-point bounds, and exact sums on demand."""

    unit: int
    """One share in the fixed-point numbers, a power of two."""
    at_most: Integers
    """What is left in units, never less than the truth."""
    slack: int
    """By how many units at_most may exceed the truth."""
    ledger: "_Ledger"
    is_live: Mask

    def total(self, groups: Integers) -> Fraction:
        """Return the exact sum of what these groups' voters have left, in shares."""
        return self.ledger.total(groups[self.is_live[groups]])[1]


def equal_shares(
    costs: Sequence[int], profile: Profile, endowment: int | Fraction, ranks: Sequence[int]
) -> tuple[Purchase, ...]:
    """Return the options bought, in order, when the voters hold equal shares of an endowment.

    costs and ranks go by option; of options with the same price the one of lower rank is bought first.
    """
    return share_out(costs, profile, endowment, ranks).purchases


def share_out(costs: Sequence[int], profile: Profile, endowment: int | Fraction, ranks: Sequence[int]) -> Shared:
    """Return what equal_shares() buys together with what is left."""
    market = _Market(costs, profile, endowment)
    purchases = []
    while offers := market.cheapest():
        first, *others = sorted(offers, key=lambda offer: ranks[offer.option])
        market.buy(first)
        purchases.append(Purchase(first.option, first.price, tuple(offer.option for offer in others)))
    return Shared(Fraction(endowment), tuple(purchases), market.leftover())


def raised_shares(costs: Sequence[int], profile: Profile, capacity: int, ranks: Sequence[int]) -> tuple[int, Shared]:
    """Return by how many hundredths the shares can be raised without overspending, and what they buy then.

    They are raised by one hundredth of the capacity at a time, until the next raise would overspend, every option
    that anybody approves is bought, or they have doubled ("Add1" in Faliszewski et al., "Participatory budgeting:
    data, tools, and analysis", 2023, with a relative step so that the unit of the costs doesn't matter).
    """
    wanted = sum(count > 0 for count in profile.supporter_counts)
    raised, best = 0, share_out(costs, profile, capacity, ranks)
    while raised < RAISES_MAX and len(best.purchases) < wanted:
        endowment = Fraction(capacity * (RAISE_PARTS + raised + 1), RAISE_PARTS)
        following = share_out(costs, profile, endowment, ranks)
        if sum(costs[purchase.option] for purchase in following.purchases) > capacity:
            break
        raised, best = raised + 1, following
    return raised, best


class _Market:
    """What is left of every group's share, and what is still for sale."""

    def __init__(self, costs: Sequence[int], profile: Profile, endowment: int | Fraction) -> None:
        self._unit = 1 << (_WORD_BITS - profile.voters.bit_length())
        self._weights = profile.weights
        self._left = np.full(len(profile.weights), self._unit, dtype=np.int64)
        self._is_live = np.ones(len(profile.weights), dtype=np.bool_)
        self._supporters = list(profile.supporters)
        self._costs = [Fraction(cost * profile.voters) / endowment for cost in costs]
        self._floors = {
            option: int(self._costs[option] * self._unit) // count
            for option, count in enumerate(profile.supporter_counts)
            if count
        }
        self._ledger = _Ledger(profile.weights)

    def cheapest(self) -> list[_Offer]:
        """Return the exact offers of least price, or none if nothing can be paid for."""
        best: list[_Offer] = []
        while self._floors and not best:
            for option in self._contenders():
                offer = self._offer(option)
                if offer is None:
                    del self._floors[option]
                elif not best or offer.price < best[0].price:
                    best = [offer]
                elif offer.price == best[0].price:
                    best.append(offer)
        return best

    def buy(self, offer: _Offer) -> None:
        """Let the supporters pay."""
        groups = self._supporters[offer.option]
        payers = groups[~offer.emptied]
        self._left[payers] -= int(offer.price * self._unit)
        self._is_live[groups[offer.emptied]] = False
        self._ledger.record(offer.price, payers)
        del self._floors[offer.option]

    def leftover(self) -> Leftover:
        """Return what the voters have left now."""
        at_most = np.where(self._is_live, self._left, 0)
        return Leftover(self._unit, at_most, self._ledger.rounds, self._ledger, self._is_live)

    def _contenders(self) -> list[int]:
        """Return every option that may have the least price, and drop those that surely can't be paid for."""
        ceiling = None
        within: dict[int, int] = {}
        for option, known in sorted(self._floors.items(), key=lambda item: item[1]):
            if ceiling is not None and known > ceiling:
                break
            floor = self._floor(option, known)
            if floor is None:
                del self._floors[option]
                continue
            self._floors[option] = within[option] = floor
            if ceiling is None or floor <= ceiling:
                upper = self._ceiling(option, floor)
                if upper is not None and (ceiling is None or upper < ceiling):
                    ceiling = upper
        return [option for option, floor in within.items() if ceiling is None or floor <= ceiling]

    def _floor(self, option: int, start: int) -> int | None:
        """Return a lower bound of an option's price in units, or None if it can't be paid for."""
        groups = self._supporters[option]
        is_live = self._is_live[groups]
        if not is_live.all():
            self._supporters[option] = groups = groups[is_live]
        cost = int(self._costs[option] * self._unit)
        return _level(self._left[groups], self._weights[groups], cost, start)

    def _ceiling(self, option: int, start: int) -> int | None:
        """Return an upper bound of an option's price in units, or None if it may not be payable."""
        groups = self._supporters[option]
        least_left = np.maximum(self._left[groups] - self._ledger.rounds, 0)
        cost = int(self._costs[option] * self._unit) + 1
        level = _level(least_left, self._weights[groups], cost, start)
        return None if level is None else level + 1

    def _offer(self, option: int) -> _Offer | None:
        """Return an option's exact price, or None if it can't be paid for.

        Newton's method from below on a concave function that is linear in pieces: it ends after finitely many steps
        at the exact price.
        """
        groups = self._supporters[option]
        voters = int(self._weights[groups].sum())
        price = Fraction(self._floors[option], self._unit)
        while True:
            emptied = self._has_at_most(groups, price)
            emptied_voters, paid = self._ledger.total(groups[emptied])
            missing = self._costs[option] - paid
            if emptied_voters == voters:
                return _Offer(option, price, emptied) if missing == 0 else None
            following = missing / (voters - emptied_voters)
            if following == price:
                return _Offer(option, price, emptied)
            price = following

    def _has_at_most(self, groups: Integers, price: Fraction) -> Mask:
        """Return exactly which groups' voters have no more than a price left."""
        left = self._left[groups]
        floor = int(price * self._unit)
        at_most = left <= floor
        is_open = ~at_most & (left <= floor + self._ledger.rounds)
        if is_open.any():
            at_most[is_open] = self._ledger.has_at_most(groups[is_open], price)
        return at_most


class _Ledger:
    """Who paid which price in full: exact amounts are one share minus these."""

    def __init__(self, weights: Integers) -> None:
        self.rounds = 0
        self._weights = weights
        self._has_paid = np.zeros((len(weights), _ROUNDS_AT_FIRST), dtype=np.uint8)
        self._numerators: list[int] = []
        self._denominator = 1

    def record(self, price: Fraction, payers: Integers) -> None:
        """Enter a round: these groups paid this price in full."""
        if self.rounds == self._has_paid.shape[1]:
            self._has_paid = np.concatenate([self._has_paid, np.zeros_like(self._has_paid)], axis=1)
        self._has_paid[payers, self.rounds] = 1
        self.rounds += 1
        scale = price.denominator // math.gcd(self._denominator, price.denominator)
        self._denominator *= scale
        self._numerators = [numerator * scale for numerator in self._numerators]
        self._numerators.append(price.numerator * (self._denominator // price.denominator))

    def total(self, groups: Integers) -> tuple[int, Fraction]:
        """Return how many voters live groups have, and the exact sum of what these have left, in shares."""
        weights = self._weights[groups]
        voters = int(weights.sum())
        payments = weights @ self._has_paid[groups, : self.rounds]
        rounds = np.flatnonzero(payments)
        paid = zip(rounds.tolist(), payments[rounds].tolist(), strict=True)
        spent = sum(count * self._numerators[number] for number, count in paid)
        return voters, Fraction(voters * self._denominator - spent, self._denominator)

    def has_at_most(self, groups: Integers, price: Fraction) -> Mask:
        """Return exactly which of these live groups' voters have no more than a price left."""
        patterns, pattern_of = np.unique(self._has_paid[groups, : self.rounds], axis=0, return_inverse=True)
        limit = price.numerator * self._denominator
        at_most = [self._left(pattern) * price.denominator <= limit for pattern in patterns]
        return np.array(at_most, dtype=np.bool_)[pattern_of.ravel()]

    def _left(self, pattern: npt.NDArray[np.uint8]) -> int:
        return self._denominator - sum(self._numerators[paid] for paid in np.flatnonzero(pattern))


def _level(left: Integers, weights: Integers, cost: int, start: int) -> int | None:
    """Return the x rounded down for which min(left, x) adds up to a cost, or None if all that is left doesn't.

    start is any integer not above x.
    """
    owned = weights * left
    if int(owned.sum()) < cost:
        return None
    voters = int(weights.sum())
    level = start
    while True:
        emptied = left <= level
        payers = voters - int(weights[emptied].sum())
        if payers == 0:
            return level
        following = (cost - int(owned[emptied].sum())) // payers
        if following <= level:
            return level
        level = following
