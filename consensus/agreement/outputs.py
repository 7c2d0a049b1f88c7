"""What the core asks of the shell. See teller.py for the order in which the shell does it."""

from dataclasses import dataclass
from typing import Literal

from protocol.events.tellers import Precommit, Prevote, Receipt, RecordProposal, Seal
from protocol.ids import EventId, MemberId, RecordId, TextHash
from protocol.register import Record

Stage = Literal["seal", "propose", "prevote", "precommit"]
Locked = Seal | RecordProposal | Prevote | Precommit
STAGES: tuple[Stage, ...] = ("seal", "propose", "prevote", "precommit")
_STAGE_OF: dict[type[Locked], Stage] = {RecordProposal: "propose", Prevote: "prevote", Precommit: "precommit"}


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in which an honest teller makes at most one statement, ever."""

    stage: Stage
    subject: str
    """The round's id for a seal, else the height in decimal digits."""
    view: int
    """0 for a seal."""


def slot_of(body: Locked) -> Slot:
    """Return the slot of a statement."""
    if isinstance(body, Seal):
        return Slot("seal", body.round, 0)
    return Slot(_STAGE_OF[type(body)], str(body.height), body.view)


@dataclass(frozen=True, slots=True)
class Lock:
    """A sign-lock: on disk before the statement is signed; after a restart nothing else is signed in its slot."""

    slot: Slot
    body: Locked
    listing: bytes | None
    """The listing that travels beside a long seal."""


def order_of(lock: Lock) -> tuple[int, int]:
    """Return a sort key: the order in which the statements of one height are made."""
    return lock.slot.view, STAGES.index(lock.slot.stage)


@dataclass(frozen=True, slots=True)
class Sign:
    """Make this statement: persist the lock, sign as the next event of the teller's chain, store, publish, feed back.

    A receipt has no lock. A listing in the lock is stored, published and fed back (ListingSeen) with the seal.
    """

    body: Locked | Receipt
    lock: Lock | None


@dataclass(frozen=True, slots=True)
class Wake:
    """Send a Tick at this time. The latest Wake replaces those before it."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class Decided:
    """A quorum of precommits is here: store and publish the certificate, then apply the record."""

    record: Record
    id: RecordId
    view: int
    votes: tuple[EventId, ...]
    """The precommits, one per teller, at least q; all were seen as statements."""
    voters: frozenset[MemberId]
    """Who cast them."""


@dataclass(frozen=True, slots=True)
class Need:
    """Get these events from anyone, even from a key that has since been found forked, and feed them."""

    events: tuple[EventId, ...]


@dataclass(frozen=True, slots=True)
class NeedListing:
    """Get the listing with this SHA-256 from anyone and feed it."""

    listing: str


@dataclass(frozen=True, slots=True)
class NeedTexts:
    """Get these texts from anyone, and say so with TextHeld."""

    texts: frozenset[TextHash]


@dataclass(frozen=True, slots=True)
class Stalled:
    """A round has not closed in the charter's time. Sent again whenever those who are absent change."""

    round: RecordId
    absent: frozenset[MemberId]
    """Tellers whose seal, or once enough seals are here whose vote, is missing."""


@dataclass(frozen=True, slots=True)
class Unstalled:
    """A stalled round has closed after all."""

    round: RecordId


@dataclass(frozen=True, slots=True)
class Halt:
    """Two records are certified at one height: stop for good, publish both certificates, show who is to blame."""

    height: int
    records: tuple[RecordId, RecordId]
    offenders: frozenset[MemberId]
    """Tellers whose own signatures prove it; never an honest one. Empty while the prevotes for a proof are missing."""


@dataclass(frozen=True, slots=True)
class RoundStatus:
    """How far a round is, for people."""

    phase: Literal["open", "sealing", "deciding", "stalled", "certified"]
    sealed: frozenset[MemberId]
    """Tellers whose seals are here."""
    absent: frozenset[MemberId]
    """Tellers that the round waits for."""


Output = Sign | Wake | Decided | Need | NeedListing | NeedTexts | Stalled | Unstalled | Halt
