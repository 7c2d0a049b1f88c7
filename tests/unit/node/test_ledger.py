"""Where events enter the store: nothing asked of a batch spoils another answer, and forks end in one place."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from node.deliveries import Batch, Delivery, Draft, Report
from node.ledger import Stopped
from node.storage import events as store
from node.storage import locks
from node.storage.database import Connection
from protocol.envelope import Verified
from protocol.errors import LocalError
from protocol.events.tellers import Precommit
from protocol.ids import RecordId
from tests.support.builders import ChainWriter, hash_of, proposal_body
from tests.support.node_pair import Lab, proposal_draft
from tests.support.small_node import SmallNode


@pytest_asyncio.fixture
async def lab(tmp_path: Path) -> AsyncIterator[Lab]:
    async with AsyncExitStack() as stack:
        yield Lab(tmp_path, stack)


@pytest_asyncio.fixture
async def node(lab: Lab) -> SmallNode:
    return await lab.node(0)


class HeldUp:
    """Keeps the node's next transactions from beginning until it is let go."""

    def __init__(self, node: SmallNode, monkeypatch: pytest.MonkeyPatch) -> None:
        self._may_go = asyncio.Event()
        write = node.database.write

        async def wait_and_write(work: Callable[[Connection], object]) -> object:
            await self._may_go.wait()
            return await write(work)

        monkeypatch.setattr(node.database, "write", wait_and_write)

    def let_go(self) -> None:
        self._may_go.set()


async def soon() -> None:
    """Let everything that can run now run."""
    for _ in range(20):
        await asyncio.sleep(0)


def two_branches(lab: Lab, which: int, common: int, beyond: int) -> tuple[ChainWriter, ChainWriter]:
    writer = lab.federation.writer(which)
    writer.write_proposals(common)
    other = writer.branch(common)
    writer.write_proposals(beyond, words="one")
    other.write_proposals(beyond, words="two")
    return writer, other


def envelopes(events: list[Verified]) -> list[object]:
    return [verified.envelope for verified in events]


