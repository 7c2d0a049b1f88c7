"""The table of kinds, and the header that every event has."""

from typing import Annotated, Self

from pydantic import Field, JsonValue, model_validator

from protocol import limits
from protocol.events import consultation, deliberation, discussion, rounds, tellers
from protocol.events.consultation import is_ascending
from protocol.ids import EventIdField, FederationIdField, KeyIdField, MemberIdField
from protocol.model import Frozen, Milliseconds, Natural, VersionOne

Refs = Annotated[tuple[EventIdField, ...], Field(max_length=limits.EVENT_REFS_MAX)]
KindField = Annotated[str, Field(pattern=r"^[a-z][a-z-]{0,38}[a-z]\z")]
Unknown = dict[str, JsonValue]
Body = (
    consultation.Proposal
    | consultation.Endorsement
    | consultation.Position
    | consultation.Topic
    | consultation.TopicEnding
    | consultation.Erasure
    | consultation.AgendaDraft
    | deliberation.Screening
    | deliberation.Revision
    | deliberation.Amendment
    | deliberation.AmendmentEndorsement
    | deliberation.AmendmentAnswer
    | deliberation.ObjectionAnswer
    | deliberation.Withdrawal
    | deliberation.TakeOver
    | deliberation.ConsultationCall
    | deliberation.Disposition
    | deliberation.Yielding
    | deliberation.MergeAnswer
    | discussion.Comment
    | discussion.Translation
    | rounds.OpenRequest
    | rounds.Reminder
    | rounds.Ballot
    | tellers.Receipt
    | tellers.Seal
    | tellers.RecordProposal
    | tellers.Prevote
    | tellers.Precommit
    | tellers.Cosignature
    | Unknown
)


class Event(Frozen):
    """One signed statement by one key: the header that places it, and a body whose model its kind decides."""

    v: VersionOne
    federation: FederationIdField
    member: MemberIdField
    key: KeyIdField
    seq: Natural
    prev: EventIdField | None
    roll: Natural
    """Height of the roll that the author went by."""
    time: Milliseconds
    """The author's clock. Orders nothing that decides; shown to people."""
    refs: Refs
    kind: KindField
    body: Body

    @model_validator(mode="after")
    def _chain_and_refs(self) -> Self:
        if (self.prev is None) != (self.seq == 0):
            raise ValueError("only the first event of a chain has no predecessor")
        if not is_ascending(self.refs):
            raise ValueError("refs must ascend")
        return self


class ProposalEvent(Event):
    """A proposal."""

    body: consultation.Proposal


class EndorsementEvent(Event):
    """An endorsement."""

    body: consultation.Endorsement


class PositionEvent(Event):
    """A position."""

    body: consultation.Position


class TopicEvent(Event):
    """A topic."""

    body: consultation.Topic


class TopicEndingEvent(Event):
    """The end of a topic."""

    body: consultation.TopicEnding


class ErasureEvent(Event):
    """The erasure of a text."""

    body: consultation.Erasure


class AgendaDraftEvent(Event):
    """A draft agenda."""

    body: consultation.AgendaDraft


class ScreeningEvent(Event):
    """A screening."""

    body: deliberation.Screening


class RevisionEvent(Event):
    """A revision."""

    body: deliberation.Revision


class AmendmentEvent(Event):
    """An amendment."""

    body: deliberation.Amendment


class AmendmentEndorsementEvent(Event):
    """An endorsement of an amendment."""

    body: deliberation.AmendmentEndorsement


class AmendmentAnswerEvent(Event):
    """An answer to an amendment."""

    body: deliberation.AmendmentAnswer


class ObjectionAnswerEvent(Event):
    """An answer to an objection."""

    body: deliberation.ObjectionAnswer


class WithdrawalEvent(Event):
    """A withdrawal."""

    body: deliberation.Withdrawal


class TakeOverEvent(Event):
    """A take-over."""

    body: deliberation.TakeOver


class ConsultationCallEvent(Event):
    """A call for consultation."""

    body: deliberation.ConsultationCall


class DispositionEvent(Event):
    """A disposition."""

    body: deliberation.Disposition


class YieldingEvent(Event):
    """A yielding."""

    body: deliberation.Yielding


class MergeAnswerEvent(Event):
    """An answer to a merger."""

    body: deliberation.MergeAnswer


class CommentEvent(Event):
    """A comment."""

    body: discussion.Comment


class TranslationEvent(Event):
    """A translation."""

    body: discussion.Translation


class OpenRequestEvent(Event):
    """A request to open a round."""

    body: rounds.OpenRequest


class ReminderEvent(Event):
    """A reminder to vote."""

    body: rounds.Reminder


class BallotEvent(Event):
    """A ballot."""

    body: rounds.Ballot


class ReceiptEvent(Event):
    """A teller's receipt."""

    body: tellers.Receipt


class SealEvent(Event):
    """A teller's seal."""

    body: tellers.Seal


class RecordProposalEvent(Event):
    """A record put forward."""

    body: tellers.RecordProposal


class PrevoteEvent(Event):
    """A prevote."""

    body: tellers.Prevote


class PrecommitEvent(Event):
    """A precommit."""

    body: tellers.Precommit


class CosignatureEvent(Event):
    """A cosignature."""

    body: tellers.Cosignature


class UnknownEvent(Event):
    """An event of a kind that this version does not know: kept and passed on, understood by nobody here."""

    body: Unknown


KINDS: dict[str, type[Event]] = {
    "proposal": ProposalEvent,
    "endorsement": EndorsementEvent,
    "position": PositionEvent,
    "topic": TopicEvent,
    "topic-ending": TopicEndingEvent,
    "erasure": ErasureEvent,
    "agenda-draft": AgendaDraftEvent,
    "screening": ScreeningEvent,
    "revision": RevisionEvent,
    "amendment": AmendmentEvent,
    "amendment-endorsement": AmendmentEndorsementEvent,
    "amendment-answer": AmendmentAnswerEvent,
    "objection-answer": ObjectionAnswerEvent,
    "withdrawal": WithdrawalEvent,
    "take-over": TakeOverEvent,
    "consultation-call": ConsultationCallEvent,
    "disposition": DispositionEvent,
    "yielding": YieldingEvent,
    "merge-answer": MergeAnswerEvent,
    "comment": CommentEvent,
    "translation": TranslationEvent,
    "open-request": OpenRequestEvent,
    "reminder": ReminderEvent,
    "ballot": BallotEvent,
    "receipt": ReceiptEvent,
    "seal": SealEvent,
    "record-proposal": RecordProposalEvent,
    "prevote": PrevoteEvent,
    "precommit": PrecommitEvent,
    "cosignature": CosignatureEvent,
}
TELLER_KINDS = frozenset({"receipt", "seal", "record-proposal", "prevote", "precommit", "cosignature"})
SECRETARIAT_KINDS = frozenset(
    {
        "topic",
        "topic-ending",
        "agenda-draft",
        "open-request",
        "reminder",
        "screening",
        "consultation-call",
        "disposition",
    }
)
_SMALL_KINDS = frozenset({"ballot", "prevote", "precommit"})


def payload_bytes_max(kind: str) -> int:
    """Return how many bytes the payload of an event of this kind may have."""
    return limits.VOTE_PAYLOAD_BYTES_MAX if kind in _SMALL_KINDS else limits.EVENT_PAYLOAD_BYTES_MAX


def parse(kind: str, payload: bytes) -> Event:
    """Return the event in canonical payload bytes, as the model of its kind.

    Raises pydantic's ValidationError. The caller has checked size, signature and canonical form.
    """
    return KINDS.get(kind, UnknownEvent).model_validate_json(payload)
