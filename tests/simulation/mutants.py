"""The eight mutants of protocol.md: each is the protocol with one of its reasons taken away."""

from dataclasses import dataclass, field, replace

from consensus.agreement.quorum import Quorum
from consensus.agreement.tendermint import Candidate, Tendermint
from consensus.agreement.votes import VoteBook, VoteStage
from protocol.ids import EventId, RecordId
from tests.simulation.design import Design


class FirstVoteWins(VoteBook):
    """Keeps each teller's first vote of a view and stage, and no other."""

    def add(self, view: int, stage: VoteStage, teller: int, value: RecordId | None, event: EventId) -> bool:
        if teller in self._by_voter.get((view, stage), {}):
            return False
        return super().add(view, stage, teller, value, event)


class ViewsAddedUp(VoteBook):
    """Counts precommits for a record whichever view they were cast in."""

    def supporters(self, view: int, stage: VoteStage, value: RecordId | None) -> dict[int, EventId]:
        if stage == "prevote" or value is None:
            return dict(super().supporters(view, stage, value))
        together: dict[int, EventId] = {}
        for (_, at, voted), voters in self._by_value.items():
            if at == stage and voted == value:
                together |= voters
        return together


@dataclass(slots=True)
class FirstVoteWinsMachine(Tendermint):
    votes: VoteBook = field(default_factory=FirstVoteWins)


@dataclass(slots=True)
class ViewsAddedUpMachine(Tendermint):
    votes: VoteBook = field(default_factory=ViewsAddedUp)


@dataclass(slots=True)
class NoLockMachine(Tendermint):
    """Prevotes for any valid record, whatever it is locked on."""

    def _lock_allows(self, candidate: Candidate) -> bool:
        return True


def _two_thirds(tellers: int) -> Quorum:
    honest = Quorum.of(tellers)
    return replace(honest, votes=2 * honest.faulty + 1)


def _union(tellers: int) -> Quorum:
    return replace(Quorum.of(tellers), inclusion=1)


def _intersection(tellers: int) -> Quorum:
    honest = Quorum.of(tellers)
    return replace(honest, inclusion=honest.seals)


def _no_amplification(tellers: int) -> Quorum:
    return replace(Quorum.of(tellers), amplification=tellers + 1)


FIRST_VOTE_WINS = Design(machine=FirstVoteWinsMachine, shares_certificates=False)
TWO_THIRDS = Design(quorum=_two_thirds)
NO_LOCK_RULE = Design(machine=NoLockMachine)
UNION_OF_SEALS = Design(quorum=_union)
INTERSECTION_OF_SEALS = Design(quorum=_intersection)
NO_AMPLIFICATION = Design(quorum=_no_amplification)
VIEWS_ADDED_UP = Design(machine=ViewsAddedUpMachine)
DROPPED_SIGN_LOCK = Design(keeps_locks=False)
