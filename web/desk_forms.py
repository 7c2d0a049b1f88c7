"""The forms of the secretariat's desk: screening, topics, the steps that open a round, the order of the agenda."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from protocol import limits
from protocol.events.rounds import LIST_PROCEDURES, ProcedureName
from web.forms import (
    MINUTES_MAX,
    ROUND_DAYS_MAX,
    TEXT_BYTES_MAX,
    EventId,
    Form,
    Goals,
    LanguageTag,
    Line,
    Text,
    Track,
    fault_at,
)
from web.marking import N_

_UNITS_MS: Mapping[str, int] = {"seconds": 1_000, "minutes": 60_000, "hours": 3_600_000, "days": 86_400_000}
_PLACE_MAX = 9_999


class ScreeningForm(Form):
    """The office's word on a proposal."""

    MESSAGES: ClassVar[Mapping[str, str]] = {
        "verdict": N_("Choose what becomes of the proposal."),
        "reasons": N_("Give your reasons."),
        "reasons.too_long": N_("Shorten the reasons to 20,000 characters."),
        "other": N_("Name the other proposal by its address or identifier."),
        "lang": N_("Choose the language of the text."),
    }

    proposal: EventId
    verdict: Literal["admissible", "return", "duplicate", "inadmissible"]
    reasons: Annotated[Text, Field(max_length=limits.BODY_CHARACTERS_MAX)] = ""
    other: Annotated[str, BeforeValidator(lambda text: str(text).strip().rstrip("/").rpartition("/")[2])] = ""
    lang: LanguageTag = "en"

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.verdict == "duplicate" and not (len(self.other) == 64 and set(self.other) <= set("0123456789abcdef")):
            raise fault_at("other")
        if self.verdict in ("return", "inadmissible") and not self.reasons:
            raise fault_at("reasons")
        if len(self.reasons.encode()) > TEXT_BYTES_MAX:
            raise fault_at("reasons")
        return self


class TopicForm(Form):
    """A topic as the secretariat names it."""

    MANY = frozenset({"goals", "proposals"})
    MESSAGES: ClassVar[Mapping[str, str]] = {
        "track": N_("Choose a track."),
        "lang": N_("Choose the language of the name."),
        "title": N_("Give the topic a name."),
        "title.too_long": N_("Shorten the name to 200 characters."),
        "body": N_("Say in a sentence or more what the topic is about."),
        "body.too_long": N_("Shorten the description to 20,000 characters."),
        "minutes": N_("Give a whole number of minutes from 1 to 600."),
        "goals": N_("Choose among the seventeen goals."),
        "proposals": N_("Choose at least one proposal."),
    }

    track: Track
    lang: LanguageTag
    title: Annotated[Line, Field(min_length=1, max_length=limits.TITLE_CHARACTERS_MAX)]
    body: Annotated[Text, Field(min_length=1, max_length=limits.BODY_CHARACTERS_MAX)]
    minutes: Annotated[int, Field(ge=1, le=MINUTES_MAX)]
    goals: Goals = ()
    proposals: Annotated[tuple[EventId, ...], Field(min_length=1, max_length=limits.TOPIC_PROPOSALS_MAX)]


class SplitForm(TopicForm):
    """A second topic, and which proposals move into it."""

    MESSAGES: ClassVar[Mapping[str, str]] = {
        **TopicForm.MESSAGES,
        "proposals": N_("Choose at least one proposal that goes into the new topic, and leave at least one."),
    }


class MergeForm(TopicForm):
    """A topic into which another one goes."""

    MESSAGES: ClassVar[Mapping[str, str]] = {
        **TopicForm.MESSAGES,
        "other": N_("Choose the topic that goes into this one."),
    }

    other: EventId


class EndForm(Form):
    """That a topic is given up."""

    MESSAGES: ClassVar[Mapping[str, str]] = {"sure": N_("Tick that you are sure; this cannot be undone.")}

    sure: Literal["yes"]