async def test_a_sender_that_has_gone_spoils_no_answer_of_the_same_batch(
    lab: Lab, node: SmallNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    held_up = HeldUp(node, monkeypatch)
    chain = lab.federation.writer(1).write_proposals(3)
    first = asyncio.create_task(lab.give(node, chain[0].envelope))
    await soon()
    gone = asyncio.create_task(lab.give(node, chain[1].envelope))
    draft, _ = proposal_draft(node, "Mine")
    mine = asyncio.create_task(node.ledger.publish(draft))
    await soon()
    gone.cancel()
    held_up.let_go()
    await first
    assert (await mine).id in await node.events()
    await lab.give(node, chain[2].envelope)
    assert {verified.id for verified in chain} < await node.events()


async def test_what_waits_while_a_node_stops_is_refused_even_if_nobody_waits_for_it_any_more(
    lab: Lab, node: SmallNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    HeldUp(node, monkeypatch)
    chain = lab.federation.writer(1).write_proposals(3)
    tasks = []
    for verified in chain:
        tasks.append(asyncio.create_task(lab.give(node, verified.envelope)))
        await soon()
    tasks[1].cancel()
    await soon()
    await node.ledger.stop()
    for task in (tasks[0], tasks[2]):
        with pytest.raises(Stopped):
            await task


def vote(node: SmallNode, words: str) -> Draft:
    teller = node.member.teller
    assert teller is not None
    body = Precommit(height=1, view=0, value=RecordId(hash_of(words)))
    return Draft("precommit", body, teller, lock=("1 precommit 0", words))


async def test_a_second_statement_in_a_bound_slot_is_refused_and_spoils_nothing_beside_it(
    lab: Lab, node: SmallNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await node.ledger.publish(vote(node, "one"))
    held_up = HeldUp(node, monkeypatch)
    blocking = asyncio.create_task(lab.give(node, lab.federation.writer(2).write_proposals(1)[0].envelope))
    await soon()
    second = asyncio.create_task(node.ledger.publish(vote(node, "two")))
    beside = asyncio.create_task(lab.give(node, lab.federation.writer(1).write_proposals(1)[0].envelope))
    await soon()
    held_up.let_go()
    with pytest.raises(LocalError, match="bound to another"):
        await second
    assert len((await beside).accepted) == 1
    await blocking
    signed = await node.database.read(lambda c: store.about(c, "height:1", "precommit"))
    assert [stored.envelope.id for stored in signed] == [first.id]


async def test_a_lock_and_its_statement_are_stored_together_or_not_at_all(
    node: SmallNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise OSError("the disk has gone")

    with monkeypatch.context() as patch:
        patch.setattr("node.transaction.store.save_heads", fails)
        with pytest.raises(LocalError, match="failed to store"):
            await node.ledger.publish(vote(node, "one"))
    assert await node.database.read(locks.load) == []
    assert await node.events() == set()
    verified = await node.ledger.publish(vote(node, "two"))
    assert await node.database.read(locks.load) == ["two"]
    assert verified.event.seq == 0


async def test_a_lock_holds_after_a_restart(lab: Lab, tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        before = await Lab(tmp_path, stack).node(1)
        await before.ledger.publish(vote(before, "one"))
    async with AsyncExitStack() as stack:
        after = await Lab(tmp_path, stack).node(1)
        with pytest.raises(LocalError, match="bound to another"):
            await after.ledger.publish(vote(after, "two"))
        assert (await after.ledger.publish(vote(after, "one"))).event.seq == 1


async def test_a_node_signs_nothing_that_others_would_refuse(node: SmallNode) -> None:
    teller = node.member.teller
    assert teller is not None
    with pytest.raises(LocalError, match="may not sign"):
        await node.ledger.publish(Draft("proposal", proposal_body(), teller))
    assert await node.events() == set()


async def test_events_of_one_batch_that_fork_count_for_nothing_from_the_fork_on(lab: Lab, node: SmallNode) -> None:
    writer, other = two_branches(lab, 3, common=2, beyond=2)
    batches: list[Batch] = []
    node.ledger.listen(batches.append)
    await lab.give(node, *(v.envelope for v in (*writer.events, *other.events[2:])))
    head = node.ledger.frontier.head(writer.key)
    assert (head.length, head.id, head.fork_at) == (2, writer.events[1].id, 2)
    assert await node.events() == {v.id for v in writer.events[:2]}
    assert [proof.seq for batch in batches for proof in batch.forks] == [2]


async def test_a_deep_fork_is_traced_back_event_by_event(lab: Lab, node: SmallNode) -> None:
    writer, other = two_branches(lab, 3, common=2, beyond=6)
    await lab.give(node, *(v.envelope for v in writer.events))
    report = await lab.give(node, other.events[-1].envelope)
    asked = []
    while report.diverged:
        (wanted,) = report.diverged
        asked.append(wanted)
        report = await lab.give(node, next(v.envelope for v in other.events if v.id == wanted))
    assert asked == [v.id for v in reversed(other.events[2:-1])]
    assert node.ledger.frontier.head(writer.key).fork_at == 2


# SPEC 4.8: "Of several forks of one key the one with the least `seq` decides."
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_of_two_forks_the_earlier_decides_in_any_order(lab: Lab, node: SmallNode, order: tuple[int, int]) -> None:
    writer = lab.federation.writer(3)
    writer.write_proposals(6)
    proofs = []
    for at in (2, 4):
        (other,) = writer.branch(at).write_proposals(1, words="two")
        proofs.append((writer.events[at].envelope, other.envelope))
    await lab.give(node, *(v.envelope for v in writer.events))
    for which in order:
        await node.ledger.take(Delivery("test", forks=[proofs[which]]))
    head = node.ledger.frontier.head(writer.key)
    assert (head.length, head.id, head.fork_at) == (2, writer.events[1].id, 2)
    assert await node.events() == {v.id for v in writer.events[:2]}


async def test_a_fork_proven_on_another_branch_is_traced_to_where_the_held_chain_left_it(
    lab: Lab, node: SmallNode
) -> None:
    held, other = two_branches(lab, 3, common=1, beyond=6)
    (twin,) = other.branch(4).write_proposals(1, words="three")
    await lab.give(node, *(v.envelope for v in held.events))
    proof = (other.events[4].envelope, twin.envelope)
    report = await node.ledger.take(Delivery("test", forks=[proof]))
    head = node.ledger.frontier.head(held.key)
    assert (head.length, head.id, head.fork_at) == (4, held.events[3].id, 4)
    assert await checked(node)
    while report.diverged:
        (wanted,) = report.diverged
        report = await lab.give(node, next(v.envelope for v in other.events if v.id == wanted))
    head = node.ledger.frontier.head(held.key)
    assert (head.length, head.id, head.fork_at) == (1, held.events[0].id, 1)


async def test_nodes_that_hold_two_branches_and_get_a_proof_far_out_on_one_agree_in_the_end(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("node.gossip._STATE_EVERY_SECONDS", 0.1)
    one, two = two_branches(lab, 3, common=1, beyond=6)
    (twin,) = two.branch(4).write_proposals(1, words="three")
    left = await lab.node(0)
    await lab.give(left, *(v.envelope for v in one.events))
    await left.ledger.take(Delivery("test", forks=[(two.events[4].envelope, twin.envelope)]))
    right = await lab.node(1)
    await lab.give(right, *(v.envelope for v in (*two.events, twin)))
    assert left.ledger.frontier.head(one.key).fork_at == right.ledger.frontier.head(one.key).fork_at == 4
    assert left.digest != right.digest
    third = await lab.node(2, left, right)
    await lab.alike(left, right, third)
    assert {node.ledger.frontier.head(one.key).fork_at for node in (left, right, third)} == {1}


async def checked(node: SmallNode) -> bool:
    """Whether each chain in the store is what its head says: gap-free and ending where it should."""
    for entry in node.ledger.frontier.entries():
        head = node.ledger.frontier.head(entry.key)
        last = await node.database.read(lambda c, key=entry.key: _end(c, key))  # type: ignore[misc]
        if last != (head.length, head.id):
            return False
    return True


def _end(connection: Connection, key: str) -> tuple[int, str | None]:
    rows = connection.rows("SELECT seq, id, prev FROM events WHERE key = $1 AND chained = 1 ORDER BY seq", key)
    before = None
    for place, (seq, event, prev) in enumerate(rows):
        assert (seq, prev) == (place, before)
        before = event
    return len(rows), None if before is None else str(before)


async def test_an_event_that_others_vouch_for_is_taken_as_evidence_once(lab: Lab, node: SmallNode) -> None:
    writer, other = two_branches(lab, 3, common=1, beyond=2)
    await lab.give(node, *(v.envelope for v in (*writer.events, other.events[1])))
    refused = await lab.give(node, other.events[2].envelope)
    assert [r.kind.value for r in refused.refused] == ["forked-key"]
    node.ledger.needed.add(other.events[2].id)
    batches: list[Batch] = []
    node.ledger.listen(batches.append)
    taken: list[Report] = [await lab.give(node, other.events[2].envelope) for _ in range(2)]
    assert [v.id for batch in batches for v in batch.evidence] == [other.events[2].id]
    assert [report.duplicates for report in taken] == [0, 1]
    assert node.ledger.needed == set()
    assert await node.events() == {writer.events[0].id}
