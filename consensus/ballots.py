"""What a round asks and what a ballot may answer, as strict values that fit into signed events.

Who may vote and which of a member's ballots is the last is decided before this module is asked. Faults of what others
sent are values, never exceptions.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Annotated, Literal, Self, TypeVar

from pydantic import Field, Strict, StringConstraints, TypeAdapter, ValidationError, model_validator

from protocol.model import Described, Frozen

OPTIONS_MAX = 10_000
REASON_CHARACTERS_MAX = 2_000
COST_MAX = 1_000_000_000
CRITERIA_MAX = 20
SCORE_MAX = 100
DETAIL_CHARACTERS_MAX = 300

_T = TypeVar("_T")

Listed = Annotated[tuple[_T, ...], Strict(False)]
"""A JSON array: taken as a list or a tuple, kept as a tuple, its items as strict as everything else."""
Id = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,128}\z")]
"""The id of an option, a member or a constituency: printable ASCII without spaces."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why something was refused: a code that a page can word, and one English sentence for whoever reads it."""

    code: str
    detail: str


class Option(Frozen):
    """One thing to decide on and what it costs, in the unit of the question's capacity (minutes as a rule)."""

    id: Id
    cost: Annotated[int, Field(ge=0, le=COST_MAX)] = 0


class Question(Frozen):
    """What a round asks: one option to accept or not, or several under a capacity, the oldest first.

    The order is the one that was frozen when the round opened.
    """

    options: Annotated[Listed[Option], Field(min_length=1, max_length=OPTIONS_MAX)]
    capacity: Annotated[int, Field(ge=0, le=COST_MAX)] = 0

    @model_validator(mode="after")
    def _can_be_answered(self) -> Self:
        if len({option.id for option in self.options}) != len(self.options):
            raise ValueError("an option is listed twice")
        for option in self.options:
            if option.cost > self.capacity:
                raise ValueError(f"option {option.id} costs {option.cost}, more than the capacity of {self.capacity}")
        return self

    @property
    def option_ids(self) -> tuple[str, ...]:
        """The options' ids in the frozen order."""
        return tuple(option.id for option in self.options)


class ChoiceBallot(Described):
    """Yes, no or abstain on the one option, with a reason where the member gives one."""

    form: Literal["choice"] = "choice"
    """Which form of ballot this is."""
    choice: Literal["yes", "no", "abstain"]
    """The vote."""
    reason: Annotated[str, StringConstraints(max_length=REASON_CHARACTERS_MAX)] | None = None
    """Why, or null; where the rule asks for reasons a vote against counts only with one."""

    @property
    def has_reason(self) -> bool:
        """Whether a reason is given that isn't blank."""
        return self.reason is not None and self.reason.strip() != ""


class ApprovalBallot(Described):
    """The options that a member approves, ascending by id, each once. None at all is an abstention."""

    form: Literal["approval"] = "approval"
    """Which form of ballot this is."""
    approves: Annotated[Listed[Id], Field(max_length=OPTIONS_MAX)]
    """Ids of options."""

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        if any(left >= right for left, right in pairwise(self.approves)):
            raise ValueError("the approved options must ascend by id, each once")
        return self


class ProxyBallot(Described):
    """Another member that votes for this one, or nobody: then this member has no ballot in the round."""

    form: Literal["proxy"] = "proxy"
    """Which form of ballot this is."""
    holder: Id | None
    """Id of the member that votes for this one, or null."""


class RankedBallot(Described):
    """Options in tiers, the best first; those of one tier are level, and all left out are level below every tier.

    No tier at all is an abstention.
    """

    form: Literal["ranked"] = "ranked"
    """Which form of ballot this is."""
    tiers: Annotated[Listed[Annotated[Listed[Id], Field(max_length=OPTIONS_MAX)]], Field(max_length=OPTIONS_MAX)]
    """Ids of options, the best tier first."""

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        for place, tier in enumerate(self.tiers, start=1):
            if not tier:
                raise ValueError(f"place {place} is empty: a ranking has no holes")
            if any(left >= right for left, right in pairwise(tier)):
                raise ValueError(f"the options at place {place} must ascend by id, each once")
        ranked = Counter(chain.from_iterable(self.tiers))
        if len(ranked) != ranked.total():
            raise ValueError(f"option {min(name for name in ranked if ranked[name] > 1)} is ranked twice")
        return self


