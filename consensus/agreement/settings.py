"""What a federation fixes before agreement starts: who the tellers are, and how long things take."""

from collections.abc import Mapping
from dataclasses import dataclass

from protocol.ids import FederationId, KeyId, MemberId


@dataclass(frozen=True, slots=True)
class Bench:
    """The tellers of one roll, and who may ask them for something."""

    federation: FederationId
    roll: int
    """Height of the roll that names these tellers; 0 for the charter."""
    tellers: tuple[MemberId, ...]
    """In the roll's order, which is also the order in which they propose."""
    teller_keys: Mapping[KeyId, MemberId]
    """The keys under which tellers state things. What a teller says under another key is not a teller's word."""
    secretariat: frozenset[MemberId]

    def proposer(self, height: int, view: int) -> int:
        """Return the place in `tellers` of the one whose turn it is to propose."""
        return (height + view) % len(self.tellers)


@dataclass(frozen=True, slots=True)
class Timing:
    """Durations in milliseconds. They touch only how soon a round closes, never what its result is."""

    grace_ms: int
    """Γ: from a round's deadline to the seals."""
    stall_ms: int
    """From a round's seals being due until it is called stalled."""
    receipt_window_ms: int = 300
    """At most one receipt per window and round; the first ballot after a quiet window gets its receipt at once."""
    propose_ms: int = 1_000
    prevote_ms: int = 500
    precommit_ms: int = 500
    growth_ms: int = 500
    """By how much each of the three timeouts grows from view to view."""
