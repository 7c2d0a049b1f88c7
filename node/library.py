"""Answers about proposals, topics and members, out of the store."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil

from consensus.consultation import endorses
from consensus.topic_state import TopicState
from node.courses import course_view, text_view, view_of
from node.named_topics import named_topic, named_topics
from node.stages import Stages
from node.storage import events as store
from node.storage import listing, projections
from node.storage.database import Connection, Database
from node.storage.projections import ProposalRow
from node.titles import Titles
from protocol.envelope import Verified, reopen_verified
from protocol.events.consultation import Position, Proposal, TextRef, Topic
from protocol.events.deliberation import Amendment
from protocol.ids import MemberId, TextHash
from protocol.roll import Roll
from web import ports


@dataclass(frozen=True, slots=True)
class Links:
    """Where proposals stand elsewhere: groups, rounds and topics, by proposal."""

    groups: dict[str, str]
    rounds: dict[str, tuple[ports.RoundLink, ...]]


class Library:
    """Reads what has been said. Every answer is of one moment."""

    def __init__(self, database: Database, roll: Roll, stages: Stages, me: MemberId) -> None:
        self._database = database
        self._roll = roll
        self._stages = stages
        self._me = me
        self._titles = Titles()

    async def counts(self, wanted: ports.ProposalFilter, groups: Mapping[str, str]) -> listing.Counts:
        """Return how many proposals pass a filter, whatever stage, goal and page it asks for."""
        return await self._database.read(lambda c: listing.count(c, _asked(wanted, groups), self._stages.now()))

    async def proposals(
        self, wanted: ports.ProposalFilter, groups: Mapping[str, str], counts: listing.Counts | None = None
    ) -> ports.ProposalList:
        """Return one page of proposals; groups names the automatic group of each.

        counts are those of counts(), if they are at hand: without them all that is stored is gone over.
        """
        counts = counts or await self.counts(wanted, groups)
        total = counts.under(wanted.stage, wanted.goal)
        return ports.ProposalList(
            items=await self._database.read(lambda c: self._page(c, wanted, groups)),
            total=total,
            pages=max(1, ceil(total / wanted.per_page)),
            by_goal={goal: counts.under(wanted.stage, goal) for goal in range(1, 18)},
            without_goal=counts.under(wanted.stage, 0),
            by_stage=counts.by_stage,
        )

    def _page(
        self, connection: Connection, wanted: ports.ProposalFilter, groups: Mapping[str, str]
    ) -> tuple[ports.ProposalSummary, ...]:
        offset = (wanted.page - 1) * wanted.per_page
        asked, now = _asked(wanted, groups), self._stages.now()
        items = listing.page(connection, asked, now, wanted.stage, wanted.goal, wanted.per_page, offset)
        return self._shown(connection, items, groups)

    async def in_stage(self, stage: str, limit: int) -> tuple[ports.ProposalSummary, ...]:
        """Return the proposals in a stage, oldest first."""
        return await self._database.read(
            lambda c: self.summaries(c, [row.id for row in projections.in_stages(c, [stage], limit)])
        )

    def summaries(self, connection: Connection, proposals: Sequence[str]) -> tuple[ports.ProposalSummary, ...]:
        """Return those of these proposals that are here, as lists show them."""
        found = listing.among(connection, proposals, self._stages.now())
        return self._shown(connection, [found[proposal] for proposal in proposals if proposal in found], {})

    def _shown(
        self, connection: Connection, items: Sequence[listing.Item], groups: Mapping[str, str]
    ) -> tuple[ports.ProposalSummary, ...]:
        titles = self._titles.of(connection, items)
        return tuple(_summary(item, titles[item.id], groups.get(item.id)) for item in items)

    async def proposal(self, proposal: str, links: Links) -> ports.ProposalView | None:
        """Return one proposal with what was said of it, or None."""
        return await self._database.read(lambda c: _proposal(c, proposal, links, self._stages, self._me))

    async def topics(self) -> tuple[ports.TopicView, ...]:
        """Return the topics in force, newest first."""
        return await self._database.read(lambda c: _topics(c, self._stages))

    async def subject(
        self, event: str, frozen: TextHash | None = None
    ) -> ports.TopicView | ports.ProposalSummary | None:
        """Return the topic or proposal with this id; a topic as it was when a round froze this text of it."""
        return await self._database.read(lambda c: self._subject(c, event, frozen))

    def _subject(
        self, connection: Connection, event: str, frozen: TextHash | None
    ) -> ports.TopicView | ports.ProposalSummary | None:
        for summary in self.summaries(connection, [event]):
            return summary
        state = named_topic(connection, event, self._stages.certified)
        if state is None:
            return None
        return topic_view(connection, state, state.body if frozen is None else state.frozen_as(frozen))

    async def subjects(
        self, wanted: Sequence[tuple[str, TextRef]]
    ) -> list[tuple[ports.TopicView | ports.ProposalSummary | None, ports.TextView]]:
        """Return topics or proposals by their ids as rounds froze these texts of them, in one reading of the store."""
        return await self._database.read(
            lambda c: [
                (self._subject(c, event, ref.sha256), text_view(c, ref.sha256, ref.lang)) for event, ref in wanted
            ]
        )

    async def text(self, ref: TextRef) -> ports.TextView:
        """Return a text."""
        return await self._database.read(lambda c: text_view(c, ref.sha256, ref.lang))

    async def authors(self, proposals: Sequence[str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Return of each proposal that is here the member that made it and the members that endorse it."""
        found = await self._database.read(lambda c: [_author(c, proposal) for proposal in proposals])
        return tuple(author for author in found if author is not None)

    async def consolidations(self, proposal: str) -> list[str]:
        """Return the proposals that would consolidate one."""
        return await self._database.read(lambda c: projections.consolidations(c, proposal))

    async def text_refs(self, events: Sequence[str]) -> dict[str, tuple[TextRef, int]]:
        """Return the text and minutes of proposals, topics and amendments by id, in their versions in force."""
        return await self._database.read(
            lambda c: {e: found for e in events if (found := _text_ref(c, e, self._stages)) is not None}
        )