Score = Annotated[int, Field(ge=0, le=SCORE_MAX)]


class ScoreBallot(Described):
    """Scores by criterion and option. What is left out is not scored by this member; nothing at all is an abstention.

    By criterion first, so that a ballot on hundreds of options stays small.
    """

    form: Literal["score"] = "score"
    """Which form of ballot this is."""
    scores: Annotated[
        dict[Id, Annotated[dict[Id, Score], Field(min_length=1, max_length=OPTIONS_MAX)]],
        Field(max_length=CRITERIA_MAX),
    ]
    """By criterion, the score of each option."""


@dataclass(frozen=True, slots=True)
class Scale:
    """What a score ballot is measured by: the criteria that there are, and the greatest score."""

    criteria: frozenset[str]
    maximum: int


Ballot = Annotated[
    ChoiceBallot | ApprovalBallot | RankedBallot | ScoreBallot | ProxyBallot, Field(discriminator="form")
]
"""The content of a ballot, by its form. New forms join; the ones that exist don't change."""

_BALLOT: TypeAdapter[Ballot] = TypeAdapter(Ballot)
_QUESTION: TypeAdapter[Question] = TypeAdapter(Question)


def parse_ballot(value: object) -> Ballot | Fault:
    """Return the ballot in a JSON value, or why it is none."""
    try:
        return _BALLOT.validate_python(value)
    except ValidationError as error:
        return Fault("not_a_ballot", describe(error))


def parse_question(value: object) -> Question | Fault:
    """Return the question in a JSON value, or why it can't be asked."""
    try:
        return _QUESTION.validate_python(value)
    except ValidationError as error:
        return Fault("question_impossible", describe(error))


def parse_ballots(contents: Mapping[str, object]) -> dict[str, Ballot | Fault]:
    """Return each member's ballot, or why its content is none."""
    return {member: parse_ballot(content) for member, content in contents.items()}


def ballot_fault(
    ballot: Ballot | Fault, form: str, option_ids: frozenset[str], scale: Scale | None = None
) -> Fault | None:
    """Return why a ballot doesn't answer a question asked in this form about these options, or None if it does.

    scale is what a score ballot is measured by.
    """
    if isinstance(ballot, Fault):
        return ballot
    if ballot.form != form:
        return Fault("wrong_form", f"The question asks for a ballot of the form {form}, not {ballot.form}.")
    absent = _named(ballot) - option_ids
    if absent:
        return Fault("unknown_option", f"The question has no option {min(absent)}.")
    return _off_scale(ballot, scale) if isinstance(ballot, ScoreBallot) and scale else None


def _named(ballot: Ballot) -> set[str]:
    """Return the options that a ballot names."""
    match ballot:
        case ApprovalBallot():
            return set(ballot.approves)
        case RankedBallot():
            return set(chain.from_iterable(ballot.tiers))
        case ScoreBallot():
            return set(chain.from_iterable(ballot.scores.values()))
        case _:
            return set()


def _off_scale(ballot: ScoreBallot, scale: Scale) -> Fault | None:
    unknown = ballot.scores.keys() - scale.criteria
    if unknown:
        return Fault("unknown_criterion", f"The rule has no criterion {min(unknown)}.")
    highest = max((max(scores.values()) for scores in ballot.scores.values()), default=0)
    if highest > scale.maximum:
        return Fault("score_too_high", f"A score of {highest} is over the maximum of {scale.maximum}.")
    return None


def describe(error: ValidationError) -> str:
    """Return the first cause of a validation error with the path of the field, in one bounded line."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    path = ".".join(str(part) for part in first["loc"])
    cause = first["msg"].removeprefix("Value error, ")
    return (f"{path}: {cause}" if path else cause)[:DETAIL_CHARACTERS_MAX]
