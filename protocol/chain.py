"""One key's chain: where an event belongs, and the proof that a key has forked.

A chain is the gap-free sequence of one key's events. Two events of one key with the same predecessor are a fork: a
self-verifying proof, the same for whoever sees it. Does not verify signatures (envelope.py) or store anything.
"""

from dataclasses import dataclass
from enum import Enum

from protocol.envelope import Verified
from protocol.errors import RemoteError
from protocol.ids import EventId, KeyId


@dataclass(frozen=True, slots=True)
class Head:
    """How far a chain reaches: its length and its last event. A forked chain ends before the fork, for ever."""

    length: int
    id: EventId | None
    fork_at: int | None = None
    """Sequence number of the two conflicting events, once a fork is proven."""

    @property
    def is_complete(self) -> bool:
        """Whether nothing more can be added: the chain has forked and all before the fork is here."""
        return self.fork_at is not None and self.length >= self.fork_at


EMPTY = Head(0, None)


class Place(Enum):
    """Where an event stands relative to the chain that is held."""

    NEXT = "next"
    KNOWN = "known"
    GAP = "gap"
    """Events before it are not here yet."""
    FORK = "fork"
    """It and the held event of the same sequence number have the same predecessor."""
    DIVERGED = "diverged"
    """It belongs to another branch that left the held one earlier; its predecessor will tell where."""
    AFTER_FORK = "after-fork"
    """Its key has forked before it; it counts for nothing."""


@dataclass(frozen=True, slots=True)
class Link:
    """What placing needs of a held event."""

    id: EventId
    prev: EventId | None


def place(head: Head, event: Verified, held: Link | None) -> Place:
    """Return where an event belongs.

    held is the event that the chain has at the same sequence number, or None if the chain is shorter.
    """
    seq, prev = event.event.seq, event.event.prev
    if head.fork_at is not None and seq >= head.fork_at:
        return Place.AFTER_FORK
    if held is not None:
        if held.id == event.id:
            return Place.KNOWN
        return Place.FORK if held.prev == prev else Place.DIVERGED
    if seq > head.length:
        return Place.GAP
    return Place.NEXT if prev == head.id else Place.DIVERGED


@dataclass(frozen=True, slots=True)
class ForkProof:
    """Two verified events of one key with one predecessor, the smaller id first."""

    first: Verified
    second: Verified

    @property
    def key(self) -> KeyId:
        """The key that forked."""
        return self.first.event.key

    @property
    def seq(self) -> int:
        """The sequence number of both events; nothing of the key counts from here on."""
        return self.first.event.seq


def prove_fork(a: Verified, b: Verified) -> ForkProof:
    """Return the proof that two events make. Raises RemoteError if they make none."""
    if a.id == b.id or (a.event.key, a.event.seq, a.event.prev) != (b.event.key, b.event.seq, b.event.prev):
        raise RemoteError("these two events do not prove a fork")
    return ForkProof(a, b) if a.id < b.id else ForkProof(b, a)
