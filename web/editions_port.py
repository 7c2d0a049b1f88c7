"""What a published agenda needs of a node beside what pages show of it: the certified document and what left it.

A part of the Backend port with the same promises: every query answers from the local store and waits for nobody. What
is answered here follows from certified records and the charter, so it is the same on every node that holds them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from pydantic import JsonValue

from protocol.events.consultation import Track
from web.ports import ProposalView, TextView

WhyLeft = Literal["withdrawn", "lapsed", "rejected", "sunset", "unknown"]


@dataclass(frozen=True, slots=True)
class StandingView:
    """How an item stands: since when it was adopted or last confirmed, and whether it was ratified."""

    since: int
    is_ratified: bool


@dataclass(frozen=True, slots=True)
class PublishedVersion:
    """One published version, as the register has it."""

    version: int
    height: int
    document: str
    """Hash of its document."""
    drafted: int
    """When the secretariat signed its draft."""


@dataclass(frozen=True, slots=True)
class CertifiedAgenda:
    """A published agenda as the register has it."""

    version: int
    document: Mapping[str, JsonValue]
    """The certified document; its canonical encoding has the hash that the record names."""
    height: int
    """Height of its record."""
    record: str
    draft: str
    """The event by which the secretariat drafted it."""
    drafted: int
    """When that was signed, by the clock of whoever signed it."""
    tellers: tuple[tuple[str, str], ...]
    """Members that are tellers with their keys in hex, in the order of the roll."""
    quorum: int
    """How many of them certify a record."""
    tellers_fingerprint: str
    standing: Mapping[str, StandingView]
    """By subject."""
    history: tuple[PublishedVersion, ...]
    """Every version up to this one, ascending."""


@dataclass(frozen=True, slots=True)
class LeftItem:
    """What stood on an earlier version and doesn't on this one."""

    number: str
    """Its number in the last version that had it."""
    version: int
    """That version."""
    subject: str
    subject_kind: Literal["proposal", "topic"]
    track: Track
    text: TextView
    minutes: int
    why: WhyLeft
    round: str
    """The round by which it left; nothing where time alone did it."""


class Editions(Protocol):
    """Published agendas for files."""

    async def certified(self, version: int) -> CertifiedAgenda | None:
        """Return a published agenda's certified document and how its items stand; None if it isn't all here."""
        ...

    async def left(self, version: int) -> tuple[LeftItem, ...]:
        """Return what stood on a version before this one and does so no more, the latest to leave first."""
        ...

    async def proposal(self, proposal: str) -> ProposalView | None:
        """Return one proposal without what is like it, or None."""
        ...
