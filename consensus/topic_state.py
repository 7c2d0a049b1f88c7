"""A topic's state: a fold over the set of all events about it, so that arrival order never matters.

A topic keeps the id of its first event. A later one changes it, an ending gives it up or says into which other topic
its proposals went. A topic that stands in a round can't be changed until the round's closing time: its name is frozen
there, and what it stands for must be too. Does not handle proposals, whose table is in lifecycle.py.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from consensus.happenings import Happening, in_order
from protocol.envelope import Verified
from protocol.events.consultation import Topic, TopicEnding
from protocol.ids import EventId, MemberId, TextHash

TopicVoid = Literal["in-round", "ended", "track", "itself"]
"""Why an event about a topic has no effect: a round, its end, another track, or that it would go into itself."""


class Standing(NamedTuple):
    """From when until when a topic stands in a round, by the round's specification. Both ends are included."""

    opens: int
    closes: int


@dataclass(frozen=True, slots=True)
class TopicVersion:
    """What a topic says and holds since a time, by an event."""

    event: EventId
    since: int
    body: Topic


@dataclass(frozen=True, slots=True)
class TopicEnd:
    """When a topic was given up, and into which other its proposals went, if into any."""

    event: EventId
    at: int
    into: EventId | None


@dataclass(frozen=True, slots=True)
class TopicStep:
    """One event about a topic, and why it had no effect if it had none."""

    at: int
    act: Literal["name", "change", "end"]
    by: MemberId
    event: EventId
    void: TopicVoid | None


@dataclass(frozen=True, slots=True)
class TopicState:
    """What has come of a topic."""

    id: EventId
    versions: tuple[TopicVersion, ...]
    """Oldest first; the last is in force."""
    end: TopicEnd | None
    history: tuple[TopicStep, ...]
    taken_from: frozenset[EventId] = frozenset()
    """What its first event refers to: the topic that it was taken out of, if it was."""
    took_in: frozenset[EventId] = frozenset()
    """What its changes refer to beside it: the topics whose proposals it was to take in."""

    @property
    def body(self) -> Topic:
        """The version in force, or the last one of a topic that has ended."""
        return self.versions[-1].body

    def frozen_as(self, text: TextHash) -> Topic:
        """Return the version that has this text, as a round froze it; the last one if none has."""
        return next((each.body for each in reversed(self.versions) if each.body.text.sha256 == text), self.body)


def fold_topic(first: Verified, said: Iterable[Verified], standings: Sequence[Standing]) -> TopicState:
    """Return a topic's state.

    first is the event that named it; said holds the events about it, in any order; standings the certified rounds that
    it stands in, in any order.
    """
    body = first.event.body
    assert isinstance(body, Topic)
    course = _Course(first.id, TopicVersion(first.id, first.event.time, body), first.event.member, standings)
    events = {each.id: each for each in (first, *said)}
    for time, happening in in_order(list(events.values()), (), first.event.time):
        if happening.id != first.id and happening.member is not None:
            course.take(time, happening, happening.member)
    state = course.state()
    took_in = {ref for version in state.versions[1:] for ref in events[version.event].event.refs} - {first.id}
    return replace(state, taken_from=frozenset(first.event.refs), took_in=frozenset(took_in))


class _Course:
    """A topic's way so far, while it is folded."""

    def __init__(self, id_: EventId, first: TopicVersion, by: MemberId, standings: Sequence[Standing]) -> None:
        self._id = id_
        self._versions = [first]
        self._end: TopicEnd | None = None
        self._standings = standings
        self._history = [TopicStep(first.since, "name", by, id_, None)]

    def state(self) -> TopicState:
        return TopicState(self._id, tuple(self._versions), self._end, tuple(self._history))

    def take(self, time: int, happening: Happening, by: MemberId) -> None:
        event = EventId(happening.id)
        match happening.what:
            case Topic(replaces=replaced) as body if replaced == self._id:
                void = self._void(time, is_elsewhere=body.track != self._versions[0].body.track)
                if void is None:
                    self._versions.append(TopicVersion(event, time, body))
                self._history.append(TopicStep(time, "change", by, event, void))
            case TopicEnding(topic=topic, into=into) if topic == self._id:
                void = "itself" if into == self._id else self._void(time, is_elsewhere=False)
                if void is None:
                    self._end = TopicEnd(event, time, into)
                self._history.append(TopicStep(time, "end", by, event, void))
            case _:
                pass

    def _void(self, time: int, *, is_elsewhere: bool) -> TopicVoid | None:
        if self._end is not None:
            return "ended"
        if any(each.opens <= time <= each.closes for each in self._standings):
            return "in-round"
        return "track" if is_elsewhere else None
