"""Threads and translations are a function of the set of events: of no order of arrival, forks and limits included."""

import asyncio
import random
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from node.storage import projections
from node.storage.database import Connection
from protocol import limits
from protocol.envelope import Verified
from protocol.events.discussion import Comment, Translation
from protocol.ids import EventId, TextHash
from tests.support.builders import EPOCH_MS, build_federation, hash_of, proposal_text
from tests.support.delivered import delivered

FEDERATION = build_federation(4)
SUBJECTS = tuple(EventId(hash_of("subject", number)) for number in range(2))
ORIGINALS = tuple(TextHash(hash_of("original", number)) for number in range(2))
_TAGS = ("ar", "fr", "zh", "zh-Hant")


@dataclass(frozen=True)
class Said:
    """One thing that a member says: about which subject, answering which comment so far, at which minute."""

    who: int
    subject: int
    answers: int
    minute: int
    tag: str


said = st.lists(
    st.builds(
        Said, st.integers(0, 3), st.integers(0, 1), st.integers(-1, 8), st.integers(0, 5), st.sampled_from(("", *_TAGS))
    ),
    min_size=1,
    max_size=24,
)


def written(things: list[Said], fork_at: int) -> list[Verified]:
    """Return what the members say; the last member's chain forks at a place, if it is that long."""
    writers = [FEDERATION.writer(which) for which in range(4)]
    events: list[Verified] = []
    comments: list[EventId] = [EventId(hash_of("never"))]
    for number, thing in enumerate(things):
        time, text = EPOCH_MS + thing.minute * 60_000, proposal_text(f"said {number}", lang=thing.tag or "en")
        if thing.tag:
            about = SUBJECTS[thing.subject]
            body: Comment | Translation = Translation(of=ORIGINALS[thing.subject], subject=about, text=text)
        else:
            reply_to = comments[thing.answers % len(comments)] if thing.answers >= 0 else None
            body = Comment(subject=SUBJECTS[thing.subject], reply_to=reply_to, text=text)
        event = writers[thing.who].write(body, time_ms=time)
        events.append(event)
        if not thing.tag:
            comments.append(event.id)
    if writers[3].length > fork_at:
        events.append(writers[3].branch(fork_at).write({"any": "thing"}, kind="poll"))
    return events


async def held(path: Path, deliveries: list[list[Verified]]) -> tuple[object, object]:
    """Return what a node's rows are after deliveries, and what they are once made anew."""
    envelopes = [[verified.envelope for verified in events] for events in deliveries]
    async with delivered(path, FEDERATION, envelopes) as (database, _):
        straight = await database.read(rows)
        await database.write(projections.rebuild)
        return straight, await database.read(rows)


def rows(connection: Connection) -> tuple[object, object]:
    return (
        connection.rows("SELECT id, subject, reply_to, thread, level, placed, path FROM comments ORDER BY id"),
        connection.rows("SELECT original, lang, member, event, text FROM translations ORDER BY original, lang, member"),
    )


def threads(events: list[Verified], voided: set[EventId]) -> dict[EventId, tuple[EventId, int]]:
    """Return the thread and level of each comment that counts, told from the whole set at once."""
    counted: dict[EventId, Comment] = {}
    taken: dict[tuple[str, str], int] = {}
    for event in sorted(events, key=lambda each: (each.event.seq, each.event.key)):
        body = event.event.body
        if isinstance(body, Comment) and event.id not in voided:
            place = taken[event.event.member, body.subject] = taken.get((event.event.member, body.subject), 0) + 1
            if place <= limits.COMMENTS_PER_MEMBER_MAX:
                counted[event.id] = body

    def stand(id_: EventId) -> tuple[EventId, int]:
        above = counted[id_].reply_to
        if above is None or above not in counted or counted[above].subject != counted[id_].subject:
            return id_, 0
        thread, level = stand(above)
        return thread, min(level + 1, limits.COMMENT_LEVELS_MAX)

    return {id_: stand(id_) for id_ in counted}


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "COMMENTS_PER_MEMBER_MAX", 4)
    monkeypatch.setattr(limits, "TRANSLATION_LANGUAGES_MAX", 2)


@pytest.mark.usefixtures("few")
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(things=said, fork_at=st.integers(0, 6), shuffle=st.randoms(use_true_random=False))
def test_threads_and_translations_do_not_depend_on_the_order_of_arrival(
    tmp_path_factory: pytest.TempPathFactory, things: list[Said], fork_at: int, shuffle: random.Random
) -> None:
    # SPEC 2.61: "the first COMMENTS_PER_MEMBER_MAX count, in the order of their `seq`, then of their keys"
    # SPEC 2.62: "any other comment begins a thread"
    # SPEC 2.63: "A comment's place is its `time`, or one millisecond after the place of the comment"
    # SPEC 2.64: "A comment stands at most COMMENT_LEVELS_MAX levels below the first of its thread"
    # SPEC 2.65: "Of a member's translations of one text into one language the one with the greatest `time` counts"
    events = written(things, fork_at)
    where = tmp_path_factory.mktemp("talk")
    straight = asyncio.run(held(where / "a", [events]))
    single = [[verified] for verified in events]
    shuffle.shuffle(single)
    other = asyncio.run(held(where / "b", single))
    assert straight[0] == straight[1] == other[0] == other[1]
    forked = events[-1].event.kind == "poll"
    key = FEDERATION.writer(3).key
    voided = {each.id for each in events if forked and each.event.key == key and each.event.seq >= fork_at}
    shown = {row[0]: (row[3], row[4]) for row in straight[0][0]}  # type: ignore[index]
    assert shown == threads(events, voided)
