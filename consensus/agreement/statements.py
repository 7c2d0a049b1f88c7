"""The light value that the core works on: who said what. Its signature was checked before it was made."""

from dataclasses import dataclass

from protocol.envelope import Verified
from protocol.events.kinds import Body
from protocol.ids import EventId, KeyId, MemberId


@dataclass(frozen=True, slots=True)
class Statement:
    """One event, without its envelope. `time` is its author's word and decides nothing."""

    id: EventId
    member: MemberId
    key: KeyId
    seq: int
    time: int
    body: Body


def statement_of(verified: Verified) -> Statement:
    """Return what a verified event states."""
    event = verified.event
    return Statement(verified.id, event.member, event.key, event.seq, event.time, event.body)
