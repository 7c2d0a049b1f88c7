"""The explorer's figures, automatic groups, named topics, and what a search finds."""

from typing import Annotated, Literal, Self

from pydantic import Field

from web.api.models.basis import Answer, Count, GoalNumber, Hex, Moment, Names, Page, Text, Title, Track, moment
from web.api.models.proposals import GoalCount, Similar, goal_counts
from web.explorer_views import ExplorerView, GroupView, RisingView, SearchHit, SearchResults, VoiceRow
from web.ports import Suggestion, TextView, TopicView

Share = Annotated[float, Field(ge=0, le=1)]


class Topic(Answer):
    """A topic that the secretariat has named."""

    id: Hex
    """Its id."""
    track: Track
    """Its track."""
    text: Text
    """Its name and what it is about."""
    goals: tuple[GoalNumber, ...]
    """Its Sustainable Development Goals."""
    minutes: Count
    """Minutes of the plenary that it asks for."""
    proposals: tuple[Hex, ...]
    """Ids of its proposals."""
    named: Moment
    """When it was named as it is now."""

    @classmethod
    def of(cls, view: TopicView) -> Self:
        """Return a topic."""
        return cls(
            id=view.id,
            track=view.track,
            text=Text.of(view.text),
            goals=view.goals,
            minutes=view.minutes,
            proposals=view.proposals,
            named=moment(view.time),
        )


class TopicPage(Page):
    """Topics, the latest to be named first."""

    total: Count
    """How many the filter lets through."""
    items: tuple[Topic, ...]
    """The topics of this part."""


class Group(Answer):
    """An automatic group of proposals: a suggestion, never a decision."""

    id: str
    """Its letter or number."""
    label: Names
    """What it seems to be about, by language tag; may be empty."""
    proposals: tuple[Hex, ...]
    """Ids of its proposals."""
    representative: Hex
    """Id of the proposal that stands for it best."""
    sureness: Count
    """From 0 to 100."""
    goals: tuple[GoalNumber, ...]
    """Its Sustainable Development Goals."""
    languages: Count
    """In how many languages its proposals were written."""
    neighbours: tuple[str, ...]
    """Ids of groups close to it in meaning, nearest first."""

    @classmethod
    def of(cls, view: GroupView) -> Self:
        """Return a group."""
        return cls(
            id=view.id,
            label=view.label,
            proposals=view.proposals,
            representative=view.representative,
            sureness=view.sureness,
            goals=view.goals,
            languages=view.languages,
            neighbours=view.neighbours,
        )


class GroupPage(Page):
    """Automatic groups by their ids."""

    total: Count
    """How many there are in all."""
    items: tuple[Group, ...]
    """The groups of this part."""


class GoalFigures(Answer):
    """How many proposals stand under each goal, as far as the filter lets them through."""

    total: Count
    """How many the filter lets through."""
    without_goal: Count
    """How many of them stand under no goal."""
    by_goal: tuple[GoalCount, ...]
    """How many stand under each goal."""
    languages: tuple[str, ...]
    """Languages of all proposals of the track."""
    first: Moment | None
    """When the first of them came, or null."""
    last: Moment | None
    """When the latest of them came, or null."""

    @classmethod
    def of(cls, view: ExplorerView) -> Self:
        """Return the figures by goal."""
        return cls(
            total=view.total,
            without_goal=view.without_goal,
            by_goal=goal_counts(view.by_goal),
            languages=view.languages,
            first=moment(view.first) if view.total else None,
            last=moment(view.last) if view.total else None,
        )


class Rise(Answer):
    """A goal, a group or a term that has become more frequent than chance explains."""

    kind: Literal["goal", "group", "term"]
    """Which of these it is."""
    name: str
    """The goal's number, the group's id, or the term."""
    lang: str
    """Language of a term, else empty."""
    group: str | None
    """Id of the group that holds most of it, or null."""
    weeks: tuple[Count, ...]
    """Proposals a week, oldest first; the last `window` of them are the window."""
    window: Count
    """Weeks of the window."""
    before: Count
    """Proposals in as many weeks just before the window."""
    now: Count
    """Proposals in the window."""
    chance: Share
    """How likely so much would be by chance somewhere among all that was looked at."""
    is_short_term: bool
    """Whether it is suggested for the short-term track; else it is worth watching."""

    @classmethod
    def of(cls, view: RisingView) -> Self:
        """Return something that rises."""
        return cls(
            kind=view.kind,
            name=view.name,
            lang=view.lang,
            group=view.group or None,
            weeks=view.weeks,
            window=view.window,
            before=view.before,
            now=view.now,
            chance=view.chance,
            is_short_term=view.is_short_term,
        )


