"""The promises of protocol.md, checked by an observer who sees everything. Each name is a promise's.

The count is done anew here, the slow and simple way, from the seals that the certified record names.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from consensus.agreement.statements import Statement
from protocol.events.rounds import Ballot
from protocol.events.tellers import Seal
from protocol.ids import EventId, MemberId
from protocol.register import CloseRecord
from tests.simulation.federation import outcome_of

if TYPE_CHECKING:
    from tests.simulation.world import World

AGREEMENT = "agreement"
NO_BACKDATING = "no back-dating"
NOTHING_LOST = "nothing lost"
PROGRESS = "progress"
OUTCOME = "outcome"

Broken = tuple[str, str]


def broken_promises(world: "World") -> Iterator[Broken]:
    """Yield each promise that a finished run has broken, and how."""
    yield from _agreement(world)
    yield from _progress(world)
    for by_node in world.certified.values():
        record = next(iter(by_node.values())).record
        if isinstance(record, CloseRecord):
            yield from _closing(world, record)


def _agreement(world: "World") -> Iterator[Broken]:
    for height, by_node in world.certified.items():
        if len({certified.id for certified in by_node.values()}) > 1:
            yield AGREEMENT, f"height {height}: {[(at, c.view, c.id[:6]) for at, c in by_node.items()]}"


def _progress(world: "World") -> Iterator[Broken]:
    goal = 2 + world.scenario.with_agenda
    late = [node.at for node in world.honest() if node.core.register.height <= goal]
    if late:
        yield PROGRESS, f"undecided at {world.now} ms: tellers {late}"


def _closing(world: "World", record: CloseRecord) -> Iterator[Broken]:
    named = [world.statements[event].body for event in record.body.seals]
    listings = [set(body.ballots or ()) for body in named if isinstance(body, Seal)]
    listed = set().union(*listings)
    faulty = (world.scenario.tellers - 1) // 3
    included = {
        ballot for ballot in listed if _times(listings, ballot) >= world.nodes[0].core.register.quorum.inclusion
    }
    for ballot in sorted(included):
        if not world.reached.get(ballot, {}).keys() - world.scenario.faulty:
            yield NO_BACKDATING, f"{ballot[:6]} counts and reached no honest teller in time"
    needed = faulty + 1 if world.scenario.is_gentle else 2 * faulty + 1
    for ballot, tellers in sorted(world.reached.items()):
        kept = [at for at, reached in tellers.items() if reached.kept and at not in world.scenario.faulty]
        if len(kept) >= needed and ballot not in included:
            yield NOTHING_LOST, f"{ballot[:6]} reached tellers {sorted(kept)} in time and is not included"
    counted = slow_count([world.statements[ballot] for ballot in included])
    if outcome_of(counted) != record.body.outcome:
        yield OUTCOME, "the certified outcome is not what the included ballots come to"


def _times(listings: list[set[EventId]], ballot: EventId) -> int:
    return sum(ballot in listing for listing in listings)


def slow_count(ballots: list[Statement]) -> dict[MemberId, EventId]:
    """Return the ballot that counts for each member, by comparing every pair."""
    counted: dict[MemberId, EventId] = {}
    for member in {ballot.member for ballot in ballots}:
        own = [ballot for ballot in ballots if ballot.member == member]
        beaten = {a.id for a in own for b in own if _is_before(a, b)}
        left = [ballot for ballot in own if ballot.id not in beaten]
        if len(left) == 1:
            counted[member] = left[0].id
    return counted


def _is_before(a: Statement, b: Statement) -> bool:
    if a.key == b.key:
        return a.seq < b.seq
    return isinstance(b.body, Ballot) and b.body.replaces == a.id


__all__ = ["AGREEMENT", "NOTHING_LOST", "NO_BACKDATING", "OUTCOME", "PROGRESS", "broken_promises", "slow_count"]
