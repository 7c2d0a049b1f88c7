"""Nodes in sync over real HTTP: catch-up, push, relay, restart, forks, and peers that misbehave."""

import asyncio
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio

from node.deliveries import Delivery, Draft
from node.storage import events as store
from node.storage import projections
from protocol import canonical, frames
from protocol.envelope import Envelope
from protocol.errors import LocalError
from protocol.events.consultation import Endorsement, Erasure
from protocol.frames import Frame, FrameType
from protocol.frontier import Entry
from protocol.ids import EventId
from tests.support.builders import (
    build_federation,
    document,
    forge,
    hash_of,
    proposal_body,
)
from tests.support.node_pair import Lab, Stranger, proposal_draft
from tests.support.small_node import SmallNode, small_node
from tests.support.until import until


@pytest_asyncio.fixture
async def lab(tmp_path: Path) -> AsyncIterator[Lab]:
    async with AsyncExitStack() as stack:
        yield Lab(tmp_path, stack)


async def eventually(condition: Callable[[], Awaitable[bool]]) -> None:
    for _ in range(1_000):
        if await condition():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("waited in vain")


async def has_texts(node: SmallNode, *digests: str) -> bool:
    return all([await node.text(digest) is not None for digest in digests])


async def has_cursor(node: SmallNode) -> bool:
    return await node.cursors() > 0


async def test_two_nodes_catch_up_both_ways_with_texts(lab: Lab) -> None:
    first = await lab.node(0)
    draft, text = proposal_draft(first, "First")
    await first.ledger.publish(draft)
    await lab.give(first, *(v.envelope for v in lab.federation.writer(2).write_proposals(40)))
    second = await lab.node(1, first)
    other, other_text = proposal_draft(second, "Second")
    await second.ledger.publish(other)
    await lab.alike(first, second)
    assert await first.events() == await second.events()
    await until(lambda: first.ledger.position == 42, "all events")
    for node in (first, second):
        await eventually(partial(has_texts, node, text, other_text))


async def test_what_is_published_reaches_others_at_once_and_through_a_third(lab: Lab) -> None:
    middle = await lab.node(1)
    left, right = await lab.node(0, middle), await lab.node(2, middle)
    await until(lambda: len(middle.peers.states) == 2, "both are connected")
    draft, _ = proposal_draft(left, "Pushed")
    verified = await left.ledger.publish(draft)
    await lab.alike(left, middle, right)
    assert verified.id in await right.events()


async def test_a_node_that_only_dials_out_gets_and_gives_everything(lab: Lab) -> None:
    outside = await lab.node(0)
    behind_nat = await lab.node(1, outside)
    for node in (outside, behind_nat):
        draft, _ = proposal_draft(node, node.member.id)
        await node.ledger.publish(draft)
    await lab.alike(outside, behind_nat)
    assert len(await outside.events()) == len(await behind_nat.events()) == 2


