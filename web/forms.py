"""What people type, checked: each form is a model, each fault a sentence at its field, and what was typed is kept."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Final, Generic, Literal, Self, TypeVar

from multidict import MultiMapping
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from protocol import limits
from web.goals import GOALS
from web.i18n import TEXT_LANGUAGES
from web.marking import N_
from web.ports import ProposalInput, Stance
from web.tokens_port import SCOPES, TOKEN_DAYS_MAX, TOKEN_NAME_CHARACTERS_MAX, Scope

TEXT_BYTES_MAX: Final = limits.TEXT_BYTES_MAX - 2048
"""Leaves room for the salt, the names of the fields and what canonical JSON escapes."""
_COMMENT_BYTES_MAX: Final = limits.COMMENT_BYTES_MAX - 512
_COMMENT_CHARACTERS_MAX = 5_000
_URGENCY_CHARACTERS_MAX = 2_000
_REASON_CHARACTERS_MAX = 2_000
ROUND_DAYS_MAX = 400
MINUTES_MAX = 600
QUERY_CHARACTERS_MAX: Final = 300
SUGGESTED_FROM_BYTES: Final = 40
SUGGESTED_FROM_CHARACTERS_MAX: Final = 20_000

Fields = MultiMapping[str]
T = TypeVar("T", bound="Form")


def clean(text: object) -> object:
    """Return typed text with plain line ends, composed characters and without control characters."""
    if not isinstance(text, str):
        return text
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(char for char in lines if char in "\n\t" or unicodedata.category(char) not in {"Cc", "Cs"})
    return unicodedata.normalize("NFC", kept).strip()


def one_line(text: object) -> object:
    """Return typed text on one line."""
    cleaned = clean(text)
    return " ".join(cleaned.split()) if isinstance(cleaned, str) else cleaned


def query_words(typed: str) -> str:
    """Return what somebody looks for on one line, without control characters."""
    kept = "".join(char if unicodedata.category(char) not in {"Cc", "Cs"} else " " for char in typed)
    return " ".join(unicodedata.normalize("NFC", kept).split())


def _ascending(values: object) -> object:
    if isinstance(values, (list, tuple)):
        return sorted(set(values), key=lambda value: (len(str(value)), str(value)))
    return values


def _identifier(text: object) -> object:
    """Return the identifier at the end of an address that was pasted."""
    return clean(text.rstrip("/").rpartition("/")[2]) if isinstance(text, str) else text


Line = Annotated[str, BeforeValidator(one_line)]
Text = Annotated[str, BeforeValidator(clean)]
LanguageTag = Annotated[str, Field(pattern=f"^({'|'.join(TEXT_LANGUAGES)})$")]
Goals = Annotated[tuple[Annotated[int, Field(ge=1, le=17)], ...], BeforeValidator(_ascending)]
EventId = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Track = Literal["long", "short"]
Title = Annotated[Line, Field(min_length=1, max_length=limits.TITLE_CHARACTERS_MAX)]
Body = Annotated[Text, Field(min_length=1, max_length=limits.BODY_CHARACTERS_MAX)]
Urgency = Annotated[Text, Field(max_length=_URGENCY_CHARACTERS_MAX)]
CommentBody = Annotated[Text, Field(min_length=1, max_length=_COMMENT_CHARACTERS_MAX)]
Minutes = Annotated[int, Field(ge=1, le=MINUTES_MAX)]
_Capacity = Annotated[int, Field(ge=1, le=100_000)]
_Proxies = Annotated[int, Field(ge=0, le=limits.PROXIES_PER_HOLDER_MAX)]


class Form(BaseModel):
    """A form's fields. MESSAGES words a fault by "field" or by "field.type of the fault"."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    MANY: ClassVar[frozenset[str]] = frozenset()
    MESSAGES: ClassVar[Mapping[str, str]] = {}


@dataclass(frozen=True, slots=True)
class Typed(Generic[T]):
    """What was typed: as a checked form, or as it was with its faults by field."""

    raw: Mapping[str, str]
    many: Mapping[str, tuple[str, ...]]
    form: T | None
    faults: Mapping[str, str] = field(default_factory=dict)
    """Field: message, marked but not yet translated."""

    def value(self, name: str, default: str = "") -> str:
        """Return what stands in a field."""
        return self.raw.get(name, default)

    def values(self, name: str) -> tuple[str, ...]:
        """Return all that was ticked under a name."""
        return self.many.get(name, ())


