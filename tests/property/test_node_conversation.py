"""Whatever a member's node says, changed at random or jumbled, costs nothing that was stored and stops nobody."""

import asyncio
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import aiohttp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consensus.agreement import certificates
from node.deliveries import Delivery
from protocol import canonical, frames, sync
from protocol.events.tellers import Precommit
from protocol.frames import Frame, FrameType
from protocol.frontier import Entry, Want
from protocol.ids import EventId
from protocol.register import record_id
from tests.support.builders import build_federation, document, hash_of, open_record, round_spec
from tests.support.node_pair import Lab, Stranger

FEDERATION = build_federation(4)
GOOD = FEDERATION.writer(2).write_proposals(4)
MORE = FEDERATION.writer(1).write_proposals(3)
LIAR = FEDERATION.writer(3).write_proposals(6)
_KEYS = [v.event.key for v in (GOOD[0], MORE[0], LIAR[0])]


def _certificate() -> bytes:
    record = open_record(FEDERATION.id, EventId(hash_of("request")), round_spec())
    body = Precommit(height=1, view=0, value=record_id(record))
    writers = [FEDERATION.writer(t.id, "teller") for t in FEDERATION.tellers]
    return certificates.assemble(record, tuple(w.write(body).envelope for w in writers)).to_bytes()


def _state() -> bytes:
    here = sync.Cursor(store="0" * 32, position=3)
    state = sync.State(here=here, digest=hash_of("digest"), height=0, since=None)
    return canonical.encode(state.model_dump(mode="json"))


TWIN = FEDERATION.writer(3).branch(0).write_proposals(1, words="twin")[0]
FRAMES: list[Frame] = [
    *(frames.event_frame(v.envelope) for v in (*LIAR, *GOOD)),
    Frame(FrameType.STATE, _state()),
    *frames.frontier_frames([Entry(key, 9, EventId(hash_of(key))) for key in _KEYS]),
    frames.want_frame([Want(key, 0) for key in _KEYS]),
    Frame(FrameType.TEXT, document("A text")),
    Frame(FrameType.LISTING, bytes(96)),
    frames.hashes_frame(FrameType.WANT_TEXTS, [hash_of("text", at) for at in range(3)]),
    frames.hashes_frame(FrameType.WANT_EVENTS, [v.id for v in GOOD]),
    Frame(FrameType.RECORD, _certificate()),
    Frame(FrameType.WANT_RECORDS, b'{"start":1}'),
    frames.fork_frame(LIAR[0].envelope, TWIN.envelope),
    frames.fork_frame(GOOD[0].envelope, GOOD[1].envelope),
    Frame(FrameType.HELLO, b"{}"),
    Frame(FrameType.AUTH, b"{}"),
]

changes = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 70_000), st.integers(0, 255)), max_size=2)
bodies = st.one_of(st.sampled_from(FRAMES).map(lambda frame: frame.body), st.binary(max_size=200))
said = st.one_of(
    st.tuples(st.sampled_from(FRAMES), changes).map(lambda given: _changed_frame(*given)),
    st.builds(Frame, st.sampled_from(list(FrameType)), bodies),
)
packets = st.one_of(
    st.lists(said, max_size=5).map(frames.pack),
    st.tuples(st.lists(said, max_size=3).map(frames.pack), changes).map(lambda given: _changed(*given)),
)


def _changed_frame(frame: Frame, how: list[tuple[int, int, int]]) -> Frame:
    return Frame(frame.type, _changed(frame.body, how))


def _changed(data: bytes, how: list[tuple[int, int, int]]) -> bytes:
    """Return bytes with one changed, some left out, some doubled, or cut short."""
    broken = bytearray(data)
    for kind, place, value in how:
        at = place % (len(broken) + 1)
        if kind == 0 and at < len(broken):
            broken[at] = value
        elif kind == 1:
            del broken[at : at + value]
        elif kind == 2:
            broken[at:at] = broken[at : at + value]
        else:
            del broken[at:]
    return bytes(broken)


async def hold(where: Path, conversation: list[bytes]) -> None:
    async with AsyncExitStack() as stack:
        lab = Lab(where, stack)
        node = await lab.node(0)
        await lab.give(node, *(v.envelope for v in GOOD))
        left = list(conversation)
        while left:
            async with Stranger(lab.federation, node.address) as liar:
                await liar.greet()
                with suppress(aiohttp.ClientError, OSError):
                    while left:
                        await liar.socket.send_bytes(left.pop(0))
        honest = await lab.node(1, node)
        await honest.ledger.take(Delivery("test", [v.envelope for v in MORE]))
        lab.clock.advance(120_000)
        await lab.alike(node, honest)
        held = await node.events()
        assert {v.id for v in (*GOOD, *MORE)} <= held
        assert held <= {v.id for v in (*GOOD, *MORE, *LIAR, TWIN)}
        assert all(refusal.reason for refusal in node.refusals.latest)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(conversation=st.lists(packets, min_size=1, max_size=8))
def test_a_conversation_of_changed_and_jumbled_packets_costs_nothing_that_was_stored(
    tmp_path_factory: pytest.TempPathFactory, conversation: list[bytes]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("node.gossip._STATE_EVERY_SECONDS", 0.05)
        asyncio.run(hold(tmp_path_factory.mktemp("fuzz"), conversation))
