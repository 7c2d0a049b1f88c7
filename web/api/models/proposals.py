"""Proposals: in lists, and one with everything that was said of it."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final, Literal, Self

from web.api.models.basis import (
    Answer,
    Count,
    GoalNumber,
    Hex,
    MemberName,
    Moment,
    Page,
    Text,
    Title,
    Track,
    maybe_moment,
    moment,
)
from web.api.models.course import Amendment, Consultation, LinkedProposal, Objection, Step, Support, Version
from web.goals import GOALS
from web.ports import PositionView, ProposalSummary, ProposalView, RoundLink, RoundState, SimilarView, Stance, TextView

_ENTRIES_KEPT: Final = 1_000


class ProposalEntry(Answer):
    """A proposal as lists show it."""

    id: Hex
    """Its id."""
    member: MemberName
    """Id of the member that carries it now."""
    track: Track
    """Its track."""
    title: Title
    """What it is called."""
    goals: tuple[GoalNumber, ...]
    """Sustainable Development Goals that its author confirmed."""
    minutes: Count
    """Minutes of the plenary that it asks for."""
    submitted: Moment
    """When its author signed it."""
    endorsements: Count
    """Members that endorse it, its sponsor not counted."""
    group: str | None
    """Id of the automatic group that it falls into, or null."""
    stage: str
    """Where it stands; empty for a moment after it came."""
    ready_amendments: Count
    """Amendments that enough members want to put to a vote."""

    @classmethod
    def of(cls, view: ProposalSummary) -> Self:
        """Return an entry of a list."""
        return cls(
            id=view.id,
            member=view.member,
            track=view.track,
            title=Title(state=view.text_state, lang=view.lang, text=view.title),
            goals=view.goals,
            minutes=view.minutes,
            submitted=moment(view.time),
            endorsements=view.endorsements,
            group=view.group,
            stage=view.stage,
            ready_amendments=view.ready_amendments,
        )


@lru_cache(maxsize=_ENTRIES_KEPT)
def entry_of(view: ProposalSummary) -> ProposalEntry:
    """Return an entry of a list, made once: from one revision to the next hardly any proposal differs."""
    return ProposalEntry.of(view)


class GoalCount(Answer):
    """How many proposals stand under one goal."""

    goal: GoalNumber
    """The goal."""
    proposals: Count
    """Proposals under it; a proposal may stand under several."""


def goal_counts(by_goal: Mapping[int, int]) -> tuple[GoalCount, ...]:
    """Return the counts of all seventeen goals in order."""
    return tuple(_goal_count(goal, by_goal.get(goal, 0)) for goal in GOALS)


@lru_cache(maxsize=_ENTRIES_KEPT)
def _goal_count(goal: int, proposals: int) -> GoalCount:
    return GoalCount(goal=goal, proposals=proposals)


class StageCount(Answer):
    """How many proposals stand at one stage."""

    stage: str
    """The stage."""
    proposals: Count
    """Proposals at it."""


class ProposalPage(Page):
    """Proposals, the latest to reach this node first. What comes in meanwhile never moves the parts that follow."""

    total: Count
    """How many the filter lets through that are not newer than this part."""
    by_goal: tuple[GoalCount, ...]
    """The same under each goal, whatever goal is asked for."""
    without_goal: Count
    """How many of them stand under no goal."""
    by_stage: tuple[StageCount, ...]
    """The same at each stage, whatever stage is asked for."""
    items: tuple[ProposalEntry, ...]
    """The proposals of this part."""


class Position(Answer):
    """A member's latest stance."""

    member: MemberName
    """Id of the member."""
    stance: Stance
    """The stance."""
    reasons: Text
    """Why."""
    stated: Moment
    """When the member signed it."""

    @classmethod
    def of(cls, view: PositionView) -> Self:
        """Return a position."""
        return cls(member=view.member, stance=view.stance, reasons=Text.of(view.reasons), stated=moment(view.time))


class Similar(Answer):
    """Another proposal that says something alike."""

    id: Hex
    """Its id."""
    title: Title
    """What it is called."""
    member: MemberName
    """Id of the member that carries it."""
    likeness: Count
    """From 0 to 100."""

    @classmethod
    def of(cls, view: SimilarView) -> Self:
        """Return a similar proposal."""
        title = Title.of(TextView("held" if view.title else "missing", view.lang, view.title))
        return cls(id=view.id, title=title, member=view.member, likeness=max(0, view.likeness))