def read(model: type[T], fields: Fields) -> Typed[T]:
    """Return a form's fields as typed and, if nothing is wrong with them, checked."""
    many = {name: tuple(str(value) for value in fields.getall(name, ())) for name in model.MANY}
    raw = {
        name: str(fields[name]).replace("\r\n", "\n")
        for name in model.model_fields
        if name in fields and name not in model.MANY
    }
    try:
        return Typed(raw, many, model.model_validate({**raw, **many}))
    except ValidationError as error:
        return Typed(raw, many, None, faults_of(model, error))


def blank(raw: Mapping[str, str] | None = None, many: Mapping[str, tuple[str, ...]] | None = None) -> Typed[Form]:
    """Return a form that nobody has sent yet, with what it starts from."""
    return Typed(raw or {}, many or {}, None)


def faults_of(model: type[Form], error: ValidationError) -> dict[str, str]:
    """Return the words for what is wrong with a form, by field, marked but not yet translated."""
    faults: dict[str, str] = {}
    for fault in error.errors(include_url=False, include_input=False):
        name = fault["type"].removeprefix("at:") if fault["type"].startswith("at:") else str(fault["loc"][0])
        kind = "too_long" if fault["type"].endswith("too_long") else fault["type"]
        specific = f"{name}.{kind}"
        message = model.MESSAGES.get(specific) or model.MESSAGES.get(name) or N_("Check this field.")
        faults.setdefault(name, message)
    return {name: faults[name] for name in sorted(faults, key=list(model.model_fields).index)}


def fault_at(name: str) -> PydanticCustomError:
    """Return a fault that belongs to a field, found by looking at several."""
    return PydanticCustomError(f"at:{name}", "see the field")


class ProposalForm(Form):
    """A proposal as it is submitted."""

    MANY = frozenset({"goals", "offered", "merges"})
    MESSAGES = {
        "merges": N_("A consolidated text takes the place of 2 to 32 proposals."),
        "track": N_("Choose a track."),
        "lang": N_("Choose the language of the text."),
        "title": N_("Give the proposal a title."),
        "title.too_long": N_("Shorten the title to 200 characters."),
        "body": N_("Write the text of the proposal."),
        "body.too_long": N_("Shorten the text to 20,000 characters."),
        "body.at:body": N_("The text has too many bytes to be signed. Shorten it."),
        "urgency": N_("Say why it cannot wait; the short-term track asks for it."),
        "urgency.too_long": N_("Shorten the statement of urgency to 2,000 characters."),
        "minutes": N_("Give a whole number of minutes from 1 to 600."),
        "goals": N_("Confirm at least one goal, or say that none fits."),
    }

    track: Track
    title: Title
    body: Body
    lang: LanguageTag
    urgency: Urgency = ""
    minutes: Minutes
    goals: Goals = ()
    no_goal: bool = False
    offered: Goals = ()
    merges: Annotated[
        tuple[EventId, ...], Field(max_length=limits.MERGED_PROPOSALS_MAX), BeforeValidator(_ascending)
    ] = ()

    def proposal(self) -> ProposalInput:
        """Return the proposal as the node takes it."""
        return ProposalInput(
            track=self.track,
            lang=self.lang,
            title=self.title,
            body=self.body,
            urgency=self.urgency if self.track == "short" else "",
            goals=self.goals,
            minutes=self.minutes,
            merges=self.merges,
        )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if len((self.title + self.body + self.urgency).encode()) > TEXT_BYTES_MAX:
            raise fault_at("body")
        if self.track == "short" and not self.urgency:
            raise fault_at("urgency")
        if not self.goals and not self.no_goal:
            raise fault_at("goals")
        if len(self.merges) == 1:
            raise fault_at("merges")
        return self


class PositionForm(Form):
    """A member's stance with its reasons."""

    MESSAGES = {
        "stance": N_("Choose a stance."),
        "lang": N_("Choose the language of the reasons."),
        "reasons": N_("Give your reasons; a position counts with them."),
        "reasons.too_long": N_("Shorten the reasons to 20,000 characters."),
        "reasons.at:reasons": N_("The reasons have too many bytes to be signed. Shorten them."),
    }

    stance: Stance
    lang: LanguageTag
    reasons: Body

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if len(self.reasons.encode()) > TEXT_BYTES_MAX:
            raise fault_at("reasons")
        return self