class Rising(Answer):
    """What is rising, surest first."""

    items: tuple[Rise, ...]
    """What rises."""


class Voice(Answer):
    """One constituency's proposals, beside its share of the members."""

    constituency: str
    """Id of the constituency."""
    members: Count
    """Its members."""
    proposals: Count
    """Their proposals."""
    members_share: Share
    """Its share of all members."""
    proposals_share: Share
    """Its share of all proposals."""
    by_goal: tuple[GoalCount, ...]
    """Its proposals under each goal."""
    quiet: tuple[GoalNumber, ...]
    """Goals under which it has less than a third of its share."""

    @classmethod
    def of(cls, view: VoiceRow) -> Self:
        """Return a constituency's voice."""
        return cls(
            constituency=view.constituency,
            members=view.members,
            proposals=view.proposals,
            members_share=view.members_share,
            proposals_share=view.proposals_share,
            by_goal=goal_counts(view.by_goal),
            quiet=view.quiet,
        )


class Voices(Answer):
    """From which constituencies proposals come."""

    is_enough: bool
    """Whether there are enough proposals for shares to say something."""
    items: tuple[Voice, ...]
    """Every constituency."""

    @classmethod
    def of(cls, view: ExplorerView) -> Self:
        """Return all voices."""
        return cls(is_enough=view.voices_enough, items=tuple(map(Voice.of, view.voices)))


class Piece(Answer):
    """A piece of an excerpt."""

    text: str
    """The piece."""
    is_match: bool
    """Whether it is one of the words that were looked for."""


class Hit(Answer):
    """One thing that was found."""

    kind: Literal["proposal", "topic", "agenda"]
    """What it is."""
    id: str
    """Id of the proposal or topic; of an agenda, its version and the number of the item, as `3/S1`."""
    title: Title
    """What it is called."""
    excerpt: tuple[Piece, ...]
    """The text around what was found, in pieces."""
    why: Literal["words", "meaning", "both"]
    """What it was found by."""
    time: Moment
    """When it was signed or published."""
    track: Track | None
    """Its track."""
    member: str | None
    """Id of the member that submitted it, or null."""
    goals: tuple[GoalNumber, ...]
    """Its Sustainable Development Goals."""

    @classmethod
    def of(cls, view: SearchHit) -> Self:
        """Return a hit."""
        return cls(
            kind=view.kind,
            id=view.id,
            title=Title.of(TextView("held", view.lang, view.title)),
            excerpt=tuple(Piece(text=text, is_match=is_match) for text, is_match in view.excerpt),
            why=view.why,
            time=moment(view.time),
            track=view.track,
            member=view.member or None,
            goals=view.goals,
        )


class Found(Page):
    """What was found, best first. Parts follow one another by their number: what comes in between may move them."""

    total: Count
    """How much was found."""
    by_meaning: bool
    """Whether meanings were compared too, or words alone."""
    items: tuple[Hit, ...]
    """What this part holds."""

    @classmethod
    def part(cls, view: SearchResults, cursor: str | None) -> Self:
        """Return one part of what was found."""
        return cls(next=cursor, total=view.total, by_meaning=view.by_meaning, items=tuple(map(Hit.of, view.hits)))


class SuggestedGoal(Answer):
    """A goal that may fit a text."""

    goal: GoalNumber
    """The goal."""
    sureness: Count
    """From 0 to 100."""
    is_accepted: bool
    """Whether it is sure enough to be suggested."""
    reasons: tuple[str, ...]
    """Words or targets that led to it."""


class Suggestions(Answer):
    """What the topics module makes of a text. You decide."""

    lang: str
    """The language that the text is taken to be in."""
    goals: tuple[SuggestedGoal, ...]
    """Goals, those to suggest first."""
    similar: tuple[Similar, ...]
    """Proposals that say something alike."""

    @classmethod
    def of(cls, view: Suggestion) -> Self:
        """Return suggestions for a text."""
        reasons: dict[int, list[str]] = {}
        for goal, words in view.reasons:
            reasons.setdefault(goal, []).append(words)
        return cls(
            lang=view.lang,
            goals=tuple(
                SuggestedGoal(
                    goal=goal,
                    sureness=sureness,
                    is_accepted=goal in view.accepted,
                    reasons=tuple(reasons.get(goal, ())),
                )
                for goal, sureness in view.goals
            ),
            similar=tuple(map(Similar.of, view.similar)),
        )
