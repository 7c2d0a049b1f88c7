"""Ranked ballots as arrays: equal ballots are one group, and each option has its place in each group.

Integer counting only; nothing here decides.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt

from consensus.ballots import Ballot, Fault, RankedBallot
from consensus.rules.profile import Integers

Tiers = tuple[tuple[str, ...], ...]
Places = npt.NDArray[np.int16]

_GROUPS_AT_A_TIME = 1_024
_LANES = 8
"""How many counters of one byte stand in a machine word."""
_BALLOTS_AT_A_TIME = 255 * _LANES
"""As many as keep each of these counters from overflowing."""


@dataclass(frozen=True, slots=True, eq=False)
class Rankings:
    """Groups of voters that rank alike."""

    places: Places
    """By group and option: which tier it stands in, from 0; the number of options where it isn't ranked."""
    weights: Integers
    """How many voters each group has."""

    @property
    def options(self) -> int:
        """How many options there are."""
        return int(self.places.shape[1])


class _Numbers(dict[str, int]):
    """The number of each option; -1 for a stranger."""

    def __missing__(self, key: str) -> int:
        return -1


def tiers_of(ballot: Ballot | Fault) -> Tiers | Fault:
    """Return the tiers of a ballot, or why it can't be counted."""
    if isinstance(ballot, RankedBallot):
        return ballot.tiers
    return ballot if isinstance(ballot, Fault) else Fault("wrong_form", "This isn't a ranked ballot.")


def rankings_of(option_ids: tuple[str, ...], groups: Counter[Tiers]) -> tuple[Rankings, list[Tiers]]:
    """Return the arrays of grouped rankings, and the rankings left out because they name another option."""
    numbers = _Numbers((option_id, number) for number, option_id in enumerate(option_ids))
    tiers = list(groups)
    places = np.full((len(tiers), len(option_ids)), len(option_ids), dtype=np.int16)
    is_known = np.ones(len(tiers), dtype=np.bool_)
    for start in range(0, len(tiers), _GROUPS_AT_A_TIME):
        end = start + _GROUPS_AT_A_TIME
        _fill(numbers, tiers[start:end], places[start:end], is_known[start:end])
    weights = np.fromiter(groups.values(), dtype=np.int64, count=len(groups))
    unknown = [tiers[group] for group in np.flatnonzero(~is_known)]
    if unknown:
        places, weights = places[is_known], weights[is_known]
    return Rankings(places, weights), unknown


def _fill(numbers: _Numbers, tiers: Sequence[Tiers], places: Places, is_known: npt.NDArray[np.bool_]) -> None:
    """Write the places of some groups into their rows, and which groups name known options only."""
    tier_counts = np.fromiter(map(len, tiers), dtype=np.int64, count=len(tiers))
    named = chain.from_iterable(chain.from_iterable(tiers))
    options = np.fromiter(map(numbers.__getitem__, named), dtype=np.int64)
    place = np.arange(tier_counts.sum()) - np.repeat(np.cumsum(tier_counts) - tier_counts, tier_counts)
    group = np.repeat(np.arange(len(tiers)), tier_counts)
    if len(options) > len(place):
        sizes = np.fromiter(map(len, chain.from_iterable(tiers)), dtype=np.int64, count=len(place))
        place, group = np.repeat(place, sizes), np.repeat(group, sizes)
    is_known[group[options < 0]] = False
    places[group, options] = place


def preferences(rankings: Rankings) -> Integers:
    """Return by pair of options how many voters rank the first above the second."""
    above = np.zeros((rankings.options, rankings.options), dtype=np.int64)
    for bit in range(int(rankings.weights.max(initial=0)).bit_length()):
        counted = rankings.places[(rankings.weights >> bit) & 1 == 1]
        for columns in _columns(counted):
            above += _count(columns) << bit
    return above


def _columns(places: Places) -> Iterator[Places]:
    """Yield the places of some groups at a time, by option and group.

    They are filled up to whole words with groups that rank all options level.
    """
    for start in range(0, len(places), _BALLOTS_AT_A_TIME):
        some = places[start : start + _BALLOTS_AT_A_TIME]
        columns = np.zeros((places.shape[1], -(-len(some) // _LANES) * _LANES), dtype=np.int16)
        columns[:, : len(some)] = some.T
        yield columns


def _count(columns: Places) -> Integers:
    """Return by pair of options in how many columns the first stands above the second.

    The comparisons' bytes are summed as words of eight counters, none of which overflows.
    """
    options = len(columns)
    above = np.empty((options, options), dtype=np.int64)
    is_above = np.empty(columns.shape, dtype=np.bool_)
    for option in range(options):
        np.less(columns[option], columns, out=is_above)
        sums = is_above.view(np.uint64).sum(axis=1)
        above[option] = sums.view(np.uint8).reshape(options, _LANES).sum(axis=1, dtype=np.int64)
    return above