class CommentForm(Form):
    """A comment, and what it answers if it answers one."""

    MESSAGES = {
        "lang": N_("Choose the language of the comment."),
        "body": N_("Write the comment."),
        "body.too_long": N_("Shorten the comment to 5,000 characters."),
        "body.at:body": N_("The comment has too many bytes to be signed. Shorten it."),
    }

    lang: LanguageTag
    body: CommentBody

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if len(self.body.encode()) > _COMMENT_BYTES_MAX:
            raise fault_at("body")
        return self


class TranslationForm(Form):
    """A translation; which of its parts have to be there depends on the original."""

    MESSAGES = {
        "lang": N_("Choose the language that you translate into."),
        "title": N_("Translate the title."),
        "title.too_long": N_("Shorten the title to 200 characters."),
        "body": N_("Translate the text."),
        "body.too_long": N_("Shorten the text to 20,000 characters."),
        "body.at:body": N_("The text has too many bytes to be signed. Shorten it."),
        "urgency": N_("Translate why it cannot wait."),
        "urgency.too_long": N_("Shorten the statement of urgency to 2,000 characters."),
    }

    lang: LanguageTag
    title: Annotated[Line, Field(max_length=limits.TITLE_CHARACTERS_MAX)] = ""
    body: Annotated[Text, Field(max_length=limits.BODY_CHARACTERS_MAX)] = ""
    urgency: Annotated[Text, Field(max_length=_URGENCY_CHARACTERS_MAX)] = ""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if len((self.title + self.body + self.urgency).encode()) > TEXT_BYTES_MAX:
            raise fault_at("body")
        return self


class EndorsementForm(Form):
    """An endorsement, or that it is taken back."""

    endorses: bool


class ErasureForm(Form):
    """Why a text is erased."""

    MESSAGES = {"ground": N_("Choose a ground."), "sure": N_("Tick that you are sure; this cannot be undone.")}

    ground: Literal["court-order", "personal-data", "abuse", "withdrawn-by-author"]
    sure: Literal["yes"]


class ChoiceForm(Form):
    """A ballot on one text."""

    MESSAGES = {
        "choice": N_("Choose yes, no or abstain."),
        "reason.too_long": N_("Shorten the reason to 2,000 characters."),
        "reason": N_("In this round a vote against counts only with a reason. Say why you vote against."),
        "mandate": N_("Confirm that your organisation has instructed you to vote this way."),
    }

    choice: Literal["yes", "no", "abstain"]
    reason: Annotated[Text, Field(max_length=_REASON_CHARACTERS_MAX)] = ""
    mandate: str = ""


class ApprovalForm(Form):
    """A ballot that approves some of several topics."""

    MANY = frozenset({"approves"})
    MESSAGES = {
        "approves": N_("Choose among the topics of this round."),
        "mandate": N_("Confirm that your organisation has instructed you to vote this way."),
    }

    approves: Annotated[tuple[Annotated[str, Field(max_length=64)], ...], Field(max_length=limits.OPTIONS_MAX)] = ()
    mandate: str = ""


class ProxyForm(Form):
    """The member that shall vote for this one, or nobody to take that back."""

    MESSAGES = {
        "holder": N_("Choose the member that shall vote for yours."),
        "mandate": N_("Confirm that your organisation has instructed you to do this."),
    }

    holder: Annotated[str, Field(max_length=limits.NAME_CHARACTERS_MAX)]
    mandate: str = ""


class RankedForm(Form):
    """A ballot that puts several options in order, the best tier first."""

    MESSAGES = {
        "places": N_("Give a place as a whole number, 1 for the best, or leave the field empty."),
        "mandate": N_("Confirm that your organisation has instructed you to vote this way."),
    }

    tiers: tuple[tuple[str, ...], ...]
    mandate: str = ""


class ScoreForm(Form):
    """A ballot that scores several options: criterion, option, score."""

    MESSAGES = {
        "scores": N_("Give a whole number of the scale, or leave the field empty."),
        "mandate": N_("Confirm that your organisation has instructed you to vote this way."),
    }

    scores: dict[str, dict[str, int]]
    mandate: str = ""


