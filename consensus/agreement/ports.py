"""What agreement asks of the rest: the rules of rounds and agendas. All answers are the same on every node.

An answer may change from "missing" to a verdict when a text arrives, never otherwise, and never with the clock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pydantic import JsonValue

from consensus.agreement.statements import Statement
from protocol.events.consultation import AgendaDraft
from protocol.events.rounds import RoundSpec
from protocol.ids import EventId, MemberId, RecordId, TextHash


@dataclass(frozen=True, slots=True)
class Tally:
    """What a count comes to: the outcome in brief, and the SHA-256 of the outcome's canonical bytes."""

    result: dict[str, JsonValue]
    outcome: str


@dataclass(frozen=True, slots=True)
class MissingTexts:
    """No verdict until these texts are here."""

    texts: frozenset[TextHash]


class Rules(Protocol):
    """The decision rules, the roll and the texts, as far as agreement needs them."""

    def check_spec(self, spec: RoundSpec) -> str | MissingTexts | None:
        """Return why a round may not be opened as specified (rule, roll, durations), or the texts that are missing."""
        ...

    def check_agenda(self, draft: AgendaDraft) -> str | MissingTexts | None:
        """Return why an agenda may not be published, or the texts that are missing, or None if it may."""
        ...

    def is_entitled(self, spec: RoundSpec, member: MemberId) -> bool:
        """Whether a member may vote in a round."""
        ...

    def tally(
        self, round_id: RecordId, spec: RoundSpec, counted: Mapping[MemberId, Statement], seals: Sequence[EventId]
    ) -> Tally:
        """Return the outcome of the ballots that count, one per member. Never raises for what members wrote.

        seals are those that the close record names.
        """
        ...
