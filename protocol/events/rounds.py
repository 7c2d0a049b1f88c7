"""A round: the request to open it, what it asks, and the ballots."""

from typing import Annotated, Final, Literal, Self

from pydantic import Field, JsonValue, model_validator

from protocol import limits
from protocol.events.consultation import Minutes, TextRef, Track, is_ascending
from protocol.ids import EventIdField, MemberIdField, RecordIdField
from protocol.model import Frozen, Milliseconds, Natural

OptionId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}\z")]


ProcedureName = Literal[
    "inclusion",
    "inclusion-vote",
    "waiver",
    "prioritisation",
    "scoring",
    "consent",
    "vote",
    "alternatives",
    "amendment",
    "ratification",
    "review",
]
"""What a round is for; the charter says for each track which there are, by which rule and how long they last."""
LIST_PROCEDURES: Final[frozenset[ProcedureName]] = frozenset({"prioritisation", "scoring", "alternatives"})
"""Those that ask about a list; every other asks about one text."""


class Option(Frozen):
    """One thing that can be chosen: the event that it stands for, its frozen text and its cost."""

    id: OptionId
    subject: EventIdField
    text: TextRef
    minutes: Minutes


class Question(Frozen):
    """What is asked: one text (a single option) to accept or not, or a list of options under a capacity."""

    options: Annotated[tuple[Option, ...], Field(min_length=1, max_length=limits.OPTIONS_MAX)]
    capacity_minutes: Minutes

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        if len({option.id for option in self.options}) != len(self.options):
            raise ValueError("option ids must differ")
        return self


class RoundSpec(Frozen):
    """Everything that is frozen when a round opens."""

    number: Natural
    """A running number chosen by the secretariat, so that the same question can be asked again."""
    track: Track
    procedure: ProcedureName
    question: Question
    rule: dict[str, JsonValue]
    """Settings of a decision rule, as data; consensus/rules says which exist."""
    roll: Natural
    """Height of the roll that says who may vote."""
    opens: Milliseconds
    closes: Milliseconds
    may_change: bool
    hide_running: bool
    proxies_per_holder: Annotated[int, Field(ge=0, le=limits.PROXIES_PER_HOLDER_MAX)]
    """For how many other members one member may vote; 0 if for none."""

    @model_validator(mode="after")
    def _opens_before_it_closes(self) -> Self:
        if self.closes <= self.opens:
            raise ValueError("a round must close after it opens")
        return self


class OpenRequest(Frozen):
    """The secretariat asks the tellers to open a round."""

    spec: RoundSpec


class Reminder(Frozen):
    """The secretariat reminds members that haven't voted in a round."""

    round: RecordIdField
    members: Annotated[tuple[MemberIdField, ...], Field(min_length=1, max_length=limits.REMINDER_MEMBERS_MAX)]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not is_ascending(self.members):
            raise ValueError("members must ascend")
        return self


class Ballot(Frozen):
    """One member's vote. A ballot that changes another names it; the delegate is an account of that member."""

    round: RecordIdField
    content: dict[str, JsonValue]
    replaces: EventIdField | None
    delegate: Annotated[str, Field(max_length=64, pattern=r"^[a-z0-9-]*\z")]
    authorisation: Literal[None]
    """Reserved for the delegate's own signature."""