class RoundRef(Answer):
    """A round that something stands in."""

    id: Hex
    """Its id."""
    number: Count
    """Its running number."""
    state: RoundState
    """How far it is."""

    @classmethod
    def of(cls, view: RoundLink) -> Self:
        """Return a reference to a round."""
        return cls(id=view.id, number=view.number, state=view.state)


class Proposal(Answer):
    """One proposal with everything that was said of it."""

    entry: ProposalEntry
    """What lists show of it."""
    text: Text
    """The text in force."""
    suggested_goals: tuple[GoalNumber, ...]
    """Goals that were suggested to its author."""
    endorsed_by: tuple[MemberName, ...]
    """Ids of the members that endorse it."""
    positions: tuple[Position, ...]
    """Each member's latest stance."""
    similar: tuple[Similar, ...]
    """Proposals that say something alike; none while the topics module isn't there."""
    rounds: tuple[RoundRef, ...]
    """Rounds that it stands in."""
    topics: tuple[Hex, ...]
    """Ids of topics that it belongs to."""
    key: Hex
    """The key that signed it."""
    admitted: Moment | None
    """When enough members stood behind it, or null."""
    notice_until: Moment | None
    """No round decides before, or null."""
    deadline: Moment | None
    """When something happens to it by itself, or null."""
    deadline_stage: str | None
    """The stage that this leads to, or null."""
    support: Support
    """Who stands behind it, and who has to."""
    link: LinkedProposal | None
    """The proposal that it repeats, was replaced by or was joined into, or null."""
    reasons: Text | None
    """Why the secretariat returned, refused, put off or referred it, or null."""
    versions: tuple[Version, ...]
    """Versions of its text, oldest first; the last one is in force."""
    amendments: tuple[Amendment, ...]
    """Changes that members proposed."""
    objections: tuple[Objection, ...]
    """The objections and what was answered."""
    consultations: tuple[Consultation, ...]
    """Rounds of consultation."""
    merges: tuple[LinkedProposal, ...]
    """Proposals that its text would consolidate."""
    consolidations: tuple[LinkedProposal, ...]
    """Proposals whose texts would consolidate it."""
    steps: tuple[Step, ...]
    """Everything that happened to it, oldest first."""

    @classmethod
    def of(cls, view: ProposalView) -> Self:
        """Return a proposal."""
        course = view.course
        return cls(
            entry=ProposalEntry.of(view.summary),
            text=Text.of(view.text),
            suggested_goals=view.suggested,
            endorsed_by=view.endorsed_by,
            positions=tuple(map(Position.of, view.positions)),
            similar=tuple(map(Similar.of, view.similar)),
            rounds=tuple(map(RoundRef.of, view.rounds)),
            topics=view.topics,
            key=view.key,
            admitted=maybe_moment(course.admitted),
            notice_until=maybe_moment(course.notice_until),
            deadline=moment(course.deadline[0]) if course.deadline else None,
            deadline_stage=course.deadline[1] if course.deadline else None,
            support=Support.of(course.support),
            link=LinkedProposal.of(course.link) if course.link else None,
            reasons=Text.maybe(course.reasons),
            versions=tuple(map(Version.of, course.versions)),
            amendments=tuple(map(Amendment.of, course.amendments)),
            objections=tuple(map(Objection.of, course.objections)),
            consultations=tuple(map(Consultation.of, course.calls)),
            merges=tuple(map(LinkedProposal.of, course.merges)),
            consolidations=tuple(map(LinkedProposal.of, course.consolidations)),
            steps=tuple(map(Step.of, course.steps)),
        )


class OwnPart(Answer):
    """What this node's member has said of a proposal, and what it may do now."""

    has_endorsed: bool
    """Whether it endorses the proposal."""
    stance: Literal["support", "conditional", "concern", "objection"] | None
    """Its latest stance, or null."""
    may: tuple[str, ...]
    """What the charter lets it do now, by office and stage."""

    @classmethod
    def of(cls, view: ProposalView, member: str) -> Self:
        """Return a member's part in a proposal."""
        stances = [position.stance for position in view.positions if position.member == member]
        return cls(
            has_endorsed=member in view.endorsed_by, stance=stances[-1] if stances else None, may=view.course.may
        )
