"""What moves a proposal along: screening, amendments, answers, mergers, withdrawal, and the secretariat's calls.

Each names the proposal that it is about. Which of them has an effect, and when, is decided by consensus/lifecycle.py;
an event without effect stays in the record like any other.
"""

from typing import Annotated, Literal

from pydantic import Field

from protocol import limits
from protocol.events.consultation import TextRef
from protocol.ids import EventIdField, TextHashField
from protocol.model import Frozen, Milliseconds, Positive

CallNumber = Annotated[int, Field(ge=1, le=limits.CONSULTATION_CALLS_MAX)]


class Screening(Frozen):
    """The secretariat's word on whether a proposal can be taken up. Anything but yes needs reasons."""

    proposal: EventIdField
    verdict: Literal["admissible", "inadmissible", "returned"]
    reasons: TextRef | None


class Revision(Frozen):
    """The sponsor's new version of the whole text, made from an exact version."""

    proposal: EventIdField
    base: TextHashField
    text: TextRef
    minutes: Positive


class Amendment(Frozen):
    """A member asks for another text: the whole text as it would read, and the exact version that it changes."""

    proposal: EventIdField
    base: TextHashField
    text: TextRef
    reasons: TextRef


class AmendmentEndorsement(Frozen):
    """A member stands behind an amendment, or takes that back."""

    proposal: EventIdField
    amendment: EventIdField
    endorses: bool


class AmendmentAnswer(Frozen):
    """The sponsor takes an amendment over, or declines it with reasons."""

    proposal: EventIdField
    amendment: EventIdField
    accepts: bool
    reasons: TextRef | None


class ObjectionAnswer(Frozen):
    """The sponsor answers an objection: what it comes to, and why."""

    proposal: EventIdField
    objection: EventIdField
    """The position that objects."""
    answer: Literal["addressed", "accommodated", "dismissed"]
    reply: TextRef


class Withdrawal(Frozen):
    """The sponsor gives its proposal up."""

    proposal: EventIdField
    reasons: TextRef | None


class TakeOver(Frozen):
    """Another member carries a withdrawn proposal on, as its sponsor."""

    proposal: EventIdField


class ConsultationCall(Frozen):
    """The secretariat opens a round of consultation: its number, until when, and what is asked."""

    proposal: EventIdField
    number: CallNumber
    until: Milliseconds
    question: TextRef | None


class Disposition(Frozen):
    """The secretariat puts a proposal off, refers it elsewhere, or takes it up again, with reasons."""

    proposal: EventIdField
    step: Literal["adjourned", "referred", "resumed"]
    reasons: TextRef


class Yielding(Frozen):
    """The sponsor says that its proposal repeats another one, or that another one takes its place."""

    proposal: EventIdField
    to: EventIdField
    why: Literal["duplicate", "superseded"]


class MergeAnswer(Frozen):
    """The sponsor of a proposal joins a consolidated text that names it, or stays out."""

    proposal: EventIdField
    into: EventIdField
    joins: bool