class TokenForm(Form):
    """A token for a member's own systems."""

    MANY = frozenset({"scopes"})
    MESSAGES = {
        "name": N_("Say which system the token is for, in 60 characters or fewer."),
        "scopes": N_("Choose what the token may be used for."),
        "days": N_("Give a whole number of days from 1 to 365."),
    }

    name: Annotated[Line, Field(min_length=1, max_length=TOKEN_NAME_CHARACTERS_MAX)]
    scopes: Annotated[tuple[Scope, ...], Field(min_length=1, max_length=len(SCOPES))]
    days: Annotated[int, Field(ge=1, le=TOKEN_DAYS_MAX)]


class ActForm(Form):
    """An act on a proposal; which fields it needs depends on the act."""

    MESSAGES = {
        "lang": N_("Choose the language of the text."),
        "reasons": N_("Give your reasons."),
        "reasons.too_long": N_("Shorten the reasons to 20,000 characters."),
        "title": N_("Give the proposal a title."),
        "title.too_long": N_("Shorten the title to 200 characters."),
        "body": N_("Write the text of the proposal."),
        "body.too_long": N_("Shorten the text to 20,000 characters."),
        "urgency": N_("Say why it cannot wait; the short-term track asks for it."),
        "minutes": N_("Give a whole number of minutes from 1 to 600."),
        "other": N_("Name the other proposal by its address or identifier."),
        "answer": N_("Choose what the answer comes to."),
        "days": N_("Give a whole number of days from 1 to 400."),
    }
    NEEDS: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "inadmissible": ("reasons",),
        "return": ("reasons",),
        "adjourn": ("reasons",),
        "refer": ("reasons",),
        "resume": ("reasons",),
        "revise": ("title", "body"),
        "amend": ("title", "body", "reasons"),
        "accept-amendment": ("other",),
        "decline-amendment": ("other", "reasons"),
        "back-amendment": ("other",),
        "unback-amendment": ("other",),
        "answer-objection": ("other", "answer", "reasons"),
        "duplicate": ("other",),
        "supersede": ("other",),
        "join": ("other",),
        "stay-out": ("other",),
    }

    act: Annotated[str, Field(max_length=20)]
    lang: LanguageTag = "en"
    title: Annotated[Line, Field(max_length=limits.TITLE_CHARACTERS_MAX)] = ""
    body: Annotated[Text, Field(max_length=limits.BODY_CHARACTERS_MAX)] = ""
    urgency: Annotated[Text, Field(max_length=_URGENCY_CHARACTERS_MAX)] = ""
    minutes: Annotated[int, Field(ge=1, le=MINUTES_MAX)] = 1
    reasons: Annotated[Text, Field(max_length=limits.BODY_CHARACTERS_MAX)] = ""
    other: Annotated[str, BeforeValidator(_identifier), Field(pattern=r"^([0-9a-f]{64})?$")] = ""
    answer: Literal["", "addressed", "accommodated", "dismissed"] = ""
    days: Annotated[int, Field(ge=1, le=ROUND_DAYS_MAX)] = 1
    base: Annotated[str, Field(max_length=64)] = ""

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        for name in self.NEEDS.get(self.act, ()):
            if not getattr(self, name):
                raise fault_at(name)
        if len((self.title + self.body + self.urgency).encode()) > TEXT_BYTES_MAX:
            raise fault_at("body")
        if len(self.reasons.encode()) > TEXT_BYTES_MAX:
            raise fault_at("reasons")
        return self


class LinkForm(Form):
    """A sign-in link or its token, pasted."""

    MESSAGES = {"link": N_("Paste the whole link that you were given.")}

    link: Annotated[str, Field(min_length=8, max_length=500)]


class ReceiptForm(Form):
    """A receipt file, pasted or read by a script."""

    MESSAGES = {
        "receipt": N_("Paste the whole text of a receipt file, or open the file."),
        "receipt.too_long": N_("This is longer than a receipt file can be."),
    }

    receipt: Annotated[str, Field(min_length=2, max_length=limits.RECEIPT_FILE_BYTES_MAX)]


def goals_in(values: tuple[str, ...]) -> tuple[int, ...]:
    """Return the goals among what was ticked."""
    return tuple(goal for goal in GOALS if str(goal) in values)
