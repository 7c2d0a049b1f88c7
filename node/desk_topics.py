"""Topics, as the secretariat curates them: named, changed, split, merged, given up, and what became of each."""

from collections.abc import Iterable, Sequence

from consensus.proposal_state import Consultation
from consensus.topic_state import TopicState, TopicStep
from node.courses import other_view, view_of
from node.deliveries import Beside
from node.library import Library, topic_view
from node.named_topics import named_topic, named_topics
from node.rounds import Rounds
from node.stages import Stages
from node.storage import events as store
from node.storage import projections
from node.storage.database import Connection, Database
from node.voice import Voice
from protocol.envelope import reopen_verified
from protocol.events.consultation import Topic, TopicEnding
from protocol.events.deliberation import MergeAnswer
from protocol.ids import EventId
from protocol.texts import text_ref
from web import ports
from web.desk_views import AskedView, ConsolidationView, HalfDone, TopicDetail, TopicLine, TopicStepView
from web.ports import Account, Refused


class Curation:
    """Topics for the desk."""

    def __init__(self, database: Database, voice: Voice, library: Library, rounds: Rounds, stages: Stages) -> None:
        self._database = database
        self._voice = voice
        self._library = library
        self._rounds = rounds
        self._stages = stages

    async def lines(self) -> tuple[TopicLine, ...]:
        """Return the topics in force, newest first."""
        topics = await self._library.topics()
        begun = await self._database.read(self._half_done)
        return tuple(TopicLine(topic, self._lock(topic.id), bool(begun.get(topic.id))) for topic in topics)

    async def one(self, topic: str) -> TopicDetail | None:
        """Return a topic, one that has ended too, or None."""
        return await self._database.read(lambda c: self._detail(c, topic))

    async def name(self, account: Account, wanted: ports.TopicInput, split_from: EventId | None = None) -> EventId:
        """Name a topic, taken out of another one if that is said; return its id, of the same topic if it has a name."""
        self._voice.check(account, "secretariat")
        held = next((each.id for each in await self._library.topics() if _is(each, wanted)), None)
        if held is not None:
            return EventId(held)
        body, text = await self._body(wanted, None)
        refs = () if split_from is None else (split_from,)
        return await self._voice.say("topic", body, refs=refs, texts=(text,))

    async def change(
        self, account: Account, topic: str, wanted: ports.TopicInput, taking_in: EventId | None = None
    ) -> None:
        """Change what a topic is called, says and holds, taking in another one if that is said."""
        self._voice.check(account, "secretariat")
        await self._check_free(topic, wanted.track)
        body, text = await self._body(wanted, EventId(topic))
        refs = {EventId(topic)} if taking_in is None else {EventId(topic), taking_in}
        await self._voice.say("topic", body, refs=tuple(sorted(refs)), texts=(text,))

    async def split(self, account: Account, topic: str, kept: ports.TopicInput, other: ports.TopicInput) -> str:
        """Leave some proposals in a topic and make another one of the rest; return the new one's id."""
        self._voice.check(account, "secretariat")
        await self._check_free(topic, kept.track)
        fresh = await self.name(account, other, EventId(topic))
        if not await self._stands_as(topic, kept):
            await self.change(account, topic, kept)
        return fresh

    async def merge(self, account: Account, topic: str, gone: str, wanted: ports.TopicInput) -> None:
        """Put two topics into the first, and end the second."""
        self._voice.check(account, "secretariat")
        if gone == topic:
            raise Refused("not-itself")
        await self._check_free(gone, wanted.track)
        begun = (await self._database.read(self._half_done)).get(topic, ())
        is_begun = any(each.kind == "merge" and each.other.id == gone for each in begun)
        if not (is_begun and await self._stands_as(topic, wanted)):
            await self.change(account, topic, wanted, EventId(gone))
        await self._end(gone, EventId(topic))

    async def finish(self, account: Account, topic: str, other: str) -> None:
        """Sign the second event of a split or merger of two topics. Refused: `not-half-done` if nothing is missing."""
        self._voice.check(account, "secretariat")
        begun = (await self._database.read(self._half_done)).get(topic, ())
        found = next((each for each in begun if each.other.id == other), None)
        state = await self._database.read(lambda c: named_topic(c, topic, self._stages.certified))
        if found is None or state is None:
            raise Refused("not-half-done")
        if found.kind == "merge":
            await self._check_free(other, None)
            await self._end(other, EventId(topic))
            return
        await self._check_free(topic, None)
        rest = tuple(each for each in state.body.proposals if each not in found.other.proposals)
        body = state.body.model_copy(update={"replaces": EventId(topic), "proposals": rest})
        await self._voice.say("topic", body, refs=(EventId(topic),))

    async def _stands_as(self, topic: str, wanted: ports.TopicInput) -> bool:
        """Whether a topic says and holds already what is wanted."""
        return any(each.id == topic and _is(each, wanted) for each in await self._library.topics())

    def _half_done(self, connection: Connection) -> dict[str, tuple[HalfDone, ...]]:
        """Return, of each topic, the splits and mergers of which the second event is missing."""
        states = {state.id: state for state in named_topics(connection, self._stages.certified) if state.end is None}
        found: dict[str, list[HalfDone]] = {}
        for state in states.values():
            held = set(state.body.proposals)
            for other in (states[each] for each in sorted(state.took_in & states.keys())):
                if held >= set(other.body.proposals):
                    line = HalfDone("merge", topic_view(connection, other, other.body), len(other.body.proposals))
                    found.setdefault(state.id, []).append(line)
            for whole in (states[each] for each in sorted(state.taken_from & states.keys())):
                both = held & set(whole.body.proposals)
                if both and both < set(whole.body.proposals):
                    line = HalfDone("split", topic_view(connection, state, state.body), len(both))
                    found.setdefault(whole.id, []).append(line)
        return {topic: tuple(lines) for topic, lines in found.items()}

    async def end(self, account: Account, topic: str) -> None:
        """Give a topic up."""
        self._voice.check(account, "secretariat")
        await self._check_free(topic, None)
        await self._end(topic, None)

    async def _end(self, topic: str, into: EventId | None) -> None:
        body = TopicEnding(topic=EventId(topic), into=into)
        refs = {EventId(topic)} if into is None else {EventId(topic), into}
        await self._voice.say("topic-ending", body, refs=tuple(sorted(refs)))

    async def _body(self, wanted: ports.TopicInput, replaces: EventId | None) -> tuple[Topic, Beside]:
        for proposal in wanted.proposals:
            if not isinstance(await self._library.subject(proposal), ports.ProposalSummary):
                raise Refused("unknown-proposal")
        text = self._voice.write(wanted.title, wanted.body, wanted.lang)
        body = Topic(
            replaces=replaces,
            track=wanted.track,
            text=text_ref(text.data, text.lang),
            goals=tuple(sorted(set(wanted.goals))),
            minutes=wanted.minutes,
            proposals=tuple(EventId(proposal) for proposal in sorted(set(wanted.proposals))),
        )
        return body, text

    async def _check_free(self, topic: str, track: str | None) -> None:
        """Raise Refused unless an event about a topic would have effect now."""
        state = await self._database.read(lambda c: named_topic(c, topic, self._stages.certified))
        if state is None:
            raise Refused("unknown-topic")
        if state.end is not None:
            raise Refused("topic-ended")
        if self._lock(topic) is not None:
            raise Refused("topic-in-round")
        if track is not None and track != state.body.track:
            raise Refused("topic-other-track")

    def _lock(self, topic: str) -> ports.RoundLink | None:
        """Return the round that is open and asks about a topic, if there is one."""
        if self._locked_until(topic) is None:
            return None
        return next((link for link in self._rounds.links_of(topic) if link.state in ("scheduled", "open")), None)

    def _locked_until(self, topic: str) -> int | None:
        now = self._stages.now()
        spans = self._stages.certified.standings(topic)
        return max((each.closes for each in spans if each.opens <= now <= each.closes), default=None)

    def _detail(self, connection: Connection, topic: str) -> TopicDetail | None:
        state = named_topic(connection, topic, self._stages.certified)
        if state is None:
            return None
        return TopicDetail(
            topic=topic_view(connection, state, state.body),
            has_ended=state.end is not None,
            locked_by=self._lock(topic),
            locked_until=self._locked_until(topic),
            proposals=self._library.summaries(connection, state.body.proposals),
            steps=tuple(self._step(connection, state, step) for step in state.history),
            split_off=tuple(self._split_off(connection, state.id)),
            consolidations=self._consolidations(connection, state.body.proposals),
            half_done=self._half_done(connection).get(state.id, ()),
        )

    def _step(self, connection: Connection, state: TopicState, step: TopicStep) -> TopicStepView:
        version = next((each for each in state.versions if each.event == step.event), None)
        into = state.end.into if state.end is not None and state.end.event == step.event else None
        other = None if into is None else named_topic(connection, into, self._stages.certified)
        return TopicStepView(
            at=step.at,
            act=step.act,
            by=step.by,
            event=step.event,
            void=step.void,
            text=None if version is None else view_of(connection, version.body.text),
            proposals=0 if version is None else len(version.body.proposals),
            into=None if other is None else view_of(connection, other.body.text),
        )

    def _split_off(self, connection: Connection, topic: EventId) -> Iterable[ports.TopicView]:
        for state in named_topics(connection, self._stages.certified):
            if topic in state.taken_from and state.end is None:
                yield topic_view(connection, state, state.body)

    def _consolidations(self, connection: Connection, proposals: Sequence[str]) -> tuple[ConsolidationView, ...]:
        """Return the texts that would consolidate some of these proposals."""
        found = dict.fromkeys(
            text for proposal in proposals for text in projections.consolidations(connection, proposal)
        )
        return tuple(
            ConsolidationView(other_view(connection, text), tuple(self._asked(connection, text))) for text in found
        )

    def _asked(self, connection: Connection, into: str) -> Iterable[AskedView]:
        for proposal in projections.merged_by(connection, into):
            state = self._stages.state(connection, proposal)
            said = [] if state is None else list(_answers(connection, state, into))
            yield AskedView(other_view(connection, proposal), "asked" if not said else "joined" if said[-1] else "out")


def _is(topic: ports.TopicView, wanted: ports.TopicInput) -> bool:
    """Whether a topic in force says and holds what is wanted."""
    said = (topic.track, topic.text.lang, topic.text.title, topic.text.body, topic.minutes)
    holds = (set(topic.goals), set(topic.proposals))
    return topic.text.state == "held" and (said, holds) == (
        (wanted.track, wanted.lang, wanted.title, wanted.body, wanted.minutes),
        (set(wanted.goals), set(wanted.proposals)),
    )


def _answers(connection: Connection, state: Consultation, into: str) -> Iterable[bool]:
    """Yield what a proposal's sponsor said to a consolidated text, with effect, in order: whether it joins."""
    counted = {step.event for step in state.history if step.act in ("join", "stay-out") and step.void is None}
    said = {each.id: reopen_verified(each).event.body for each in store.by_ids(connection, sorted(counted))}
    for step in state.history:
        body = said.get(EventId(step.event)) if step.event in counted else None
        if isinstance(body, MergeAnswer) and body.into == into:
            yield body.joins
