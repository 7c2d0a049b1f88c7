"""Answers about proposals, topics and members, out of the store."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from consensus.consultation import causal_order, fold
from node.storage import events as store
from node.storage import projections, texts
from node.storage.database import Connection, Database
from node.storage.projections import ProposalRow
from protocol.envelope import Verified, reopen_verified
from protocol.errors import RemoteError
from protocol.events.consultation import Erasure, Position, Proposal, TextRef, Topic
from protocol.ids import KeyId
from protocol.roll import Roll
from protocol.texts import parse_document
from web import ports


@dataclass(frozen=True, slots=True)
class Links:
    """Where proposals stand elsewhere: groups, rounds and topics, by proposal."""

    groups: dict[str, str]
    rounds: dict[str, tuple[ports.RoundLink, ...]]


class Library:
    """Reads what has been said. Every answer is of one moment."""

    def __init__(self, database: Database, roll: Roll) -> None:
        self._database = database
        self._roll = roll

    async def proposals(self, wanted: ports.ProposalFilter, groups: dict[str, str]) -> ports.ProposalList:
        """Return one page of proposals; groups names the automatic group of each."""
        return await self._database.read(lambda c: _proposals(c, wanted, groups))

    async def proposal(self, proposal: str, links: Links) -> ports.ProposalView | None:
        """Return one proposal with what was said of it, or None."""
        return await self._database.read(lambda c: _proposal(c, proposal, links))

    async def topics(self) -> tuple[ports.TopicView, ...]:
        """Return the topics in force, newest first."""
        return await self._database.read(_topics)

    async def subject(self, event: str) -> ports.TopicView | ports.ProposalSummary | None:
        """Return the topic or proposal with this id."""
        return await self._database.read(lambda c: _subject(c, event))

    async def text(self, ref: TextRef) -> ports.TextView:
        """Return a text."""
        return await self._database.read(lambda c: text_view(c, ref.sha256, ref.lang))

    async def authors(self, proposals: Sequence[str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Return of each proposal that is here the member that made it and the members that endorse it."""
        found = await self._database.read(lambda c: [_author(c, proposal) for proposal in proposals])
        return tuple(author for author in found if author is not None)

    async def text_refs(self, events: Sequence[str]) -> dict[str, tuple[TextRef, int]]:
        """Return the text and minutes of proposals and topics by id, in their versions in force."""
        return await self._database.read(lambda c: {e: found for e in events if (found := _text_ref(c, e)) is not None})

    async def members(self) -> tuple[ports.MemberView, ...]:
        """Return all members in the order of the roll, with what each did."""
        counts, forked = await self._database.read(lambda c: (_counts(c), _forked(c)))
        return tuple(
            ports.MemberView(
                id=member.id,
                names={str(lang): str(name) for lang, name in member.names.items()},
                country=member.country,
                constituencies=tuple(str(name) for name in member.constituencies),
                is_teller=member.id in self._roll.tellers,
                is_secretariat=member.id in self._roll.secretariat,
                proposals=counts.get((member.id, "proposal"), 0),
                endorsements=counts.get((member.id, "endorsement"), 0),
                ballots=counts.get((member.id, "ballot"), 0),
                forked_keys=tuple(entry.key for entry in member.keys if entry.key in forked),
            )
            for member in self._roll.members
        )


def text_view(connection: Connection, digest: str, lang: str) -> ports.TextView:
    """Return a text as pages show it."""
    row = texts.get(connection, digest)
    if row is None or (row.data is None and row.erased_by is None):
        return ports.TextView("missing", lang)
    if row.data is None:
        return _erased(connection, row)
    try:
        document = parse_document(row.data)
    except RemoteError:
        return ports.TextView("missing", lang)
    return ports.TextView("held", lang, document.title, document.body, document.urgency)


def _erased(connection: Connection, row: texts.TextRow) -> ports.TextView:
    found = store.by_ids(connection, [str(row.erased_by)])
    erasure = reopen_verified(found[0]).event
    ground = erasure.body.ground if isinstance(erasure.body, Erasure) else ""
    return ports.TextView("erased", row.lang, erased_by=erasure.member, erased_ground=ground, erased_at=erasure.time)


def _open(connection: Connection, event: str) -> Verified | None:
    found = store.by_ids(connection, [event])
    return reopen_verified(found[0]) if found else None


def _summary(connection: Connection, row: ProposalRow, group: str | None) -> ports.ProposalSummary | None:
    verified = _open(connection, row.id)
    if verified is None or not isinstance(verified.event.body, Proposal):
        return None
    body = verified.event.body
    text = text_view(connection, body.text.sha256, body.text.lang)
    return ports.ProposalSummary(
        id=row.id,
        member=row.member,
        track=row.track,
        lang=body.text.lang,
        title=text.title,
        text_state=text.state,
        goals=tuple(body.goals),
        minutes=body.minutes,
        time=verified.event.time,
        endorsements=row.endorsements,
        group=group,
    )


