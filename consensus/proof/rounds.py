"""One round of a proof counted again: its seals, the ballots that they include, and the result of those."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from consensus.agenda import Closing
from consensus.agreement import seals
from consensus.agreement.quorum import Quorum
from consensus.agreement.statements import Statement
from consensus.proof.format import ProofEvent, ProofRound
from consensus.proof.standing import Standing
from consensus.proof.steps import StepError
from consensus.recounting import (
    ballot_objection,
    inclusion_objection,
    seal_objection,
    sealers_objection,
    tally_objection,
)
from consensus.rulings import Rulings
from protocol.events.tellers import Seal
from protocol.ids import EventId, RecordId

Open = Callable[[ProofEvent, str], Statement]
"""Returns what an event of a kind states, or raises StepError."""


class Recount:
    """Takes the steps of one round. Each returns what it shows with words, or raises StepError."""

    def __init__(
        self, proof: ProofRound, standing: Standing, rulings: Rulings, open_event: Open, quorum: Quorum
    ) -> None:
        self._proof = proof
        self._round = RecordId(proof.round)
        self._closing = standing.closed.get(self._round)
        self._rulings = rulings
        self._open = open_event
        self._quorum = quorum

    @property
    def _closed(self) -> Closing:
        assert self._closing is not None
        return self._closing

    def seals(self, below: int) -> tuple[list[tuple[EventId, ...]], str]:
        """Return what the named seals list; the closing stands above a height."""
        if self._closing is None:
            raise StepError(f"no record in the proof closes the round {self._round[:8]}")
        if self._closing.height <= below:
            raise StepError("the rounds don't stand in the order in which they closed, each once")
        if tuple(seal.id for seal in self._proof.seals) != self._closing.body.seals:
            raise self._error("names other seals than those that are here, or in another order")
        named = [self._open(seal, "seal") for seal in self._proof.seals]
        for statement in named:
            self._refuse(seal_objection(statement, self._round))
        self._refuse(sealers_objection(named, self._quorum))
        words = f"{len(named)} tellers sealed the round; {self._quorum.seals} are needed"
        return self._listings(named), words

    def _listings(self, named: Sequence[Statement]) -> list[tuple[EventId, ...]]:
        """Return each seal's list: its own, or the next of those that stand beside."""
        beside = iter(self._proof.listings)
        found = [_listing(statement, beside) for statement in named]
        if next(beside, None) is not None:
            raise self._error("has more listings beside it than long seals")
        return found

    def inclusion(self, listings: list[tuple[EventId, ...]]) -> tuple[tuple[EventId, ...], str]:
        """Return the ids of the included ballots."""
        included = seals.included_ballots(listings, self._quorum.inclusion)
        self._refuse(inclusion_objection(included, self._closed.body))
        return included, f"{len(included)} ballots are in the lists of at least {self._quorum.inclusion} tellers"

    def ballots(self, included: tuple[EventId, ...]) -> tuple[list[Statement], str]:
        """Return the ballots."""
        if tuple(ballot.id for ballot in self._proof.ballots) != included:
            raise self._error("includes other ballots than those that are here, or in another order")
        ballots = [self._open(ballot, "ballot") for ballot in self._proof.ballots]
        for ballot in ballots:
            self._refuse(ballot_objection(ballot, self._round, self._closed.spec, self._rulings))
        voters = len({ballot.member for ballot in ballots})
        return ballots, f"{len(ballots)} ballots, each signed by its member; {voters} members voted"

    def tally(self, ballots: list[Statement]) -> tuple[None, str]:
        """Show that the ballots come to the certified result."""
        spec, body = self._closed.spec, self._closed.body
        reason = self._rulings.objection(spec)
        if reason is not None:
            raise self._error(f"closes a round that should not have been opened: {reason}")
        self._refuse(tally_objection(ballots, body, spec, self._rulings))
        chosen = ", ".join(self._closed.selected) or "nothing"
        return None, f"by the rule {spec.rule.get('rule')}: {body.result.get('status')}, chosen: {chosen}"

    def _refuse(self, objection: str | None) -> None:
        if objection is not None:
            raise self._error(objection)

    def _error(self, words: str) -> StepError:
        height = 0 if self._closing is None else self._closing.height
        return StepError(f"the closing at height {height} {words}")


def _listing(statement: Statement, beside: Iterator[tuple[str, ...]]) -> tuple[EventId, ...]:
    seal = statement.body
    assert isinstance(seal, Seal)
    ids = seal.ballots if seal.ballots is not None else tuple(EventId(each) for each in next(beside, ()))
    is_ascending = all(left < right for left, right in pairwise(ids))
    if len(ids) != seal.count or not is_ascending or seals.listing_hash(ids) != seal.listing:
        raise StepError(f"the list of the seal of {statement.member} is not the one that it signed")
    return ids
