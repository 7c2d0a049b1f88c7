"""The content of the demonstration: invented members, their proposals, and how their delegates vote.

The content is JSON in `node/demo_data/`, shipped with the package. Loading checks its shape strictly and
every reference in it. Running a federation on it, and tallying, happen elsewhere.
"""

from collections.abc import Iterable
from importlib import resources
from typing import Annotated, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

Language = Literal["en", "zh", "fr", "ru", "es", "ar", "pt"]
Region = Literal["africa", "arab-states", "asia-pacific", "europe-north-america", "latin-america-caribbean"]
Kind = Literal["academy", "agency", "standards-body", "firm", "university", "society"]
Income = Literal["low", "lower-middle", "upper-middle", "high"]
Track = Literal["long", "short"]
Choice = Literal["yes", "no", "abstain"]

Slug = Annotated[str, Field(pattern=r"^[a-z0-9-]{2,32}$")]
Line = Annotated[str, Field(min_length=2, max_length=300)]
Goal = Annotated[int, Field(ge=1, le=17)]
AuthorIndex = Annotated[int, Field(ge=0, le=4)]
Names = dict[Language, Line]
Loaded = TypeVar("Loaded")

AUTHORS = 5
"""Members 0 to 4 write all the proposals, so five nodes suffice for the whole demonstration."""

ABSTAIN_EVERY = 7
"""Members after the first five whose index is a multiple of this abstain in the yes/no round."""


class DemoContentError(Exception):
    """The demonstration's content is damaged: which file, and what is wrong in it."""


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class Federation(_Record):
    """The demonstration's federation: its slug, and its name in every language of the proposals."""

    id: Slug
    name: Names


class Member(_Record):
    """One invented organisation; `name_local` is its name in its own language where that isn't English."""

    id: Slug
    name: Line
    name_local: Line | None = None
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    region: Region
    kind: Kind
    income: Income


class Matter(_Record):
    """What several proposals are about, with a title for the topic made of them in every language."""

    slug: Slug
    title: Names


class Proposal(_Record):
    """One proposal; `goals` are SDG numbers its author confirms, `minutes` its cost in plenary time."""

    key: Slug
    lang: Language
    track: Track
    member: AuthorIndex
    matter: Slug
    title: Line
    text: Annotated[str, Field(min_length=150, max_length=4000)]
    goals: Annotated[tuple[Goal, ...], Field(min_length=1)]
    minutes: Annotated[int, Field(ge=15, le=60, multiple_of=5)]
    urgency: Line | None

    @model_validator(mode="after")
    def _urgency_belongs_to_short_track(self) -> Self:
        if (self.track == "short") != (self.urgency is not None):
            raise ValueError(f"proposal {self.key}: a statement of urgency belongs to the short track alone")
        return self


class Prioritisation(_Record):
    """Tastes in the long-term round: the matters each of members 0 to 4 favours, best first."""

    capacity_minutes: Annotated[int, Field(ge=15)]
    favoured: Annotated[tuple[tuple[Slug, ...], ...], Field(min_length=AUTHORS, max_length=AUTHORS)]
    rule: str


class Vote(_Record):
    """One member's choice in the yes/no round with the reason its delegate gives, in language `lang`."""

    member: AuthorIndex
    choice: Choice
    lang: Language
    reason: Line


class YesNo(_Record):
    """The short-term yes/no question: a proposal's key, and the votes of members 0 to 4 in that order."""

    proposal: Slug
    choices: Annotated[tuple[Vote, ...], Field(min_length=AUTHORS, max_length=AUTHORS)]
    rule: str


class Votes(_Record):
    """How the demonstration's delegates vote in its two rounds."""

    prioritisation: Prioritisation
    yes_no: YesNo


class Comment(_Record):
    """What a member's delegate says about a proposal; `answers` is the place of the comment that it answers."""

    proposal: Slug
    member: AuthorIndex
    lang: Language
    answers: Annotated[int, Field(ge=0)] | None
    text: Annotated[str, Field(min_length=2, max_length=2000)]


class Translation(_Record):
    """A translation of a proposal's text by a member's delegate."""

    proposal: Slug
    member: AuthorIndex
    lang: Language
    title: Line
    text: Annotated[str, Field(min_length=150, max_length=4000)]
    urgency: Line | None


class Talk(_Record):
    """What delegates say about each other's proposals."""

    comments: tuple[Comment, ...]
    translations: tuple[Translation, ...]