def _proposals(connection: Connection, wanted: ports.ProposalFilter, groups: dict[str, str]) -> ports.ProposalList:
    rows = projections.list_proposals(connection, wanted.track)
    if wanted.group is not None:
        rows = [row for row in rows if groups.get(row.id) == wanted.group]
    by_goal = {goal: sum(row.has_goal(goal) for row in rows) for goal in range(1, 18)}
    without = sum(row.has_goal(0) for row in rows)
    if wanted.goal is not None:
        rows = [row for row in rows if row.has_goal(wanted.goal)]
    start = (wanted.page - 1) * wanted.per_page
    shown = (_summary(connection, row, groups.get(row.id)) for row in rows[start : start + wanted.per_page])
    return ports.ProposalList(
        items=tuple(item for item in shown if item is not None),
        total=len(rows),
        pages=max(1, ceil(len(rows) / wanted.per_page)),
        by_goal=by_goal,
        without_goal=without,
    )


def _proposal(connection: Connection, proposal: str, links: Links) -> ports.ProposalView | None:
    row = projections.get_proposal(connection, proposal)
    summary = None if row is None else _summary(connection, row, links.groups.get(proposal))
    verified = _open(connection, proposal)
    if summary is None or verified is None or not isinstance(verified.event.body, Proposal):
        return None
    body = verified.event.body
    said = store.about(connection, proposal, "endorsement", "position")
    state = fold(reopen_verified(stored.envelope) for stored in said)
    return ports.ProposalView(
        summary=summary,
        text=text_view(connection, body.text.sha256, body.text.lang),
        suggested=tuple(body.suggested),
        endorsed_by=state.endorsed_by,
        positions=tuple(_position(connection, state.positions[member]) for member in sorted(state.positions)),
        similar=(),
        rounds=links.rounds.get(proposal, ()),
        topics=tuple(topic.id for topic in _topics(connection) if proposal in topic.proposals),
        event_bytes=len(verified.envelope.payload),
        key=verified.event.key,
    )


def _author(connection: Connection, proposal: str) -> tuple[str, tuple[str, ...]] | None:
    row = projections.get_proposal(connection, proposal)
    if row is None:
        return None
    state = fold(reopen_verified(stored.envelope) for stored in store.about(connection, proposal, "endorsement"))
    return str(row.member), tuple(str(member) for member in state.endorsed_by)


def _position(connection: Connection, verified: Verified) -> ports.PositionView:
    body = verified.event.body
    assert isinstance(body, Position)
    reasons = text_view(connection, body.reasons.sha256, body.reasons.lang)
    return ports.PositionView(verified.event.member, body.stance, reasons, verified.event.time)


def _topic_events(connection: Connection) -> dict[str, Verified]:
    """Return the event in force of each topic, by the id of its first."""
    said = [reopen_verified(stored.envelope) for stored in store.of_kind(connection, "topic")]
    latest: dict[str, Verified] = {}
    for verified in causal_order(said):
        body = verified.event.body
        if isinstance(body, Topic):
            latest[body.replaces or verified.id] = verified
    return latest


def _topics(connection: Connection) -> tuple[ports.TopicView, ...]:
    found = [_topic_view(connection, first, verified) for first, verified in _topic_events(connection).items()]
    return tuple(sorted(found, key=lambda topic: (-topic.time, topic.id)))


def _topic_view(connection: Connection, first: str, verified: Verified) -> ports.TopicView:
    body = verified.event.body
    assert isinstance(body, Topic)
    return ports.TopicView(
        id=first,
        track=body.track,
        text=text_view(connection, body.text.sha256, body.text.lang),
        goals=tuple(body.goals),
        minutes=body.minutes,
        proposals=tuple(body.proposals),
        time=verified.event.time,
    )


def _topic_in_force(connection: Connection, event: str) -> Verified | None:
    said = [reopen_verified(stored.envelope) for stored in store.about(connection, event, "topic")]
    ordered = causal_order(said)
    return ordered[-1] if ordered else None


def _subject(connection: Connection, event: str) -> ports.TopicView | ports.ProposalSummary | None:
    row = projections.get_proposal(connection, event)
    if row is not None:
        return _summary(connection, row, None)
    topic = _topic_in_force(connection, event)
    return None if topic is None else _topic_view(connection, event, topic)


def _text_ref(connection: Connection, event: str) -> tuple[TextRef, int] | None:
    verified = _topic_in_force(connection, event) or _open(connection, event)
    body = None if verified is None else verified.event.body
    return (body.text, body.minutes) if isinstance(body, Topic | Proposal) else None


def _counts(connection: Connection) -> dict[tuple[str, str], int]:
    rows = connection.rows(
        "SELECT member, kind, count(*) FROM events"
        " WHERE kind IN ('proposal', 'endorsement', 'ballot') AND chained = 1 GROUP BY kind, member"
    )
    return {(str(row[0]), str(row[1])): int(row[2] or 0) for row in rows}


def _forked(connection: Connection) -> frozenset[KeyId]:
    return frozenset(KeyId(str(row[0])) for row in connection.rows("SELECT key FROM forks"))
