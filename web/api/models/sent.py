"""What a member's own system sends, and what it is answered. The limits are those of the pages' forms."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from consensus.ballots import Ballot
from protocol import limits
from web import forms
from web.api.models.basis import Answer, GoalNumber, Hex, MemberName, Moment, Track
from web.ports import Stance
from web.tokens_port import Scope

SAYS_SOMETHING: Final[dict[str, Any]] = {"pattern": r"[^\s\u0000-\u001f\u007f-\u009f]"}
"""Texts are trimmed and freed of control characters before they are counted."""
Title = Annotated[forms.Title, Field(json_schema_extra=SAYS_SOMETHING)]
Body = Annotated[forms.Body, Field(json_schema_extra=SAYS_SOMETHING)]


def _integral(value: object) -> object:
    """Return a value with whole numbers as integers, however JSON writes them: 3.0 is 3."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_integral(each) for each in value]
    if isinstance(value, dict):
        return {name: _integral(each) for name, each in value.items()}
    return value


_Whole = BeforeValidator(_integral)
Goals = Annotated[tuple[Annotated[GoalNumber, _Whole], ...], Field(max_length=limits.GOALS_MAX)]
Merged = Annotated[tuple[Hex, ...], Field(max_length=limits.MERGED_PROPOSALS_MAX)]


class Sent(BaseModel):
    """Something that is sent: strict, without unknown members."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True)


class Nothing(Sent):
    """No body at all."""


class NewProposal(Sent):
    """A proposal to sign and submit for your member."""

    track: Track
    """The track."""
    lang: forms.LanguageTag
    """Language of the text."""
    title: Title
    """One line."""
    body: Body
    """Plain text; blank lines part paragraphs."""
    urgency: forms.Urgency = ""
    """Why it can't wait; the short-term track asks for it, the long-term track ignores it."""
    minutes: Annotated[forms.Minutes, _Whole]
    """Minutes of the plenary that it asks for."""
    goals: Goals
    """Sustainable Development Goals that fit; an empty list says that none does."""
    merges: Merged = ()
    """Ids of 2 to 32 proposals that this text would consolidate, or none."""


class NewEndorsement(Sent):
    """An endorsement, or that it is taken back."""

    endorses: bool
    """True to endorse, false to take an endorsement back."""


class NewPosition(Sent):
    """Your member's stance on a proposal."""

    stance: Stance
    """The stance."""
    lang: forms.LanguageTag
    """Language of the reasons."""
    reasons: Body
    """Why; a position counts with its reasons."""


class NewBallot(Sent):
    """Your member's ballot. It takes the place of one that was cast before, where the round allows that."""

    ballot: Annotated[Ballot, _Whole]
    """The ballot, in the form that the round asks for, or a proxy."""
    mandate: Literal[True]
    """That your organisation has instructed you to vote this way."""


class TextToSuggestFor(Sent):
    """A text that goals and similar proposals are looked for."""

    text: Annotated[str, Field(min_length=1, max_length=forms.SUGGESTED_FROM_CHARACTERS_MAX)]
    """Title and text; under 40 bytes nothing can be suggested."""
    lang: forms.LanguageTag | None = None
    """Language of the text; found out if it isn't said."""


class Signed(Answer):
    """What was signed is on this node's disk and on its way to the others."""

    event: Hex
    """Id of the event."""
    url: str
    """Address of the resource that it concerns."""


class Me(Answer):
    """Whose token this is."""

    account: str
    """Id of the account."""
    name: str
    """Name of the account."""
    member: MemberName
    """Id of its member."""
    token: str
    """Name of the token."""
    scopes: tuple[Scope, ...]
    """Scopes that the token was given."""
    usable_scopes: tuple[Scope, ...]
    """Those of them that the account still has the role for."""
    expires: Moment
    """When the token expires."""