def _open(connection: Connection, event: str) -> Verified | None:
    found = store.by_ids(connection, [event])
    return reopen_verified(found[0]) if found else None


def _summary(item: listing.Item, title: ports.TextView, group: str | None) -> ports.ProposalSummary:
    return ports.ProposalSummary(
        id=item.id,
        member=item.carrier,
        track=item.track,
        lang=title.lang,
        title=title.title,
        text_state=title.state,
        goals=item.goal_numbers,
        minutes=item.minutes,
        time=item.time,
        endorsements=item.endorsements,
        group=group,
        stage=item.stage,
        ready_amendments=item.ready_amendments,
        text=title.hash,
    )


def _summarised(
    row: ProposalRow, body: Proposal, time: int, text: ports.TextView, group: str | None, now: int
) -> ports.ProposalSummary:
    return ports.ProposalSummary(
        id=row.id,
        member=row.sponsor or row.member,
        track=row.track,
        lang=text.lang,
        title=text.title,
        text_state=text.state,
        goals=tuple(body.goals),
        minutes=row.minutes,
        time=time,
        endorsements=row.endorsements,
        group=group,
        stage=row.stage_at(now),
        ready_amendments=row.ready_amendments,
        text=text.hash,
    )


def _asked(wanted: ports.ProposalFilter, groups: Mapping[str, str]) -> listing.Wanted:
    among = None if wanted.group is None else [id_ for id_, group in groups.items() if group == wanted.group]
    return listing.Wanted(wanted.track, wanted.member, wanted.before, among)


def _proposal(
    connection: Connection, proposal: str, links: Links, stages: Stages, me: MemberId
) -> ports.ProposalView | None:
    row = projections.get_proposal(connection, proposal)
    state = stages.state(connection, proposal)
    verified = _open(connection, proposal)
    if row is None or state is None or verified is None or not isinstance(verified.event.body, Proposal):
        return None
    body = verified.event.body
    text = view_of(connection, state.text.text)
    fresh = replace(
        row,
        sponsor=state.sponsor,
        minutes=state.text.minutes,
        endorsements=len(state.endorsed_by),
        stage=state.stage,
        due=None,
    )
    return ports.ProposalView(
        summary=_summarised(fresh, body, verified.event.time, text, links.groups.get(proposal), stages.now()),
        text=text,
        suggested=body.suggested.goals if body.suggested else (),
        endorsed_by=state.endorsed_by,
        positions=tuple(_position(connection, state.positions[member]) for member in sorted(state.positions)),
        similar=(),
        rounds=links.rounds.get(proposal, ()),
        topics=tuple(topic.id for topic in _topics(connection, stages) if proposal in topic.proposals),
        event_bytes=len(verified.envelope.payload),
        key=verified.event.key,
        course=course_view(connection, proposal, body, state, stages.settings[body.track], me),
    )


def _author(connection: Connection, proposal: str) -> tuple[str, tuple[str, ...]] | None:
    row = projections.get_proposal(connection, proposal)
    if row is None:
        return None
    said = [reopen_verified(stored.envelope) for stored in store.about(connection, proposal, "endorsement")]
    return row.member, tuple(sorted(endorses(said) - {MemberId(row.member)}))


def _position(connection: Connection, verified: Verified) -> ports.PositionView:
    body = verified.event.body
    assert isinstance(body, Position)
    reasons = text_view(connection, body.reasons.sha256, body.reasons.lang)
    return ports.PositionView(verified.event.member, body.stance, reasons, verified.event.time)


def _topics(connection: Connection, stages: Stages) -> tuple[ports.TopicView, ...]:
    states = named_topics(connection, stages.certified)
    found = [topic_view(connection, state, state.body) for state in states if state.end is None]
    return tuple(sorted(found, key=lambda topic: (-topic.time, topic.id)))


def topic_view(connection: Connection, state: TopicState, body: Topic) -> ports.TopicView:
    """Return one version of a topic as pages show it."""
    since = next(each.since for each in state.versions if each.body == body)
    return ports.TopicView(
        id=state.id,
        track=body.track,
        text=text_view(connection, body.text.sha256, body.text.lang),
        goals=tuple(body.goals),
        minutes=body.minutes,
        proposals=tuple(body.proposals),
        time=since,
    )


def _text_ref(connection: Connection, event: str, stages: Stages) -> tuple[TextRef, int] | None:
    verified = _open(connection, event)
    body = None if verified is None else verified.event.body
    match body:
        case Topic():
            state_of_topic = named_topic(connection, event, stages.certified)
            if state_of_topic is None or state_of_topic.end is not None:
                return None
            return state_of_topic.body.text, state_of_topic.body.minutes
        case Proposal():
            state = stages.state(connection, event)
            return None if state is None else (state.text.text, state.text.minutes)
        case Amendment():
            state = stages.state(connection, body.proposal)
            return None if state is None else (body.text, state.text.minutes)
        case _:
            return None
