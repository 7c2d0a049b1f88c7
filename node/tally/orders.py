"""Rankings out of the order in which a file names options."""

from collections.abc import Iterable

from consensus.ballots import RankedBallot


def ranking(order: Iterable[tuple[str, ...]]) -> RankedBallot:
    """Return the ballot that ranks options from the first on, those level together; each of them once."""
    return RankedBallot(tiers=tuple(tuple(sorted(level)) for level in order))