class KindForm(Form):
    """First step of a round: what it is for."""

    MESSAGES: ClassVar[Mapping[str, str]] = {
        "track": N_("Choose a track."),
        "procedure": N_("Choose what the round is for."),
    }

    track: Track
    procedure: ProcedureName


class SubjectsForm(KindForm):
    """Second step: what it asks about."""

    MANY = frozenset({"subjects"})
    MESSAGES: ClassVar[Mapping[str, str]] = {
        **KindForm.MESSAGES,
        "subjects": N_("Choose at least one text or topic."),
        "subjects.at:subjects": N_("Such a round asks about exactly one text. Choose one."),
        "procedure.at:procedure": N_("A choice between alternatives needs at least two texts or topics."),
    }

    subjects: Annotated[tuple[EventId, ...], Field(min_length=1, max_length=limits.OPTIONS_MAX)]

    @model_validator(mode="after")
    def _fits_the_procedure(self) -> Self:
        if self.procedure not in LIST_PROCEDURES and len(self.subjects) > 1:
            raise fault_at("subjects")
        if self.procedure == "alternatives" and len(self.subjects) < 2:
            raise fault_at("procedure")
        return self


class DatesForm(Form):
    """Third step: how long it is open, and what members may do."""

    MESSAGES: ClassVar[Mapping[str, str]] = {
        "duration": N_("Give a whole number of 1 or more."),
        "unit": N_("Choose a unit of time."),
        "unit.at:unit": N_("A round lasts at most 400 days."),
        "proxies": N_("Give a whole number from 0 to 20."),
        "capacity": N_("Give the plenary's minutes as a whole number from 1 to 100,000."),
    }

    duration: Annotated[int, Field(ge=1, le=1_000_000)]
    unit: Literal["seconds", "minutes", "hours", "days"]
    capacity: Annotated[
        Annotated[int, Field(ge=1, le=100_000)] | None, BeforeValidator(lambda value: value or None)
    ] = None
    proxies: Annotated[
        Annotated[int, Field(ge=0, le=limits.PROXIES_PER_HOLDER_MAX)], BeforeValidator(lambda value: value or 0)
    ] = 0
    shows_turnout: bool = False

    @property
    def closes_in_ms(self) -> int:
        """How long the round lasts."""
        return self.duration * _UNITS_MS[self.unit]

    @model_validator(mode="after")
    def _ends_some_day(self) -> Self:
        if self.closes_in_ms > ROUND_DAYS_MAX * _UNITS_MS["days"]:
            raise fault_at("unit")
        return self


class OrderForm(Form):
    """The order of an agenda: the subjects as they stand, and places that were typed."""

    MANY = frozenset({"subject", "place"})
    MESSAGES: ClassVar[Mapping[str, str]] = {"place": N_("Give each item a place as a whole number from 1.")}

    subject: Annotated[tuple[EventId, ...], Field(min_length=1, max_length=limits.AGENDA_ORDER_MAX)]
    place: Annotated[
        tuple[Annotated[int, Field(ge=1, le=_PLACE_MAX)], ...], Field(max_length=limits.AGENDA_ORDER_MAX)
    ] = ()
    move: Annotated[str, Field(pattern=r"^((up|down):[0-9a-f]{64}|places|default)?$")] = ""

    @model_validator(mode="after")
    def _one_place_each(self) -> Self:
        if len(set(self.subject)) != len(self.subject) or len(self.place) not in (0, len(self.subject)):
            raise fault_at("place")
        return self

    @property
    def order(self) -> tuple[str, ...]:
        """The order that is asked for: by the places that were typed, then with one item moved."""
        kind, _, subject = self.move.partition(":")
        order = list(self.subject)
        if self.place:
            order = [each for _, each in sorted(zip(self.place, order, strict=True), key=lambda pair: pair[0])]
        if kind in ("up", "down") and subject in order:
            at = order.index(subject)
            other = at + (1 if kind == "down" else -1)
            if 0 <= other < len(order):
                order[at], order[other] = order[other], order[at]
        return tuple(order)
