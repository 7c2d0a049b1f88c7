"""Conversations between nodes: what is asked, answered, passed on and given up, and what a hostile peer can't do."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from consensus.agreement import certificates
from node.asked import Asked
from node.deliveries import Delivery
from node.register import Taken
from node.storage.database import Database
from protocol import frames, limits, sync
from protocol.events.tellers import Precommit
from protocol.frames import Frame, FrameType
from protocol.frontier import Entry, Want
from protocol.ids import EventId, KeyId
from protocol.register import OpenRecord, record_id
from protocol.sync import State
from tests.support.builders import (
    Federation,
    build_federation,
    document,
    hash_of,
    open_record,
    proposal_body,
    proposal_text,
    round_spec,
    seal_body,
)
from tests.support.node_pair import Lab, Stranger, proposal_draft
from tests.support.small_node import SmallNode
from tests.support.until import until

MINUTE_MS = 60_000


@pytest_asyncio.fixture
async def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Lab]:
    monkeypatch.setattr("node.gossip._STATE_EVERY_SECONDS", 0.05)
    async with AsyncExitStack() as stack:
        yield Lab(tmp_path, stack)


async def has_text(node: SmallNode, digest: str, lab: Lab | None = None) -> None:
    """Wait until a text is here; with a lab its clock runs meanwhile."""
    for _ in range(1_000):
        if await node.text(digest) is not None:
            return
        if lab is not None:
            lab.clock.advance(100)
        await asyncio.sleep(0.01)
    raise AssertionError("the text doesn't come")


def in_step(*nodes: SmallNode) -> bool:
    return all(state.is_in_step for node in nodes for state in node.peers.states)


# Equal digests


async def test_where_nothing_is_new_one_exchange_of_states_is_all(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    first = await lab.node(0)
    chain = lab.federation.writer(2).write_proposals(50)
    texts = [document(f"proposal {lab.federation.member(2).id} {at}") for at in range(50)]
    await first.ledger.take(Delivery("test", [v.envelope for v in chain], texts))
    async with Stranger(lab.federation, first.address) as peer:
        state = await peer.heard(sync.StateSeen)
        assert isinstance(state, sync.StateSeen)
        reads: list[str] = []
        read = Database.read

        async def counted(database: Database, work: object) -> object:
            reads.append(database.path.name)
            return await read(database, work)  # type: ignore[arg-type]

        monkeypatch.setattr(Database, "read", counted)
        cursor = sync.Cursor(store="0" * 32, position=50)
        peer.session.send_state(State(here=cursor, digest=state.state.digest, height=0, since=None))
        await peer.flush()
        await until(lambda: in_step(first), "both say the same")
        assert len(reads) < 12
        monkeypatch.undo()
        await peer.say(Frame(FrameType.ERROR, b'{"reason":"enough"}'))
        left = [frame.type for packet in await peer.rest() for frame in frames.unpack(packet)]
        assert set(left) <= {FrameType.STATE}


# Texts


async def test_a_text_that_a_peer_gets_late_follows_to_who_asked_for_it(lab: Lab) -> None:
    middle = await lab.node(1)
    far = await lab.node(2, middle)
    await until(lambda: len(far.peers.states) == 1 and far.peers.states[0].is_connected, "connected")
    (verified,) = lab.federation.writer(0).write_proposals(1)
    await lab.give(middle, verified.envelope)
    await lab.alike(middle, far)
    await asyncio.gather(*(asyncio.sleep(0) for _ in range(50)))
    title = f"proposal {lab.federation.member(0).id} 0"
    digest = proposal_text(title).sha256
    await middle.ledger.take(Delivery("test", texts=[document(title)]))
    await has_text(far, digest)


async def test_a_missing_text_is_asked_of_others_where_the_first_does_not_have_it(lab: Lab) -> None:
    without, holder = await lab.node(0), await lab.node(1)
    (verified,) = lab.federation.writer(3).write_proposals(1)
    title = f"proposal {lab.federation.member(3).id} 0"
    await lab.give(without, verified.envelope)
    node = await lab.node(2, without)
    await lab.alike(without, node)
    assert await node.text(proposal_text(title).sha256) is None
    await holder.ledger.take(Delivery("test", [verified.envelope], [document(title)]))
    async with AsyncExitStack():
        await lab.node(3, holder, node)
        await has_text(node, proposal_text(title).sha256, lab)


async def test_a_text_is_stored_whatever_sizes_others_claim_for_it(lab: Lab) -> None:
    node = await lab.node(0)
    title = "Named by two"
    ref = proposal_text(title)
    wrong = ref.model_copy(update={"size": 1})
    liar = lab.federation.writer(2).write(proposal_body(wrong))
    author = lab.federation.writer(3).write(proposal_body(ref))
    await lab.give(node, liar.envelope)
    await node.ledger.take(Delivery("test", [author.envelope], [document(title)]))
    assert await node.text(ref.sha256) == document(title)


async def test_the_listing_of_a_long_seal_travels(lab: Lab) -> None:
    ballots = [hash_of("ballot", at) for at in range(limits.SEAL_INLINE_BALLOTS_MAX + 1_500)]
    body = seal_body(hash_of("round"), ballots, inline=False)
    listing = bytes.fromhex("".join(sorted(ballots)))
    sealed = lab.federation.writer(3, "teller").write(body)
    first = await lab.node(0)
    second = await lab.node(1, first)
    third = await lab.node(2, second)
    await first.ledger.take(Delivery("test", [sealed.envelope], [listing]))
    await lab.alike(first, second, third)
    for node in (second, third):
        await has_text(node, body.listing)
        assert await node.text(body.listing) == listing


# The register


def long_register(federation: Federation, count: int) -> list[bytes]:
    """Return certificates of records that follow each other, each signed by all tellers."""
    found = []
    prev: OpenRecord | None = None
    writers = [federation.writer(t.id, "teller") for t in federation.tellers]
    for height in range(1, count + 1):
        record = open_record(federation.id, EventId(hash_of("request", height)), round_spec(number=height), height)
        if prev is not None:
            record = record.model_copy(update={"prev": record_id(prev)})
        prev = record
        body = Precommit(height=height, view=0, value=record_id(record))
        found.append(certificates.assemble(record, tuple(w.write(body).envelope for w in writers)).to_bytes())
    return found


async def test_a_long_register_reaches_a_fresh_node_whole_and_new_records_at_once(lab: Lab) -> None:
    register = long_register(lab.federation, 100)
    first = await lab.node(0)
    for certificate in register[:99]:
        assert await first.register.take("test", certificate) is Taken.NEW
    second = await lab.node(1, first)
    third = await lab.node(2, second)
    await until(lambda: second.register.height == third.register.height == 99, "all records have come")
    await first.register.take("test", register[99])
    await until(lambda: third.register.height == 100, "the new record has come")
    assert second.register.head == first.register.head == third.register.head


async def test_a_false_certificate_is_refused_with_its_reason_and_the_right_one_is_taken_after_it(lab: Lab) -> None:
    register = long_register(lab.federation, 2)
    other = build_federation(4, seed=9)
    node = await lab.node(0)
    false = long_register(other, 1)[0]
    async with Stranger(lab.federation, node.address) as liar:
        await liar.greet()
        for data in (false, b"{}", b"\xff" * 100, register[1], register[0][:-2]):
            await liar.say(Frame(FrameType.RECORD, data))
        await until(lambda: sum(node.refusals.counts.values()) == 4, "all are refused")
    assert node.register.height == 0
    assert await node.register.take("test", register[0]) is Taken.NEW


# Peers that misbehave


async def test_a_peer_that_claims_what_it_has_not_keeps_nobody_else_from_being_asked(lab: Lab) -> None:
    node = await lab.node(0)
    chain = lab.federation.writer(2).write_proposals(20)
    claims = [*frames.frontier_frames([Entry(chain[0].event.key, 9_000, EventId(hash_of("nothing")))])]
    async with Stranger(lab.federation, node.address) as liar:
        await liar.greet()
        await liar.say(*claims)
        await liar.heard(sync.ChainsWanted)
        honest = await lab.node(1)
        await lab.give(honest, *(v.envelope for v in chain))
        await lab.node(2, honest, node)
        for _ in range(400):
            if node.ledger.position >= len(chain):
                break
            lab.clock.advance(500)
            await liar.say(*claims)
            await asyncio.sleep(0.01)
        assert await node.events() == {v.id for v in chain}


async def test_a_peer_that_claims_other_heads_is_asked_for_them_and_changes_nothing(lab: Lab) -> None:
    node = await lab.node(0)
    chain = lab.federation.writer(2).write_proposals(3)
    await lab.give(node, *(v.envelope for v in chain))
    claimed = EventId(hash_of("another head"))
    async with Stranger(lab.federation, node.address) as liar:
        await liar.greet()
        await liar.say(*frames.frontier_frames([Entry(chain[0].event.key, 3, claimed)]))
        asked = await liar.heard(sync.EventsWanted)
        assert isinstance(asked, sync.EventsWanted)
        assert asked.ids == [claimed]
    assert node.ledger.frontier.head(chain[0].event.key).length == 3
    other = await lab.node(1, node)
    await lab.alike(node, other)


async def test_strangers_chains_are_neither_asked_for_nor_served(lab: Lab) -> None:
    node = await lab.node(0)
    (verified,) = lab.federation.writer(2).write_proposals(1)
    await lab.give(node, verified.envelope)
    strangers = [KeyId(hash_of("stranger", at)) for at in range(5_000)]
    async with Stranger(lab.federation, node.address) as peer:
        await peer.greet()
        await peer.say(*frames.frontier_frames([Entry(key, 5, EventId(hash_of(key))) for key in strangers]))
        await peer.say(frames.want_frame([Want(key, 0) for key in strangers]))
        conversation = next(iter(node.peers._conversations))
        await peer.say(frames.want_frame([Want(verified.event.key, 0)]))
        seen = await peer.heard(sync.EventsSeen)
        assert isinstance(seen, sync.EventsSeen)
        assert [envelope.id for envelope in seen.envelopes] == [verified.id]
        assert not conversation._serving._chains.keys() & set(strangers)


async def test_a_peer_that_asks_without_end_and_never_reads_is_served_at_its_own_pace(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = await lab.node(0)
    chain = lab.federation.writer(2).write_proposals(200)
    texts = [document(f"proposal {lab.federation.member(2).id} {at}", "x" * 9_000) for at in range(3)]
    await node.ledger.take(Delivery("test", [v.envelope for v in chain], texts))
    ask = [
        frames.hashes_frame(FrameType.WANT_EVENTS, [v.id for v in chain] * 50),
        frames.hashes_frame(FrameType.WANT_TEXTS, [hash_of("absent", at) for at in range(9_000)]),
        frames.want_frame([Want(chain[0].event.key, 0)]),
    ]
    async with Stranger(lab.federation, node.address) as peer:
        await peer.greet()
        conversation = next(iter(node.peers._conversations))
        stuck = asyncio.Event()

        async def never(_wire: object, _packet: bytes) -> None:
            await stuck.wait()

        monkeypatch.setattr("node.peers.SocketWire.send", never)
        for _ in range(30):
            await peer.say(*ask)
        writer = lab.federation.writer(2).branch(0)
        writer.write_proposals(200)
        await peer.say(*(frames.event_frame(v.envelope) for v in writer.write_proposals(1)))
        await until(lambda: node.ledger.position == 201, "what it says after that is still read")
        serving = conversation._serving
        assert len(serving._events) <= limits.WANTED_TEXTS_MAX
        assert len(serving._texts) + len(serving._absent) <= 2 * limits.WANTED_TEXTS_MAX
        assert conversation.session.queued_bytes < 2_000_000


async def test_two_nodes_that_ask_each_other_for_much_at_once_both_get_it(lab: Lab) -> None:
    def texts(which: int, count: int) -> list[bytes]:
        return [document(f"{which} {at}", "words " * 3_000) for at in range(count)]

    first, second = await lab.node(0), await lab.node(1)
    for which, node in ((0, first), (1, second)):
        writer = lab.federation.writer(which + 2)
        for at in range(400):
            writer.write(proposal_body(proposal_text(f"{which} {at}", "words " * 3_000)))
        await node.ledger.take(Delivery("test", [v.envelope for v in writer.events], texts(which, 400)))
    await lab.node(2, first, second)
    await lab.alike(first, second)
    for which, node in ((1, first), (0, second)):
        await has_text(node, proposal_text(f"{which} 399", "words " * 3_000).sha256)


async def test_events_from_the_future_come_by_themselves_once_their_time_has_come(lab: Lab) -> None:
    node = await lab.node(0)
    early = lab.clock.now() + 3_600_000
    writer = lab.federation.writer(2)
    writer.write(proposal_body(), time_ms=early)
    writer.write(proposal_body(proposal_text("behind it")), time_ms=early + 1)
    async with Stranger(lab.federation, node.address) as peer:
        await peer.greet()
        await peer.say(*(frames.event_frame(v.envelope) for v in writer.events))
        await until(lambda: node.refusals.counts == {"future-time": 2}, "both are deferred")
    assert await node.events() == set()
    ahead = Lab(lab.where / "ahead", lab.stack)
    ahead.where.mkdir()
    ahead.clock.advance(3_600_000)
    other = await ahead.node(1, node)
    await ahead.give(other, *(v.envelope for v in writer.events))
    lab.clock.advance(3_600_000)
    await lab.alike(node, other)
    assert await node.events() == {v.id for v in writer.events}


@pytest.mark.parametrize("seed", [0, 5], ids=["teller's key", "another federation"])
async def test_who_is_no_node_of_this_federation_is_told_why_it_is_left(lab: Lab, seed: int) -> None:
    node = await lab.node(0)
    federation = build_federation(4, seed=seed)
    key = federation.member(3).node if seed else federation.member(3).key("teller")
    async with Stranger(lab.federation, node.address) as peer:
        peer.session = sync.SyncSession(federation.id, key, federation.ring, hash_of("nonce"))
        await peer.flush()
        with pytest.raises(sync.SessionError):
            await peer.heard(sync.StateSeen)
    await until(lambda: node.refusals.counts == {"bad-frame": 1}, "it is counted")


async def test_a_peer_that_breaks_the_protocol_hears_the_reason(lab: Lab) -> None:
    node = await lab.node(0)
    async with Stranger(lab.federation, node.address) as peer:
        await peer.greet()
        await peer.socket.send_bytes(b"\x07")
        with pytest.raises(sync.PeerLeft, match="unknown packet form"):
            await peer.heard(sync.EventsSeen)


async def test_what_a_peer_says_when_it_leaves_is_shown_and_counted_as_no_refusal(lab: Lab) -> None:
    node = await lab.node(0)
    async with Stranger(lab.federation, node.address) as peer:
        await peer.greet()
        (state,) = node.peers.states
        peer.session.send_error("maintenance")
        await peer.flush()
        await until(lambda: "maintenance" in state.last_error, "the reason is shown")
    assert node.refusals.counts == {}


async def test_a_peer_that_never_answers_is_left_and_counted(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("node.gossip._HANDSHAKE_SECONDS", 0.1)
    node = await lab.node(0)
    async with Stranger(lab.federation, node.address) as silent:
        assert await silent.is_closed()
    await until(lambda: node.refusals.counts == {"bad-frame": 1}, "it is counted")
    assert "within 0.1 seconds" in node.refusals.latest[0].reason


async def test_what_was_said_just_before_the_connection_ended_is_still_taken(lab: Lab) -> None:
    node = await lab.node(0)
    chain = lab.federation.writer(2).write_proposals(40)
    async with Stranger(lab.federation, node.address) as peer:
        await peer.greet()
        for verified in chain:
            await peer.say(frames.event_frame(verified.envelope))
    await until(lambda: node.ledger.position == len(chain), "all of it is stored")


async def test_an_unanswered_dial_is_shown_and_tried_again(lab: Lab) -> None:
    first = await lab.node(0)
    async with aiohttp.ClientSession() as http, http.get(first.address + "/nothing") as response:
        assert response.status == 404
    draft, text = proposal_draft(first, "Late")
    await first.ledger.publish(draft)
    second = await lab.node(1, first)
    await lab.alike(first, second)
    await has_text(second, text)


# Asked


def test_what_is_asked_is_asked_of_one_at_a_time_and_then_of_another() -> None:
    asked = Asked()
    key = KeyId("k")
    may = partial(asked.may_ask_chain, key)
    assert may("liar", 0)
    assert not may("liar", 5_000)
    assert not may("honest", 9_999)
    assert not may("liar", 10_000)
    assert may("honest", 10_000)
    assert may("liar", 60_000)
    asked.forget_chain(key)
    assert may("liar", 60_001)


def test_when_a_peer_goes_others_are_asked_at_once_and_it_no_sooner_than_before() -> None:
    asked = Asked()
    assert asked.may_ask_text("t", "gone", 1_000)
    asked.forget_peer("gone")
    assert not asked.may_ask_text("t", "gone", 5_000)
    assert asked.may_ask_text("t", "other", 5_000)
    alone = Asked()
    assert alone.may_ask_text("t", "gone", 1_000)
    alone.forget_peer("gone")
    assert alone.may_ask_text("t", "gone", 11_000)


def test_a_clock_that_is_set_back_keeps_nothing_from_being_asked() -> None:
    asked = Asked()
    assert asked.may_ask_text("t", "peer", 3_600_000)
    assert asked.may_ask_text("t", "peer", 0)


def test_what_was_asked_long_ago_is_forgotten() -> None:
    asked = Asked()
    for at in range(limits.WANTED_TEXTS_MAX + 1):
        asked.may_ask_text(f"t{at}", "peer", 0)
    asked.may_ask_text("new", "peer", 10 * MINUTE_MS)
    assert len(asked._texts) < 3
