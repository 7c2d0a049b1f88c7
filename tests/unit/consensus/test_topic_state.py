"""What becomes of a topic: named, changed, given up, merged into another, and never while a round asks about it."""

from itertools import permutations

import pytest
from pydantic import BaseModel

from consensus.topic_state import Standing, TopicState, fold_topic
from protocol.envelope import Verified
from protocol.events.consultation import Topic, TopicEnding, Track
from protocol.ids import EventId
from tests.support.builders import EPOCH_MS, ChainWriter, build_federation, hash_of, proposal_text

DAY = 86_400_000
FEDERATION = build_federation(3)
PROPOSALS = tuple(sorted(EventId(hash_of("proposal", at)) for at in range(4)))


def topic(title: str, *, replaces: EventId | None = None, proposals: int = 2, track: Track = "long") -> Topic:
    return Topic(
        replaces=replaces,
        track=track,
        text=proposal_text(title),
        goals=(3,),
        minutes=30,
        proposals=PROPOSALS[:proposals],
    )


class Story:
    """One topic and what is said of it, a day after the other."""

    def __init__(self) -> None:
        self.writer: ChainWriter = FEDERATION.writer(0)
        self.day = 1
        self.first = self.say(topic("Wells"))
        self.said: list[Verified] = []
        self.standings: list[Standing] = []

    def say(self, body: BaseModel, day: float | None = None) -> Verified:
        self.day += 1
        return self.writer.write(body, time_ms=at(self.day if day is None else day))

    def change(self, title: str, day: float | None = None, **changes: object) -> Verified:
        event = self.say(topic(title, replaces=self.first.id, **changes), day)  # type: ignore[arg-type]
        self.said.append(event)
        return event

    def end(self, into: EventId | None = None, day: float | None = None) -> None:
        self.said.append(self.say(TopicEnding(topic=self.first.id, into=into), day))

    def state(self) -> TopicState:
        return fold_topic(self.first, self.said, self.standings)


def at(day: float) -> int:
    return EPOCH_MS + round(day * DAY)


@pytest.fixture
def story() -> Story:
    return Story()


def titles(state: TopicState) -> list[str]:
    known = {proposal_text(title).sha256: title for title in ("Wells", "Clean wells", "Cleaner wells")}
    return [known[each.body.text.sha256] for each in state.versions]


def test_a_topic_keeps_the_id_of_its_first_event(story: Story) -> None:
    story.change("Clean wells")
    story.change("Cleaner wells", proposals=3)
    state = story.state()
    assert state.id == story.first.id
    assert titles(state) == ["Wells", "Clean wells", "Cleaner wells"]
    assert len(state.body.proposals) == 3
    assert [step.act for step in state.history] == ["name", "change", "change"]


# SPEC 2.33: "the id of the topic that it changes, which is that of the topic's first event"
def test_what_changes_another_topic_or_a_later_event_of_this_one_changes_nothing_here(story: Story) -> None:
    later = story.change("Clean wells")
    story.said.append(story.say(topic("Cleaner wells", replaces=later.id)))
    story.said.append(story.say(topic("Cleaner wells", replaces=EventId(hash_of("another")))))
    story.said.append(story.say(TopicEnding(topic=EventId(hash_of("another")), into=None)))
    assert titles(story.state()) == ["Wells", "Clean wells"]
    assert story.state().end is None


# SPEC 2.69: "the set of all events about the topic and the rounds in which it stood, in any order of arrival"
def test_the_order_of_arrival_does_not_matter(story: Story) -> None:
    story.change("Clean wells")
    story.change("Cleaner wells")
    story.end(PROPOSALS[0])
    whole = story.state()
    assert whole.end is not None
    for order in permutations(story.said):
        story.said = list(order)
        assert story.state() == whole


@pytest.mark.parametrize(
    ("day", "void"), [(9.9, None), (10, "in-round"), (12, "in-round"), (14, "in-round"), (14.1, None)]
)
def test_while_a_round_asks_about_it_a_topic_stays_as_it_is(story: Story, day: float, void: str | None) -> None:
    story.standings = [Standing(at(10), at(14))]
    story.change("Clean wells", day)
    state = story.state()
    assert titles(state) == (["Wells"] if void else ["Wells", "Clean wells"])
    assert state.history[-1].void == void


def test_a_topic_in_a_round_can_not_be_given_up(story: Story) -> None:
    story.standings = [Standing(at(10), at(14))]
    story.end(day=12)
    assert story.state().end is None
    story.end(day=15)
    assert story.state().end is not None


def test_dating_a_change_back_before_the_round_is_without_effect_once_something_later_was_seen(story: Story) -> None:
    story.standings = [Standing(at(10), at(14))]
    story.change("Clean wells", 12)
    story.change("Cleaner wells", 5)
    assert titles(story.state()) == ["Wells"]


def test_what_was_given_up_stays_so(story: Story) -> None:
    story.end(PROPOSALS[1])
    story.change("Clean wells")
    story.end()
    state = story.state()
    assert state.end is not None
    assert state.end.into == PROPOSALS[1]
    assert titles(state) == ["Wells"]
    assert [step.void for step in state.history] == [None, None, "ended", "ended"]


def test_a_topic_keeps_its_track_and_does_not_go_into_itself(story: Story) -> None:
    story.change("Clean wells", track="short")
    story.end(story.first.id)
    state = story.state()
    assert [step.void for step in state.history] == [None, "track", "itself"]
    assert state.end is None


def test_a_round_speaks_of_the_version_that_it_froze(story: Story) -> None:
    story.change("Clean wells", proposals=3)
    state = story.state()
    assert len(state.frozen_as(proposal_text("Wells").sha256).proposals) == 2
    assert len(state.frozen_as(proposal_text("Clean wells").sha256).proposals) == 3
    assert state.frozen_as(proposal_text("never frozen").sha256) == state.body
