"""What happened to a proposal: members' events and certified records as one kind of value, in one order.

An author's clock can't be checked. So a happening counts from its effective time: its own, or that of anything that it
stands behind if that is later. Dating something back before what one has seen is thereby without effect.
"""

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from consensus.agenda import Closing
from consensus.lifecycle import Result
from protocol.envelope import Verified
from protocol.events.kinds import Body
from protocol.events.rounds import ProcedureName
from protocol.ids import MemberId, RecordId


@dataclass(frozen=True, slots=True)
class Opened:
    """The tellers opened a round in which the proposal stands, or an amendment to it."""

    round: RecordId
    procedure: ProcedureName
    subject: str


@dataclass(frozen=True, slots=True)
class Closed:
    """Such a round closed, with this result for the proposal or amendment."""

    round: RecordId
    procedure: ProcedureName
    subject: str
    result: Result


@dataclass(frozen=True, slots=True)
class Published:
    """A version of the agenda holds the proposal."""

    version: int


@dataclass(frozen=True, slots=True)
class LongTermAgenda:
    """A long-term prioritisation closed with a quorum: what short-term items must have been ratified by."""

    round: RecordId


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened: by a member, or by the tellers (no member)."""

    id: str
    time: int
    member: MemberId | None
    what: Body | Opened | Closed | Published | LongTermAgenda
    after: frozenset[str]
    """Ids of what it stands behind."""


def happening_of(verified: Verified) -> Happening:
    """Return the happening in an event."""
    event = verified.event
    after = frozenset(event.refs) | ({event.prev} if event.prev is not None else frozenset())
    return Happening(verified.id, event.time, event.member, event.body, after)


def result_of(closing: Closing, option: str) -> Result:
    """Return what a closed round means for one of its options."""
    match closing.body.result.get("status"):
        case "no_quorum":
            return "no-quorum"
        case "broken":
            return "broken"
        case _:
            return "adopted" if option in closing.selected else "rejected"


def in_order(verified: Sequence[Verified], records: Sequence[Happening], since: int) -> list[tuple[int, Happening]]:
    """Return all happenings with their effective times, each behind its predecessors; the same for any order given.

    records stand in the order of the register. Events of one chain stand in the order of the chain. What has no order
    stands by effective time, then by id. Nothing is effective before since.
    """
    events: dict[str, Happening] = {each.id: happening_of(each) for each in verified}
    after: dict[str, set[str]] = {id_: set(each.after & events.keys()) for id_, each in events.items()}
    for earlier, later in _chains(verified):
        after[later].add(earlier)
    for record in records:
        events[record.id] = record
        after[record.id] = set()
    for before, behind in pairwise(records):
        after[behind.id].add(before.id)
    return _sorted(events, after, since)


def _chains(verified: Sequence[Verified]) -> Iterable[tuple[str, str]]:
    """Return pairs of events of one key of which the second comes next after the first among those given."""
    ordered = sorted(verified, key=lambda each: (each.event.key, each.event.seq, each.id))
    return [
        (before.id, behind.id)
        for before, behind in pairwise(ordered)
        if before.event.key == behind.event.key and before.event.seq < behind.event.seq
    ]


def _sorted(events: dict[str, Happening], after: dict[str, set[str]], since: int) -> list[tuple[int, Happening]]:
    waiting = {id_: len(before) for id_, before in after.items()}
    behind: dict[str, list[str]] = {}
    for id_, before in after.items():
        for earlier in before:
            behind.setdefault(earlier, []).append(id_)
    effective = {id_: max(since, each.time) for id_, each in events.items()}
    ready = [(effective[id_], id_) for id_, count in waiting.items() if count == 0]
    heapq.heapify(ready)
    ordered = []
    while ready:
        time, current = heapq.heappop(ready)
        ordered.append((time, events[current]))
        for later in behind.get(current, ()):
            effective[later] = max(effective[later], time)
            waiting[later] -= 1
            if waiting[later] == 0:
                heapq.heappush(ready, (effective[later], later))
    return ordered
