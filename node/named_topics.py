"""Topics out of the store: their events folded with the rounds that they stand in, the same on every node."""

from collections.abc import Sequence
from typing import Protocol

from consensus.topic_state import Standing, TopicState, fold_topic
from node.storage import events as store
from node.storage.database import Connection
from protocol.envelope import Verified, reopen_verified
from protocol.events.consultation import Topic

_KINDS = ("topic", "topic-ending")


class Rounds(Protocol):
    """What the register says of topics."""

    def standings(self, subject: str) -> Sequence[Standing]:
        """Return from when until when a subject stands in rounds."""
        ...


def named_topics(connection: Connection, rounds: Rounds) -> list[TopicState]:
    """Return all topics, those that have ended too, in the order in which they came here."""
    said: dict[str, list[Verified]] = {}
    for stored in store.of_kind(connection, *_KINDS):
        verified = reopen_verified(stored.envelope)
        said.setdefault(store.subject_of(verified), []).append(verified)
    states = (_folded(topic, events, rounds) for topic, events in said.items())
    return [state for state in states if state is not None]


def named_topic(connection: Connection, topic: str, rounds: Rounds) -> TopicState | None:
    """Return a topic by the id of its first event, or None."""
    said = [reopen_verified(stored.envelope) for stored in store.about(connection, topic, *_KINDS)]
    return _folded(topic, said, rounds)


def _folded(topic: str, said: Sequence[Verified], rounds: Rounds) -> TopicState | None:
    first = next((each for each in said if each.id == topic), None)
    if first is None or not isinstance(first.event.body, Topic):
        return None
    return fold_topic(first, said, rounds.standings(topic))
