"""Finds the groups that a selection wrongs, for each guarantee of consensus/fairness/certificate.py."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from consensus.ballots import Question
from consensus.fairness.closure import richest_group
from consensus.rules.profile import Integers, Profile


@dataclass(frozen=True, slots=True)
class Wronged:
    """All voters who approve an option and won only options within these, or at most so many."""

    option: int
    won: frozenset[int]
    """All options that were selected."""
    within: frozenset[int] | None
    at_most: int
    owed: int
    got: int


@dataclass(frozen=True, slots=True)
class _Level:
    """The voters who approve an option and won at most so much: options, or what these cost."""

    option: int
    voters: int
    won: int
    excess: int
    """By how much their share exceeds what they won and the option, times all voters; never negative."""


class WrongedGroups:
    """A selection, and the search for whom it wrongs.

    Of options that wronged groups miss, the one that is found first misses most; equal ones go by support, then by
    the question's order, so that the same group is found whatever the order of the ballots.
    """

    def __init__(self, question: Question, profile: Profile, selected: Iterable[str]) -> None:
        places = {option_id: place for place, option_id in enumerate(question.option_ids)}
        unknown = sorted(set(selected := tuple(selected)) - places.keys())
        if unknown:
            raise ValueError(f"{unknown[0]} was selected but isn't an option of the question")
        self._costs = [option.cost for option in question.options]
        self._capacity = question.capacity
        self._profile = profile
        self._won = sorted({places[option_id] for option_id in selected})
        gone = frozenset(self._won)
        supported = [place for place, count in enumerate(profile.supporter_counts) if count and place not in gone]
        self._missed = sorted(supported, key=lambda place: -profile.supporter_counts[place])

    def short_each(self) -> Wronged | None:
        """Return a group of which every member won fewer options than the group's share pays for."""
        return self._worst(self._counted(self._options_won))

    def left_out(self) -> Wronged | None:
        """Return a group that won nothing though its share pays for what it agrees on."""
        return self._worst(level for level in self._counted(self._options_won) if level.won == 0)

    def short_together(self) -> Wronged | None:
        """Return a group whose members won together fewer options than its share pays for."""
        for level in self._deepest(self._counted(self._options_won)):
            price = self._price(level.option)
            within = self._within(level, self._options_won, dict.fromkeys(self._won, price))
            if within is not None:
                voters = self._voters_within(level.option, within)
                owed = self._owed(level.option, voters, len(within))
                return Wronged(level.option, frozenset(self._won), within, 0, owed, len(within))
        return None

    def short_of_own_share(self) -> Wronged | None:
        """Return a group that could have paid for all that its members won and one option more."""
        prices = {place: self._price(place) for place in self._won}
        for level in self._deepest(self._priced()):
            within = self._within(level, self._capacity_won, prices)
            if within is not None:
                voters = self._voters_within(level.option, within)
                owed = voters * self._capacity // self._profile.voters
                got = sum(self._costs[place] for place in within)
                return Wronged(level.option, frozenset(self._won), within, 0, owed, got)
        return None

    @cached_property
    def _options_won(self) -> Integers:
        """How many selected options each group of equal ballots approves."""
        won = np.zeros(len(self._profile.weights), dtype=np.int64)
        for place in self._won:
            won[self._profile.supporters[place]] += 1
        return won

    @cached_property
    def _capacity_won(self) -> Integers:
        """What the selected options cost that each group of equal ballots approves."""
        won = np.zeros(len(self._profile.weights), dtype=np.int64)
        for place in self._won:
            won[self._profile.supporters[place]] += self._costs[place]
        return won

    @cached_property
    def _is_won_by(self) -> npt.NDArray[np.bool_]:
        """Which of the selected options each group of equal ballots approves."""
        won = np.zeros((len(self._profile.weights), len(self._won)), dtype=np.bool_)
        for column, place in enumerate(self._won):
            won[self._profile.supporters[place], column] = True
        return won

    def _price(self, place: int) -> int:
        """Return what an option costs in the unit in which every voter has the capacity to spend."""
        return self._costs[place] * self._profile.voters

    def _owed(self, place: int, voters: int, got: int) -> int:
        """Return how many options of this cost so many voters' share pays for; of free ones, one more than they got."""
        price = self._price(place)
        return voters * self._capacity // price if price else got + 1

    def _counted(self, won: Integers) -> Iterator[_Level]:
        """Yield where voters are short by number of options: their share pays for more than any of them won."""
        for place in self._missed:
            price = self._price(place)
            for most, voters in self._steps(place, won):
                excess = voters * self._capacity - price * (most + 1)
                if excess >= 0:
                    yield _Level(place, voters, most, excess)

    def _priced(self) -> Iterator[_Level]:
        """Yield where voters may be short by cost: their share pays for what each of them won and the option."""
        for place in self._missed:
            for most, voters in self._steps(place, self._capacity_won):
                excess = voters * self._capacity - self._price(place) - most * self._profile.voters
                if excess >= 0:
                    yield _Level(place, voters, most, excess)

    def _steps(self, place: int, won: Integers) -> Iterator[tuple[int, int]]:
        """Yield what supporters of an option won, ascending, each with how many won at most that."""
        groups = self._profile.supporters[place]
        amounts, number = np.unique(won[groups], return_inverse=True)
        voters = np.zeros(len(amounts), dtype=np.int64)
        np.add.at(voters, number, self._profile.weights[groups])
        yield from zip(amounts.tolist(), np.cumsum(voters).tolist(), strict=True)

    def _worst(self, levels: Iterable[_Level]) -> Wronged | None:
        """Return the group that misses most options, of these the largest."""

        def missing(level: _Level) -> tuple[int, int]:
            return self._owed(level.option, level.voters, level.won) - level.won, level.voters

        level = max(levels, key=missing, default=None)
        if level is None:
            return None
        owed = self._owed(level.option, level.voters, level.won)
        return Wronged(level.option, frozenset(self._won), None, level.won, owed, level.won)

    def _deepest(self, levels: Iterable[_Level]) -> list[_Level]:
        """Return for each option the level that takes in most voters, the greatest excess of any level first."""
        deepest: dict[int, _Level] = {}
        most: dict[int, int] = {}
        for level in levels:
            deepest[level.option] = level
            most[level.option] = max(level.excess, most.get(level.option, 0))
        return sorted(deepest.values(), key=lambda level: -most[level.option])

    def _within(self, level: _Level, won: Integers, prices: dict[int, int]) -> frozenset[int] | None:
        """Return the options that the members of the richest wronged group won together, or None if none is wronged.

        Nobody outside the level can be in such a group.
        """
        groups = self._profile.supporters[level.option]
        groups = groups[won[groups] <= level.won]
        patterns, number = np.unique(self._is_won_by[groups], axis=0, return_inverse=True)
        voters = np.zeros(len(patterns), dtype=np.int64)
        np.add.at(voters, number.ravel(), self._profile.weights[groups])
        got = [np.flatnonzero(pattern).tolist() for pattern in patterns]
        money = [count * self._capacity for count in voters.tolist()]
        members = richest_group(money, got, [prices[place] for place in self._won], self._price(level.option))
        if not members:
            return None
        return frozenset(self._won[column] for member in members for column in got[member])

    def _voters_within(self, place: int, within: frozenset[int]) -> int:
        """Return how many supporters of an option won only options within these."""
        groups = self._profile.supporters[place]
        outside = [column for column, won in enumerate(self._won) if won not in within]
        is_in = ~self._is_won_by[groups][:, outside].any(axis=1)
        return int(self._profile.weights[groups[is_in]].sum())
