"""A proposal's course: steps, versions, amendments, objections, consultations."""

from typing import Literal, Self

from web.api.models.basis import Answer, Count, Hex, MemberName, Moment, Text, Title, moment
from web.ports import AmendmentView, CallView, ObjectionView, OtherView, StepView, SupportView, VersionView


class Step(Answer):
    """One thing that happened, and the stage after it."""

    at: Moment
    """When."""
    act: str
    """What."""
    member: MemberName | None
    """Id of the member that did it; null for what the tellers certified and for deadlines."""
    event: str | None
    """Id of the event or record, or null for a deadline."""
    stage: str
    """The stage after it."""
    void: str | None
    """Why it had no effect, or null."""

    @classmethod
    def of(cls, view: StepView) -> Self:
        """Return a step."""
        return cls(
            at=moment(view.at),
            act=view.act,
            member=view.by or None,
            event=view.event or None,
            stage=view.stage,
            void=view.void,
        )


class Version(Answer):
    """A version of the text."""

    event: str
    """Id of the event or record that brought it."""
    since: Moment
    """From when on it was in force."""
    text: Text
    """The text."""
    minutes: Count
    """Minutes of the plenary that it asks for."""

    @classmethod
    def of(cls, view: VersionView) -> Self:
        """Return a version."""
        return cls(event=view.event, since=moment(view.since), text=Text.of(view.text), minutes=view.minutes)


class Amendment(Answer):
    """A proposed change of the text."""

    id: Hex
    """Its id."""
    member: MemberName
    """Id of the member that proposes it."""
    proposed: Moment
    """When the member signed it."""
    text: Text
    """The text as it would read."""
    base: Text | None
    """The version that it changes, or null if that isn't known here."""
    reasons: Text
    """Why."""
    backers: tuple[MemberName, ...]
    """Ids of the members that stand behind it."""
    outcome: Literal["open", "accepted", "declined", "in-ballot", "adopted", "rejected"]
    """What became of it."""
    declined: Text | None
    """Why the sponsor declined it, or null."""
    applies: bool
    """Whether the version that it changes is the one in force."""
    is_ready: bool
    """Whether enough members stand behind it for a ballot of its own."""

    @classmethod
    def of(cls, view: AmendmentView) -> Self:
        """Return an amendment."""
        return cls(
            id=view.id,
            member=view.member,
            proposed=moment(view.time),
            text=Text.of(view.text),
            base=Text.maybe(view.base),
            reasons=Text.of(view.reasons),
            backers=view.backers,
            outcome=view.outcome,
            declined=Text.maybe(view.declined),
            applies=view.applies,
            is_ready=view.is_ready,
        )


class Objection(Answer):
    """An entry of the objection ledger."""

    id: Hex
    """Its id."""
    member: MemberName
    """Id of the member that objects."""
    stated: Moment
    """When the member signed it."""
    reasons: Text
    """Why."""
    answer: Literal["addressed", "accommodated", "dismissed"] | None
    """What the answer comes to, or null without one."""
    reply: Text | None
    """The answer, or null."""
    is_standing: bool
    """Whether it has not been taken back."""

    @classmethod
    def of(cls, view: ObjectionView) -> Self:
        """Return an objection."""
        return cls(
            id=view.id,
            member=view.member,
            stated=moment(view.time),
            reasons=Text.of(view.reasons),
            answer=view.answer,
            reply=Text.maybe(view.reply),
            is_standing=view.is_standing,
        )


class Consultation(Answer):
    """A round of consultation."""

    number: Count
    """Its number."""
    since: Moment
    """When it began."""
    until: Moment
    """When it ends."""
    question: Text | None
    """What members are asked, or null."""

    @classmethod
    def of(cls, view: CallView) -> Self:
        """Return a round of consultation."""
        return cls(
            number=view.number,
            since=moment(view.since),
            until=moment(view.until),
            question=Text.maybe(view.question),
        )


class LinkedProposal(Answer):
    """Another proposal that one is linked with."""

    id: Hex
    """Its id."""
    title: Title
    """What it is called."""
    member: str
    """Id of the member that carries it; empty if it isn't here."""
    stage: str
    """Where it stands; empty if it isn't here."""
    why: str
    """How the two are linked, or nothing where that follows from the field."""

    @classmethod
    def of(cls, view: OtherView) -> Self:
        """Return a linked proposal."""
        return cls(id=view.id, title=Title.of(view.title), member=view.member, stage=view.stage, why=view.why)


class Support(Answer):
    """How many members and constituencies stand behind a proposal, its sponsor included, and how many have to."""

    members: Count
    """Members behind it."""
    members_needed: Count
    """Members that have to be."""
    constituencies: Count
    """Constituencies that these come from."""
    constituencies_needed: Count
    """Constituencies that they have to come from."""

    @classmethod
    def of(cls, view: SupportView) -> Self:
        """Return the support of a proposal."""
        return cls(
            members=view.members,
            members_needed=view.needed,
            constituencies=view.constituencies,
            constituencies_needed=view.constituencies_needed,
        )
