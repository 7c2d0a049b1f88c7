"""What the core is told. See teller.py for how the shell feeds it."""

from dataclasses import dataclass

from consensus.agreement.outputs import Lock
from consensus.agreement.statements import Statement
from protocol.ids import MemberId, RecordId, TextHash
from protocol.register import Record


@dataclass(frozen=True, slots=True)
class StatementSeen:
    """A verified event is here and stored. One's own statements come in this way too, after they are stored."""

    statement: Statement


@dataclass(frozen=True, slots=True)
class ListingSeen:
    """The listing of a long seal is here and stored: ballot ids of 32 bytes each, ascending, joined."""

    data: bytes


@dataclass(frozen=True, slots=True)
class TextHeld:
    """A text is here and stored."""

    text: TextHash


@dataclass(frozen=True, slots=True)
class Certified:
    """A record with a certificate that certificates.check_certificate() accepted. Fed in order of height."""

    record: Record
    id: RecordId
    view: int
    voters: frozenset[MemberId]


@dataclass(frozen=True, slots=True)
class Claim:
    """What a certificate says, without the record: this was decided at this height by these tellers."""

    height: int
    id: RecordId
    view: int
    voters: tuple[MemberId, ...]


def claim_of(certified: Certified) -> Claim:
    """Return what a certificate says."""
    return Claim(certified.record.height, certified.id, certified.view, tuple(sorted(certified.voters)))


@dataclass(frozen=True, slots=True)
class ConflictingCertificates:
    """Two checked certificates for different records at one height, and all prevotes of that height in store."""

    first: Certified
    second: Certified
    prevotes: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed; nothing else happened."""


Input = StatementSeen | ListingSeen | TextHeld | Certified | ConflictingCertificates | Tick


@dataclass(frozen=True, slots=True)
class History:
    """What a node starts from. What is missing here comes in later, by inputs."""

    certified: tuple[Certified, ...] = ()
    """All certified records from height 1 on, in order."""
    locks: tuple[Lock, ...] = ()
    listings: tuple[bytes, ...] = ()
    statements: tuple[tuple[Statement, int], ...] = ()
    """Stored statements of open rounds, undecided heights and unfulfilled requests, in any order, and when each
    reached this node in milliseconds by its own clock."""
