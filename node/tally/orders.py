"""Rankings out of the order in which a file names options."""

from collections.abc import Iterable

from consensus.ballots import Ballot, Fault, parse_ballot
from node.tally.faults import FormatError


def ranking(order: Iterable[tuple[str, ...]]) -> Ballot:
    """Return the ballot that ranks options from the first on, those level together. Raises FormatError."""
    ballot = parse_ballot({"form": "ranked", "tiers": [sorted(level) for level in order]})
    if isinstance(ballot, Fault):
        raise FormatError(0, f"the ranking can't be counted: {ballot.detail}")
    return ballot
