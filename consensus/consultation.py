"""A proposal's state: a pure fold over the causally sorted set of its events, so that arrival order never matters."""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from protocol.envelope import Verified
from protocol.events.consultation import Endorsement, Position
from protocol.ids import EventId, MemberId


@dataclass(frozen=True, slots=True)
class Consultation:
    """What members have said of a proposal so far."""

    endorsed_by: tuple[MemberId, ...] = ()
    """Ascending."""
    positions: dict[MemberId, Verified] = field(default_factory=dict)
    """Each member's latest."""


def causal_order(events: Iterable[Verified]) -> list[Verified]:
    """Return events so that each stands behind its predecessor and behind those that it refers to.

    Events with no order between them stand by their authors' time, then by id. The same set gives the same order.
    """
    by_id = {verified.id: verified for verified in events}
    after: dict[EventId, list[EventId]] = {}
    waiting = dict.fromkeys(by_id, 0)
    chained = _chain_predecessors(by_id.values())
    for verified in by_id.values():
        for earlier in {ref for ref in verified.event.refs if ref in by_id} | chained.get(verified.id, set()):
            after.setdefault(earlier, []).append(verified.id)
            waiting[verified.id] += 1
    ready = [(by_id[key].event.time, key) for key, count in waiting.items() if count == 0]
    heapq.heapify(ready)
    ordered = []
    while ready:
        _, current = heapq.heappop(ready)
        ordered.append(by_id[current])
        for later in after.get(current, ()):
            waiting[later] -= 1
            if waiting[later] == 0:
                heapq.heappush(ready, (by_id[later].event.time, later))
    return ordered


def _chain_predecessors(events: Iterable[Verified]) -> dict[EventId, set[EventId]]:
    """Return for each event the one nearest before it in its own chain among those given."""
    in_chains = sorted(events, key=lambda verified: (verified.event.key, verified.event.seq, verified.id))
    return {
        later.id: {earlier.id}
        for earlier, later in pairwise(in_chains)
        if earlier.event.key == later.event.key and earlier.event.seq < later.event.seq
    }


def fold(events: Iterable[Verified]) -> Consultation:
    """Return a proposal's state from the endorsements and positions about it, in any order."""
    endorsing: dict[MemberId, bool] = {}
    positions: dict[MemberId, Verified] = {}
    for verified in causal_order(events):
        match verified.event.body:
            case Endorsement():
                endorsing[verified.event.member] = verified.event.body.endorses
            case Position():
                positions[verified.event.member] = verified
            case _:
                pass
    return Consultation(tuple(sorted(member for member, yes in endorsing.items() if yes)), positions)
