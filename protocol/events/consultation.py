"""What members say about an agenda: proposals, endorsements, positions, topics, and the erasure of a text."""

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from protocol import limits
from protocol.ids import EventIdField, HashField, LanguageField, TextHashField
from protocol.model import Frozen, Goal, Natural, Positive

Track = Literal["long", "short"]
Goals = Annotated[tuple[Goal, ...], Field(max_length=limits.GOALS_MAX)]
Minutes = Annotated[int, Field(ge=0, le=limits.AGENDA_MINUTES_MAX)]


def is_ascending(values: tuple[int, ...] | tuple[str, ...]) -> bool:
    """Whether each value is greater than the one before: sorted and without repetition."""
    return len(values) < 2 or all(a < b for a, b in pairwise(values))  # type: ignore[operator]


class TextRef(Frozen):
    """A text that travels beside its event: its hash, its size in bytes and its language."""

    sha256: TextHashField
    size: Annotated[int, Field(ge=1, le=limits.TEXT_BYTES_MAX)]
    lang: LanguageField


class Vector(Frozen):
    """What the author's node computed of the text, so that nobody need compute it again: small integers."""

    model: HashField
    values: Annotated[str, Field(max_length=limits.VECTOR_CHARACTERS_MAX, pattern=r"^[A-Za-z0-9+/]*={0,2}\z")]
    """The int8 values in order, in base64."""


class Suggested(Frozen):
    """The goals that a classifier offered for a text; `classifier` is the hash of its weights."""

    classifier: HashField
    goals: Goals

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not is_ascending(self.goals):
            raise ValueError("suggested goals must ascend")
        return self


class Proposal(Frozen):
    """A proposal for the agenda. Goals are those its author confirmed; `suggested` says what was offered."""

    track: Track
    text: TextRef
    goals: Goals
    suggested: Suggested | None
    minutes: Minutes
    vector: Vector | None
    merges: Annotated[tuple[EventIdField, ...], Field(max_length=limits.MERGED_PROPOSALS_MAX)]
    """The proposals that this text would consolidate, if their sponsors join; none for a proposal of its own."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not is_ascending(self.goals):
            raise ValueError("goals must ascend")
        if not is_ascending(self.merges):
            raise ValueError("merged proposals must ascend")
        return self


class Endorsement(Frozen):
    """A member co-sponsors a proposal, or takes its endorsement back."""

    proposal: EventIdField
    endorses: bool


class Position(Frozen):
    """A member's stance on a proposal in consultation, with reasons as a text of its own."""

    proposal: EventIdField
    stance: Literal["support", "conditional", "concern", "objection"]
    reasons: TextRef


class Topic(Frozen):
    """The secretariat names a group of related proposals, or changes a topic, which keeps the id of its first event."""

    replaces: EventIdField | None
    track: Track
    text: TextRef
    goals: Goals
    minutes: Positive
    proposals: Annotated[tuple[EventIdField, ...], Field(min_length=1, max_length=limits.TOPIC_PROPOSALS_MAX)]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not (is_ascending(self.goals) and is_ascending(self.proposals)):
            raise ValueError("goals and proposals must ascend")
        return self


class TopicEnding(Frozen):
    """The secretariat gives a topic up, or says which other topic its proposals went into."""

    topic: EventIdField
    into: EventIdField | None


class Erasure(Frozen):
    """A text is taken away; its hash stays. By the member that wrote it or by the secretariat."""

    text: TextHashField
    ground: Literal["court-order", "personal-data", "abuse", "withdrawn-by-author"]


class AgendaDraft(Frozen):
    """The secretariat asks the tellers to certify an agenda, whose document travels beside."""

    version: Positive
    document: TextHashField
    size: Natural
    order: Annotated[tuple[EventIdField, ...], Field(min_length=1, max_length=limits.AGENDA_ORDER_MAX)] | None
    """The subjects of all items in the order in which they stand; none for the order of adoption."""
