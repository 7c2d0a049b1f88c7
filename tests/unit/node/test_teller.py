"""A teller's driver: bound by its locks and by its own chain, whatever its store has lost; faults are shown."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest_asyncio

from consensus.agreement import certificates
from node.app import Node, load_identity, running_node
from node.config import Layout, NodeConfig
from node.deliveries import Delivery
from node.files import PUBLIC, write_new
from node.keystore import NodeKeys
from node.storage import events as store
from node.storage import locks
from protocol.envelope import Verified, reopen_verified
from protocol.events.rounds import RoundSpec
from protocol.events.tellers import Precommit, Seal
from protocol.ids import EventId, RecordId
from protocol.register import record_id
from tests.support.builders import (
    EPOCH_MS,
    ChainWriter,
    Federation,
    ballot_body,
    build_federation,
    hash_of,
    open_record,
    round_spec,
    seal_body,
)
from tests.support.hand_clock import HandClock
from tests.support.small_node import SmallNode, small_node
from tests.support.until import until

FEDERATION: Federation = build_federation(4)
SPEC: RoundSpec = round_spec(opens=EPOCH_MS, closes=EPOCH_MS + 10_000)
OPENED = open_record(FEDERATION.id, EventId(hash_of("request")), SPEC)
ROUND: RecordId = record_id(OPENED)


class Past:
    """An open round with a ballot, and how far each teller's chain had come when it was certified."""

    def __init__(self) -> None:
        self.tellers: list[ChainWriter] = [FEDERATION.writer(t.id, "teller") for t in FEDERATION.tellers]
        body = Precommit(height=1, view=0, value=ROUND)
        self.votes: list[Verified] = [writer.write(body) for writer in self.tellers]
        self.certificate = certificates.assemble(OPENED, tuple(v.envelope for v in self.votes)).to_bytes()
        self.ballot = FEDERATION.writer(2).write(ballot_body(ROUND))

    async def give(self, node: SmallNode, *events: Verified) -> None:
        await node.ledger.take(Delivery("test", [v.envelope for v in (*self.votes, *events)]))
        await node.register.take("test", self.certificate)


class Stage:
    """A directory of the first member, and a peer."""

    def __init__(self, where: Path, stack: AsyncExitStack) -> None:
        self.layout = Layout(where)
        self.stack = stack
        self.clock = HandClock()
        write_new(self.layout.charter, FEDERATION.file.to_bytes(), PUBLIC)

    async def peer(self) -> SmallNode:
        path = self.layout.store.with_name("peer.sqlite3")
        return await self.stack.enter_async_context(small_node(FEDERATION, 1, path, self.clock))

    async def remember(self, past: Past, *events: Verified) -> None:
        """Have the first member's store hold what was given, as a backup does."""
        async with small_node(FEDERATION, 0, self.layout.store, self.clock) as node:
            await past.give(node, *events)

    async def start(self, *peers: SmallNode) -> Node:
        member = FEDERATION.member(0)
        identity = load_identity(self.layout, NodeKeys(node=member.node, teller=member.teller), is_teller=True)
        config = NodeConfig(topics_worker=False, secure_cookies=False, peers=tuple(peer.address for peer in peers))
        return await self.stack.enter_async_context(running_node(self.layout, config, identity, self.clock))


@pytest_asyncio.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with AsyncExitStack() as stack:
        yield Stage(tmp_path, stack)


def mine(events: list[Verified]) -> list[Verified]:
    teller = FEDERATION.member(0).teller
    assert teller is not None
    return [v for v in events if v.event.key == teller.key]


async def seals_in(node: Node) -> list[Verified]:
    stored = await node.ledger._database.read(lambda c: store.about(c, ROUND, "seal"))
    return mine([reopen_verified(item.envelope) for item in stored])


def has_taken_part(node: Node) -> bool:
    return node.teller.round_status(ROUND) is not None


async def test_a_teller_seals_what_it_holds_and_says_so_once_however_often_it_starts(stage: Stage) -> None:
    past = Past()
    await stage.remember(past)
    for _ in range(2):
        async with AsyncExitStack() as once:
            stage.stack = once
            node = await stage.start()
            await until(lambda node=node: has_taken_part(node), "the round is known")  # type: ignore[misc]
            await until(lambda node=node: node.ledger.position >= 6, "a seal and a cosignature are stored")  # type: ignore[misc]
            (sealed,) = await seals_in(node)
            assert isinstance(sealed.event.body, Seal)
            held = await node.ledger._database.read(locks.load)
            assert any(f'"round":"{ROUND}"' in lock for lock in held)


async def test_a_restored_teller_learns_its_own_chain_before_it_decides_what_to_sign(stage: Stage) -> None:
    past = Past()
    await stage.remember(past)
    sealed_before = past.tellers[0].write(seal_body(ROUND, [past.ballot.id]))
    peer = await stage.peer()
    await past.give(peer, past.ballot, sealed_before)
    node = await stage.start(peer)
    await until(lambda: has_taken_part(node), "the round is known")
    await until(lambda: node.ledger.frontier.digest == peer.digest, "both hold the same")
    assert [v.id for v in await seals_in(node)] == [sealed_before.id]
    assert peer.ledger.frontier.head(sealed_before.event.key).fork_at is None


async def test_a_teller_whose_store_is_damaged_says_so_and_its_node_goes_on(stage: Stage) -> None:
    past = Past()
    await stage.remember(past)
    async with small_node(FEDERATION, 0, stage.layout.store, stage.clock) as node:
        await node.database.write(lambda c: locks.hold(c, "1 prevote 0", "not a lock"))
    running = await stage.start()
    await until(lambda: bool(running.teller.halted), "the fault is shown")
    assert (await running.service.status()).halted
    assert (await running.service.agenda()) is None
