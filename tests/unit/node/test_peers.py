"""Dialling, being dialled, and what a node waits for before it signs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from node.gossip import PeerState
from node.peers import SYNC_PATH
from protocol.errors import LocalError
from tests.support.node_pair import Lab, Stranger, proposal_draft
from tests.support.small_node import SmallNode, small_node
from tests.support.until import until


@pytest_asyncio.fixture
async def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Lab]:
    monkeypatch.setattr("node.gossip._STATE_EVERY_SECONDS", 0.05)
    monkeypatch.setattr("node.peers._RETRY_SECONDS", (0.02,))
    async with AsyncExitStack() as stack:
        yield Lab(tmp_path, stack)


async def publish(node: SmallNode, title: str) -> str:
    draft, _ = proposal_draft(node, title)
    return (await node.ledger.publish(draft)).id


async def test_a_node_that_nobody_answers_signs_after_a_while_and_shows_why_it_is_alone(lab: Lab) -> None:
    path = lab.where / "alone"
    async with small_node(lab.federation, 0, path, lab.clock, ("http://127.0.0.1:9",)) as alone:
        draft, _ = proposal_draft(alone, "Alone")
        signing = asyncio.create_task(alone.ledger.publish(draft))
        await until(lambda: bool(alone.peers.states[0].last_error), "the failure is shown")
        assert not signing.done()
        await signing
        assert await alone.events()


async def test_a_node_without_peers_to_dial_signs_at_once(lab: Lab) -> None:
    node = await lab.node(0)
    async with asyncio.timeout(1):
        await publish(node, "At once")


async def test_a_peer_that_claims_too_long_a_chain_of_ones_own_holds_up_signing_for_a_while_only(lab: Lab) -> None:
    first = await lab.node(0)
    writer = lab.federation.writer(1)
    await lab.give(first, *(v.envelope for v in writer.write_proposals(4)))
    restored = await lab.node(1, first)
    signed = await publish(restored, "Later")
    await lab.alike(first, restored)
    assert signed in await first.events()
    assert first.ledger.frontier.head(writer.key).length == 5


async def test_two_branches_of_ones_own_key_at_two_peers_stop_signing(lab: Lab) -> None:
    writer = lab.federation.writer(2)
    writer.write_proposals(2)
    other = writer.branch(1)
    other.write_proposals(2, words="two")
    peers = [await lab.node(which) for which in (0, 1)]
    for peer, branch in zip(peers, (writer, other), strict=True):
        await lab.give(peer, *(v.envelope for v in branch.events))
    restored = await lab.node(2, *peers)
    await lab.alike(*peers, restored)
    with pytest.raises(LocalError, match="has forked"):
        await publish(restored, "Never")
    assert restored.ledger.frontier.head(writer.key).fork_at == 1


async def test_a_peer_that_comes_back_is_found_again_and_caught_up_with(lab: Lab) -> None:
    first = await lab.node(0)
    async with AsyncExitStack() as once:
        passing = await once.enter_async_context(
            small_node(lab.federation, 1, lab.where / "passing", lab.clock, (first.address,))
        )
        await publish(passing, "Before")
        await lab.alike(first, passing)
    await until(lambda: not first.peers.states, "it has gone")
    await publish(first, "Meanwhile")
    again = await lab.stack.enter_async_context(
        small_node(lab.federation, 1, lab.where / "passing", lab.clock, (first.address,))
    )
    await lab.alike(first, again)
    assert len(await again.events()) == 2


async def test_a_node_that_dials_itself_notices_and_goes_on(lab: Lab) -> None:
    node = await lab.node(0)
    async with small_node(lab.federation, 0, lab.where / "twin", lab.clock, (node.address,)) as twin:
        await until(lambda: "itself" in twin.peers.states[0].last_error, "it is noticed")
        await publish(node, "Still at work")


async def test_beyond_the_most_connections_a_peer_is_asked_to_come_later(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("node.peers._INBOUND_MAX", 1)
    node = await lab.node(0)
    async with Stranger(lab.federation, node.address) as first:
        await first.greet()
        async with aiohttp.ClientSession() as http, http.get(node.address + SYNC_PATH) as refused:
            assert refused.status == 503
    await until(lambda: not node.peers.states, "there is room again")
    async with Stranger(lab.federation, node.address) as second:
        await second.greet()


async def test_a_restored_node_signs_nothing_before_others_have_told_it_what_it_signed(lab: Lab) -> None:
    writer = lab.federation.writer(1)
    events = writer.write_proposals(6)
    first, second = await lab.node(0), await lab.node(2)
    for peer in (first, second):
        await lab.give(peer, *(v.envelope for v in events))
    async with small_node(lab.federation, 1, lab.where / "restored", lab.clock, own_head_wait_seconds=None) as restored:
        await lab.give(restored, *(v.envelope for v in events[:3]))
        draft, _ = proposal_draft(restored, "After the backup")
        signing = asyncio.create_task(restored.ledger.publish(draft))
        assert (restored.peers.heads_needed, restored.peers.heads_compared) == (2, 0)
        restored.peers.dial(first.address)
        await until(lambda: restored.ledger.frontier.head(writer.key).length == 6, "it has caught up")
        await until(lambda: restored.peers.heads_compared == 1, "one peer has told it")
        restored.peers.dial(first.address)
        assert restored.peers.is_waiting_for_own_heads, "one peer isn't enough, however often it tells"
        assert not signing.done()
        restored.peers.dial(second.address)
        signed = await signing
        assert (signed.event.seq, signed.event.prev) == (6, events[-1].id)
        await lab.alike(first, second, restored)
        assert restored.ledger.frontier.head(writer.key).fork_at is None
        assert not restored.peers.is_waiting_for_own_heads


async def test_a_restored_node_that_nobody_answers_waits_without_end(lab: Lab) -> None:
    path = lab.where / "alone"
    async with small_node(
        lab.federation, 0, path, lab.clock, ("http://127.0.0.1:9",), own_head_wait_seconds=None
    ) as alone:
        await until(lambda: bool(alone.peers.states[0].last_error), "nobody answers")
        assert not alone.ledger.may_sign
        alone.ledger.allow_signing()
        assert (await publish(alone, "By its operator's word")) in await alone.events()


async def test_a_node_is_dialled_and_hung_up_while_all_goes_on(lab: Lab) -> None:
    first, second = await lab.node(0), await lab.node(1)
    second.peers.dial(first.address)
    await until(lambda: any(state.is_connected for state in second.peers.states), "there is a line")
    assert second.peers.members_seen == {first.member.id}
    await publish(first, "Over the new line")
    await lab.alike(first, second)
    await second.peers.hang_up(first.address)
    assert second.peers.states == ()
    await until(lambda: not first.peers.states, "the other side has noticed")
    await second.peers.hang_up("http://never-dialled")


async def test_lag_is_told_as_it_falls(lab: Lab) -> None:
    writer = lab.federation.writer(3)
    events = writer.write_proposals(4)
    node = await lab.node(0)
    state = PeerState("x", is_outbound=True)
    assert state.lag(node.ledger.frontier) is None, "they have not compared"
    state.claims = {writer.key: 4}
    lags = []
    for event in events:
        lags.append(state.lag(node.ledger.frontier))
        await lab.give(node, event.envelope)
    assert [*lags, state.lag(node.ledger.frontier)] == [4, 3, 2, 1, 0]
