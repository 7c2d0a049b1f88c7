"""Which texts are erased, and by whom, is a function of the set of events and texts: of no order of arrival."""

import asyncio
import random
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from node.deliveries import Delivery
from node.storage import projections, texts
from node.storage.database import Connection
from protocol.canonical import sha256_hex
from protocol.envelope import Verified
from protocol.events.consultation import Erasure
from protocol.events.discussion import Comment
from protocol.ids import EventId
from tests.support.builders import EPOCH_MS, build_federation, document, hash_of, proposal_text
from tests.support.delivered import delivered

FEDERATION = build_federation(4)
TITLES = ("one", "two")
DATA = tuple(document(title) for title in TITLES)
HASHES = tuple(sha256_hex(data) for data in DATA)
GROUNDS = ("personal-data", "abuse")


@dataclass(frozen=True)
class Said:
    """One thing that a member says of a text: it names it, or erases it, at which minute."""

    who: int
    text: int
    erases: bool
    minute: int


said = st.lists(
    st.builds(Said, st.integers(0, 3), st.integers(0, 1), st.booleans(), st.integers(0, 3)), min_size=1, max_size=12
)


def written(things: list[Said]) -> list[Verified]:
    """Return what the members say."""
    writers = [FEDERATION.writer(which) for which in range(4)]
    events = []
    for number, thing in enumerate(things):
        if thing.erases:
            ground = GROUNDS[number % len(GROUNDS)]
            body: Erasure | Comment = Erasure.model_validate({"text": HASHES[thing.text], "ground": ground})
        else:
            subject = EventId(hash_of("subject"))
            body = Comment(subject=subject, reply_to=None, text=proposal_text(TITLES[thing.text]))
        events.append(writers[thing.who].write(body, time_ms=EPOCH_MS + thing.minute * 60_000))
    return events


def expected(events: list[Verified]) -> dict[str, str | None]:
    """Return the erasure in force of each text that is named, told from the whole set at once."""
    named: dict[str, set[str]] = {}
    for each in events:
        if isinstance(each.event.body, Comment):
            named.setdefault(each.event.body.text.sha256, set()).add(each.event.member)
    may = {
        digest: [
            (each.event.time, each.id)
            for each in events
            if isinstance(each.event.body, Erasure)
            and each.event.body.text == digest
            and (each.event.member in members or each.event.member == FEDERATION.secretariat.id)
        ]
        for digest, members in named.items()
    }
    return {digest: min(erasures)[1] if erasures else None for digest, erasures in may.items()}


def rows(connection: Connection) -> dict[str, tuple[str | None, bool, frozenset[str]]]:
    found = ((digest, texts.get(connection, digest)) for digest in HASHES)
    return {
        digest: (row.erased_by, row.data is not None, texts.members_of(connection, digest))
        for digest, row in found
        if row is not None
    }


async def held(path: Path, things: list[Verified | bytes]) -> tuple[object, object]:
    """Return what a node holds of the texts after single deliveries in an order, and once that is made anew."""
    envelopes = [[each.envelope] if isinstance(each, Verified) else [] for each in things]
    async with AsyncExitStack() as stack:
        database, ledger = await stack.enter_async_context(delivered(path, FEDERATION, []))
        for _ in things:
            before = await database.read(rows), ledger.position
            for each, one in zip(things, envelopes, strict=True):
                await ledger.take(Delivery("test", one, () if isinstance(each, Verified) else (each,)))
            if (await database.read(rows), ledger.position) == before:
                break
        straight = await database.read(rows)
        await database.write(projections.rebuild)
        return straight, await database.read(rows)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(things=said, shuffle=st.randoms(use_true_random=False))
def test_who_may_erase_a_text_does_not_depend_on_the_order_of_arrival(
    tmp_path_factory: pytest.TempPathFactory, things: list[Said], shuffle: random.Random
) -> None:
    # SPEC 8.6: "An `erasure` by the member whose event names the text, or by the secretariat, obliges every node"
    events = written(things)
    shuffled: list[Verified | bytes] = [*events, *DATA]
    shuffle.shuffle(shuffled)
    where = tmp_path_factory.mktemp("erasure")
    first = asyncio.run(held(where / "a", [*events, *DATA]))
    second = asyncio.run(held(where / "b", shuffled))
    assert first[0] == first[1] == second[0] == second[1]
    assert isinstance(first[0], dict)
    told = expected(events)
    assert {digest: row[0] for digest, row in first[0].items()} == told
    assert {digest: row[1] for digest, row in first[0].items()} == {digest: told[digest] is None for digest in told}