async def test_a_restarted_node_goes_on_from_its_cursor(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("node.gossip._STATE_EVERY_SECONDS", 0.1)
    first = await lab.node(0)
    writer = lab.federation.writer(2)
    await lab.give(first, *(v.envelope for v in writer.write_proposals(30)))
    async with small_node(lab.federation, 1, lab.where / "again.sqlite3", lab.clock, (first.address,)) as second:
        await lab.alike(first, second)
        await eventually(partial(has_cursor, second))
    await lab.give(first, *(v.envelope for v in writer.write_proposals(3)))
    async with small_node(lab.federation, 1, lab.where / "again.sqlite3", lab.clock, (first.address,)) as second:
        await lab.alike(first, second)
        received = sum(state.events_in for state in second.peers.states)
        assert received == 3
        assert len(await second.events()) == 33


async def test_two_thousand_events_reach_a_fresh_node(lab: Lab) -> None:
    first = await lab.node(0)
    chain = lab.federation.writer(2).write_proposals(2_000)
    await lab.give(first, *(v.envelope for v in chain))
    second = await lab.node(1, first)
    await lab.alike(first, second)
    assert await second.events() == {v.id for v in chain}


@pytest.mark.parametrize("depth", [1, 5])
async def test_a_fork_is_found_spreads_and_nothing_after_it_counts(lab: Lab, depth: int) -> None:
    writer = lab.federation.writer(3)
    common = writer.write_proposals(3)
    other = writer.branch(writer.length)
    one, two = writer.write_proposals(depth, words="one"), other.write_proposals(depth, words="two")
    left = await lab.node(0)
    await lab.give(left, *(v.envelope for v in (*common, *one)))
    right = await lab.node(1, left)
    await lab.give(right, *(v.envelope for v in (*common, *two)))
    third = await lab.node(2, right)
    key = writer.key
    for node in (left, right, third):
        await until(lambda node=node: node.ledger.frontier.head(key).fork_at == 3, "the fork is known")  # type: ignore[misc]
    await lab.alike(left, right, third)
    for node in (left, right, third):
        assert node.ledger.frontier.head(key).length == 3
        shown = await node.database.read(lambda c: projections.list_proposals(c, None))
        assert {row.id for row in shown} == {v.id for v in common}
        assert len(await node.database.read(store.forks)) == 1


async def test_a_proof_of_a_fork_counts_before_the_chain_is_here(lab: Lab) -> None:
    writer = lab.federation.writer(3)
    common = writer.write_proposals(2)
    other = writer.branch(writer.length)
    (one,), (two,) = writer.write_proposals(1, words="one"), other.write_proposals(1, words="two")
    node = await lab.node(0)
    await node.ledger.take(Delivery("test", forks=[(one.envelope, two.envelope)]))
    await lab.give(node, *(v.envelope for v in (*common, one)))
    assert node.ledger.frontier.head(writer.key).is_complete
    assert await node.events() == {v.id for v in common}
    assert node.refusals.counts == {"forked-key": 1}


async def test_a_node_whose_own_key_has_forked_refuses_to_sign(lab: Lab) -> None:
    node = await lab.node(0)
    writer = lab.federation.writer(0)
    other = writer.branch(writer.length)
    (one,), (two,) = writer.write_proposals(1, words="one"), other.write_proposals(1, words="two")
    await lab.give(node, one.envelope, two.envelope)
    draft, _ = proposal_draft(node, "Too late")
    with pytest.raises(LocalError, match="has forked"):
        await node.ledger.publish(draft)


async def test_a_restored_store_adopts_its_own_chain_before_it_signs(lab: Lab) -> None:
    first = await lab.node(0)
    mine = lab.federation.writer(1).write_proposals(5)
    await lab.give(first, *(v.envelope for v in mine))
    restored = await lab.node(1, first)
    draft, _ = proposal_draft(restored, "After the restore")
    verified = await restored.ledger.publish(draft)
    assert verified.event.seq == 5
    await lab.alike(first, restored)
    assert first.ledger.frontier.head(restored.member.node.key).fork_at is None


async def test_what_is_refused_is_counted_with_its_reason_and_costs_nothing_that_was_stored(lab: Lab) -> None:
    node = await lab.node(0)
    federation = lab.federation
    good = federation.writer(2).write_proposals(2)
    await lab.give(node, *(v.envelope for v in good))
    foreign = build_federation(4, seed=7)
    stranger = foreign.writer(2).write_proposals(1)[0].envelope
    signer = federation.member(2).node
    next_one = federation.writer(2).write_proposals(3)[2].envelope
    broken = Envelope("proposal", next_one.key, 2, bytes(64), next_one.payload)
    future = federation.writer(1).write(proposal_body(), time_ms=lab.clock.now() + 3_600_000)
    rubbish = [
        (stranger, "unknown-key"),
        (broken, "bad-signature"),
        (forge(signer, "proposal", b'{"a":1,"a":2}', 2), "not-canonical"),
        (forge(signer, "proposal", b'{"a":1.5}', 2), "not-canonical"),
        (forge(signer, "proposal", b"[" * 60 + b"]" * 60, 2), "not-canonical"),
        (forge(signer, "proposal", b'{"a":1}', 2), "bad-schema"),
        (forge(signer, "proposal", b"x" * 70_000, 2), "oversize"),
        (federation.writer(1, "node").branch(0).write_proposals(3)[2].envelope, "orphan"),
        (future.envelope, "future-time"),
    ]
    for envelope, kind in rubbish:
        before = node.refusals.counts.get(kind, 0)
        await lab.give(node, envelope)
        assert node.refusals.counts.get(kind, 0) == before + 1, kind
    assert all(refusal.reason for refusal in node.refusals.latest)
    assert await node.events() == {v.id for v in good}
    lab.clock.advance(3_600_000)
    await lab.give(node, future.envelope)
    assert future.id in await node.events()


async def test_an_unknown_kind_is_kept_and_passed_on(lab: Lab) -> None:
    first = await lab.node(0)
    second = await lab.node(1, first)
    member = lab.federation.member(2)
    header = {"v": 1, "federation": lab.federation.id, "member": member.id, "key": member.node.key, "seq": 0}
    rest: dict[str, object] = {
        "prev": None,
        "roll": 0,
        "time": lab.clock.now(),
        "refs": [],
        "kind": "novelty",
        "body": {"x": 1},
    }
    await lab.give(first, forge(member.node, "novelty", canonical.encode(header | rest), 0))
    await lab.alike(first, second)
    assert len(await second.events()) == 1


async def test_an_erased_text_is_gone_everywhere_and_its_event_stays(lab: Lab) -> None:
    first = await lab.node(0)
    second = await lab.node(1, first)
    draft, text = proposal_draft(first, "Personal data")
    verified = await first.ledger.publish(draft)
    await lab.alike(first, second)
    erasure = Erasure.model_validate({"text": text, "ground": "personal-data"})
    await first.ledger.publish(Draft("erasure", erasure, first.member.node, (EventId(verified.id),)))
    await lab.alike(first, second)
    assert await first.text(text) is None
    assert await second.text(text) is None
    assert verified.id in await second.events()
    again = await second.ledger.take(Delivery("test", texts=[document("Personal data")]))
    assert await second.text(text) is None
    assert again.refused == [] or again.refused[0].kind.value == "unwanted-text"


async def test_nobody_else_can_erase_a_text(lab: Lab) -> None:
    node = await lab.node(1)
    draft, text = proposal_draft(node, "Mine")
    verified = await node.ledger.publish(draft)
    erasure = Erasure.model_validate({"text": text, "ground": "abuse"})
    foreign = lab.federation.writer(2).write(erasure, refs=(verified.id,))
    await lab.give(node, foreign.envelope)
    assert await node.text(text) is not None


async def test_endorsements_are_counted_once_each_and_taken_back(lab: Lab) -> None:
    node = await lab.node(0)
    draft, _ = proposal_draft(node, "Endorsed")
    proposal = (await node.ledger.publish(draft)).id
    writers = [lab.federation.writer(which) for which in (1, 2)]
    for writer in writers:
        for endorses in (True, True):
            event = writer.write(Endorsement(proposal=proposal, endorses=endorses), refs=(proposal,))
            await lab.give(node, event.envelope)
    row = await node.database.read(lambda c: projections.get_proposal(c, proposal))
    assert row is not None
    assert row.endorsements == 2
    back = writers[0].write(Endorsement(proposal=proposal, endorses=False), refs=(proposal,))
    await lab.give(node, back.envelope)
    incremental = await node.database.read(lambda c: projections.list_proposals(c, None))
    assert incremental[0].endorsements == 1
    await node.database.write(projections.rebuild)
    assert await node.database.read(lambda c: projections.list_proposals(c, None)) == incremental


@pytest.mark.parametrize(
    "packet",
    [b"", b"\x07rubbish", b"\x01" + bytes(50), b"\x00\x00\x00", frames.pack([Frame(FrameType.EVENT, b"\x01")])],
    ids=["empty", "unknown form", "not zlib", "cut short", "before the greeting"],
)
async def test_a_peer_that_breaks_the_protocol_is_left_with_a_reason(lab: Lab, packet: bytes) -> None:
    node = await lab.node(0)
    async with Stranger(lab.federation, node.address) as peer:
        await peer.socket.send_bytes(packet)
        assert await peer.is_closed()
    await until(lambda: node.refusals.counts.get("bad-frame") == 1, "it is counted")
    assert node.refusals.latest[0].reason


async def test_a_bomb_is_refused_before_it_inflates(lab: Lab) -> None:
    node = await lab.node(0)
    async with Stranger(lab.federation, node.address) as peer:
        await peer.socket.send_bytes(b"\x01" + zlib.compress(bytes(64 * 1024 * 1024)))
        assert await peer.is_closed()
    await until(lambda: node.refusals.counts == {"bad-frame": 1}, "it is counted")


async def test_a_peer_that_lies_about_its_frontier_stops_nothing(lab: Lab) -> None:
    node = await lab.node(0)
    key = lab.federation.member(2).node.key
    claims = [Entry(key, 9_000, EventId(hash_of("nothing")))]
    async with Stranger(lab.federation, node.address) as liar:
        await liar.greet()
        await liar.say(*frames.frontier_frames(claims))
        chain = lab.federation.writer(2).write_proposals(20)
        honest = await lab.node(1, node)
        await lab.give(honest, *(v.envelope for v in chain))
        lab.clock.advance(60_000)
        await lab.alike(node, honest)
    assert await node.events() == {v.id for v in chain}


async def test_a_peer_that_never_answers_is_left(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("node.gossip._HANDSHAKE_SECONDS", 0.2)
    node = await lab.node(0)
    async with Stranger(lab.federation, node.address) as silent:
        assert await silent.is_closed()


async def test_a_peer_that_never_reads_is_left_at_a_bounded_cost(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(_wire: object, _packet: bytes) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr("node.gossip._OUTBOX_BYTES_MAX", 20_000)
    node = await lab.node(0)
    async with Stranger(lab.federation, node.address) as peer:
        await peer.greet()
        monkeypatch.setattr("node.peers.SocketWire.send", never)
        await lab.give(node, *(v.envelope for v in lab.federation.writer(2).write_proposals(100)))
        await until(lambda: not node.peers.states, "the peer is left")
    assert "too slowly" in node.refusals.latest[0].reason
