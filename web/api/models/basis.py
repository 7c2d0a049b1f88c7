"""What the interface's models are made of. Every field says what it is by the text below it."""

from datetime import UTC, datetime
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, RootModel

from protocol.events.consultation import Track
from web.ports import TextState, TextView

_SECONDS_END: Final = len("2026-11-24T14:02:00")
_LATEST_MS: Final = 253_402_300_799_999
"""The last moment that RFC 3339 can write; a round may be said to close later."""

Hex = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""An id or hash in hexadecimal."""
MemberName = Annotated[str, Field(min_length=1, max_length=64)]
"""A member's id, as it stands in its address."""
Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
"""A time by RFC 3339, in UTC, with milliseconds."""
Count = Annotated[int, Field(ge=0)]
GoalNumber = Annotated[int, Field(ge=1, le=17)]
Names = dict[str, str]
"""Names by language tag."""
Settings = dict[str, JsonValue]

__all__ = ["Answer", "Count", "GoalNumber", "Hex", "Moment", "Names", "Page", "Settings", "Text", "Track", "moment"]


def moment(milliseconds: int) -> str:
    """Return a time as RFC 3339 writes it."""
    seconds, rest = divmod(min(milliseconds, _LATEST_MS), 1000)
    return f"{datetime.fromtimestamp(seconds, UTC).isoformat()[:_SECONDS_END]}.{rest:03d}Z"


def maybe_moment(milliseconds: int | None) -> str | None:
    """Return a time as RFC 3339 writes it, or None for none."""
    return None if milliseconds is None else moment(milliseconds)


class Answer(BaseModel):
    """Something that the interface answers with."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Free(RootModel[dict[str, JsonValue]]):
    """A JSON object whose shape another document describes."""


class Page(Answer):
    """One part of a list."""

    next: str | None
    """The cursor of the next part, or null after the last; the same address stands in the header Link."""


class Text(Answer):
    """A text in its own language. What isn't held has empty fields."""

    state: TextState
    """Held here; missing, because it hasn't arrived yet; or erased."""
    lang: str
    """Language tag of the text (BCP 47); empty if nothing is known."""
    title: str
    """One line; empty where a text has none, as reasons do."""
    body: str
    """Plain text; blank lines part paragraphs."""
    urgency: str
    """Why it can't wait, on the short-term track; else empty."""
    erased_by: str | None
    """Id of the member that erased it, or null."""
    erased_ground: str | None
    """Why it was erased, or null."""
    erased_at: Moment | None
    """When it was erased, or null."""

    @classmethod
    def of(cls, view: TextView) -> Self:
        """Return a text as it stands in an answer."""
        is_erased = view.state == "erased"
        return cls(
            state=view.state,
            lang=view.lang,
            title=view.title,
            body=view.body,
            urgency=view.urgency,
            erased_by=view.erased_by or None,
            erased_ground=view.erased_ground or None,
            erased_at=moment(view.erased_at) if is_erased and view.erased_at else None,
        )

    @classmethod
    def maybe(cls, view: TextView | None) -> Self | None:
        """Return a text as it stands in an answer, or None for none."""
        return None if view is None else cls.of(view)


class Title(Answer):
    """What something is called, in its own language."""

    state: TextState
    """Held here; missing, because it hasn't arrived yet; or erased."""
    lang: str
    """Language tag of the title (BCP 47); empty if nothing is known."""
    text: str
    """The title; empty unless it is held."""

    @classmethod
    def of(cls, view: TextView) -> Self:
        """Return the title of a text."""
        return cls(state=view.state, lang=view.lang, text=view.title)


SubjectKind = Literal["proposal", "topic"]
