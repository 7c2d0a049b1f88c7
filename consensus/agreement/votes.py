"""The votes of one height: every distinct one that each teller cast, by view and stage.

An equivocator's second vote is kept beside its first, so that what a quorum signed is seen as such whichever of the
two arrived first. How many distinct values one teller may add to one view is bounded; beyond that a certificate, which
carries its votes itself, is the way to learn what was decided.
"""

from collections.abc import Mapping
from typing import Literal

from protocol.ids import EventId, RecordId

VoteStage = Literal["prevote", "precommit"]
VALUES_PER_VOTER_MAX = 4
_NOBODY: Mapping[int, EventId] = {}


class VoteBook:
    """Who voted for what. Tellers are given by their place on the bench."""

    def __init__(self) -> None:
        self._by_value: dict[tuple[int, VoteStage, RecordId | None], dict[int, EventId]] = {}
        self._by_voter: dict[tuple[int, VoteStage], dict[int, int]] = {}

    def add(self, view: int, stage: VoteStage, teller: int, value: RecordId | None, event: EventId) -> bool:
        """Keep a vote; return whether it is new."""
        supporters = self._by_value.setdefault((view, stage, value), {})
        if teller in supporters:
            return False
        voters = self._by_voter.setdefault((view, stage), {})
        if voters.get(teller, 0) >= VALUES_PER_VOTER_MAX:
            return False
        voters[teller] = voters.get(teller, 0) + 1
        supporters[teller] = event
        return True

    def supporters(self, view: int, stage: VoteStage, value: RecordId | None) -> Mapping[int, EventId]:
        """Return the tellers that voted for a value, each with its vote."""
        return self._by_value.get((view, stage, value), _NOBODY)

    def count(self, view: int, stage: VoteStage, value: RecordId | None) -> int:
        """Return how many tellers voted for a value, None meaning no record."""
        return len(self.supporters(view, stage, value))

    def count_any(self, view: int, stage: VoteStage) -> int:
        """Return how many tellers voted for anything."""
        return len(self._by_voter.get((view, stage), _NOBODY))

    def drop(self, view: int, teller: int) -> None:
        """Forget what a teller voted in a view."""
        for (at, _, _), supporters in self._by_value.items():
            if at == view:
                supporters.pop(teller, None)
        for stage in ("prevote", "precommit"):
            self._by_voter.get((view, stage), {}).pop(teller, None)