class DemoContent(_Record):
    """Everything the demonstration shows, with every reference in it checked."""

    federation: Federation
    members: Annotated[tuple[Member, ...], Field(min_length=31, max_length=31)]
    matters: tuple[Matter, ...]
    proposals: tuple[Proposal, ...]
    votes: Votes
    talk: Talk

    @model_validator(mode="after")
    def _references_hold(self) -> Self:
        _check_unique("member id", (member.id for member in self.members))
        _check_unique("member name", (member.name for member in self.members))
        _check_unique("matter", (matter.slug for matter in self.matters))
        _check_unique("proposal key", (proposal.key for proposal in self.proposals))
        _check_unique("region of members 0 to 4", (member.region for member in self.members[:AUTHORS]))
        _check_proposals(self)
        _check_votes(self)
        _check_talk(self)
        return self

    def proposals_on(self, matter: str, track: Track) -> tuple[Proposal, ...]:
        """Return the proposals on one matter and one track, in the order they were written."""
        return tuple(each for each in self.proposals if each.matter == matter and each.track == track)

    def matter_minutes(self, matter: str) -> int:
        """Return the plenary minutes a matter takes: those of its longest long-track proposal.

        Raises ValueError for a matter without a long-track proposal.
        """
        return max(proposal.minutes for proposal in self.proposals_on(matter, "long"))

    def favoured_matters(self, index: int) -> tuple[str, ...]:
        """Return the matters that member `index` approves, best first, by the rule stated in `votes.json`."""
        favoured = self.votes.prioritisation.favoured[self._followed(index)]
        if index < AUTHORS:
            return favoured
        left_out = index % len(favoured)
        return favoured[:left_out] + favoured[left_out + 1 :]

    def yes_no_vote(self, index: int) -> tuple[Choice, str | None]:
        """Return member `index`'s choice in the yes/no round and its reason, by the rule in `votes.json`."""
        vote = self.votes.yes_no.choices[self._followed(index)]
        if index < AUTHORS:
            return vote.choice, vote.reason
        if index % ABSTAIN_EVERY == 0:
            return "abstain", None
        return vote.choice, vote.reason if vote.choice == "no" else None

    def _followed(self, index: int) -> int:
        region = self.members[index].region
        return next(author for author in range(AUTHORS) if self.members[author].region == region)


def load_demo_content() -> DemoContent:
    """Return the demonstration's content, read from the package and checked.

    Raises DemoContentError, naming the file and the fault, if it is missing or damaged.
    """
    federation = _load("federation.json", TypeAdapter(Federation))
    members = _load("members.json", TypeAdapter(tuple[Member, ...]))
    matters = _load("matters.json", TypeAdapter(tuple[Matter, ...]))
    proposals = _load("proposals.json", TypeAdapter(tuple[Proposal, ...]))
    votes = _load("votes.json", TypeAdapter(Votes))
    talk = _load("talk.json", TypeAdapter(Talk))
    try:
        return DemoContent(
            federation=federation, members=members, matters=matters, proposals=proposals, votes=votes, talk=talk
        )
    except ValidationError as error:
        raise DemoContentError(f"the demonstration's files don't fit together: {error}") from error


def _load(name: str, adapter: TypeAdapter[Loaded]) -> Loaded:
    try:
        return adapter.validate_json(resources.files("node.demo_data").joinpath(name).read_bytes())
    except (OSError, ValidationError) as error:
        raise DemoContentError(f"node/demo_data/{name} can't be used: {error}") from error


def _check_unique(what: str, values: Iterable[str]) -> None:
    seen: set[str] = set()
    for value in values:
        if value in seen:
            raise ValueError(f"{what} {value!r} occurs twice")
        seen.add(value)


def _check_proposals(content: DemoContent) -> None:
    known = {matter.slug for matter in content.matters}
    used = {proposal.matter for proposal in content.proposals}
    if unknown := used - known:
        raise ValueError(f"proposals on unknown matters: {sorted(unknown)}")
    if unused := known - used:
        raise ValueError(f"matters without a proposal: {sorted(unused)}")


def _check_talk(content: DemoContent) -> None:
    written = {proposal.key: proposal for proposal in content.proposals}
    said = content.talk.comments
    named = {each.proposal for each in said} | {each.proposal for each in content.talk.translations}
    if unknown := named - written.keys():
        raise ValueError(f"talk about unknown proposals: {sorted(unknown)}")
    for place, comment in enumerate(said):
        if comment.answers is not None and not (
            comment.answers < place and said[comment.answers].proposal == comment.proposal
        ):
            raise ValueError(f"comment {place} answers none before it on the same proposal")
    for each in content.talk.translations:
        original = written[each.proposal]
        if each.lang == original.lang or (each.urgency is None) != (original.urgency is None):
            raise ValueError(f"the translation of {each.proposal} into {each.lang} does not fit its original")


def _check_votes(content: DemoContent) -> None:
    votable = {proposal.matter for proposal in content.proposals if proposal.track == "long"}
    for index, favoured in enumerate(content.votes.prioritisation.favoured):
        _check_unique(f"matter favoured by member {index}", favoured)
        if unknown := set(favoured) - votable:
            raise ValueError(f"member {index} favours what no long-track proposal is on: {sorted(unknown)}")
    question = content.votes.yes_no.proposal
    if question not in {proposal.key for proposal in content.proposals if proposal.track == "short"}:
        raise ValueError(f"the yes/no question names no short-track proposal: {question}")
    if [vote.member for vote in content.votes.yes_no.choices] != list(range(AUTHORS)):
        raise ValueError("the yes/no choices must be those of members 0 to 4, in order")
