"""Lists folded from events, and erased texts: the same whatever came first."""

import itertools
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from node.deliveries import Delivery
from node.storage import projections, texts
from node.storage.database import Connection
from protocol.envelope import Verified
from protocol.events.consultation import Endorsement, Erasure, Track
from protocol.ids import EventId
from tests.support.builders import document, proposal_body, proposal_text
from tests.support.node_pair import Lab
from tests.support.small_node import SmallNode

TITLE = "To be erased"
DIGEST = proposal_text(TITLE).sha256


@pytest_asyncio.fixture
async def lab(tmp_path: Path) -> AsyncIterator[Lab]:
    async with AsyncExitStack() as stack:
        yield Lab(tmp_path, stack)


def lists(connection: Connection) -> tuple[object, ...]:
    tracks: tuple[Track | None, ...] = (None, "long", "short")
    listed = [
        [row for row in projections.list_proposals(connection, track) if goal is None or row.has_goal(goal)]
        for track in tracks
        for goal in (None, 0, 3, 17)
    ]
    counts = connection.rows("SELECT proposal, member FROM endorsements WHERE endorses = 1 ORDER BY proposal, member")
    return (*listed, counts)


async def shown(node: SmallNode, proposal: str) -> int | None:
    """Return how many members endorse a proposal, None if it isn't listed."""
    rows = await node.database.read(lambda c: projections.list_proposals(c, None))
    return next((row.endorsements for row in rows if row.id == proposal), None)


def endorse(proposal: Verified, endorses: bool = True) -> Endorsement:
    return Endorsement(proposal=proposal.id, endorses=endorses)


async def test_what_a_forked_key_said_after_the_fork_counts_no_more_and_what_it_said_before_does(lab: Lab) -> None:
    node = await lab.node(0)
    author, forger, friend = (lab.federation.writer(which) for which in (1, 2, 3))
    first, second = author.write_proposals(2)
    forger.write(endorse(first))
    before = forger.write(proposal_body(proposal_text("before")))
    at = forger.length
    after = [forger.write(endorse(second)), forger.write(proposal_body(proposal_text("after")))]
    friend.write(endorse(second))
    friend.write(endorse(after[1]))
    twin = forger.branch(at).write(proposal_body(proposal_text("twin")))
    for writer in (friend, author, forger):
        await lab.give(node, *(v.envelope for v in writer.events))
    assert [await shown(node, p.id) for p in (first, second, before, after[1])] == [1, 2, 0, 1]
    await lab.give(node, twin.envelope)
    assert [await shown(node, p.id) for p in (first, second, before, after[1])] == [1, 1, 0, None]
    incremental = await node.database.read(lists)
    await node.database.write(projections.rebuild)
    assert await node.database.read(lists) == incremental


async def test_a_fork_voids_a_withdrawal_too(lab: Lab) -> None:
    node = await lab.node(0)
    author, forger = lab.federation.writer(1), lab.federation.writer(2)
    (proposal,) = author.write_proposals(1)
    forger.write(endorse(proposal))
    forger.write(endorse(proposal, endorses=False))
    twin = forger.branch(1).write(proposal_body(proposal_text("twin")))
    await lab.give(node, *(v.envelope for v in (*author.events, *forger.events)))
    assert await shown(node, proposal.id) == 0
    await lab.give(node, twin.envelope)
    assert await shown(node, proposal.id) == 1


async def test_lists_by_track_and_goal_are_made_anew_to_the_same(lab: Lab) -> None:
    node = await lab.node(0)
    writer = lab.federation.writer(1)
    for at, (track, goals) in enumerate((("long", (3,)), ("short", (3, 17)), ("long", ()), ("short", (1,)))):
        writer.write(proposal_body(proposal_text(f"title {at}"), track=track, goals=goals))  # type: ignore[arg-type]
    other = lab.federation.writer(2)
    other.write(endorse(writer.events[1]))
    await lab.give(node, *(v.envelope for v in (*other.events, *writer.events)))
    short = await node.database.read(lambda c: projections.list_proposals(c, "short"))
    assert [(row.id, row.endorsements, row.goals) for row in short if row.has_goal(3)] == [
        (writer.events[1].id, 1, projections.goal_bits((3, 17)))
    ]
    both = await node.database.read(lambda c: projections.list_proposals(c, None))
    assert sum(row.has_goal(0) for row in both) == 1
    incremental = await node.database.read(lists)
    assert await node.database.write(projections.rebuild) == 4
    assert await node.database.read(lists) == incremental


# SPEC 8.6: "obliges every node to delete the text's bytes and never to store or send them again."
ORDERS = list(itertools.permutations(("event", "text", "erasure")))


@pytest.mark.parametrize("order", ORDERS, ids="-".join)
@pytest.mark.parametrize(("eraser", "is_erased"), [(1, True), (0, True), (2, False)], ids=["own", "office", "other"])
async def test_who_may_erase_a_text_does_so_in_any_order_of_arrival(
    lab: Lab, order: tuple[str, ...], eraser: int, is_erased: bool
) -> None:
    node = await lab.node(3)
    author = lab.federation.writer(1)
    event = author.write(proposal_body(proposal_text(TITLE)))
    writer = author if eraser == 1 else lab.federation.writer(eraser)
    erasure = writer.write(
        Erasure.model_validate({"text": DIGEST, "ground": "personal-data"}), refs=(EventId(event.id),)
    )
    steps = {
        "event": Delivery("test", [event.envelope]),
        "text": Delivery("test", texts=[document(TITLE)]),
        "erasure": Delivery("test", [erasure.envelope]),
    }
    for _ in range(2):
        for step in order:
            await node.ledger.take(steps[step])
    row = await node.database.read(lambda c: texts.get(c, DIGEST))
    assert row is not None
    assert (row.data, row.erased_by) == ((None, erasure.id) if is_erased else (document(TITLE), None))


async def test_event_text_and_erasure_in_one_delivery_leave_no_text(lab: Lab) -> None:
    node = await lab.node(3)
    author = lab.federation.writer(1)
    event = author.write(proposal_body(proposal_text(TITLE)))
    author.write(Erasure.model_validate({"text": DIGEST, "ground": "abuse"}), refs=(EventId(event.id),))
    texts_seen: list[dict[str, bytes]] = []
    node.ledger.listen(lambda batch: texts_seen.append(dict(batch.texts)))
    await node.ledger.take(Delivery("test", [v.envelope for v in author.events], [document(TITLE)]))
    assert await node.text(DIGEST) is None
    assert texts_seen == [{}]


async def test_a_text_that_nothing_names_is_refused_with_a_reason(lab: Lab) -> None:
    node = await lab.node(0)
    report = await node.ledger.take(Delivery("test", texts=[document("Nobody's")]))
    assert [refusal.kind.value for refusal in report.refused] == ["unwanted-text"]
