"""What an address asks for: the places in its path and its parameters. Unknown parameters are refused."""

import re
from datetime import date
from typing import Annotated, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from web.api.models.basis import Hex, Track
from web.forms import QUERY_CHARACTERS_MAX
from web.ports import RoundState

PER_PAGE_MAX: Final = 200
PER_PAGE: Final = 50
CURSOR_CHARACTERS_MAX: Final = 600
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_WHOLE = re.compile(r"(0|-?[1-9][0-9]{0,15})", re.ASCII)


def _whole(value: object) -> object:
    """Return the integer that digits stand for; anything else as it is, to be refused."""
    return int(value) if isinstance(value, str) and _WHOLE.fullmatch(value) else value


def _day(value: object) -> object:
    """Return the day that a date of RFC 3339 stands for; anything else as it is, to be refused."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) and _DAY.fullmatch(value) else value
    except ValueError:
        return value


Day = Annotated[date, BeforeValidator(_day), Field(strict=True)]
GoalAsked = Annotated[int, Field(strict=True, ge=1, le=17), BeforeValidator(_whole)]


class Asked(BaseModel):
    """Nothing is asked for but the resource."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Paged(Asked):
    """One part of a list."""

    cursor: Annotated[str, Field(min_length=1, max_length=CURSOR_CHARACTERS_MAX)] | None = None
    """The cursor that stood in `next`; without it the list begins."""
    per_page: Annotated[int, Field(strict=True, ge=1, le=PER_PAGE_MAX), BeforeValidator(_whole)] = PER_PAGE
    """How many items a part holds at most."""


class OfMember(Asked):
    """One member."""

    member: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,64}$")]
    """Id of the member."""


class OfVersion(Asked):
    """One version of the agenda."""

    version: Annotated[int, Field(strict=True, ge=1, le=999_999_999), BeforeValidator(_whole)]
    """Version of the agenda."""


class OfProposal(Asked):
    """One proposal."""

    proposal: Hex
    """Id of the proposal."""


class CommentsAsked(OfProposal):
    """One part of the comments on a proposal."""

    cursor: Annotated[str, Field(min_length=1, max_length=CURSOR_CHARACTERS_MAX)] | None = None
    """The cursor that stood in `next`; without it the list begins."""


class ThreadAsked(CommentsAsked):
    """One part of a thread."""

    comment: Hex
    """Id of any comment of the thread."""


class OfTopic(Asked):
    """One topic."""

    topic: Hex
    """Id of the topic."""


class OfGroup(Asked):
    """One automatic group."""

    group: Annotated[str, Field(min_length=1, max_length=40)]
    """Id of the group."""


class OfRound(Asked):
    """One round."""

    round: Hex
    """Id of the round."""


class RollCallAsked(OfRound, Paged):
    """One part of a round's roll call."""


class ProposalsAsked(Paged):
    """Which proposals to list."""

    track: Track | None = None
    """Only those of this track."""
    stage: Annotated[str, Field(pattern=r"^[a-z-]{1,40}$")] | None = None
    """Only those at this stage."""
    goal: GoalAsked | None = None
    """Only those under this Sustainable Development Goal."""
    group: Annotated[str, Field(min_length=1, max_length=40)] | None = None
    """Only those in this automatic group."""
    member: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,64}$")] | None = None
    """Only those that this member carries now."""


class TopicsAsked(Paged):
    """Which topics to list."""

    track: Track | None = None
    """Only those of this track."""


class RoundsAsked(Paged):
    """Which rounds to list."""

    track: Track | None = None
    """Only those of this track."""
    state: RoundState | None = None
    """Only those that are so far."""


class FiguresAsked(Asked):
    """What the explorer looks at; nothing stands for everything."""

    track: Track | None = None
    """Only proposals of this track."""
    goal: GoalAsked | None = None
    """Only proposals under this Sustainable Development Goal."""
    constituency: Annotated[str, Field(min_length=1, max_length=128)] | None = None
    """Only proposals of members of this constituency."""
    lang: Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{1,8}){0,2}$")] | None = None
    """Only proposals written in this language."""
    since: Day | None = None
    """Only what was submitted on this day (UTC) or later."""
    until: Day | None = None
    """Only what was submitted on this day (UTC) or earlier."""


class SearchAsked(Paged):
    """What is looked for, and where."""

    q: Annotated[str, Field(min_length=1, max_length=QUERY_CHARACTERS_MAX)]
    """Words, in any language."""
    kind: Literal["proposal", "topic", "agenda"] | None = None
    """Only such things."""
    track: Track | None = None
    """Only things of this track."""
