"""The Schulze method: who is ahead of whom by the strongest path of pairwise comparisons.

Schulze, "A new monotonic, clone-independent, reversal symmetric, and Condorcet-consistent single-winner election
method", Social Choice and Welfare 36 (2011). A link leads from one option to another that fewer ballots put above it;
a path is as strong as its weakest link, and an option is ahead of another if its strongest path to it is stronger than
the strongest one back. This is a strict partial order. Here it is completed to a total one: of the options that no
remaining option is ahead of, the first in tie order takes the next place.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from consensus.rules.profile import Integers

Measure = Literal["winning-votes", "margins"]
"""The strength of a link: the ballots for it, or how many more these are than the ballots against."""


@dataclass(frozen=True, slots=True)
class Place:
    """One option at its place in the total order."""

    option: int
    level: tuple[int, ...]
    """Options neither ahead of it nor behind it, in tie order."""
    is_by_ties: bool
    """Whether another remaining option could have taken the place as well."""


def strongest_paths(preferences: Integers, measure: Measure) -> Integers:
    """Return by pair of options the strength of the strongest path from the first to the second; zero for none.

    preferences holds by pair how many voters rank the first above the second.
    """
    margins = preferences - preferences.T
    links = preferences if measure == "winning-votes" else margins
    paths: Integers = np.where(margins > 0, links, 0)
    for through in range(len(paths)):
        detour = np.minimum(paths[:, through, np.newaxis], paths[np.newaxis, through, :])
        np.maximum(paths, detour, out=paths)
    np.fill_diagonal(paths, 0)
    return paths


def complete_order(paths: Integers, ranks: Sequence[int]) -> tuple[Place, ...]:
    """Return every option in order; where paths leave it open, the one of lower rank goes first."""
    is_ahead = paths > paths.T
    is_level = ~(is_ahead | is_ahead.T)
    by_rank = np.argsort(np.asarray(ranks, dtype=np.int64))
    ahead_of = is_ahead.sum(axis=0)
    places = []
    remaining = np.ones(len(paths), dtype=np.bool_)
    for _ in range(len(paths)):
        unbeaten = [int(option) for option in by_rank if remaining[option] and ahead_of[option] == 0]
        option = unbeaten[0]
        remaining[option] = False
        ahead_of -= is_ahead[option]
        level = tuple(int(other) for other in by_rank if is_level[option, other] and other != option)
        places.append(Place(option, level, len(unbeaten) > 1))
    return tuple(places)


def narrowest(preferences: Integers, order: Sequence[int]) -> dict[int, int]:
    """Return for each option the other with which its comparison was closest, of several the best placed."""
    if len(order) < 2:
        return {}
    arranged = preferences[np.ix_(order, order)]
    gaps = np.abs(arranged - arranged.T)
    np.fill_diagonal(gaps, np.iinfo(np.int64).max)
    closest: npt.NDArray[np.intp] = gaps.argmin(axis=1)
    return {option: order[int(other)] for option, other in zip(order, closest, strict=True)}
