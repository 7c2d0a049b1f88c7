"""What is handed to the ledger, and what it answers."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from protocol.chain import ForkProof, Head
from protocol.envelope import Envelope, Verified
from protocol.errors import ComitiaError, Rejection
from protocol.events.kinds import Body
from protocol.ids import EventId, KeyId
from protocol.keys import Signer


@dataclass(frozen=True, slots=True)
class Beside:
    """A text that goes with an event of one's own, in its language."""

    data: bytes
    lang: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A statement to be signed as the next event of a chain. Locks are written in the same transaction."""

    kind: str
    body: Body
    signer: Signer
    refs: tuple[EventId, ...] = ()
    texts: tuple[Beside, ...] = ()
    listing: bytes | None = None
    lock: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """What came from one source, nothing checked."""

    source: str
    envelopes: Sequence[Envelope] = ()
    texts: Sequence[bytes] = ()
    forks: Sequence[tuple[Envelope, Envelope]] = ()
    """Pairs of events that are said to prove forks."""


@dataclass(slots=True)
class Report:
    """What became of a delivery."""

    accepted: list[Verified] = field(default_factory=list)
    duplicates: int = 0
    refused: list[Rejection] = field(default_factory=list)
    gaps: dict[KeyId, int] = field(default_factory=dict)
    """Chains of which events before those that came are missing: key, and the first that is."""
    diverged: list[EventId] = field(default_factory=list)
    """Events to ask for, to find where another branch of a chain left the held one."""
    missing_texts: list[str] = field(default_factory=list)
    """Texts of what was accepted that didn't come with it."""


@dataclass(slots=True)
class Batch:
    """What one transaction changed; listeners get it once it is on disk."""

    accepted: list[Verified] = field(default_factory=list)
    evidence: list[Verified] = field(default_factory=list)
    """Events of a forked key's branches that were asked for because others vouch for them."""
    forks: list[ForkProof] = field(default_factory=list)
    texts: dict[str, bytes] = field(default_factory=dict)
    """Texts that came, by hash."""
    erased: list[str] = field(default_factory=list)
    heads: dict[KeyId, Head] = field(default_factory=dict)
    position: int = 0


@dataclass(slots=True)
class Incoming:
    """A delivery in the queue, and how far it has come."""

    delivery: Delivery
    done: asyncio.Future[Report]
    report: Report = field(default_factory=Report)
    opened: list[Verified] = field(default_factory=list)
    proofs: list[ForkProof] = field(default_factory=list)


@dataclass(slots=True)
class Own:
    """A draft in the queue, and what became of it."""

    draft: Draft
    done: asyncio.Future[Verified]
    sealed: Verified | None = None
    error: ComitiaError | None = None


Job = Incoming | Own
