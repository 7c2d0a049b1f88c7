"""Whatever bytes come in, what breaks the protocol is the other side's fault and nothing else goes wrong."""

import base64
import json
from contextlib import suppress
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from protocol import charter, envelope, frames, register, texts
from protocol.canonical import NotCanonicalError
from protocol.envelope import Envelope, Verified, open_verified
from protocol.errors import Rejection, RemoteError
from protocol.frames import Frame, FrameType
from protocol.frontier import Entry, Want
from protocol.ids import EventId, KeyId
from protocol.sync import Cursor, State
from tests.support.builders import build_federation, document, forge, hash_of, proposal_body
from tests.support.fake_wire import connected, new_session

FED = build_federation(2)
NODE = FED.member(0).node
WRITER = FED.writer(0)
EVENTS = [event.envelope for event in WRITER.write_proposals(3)]
FORKED = WRITER.branch(1).write_proposals(1, words="fork")[0].envelope
FRAMES = st.lists(st.builds(Frame, st.sampled_from(FrameType), st.binary(max_size=120)), max_size=6)


def conversation() -> list[bytes]:
    """Return packets that say everything that can be said."""
    session = connected(FED).left
    session.send_state(State(here=Cursor(store="0" * 32, position=1), digest="0" * 64, height=1, since=None))
    session.send_frontier([Entry(NODE.key, 2, EventId(hash_of("h")))])
    session.send_wants([Want(NODE.key, 1)])
    for event in EVENTS:
        session.send_event(event)
    session.send_text(document())
    session.send_listing(bytes(64))
    session.ask_texts([hash_of("t")])
    session.ask_events([hash_of("e")])
    session.send_record(b"{}")
    session.ask_records(3)
    session.send_fork(EVENTS[1], FORKED)
    one = session.bytes_to_send()
    return [*one, *new_session(FED, 0).bytes_to_send(), frames.pack(frames.unpack(one[0])[:2])]


PACKETS = conversation()


@st.composite
def damaged_packets(draw: st.DrawFn) -> bytes:
    """Valid packets with some bytes replaced, cut out or put in, in the open or under the compression."""
    raw = b"".join(frames.pack([frame])[1:] for frame in frames.unpack(draw(st.sampled_from(PACKETS))))
    data = bytearray(raw)
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 8)))
        data[start:end] = draw(st.binary(max_size=8))
    return draw(st.sampled_from([b"\0", b"\1"])) + bytes(data)


@settings(max_examples=300)
@given(st.binary(max_size=300) | damaged_packets(), st.booleans())
def test_a_session_takes_any_bytes_or_ends(packet: bytes, is_connected: bool) -> None:
    session = connected(FED).left if is_connected else new_session(FED, 1)
    with suppress(RemoteError):
        session.receive(packet)


@given(FRAMES, st.booleans())
def test_a_session_takes_any_frames_or_ends(sent: list[Frame], is_connected: bool) -> None:
    session = connected(FED).left if is_connected else new_session(FED, 1)
    with suppress(RemoteError):
        session.receive(frames.pack(sent))


@given(FRAMES)
def test_frames_go_there_and_back(sent: list[Frame]) -> None:
    assert frames.unpack(frames.pack(sent)) == sent
    assert [frame for packet in frames.packets(sent) for frame in frames.unpack(packet)] == sent


@given(FRAMES, st.integers(0))
def test_a_packet_cut_short_says_less_or_is_refused(sent: list[Frame], where: int) -> None:
    packet = frames.pack(sent)
    cut = packet[: where % len(packet)]
    try:
        got = frames.unpack(cut)
    except RemoteError:
        return
    assert got == sent[: len(got)]
    assert len(got) < len(sent)


ENVELOPES = st.builds(
    Envelope,
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40),
    st.binary(min_size=32, max_size=32).map(lambda raw: KeyId(raw.hex())),
    st.integers(0, 2**53 - 1),
    st.binary(min_size=64, max_size=64),
    st.binary(min_size=1, max_size=100),
)


@given(ENVELOPES)
def test_any_event_goes_there_and_back_and_opens_to_a_refusal(sent: Envelope) -> None:
    assert frames.parse_event(frames.event_bytes(sent)) == sent
    assert frames.parse_fork(frames.fork_frame(sent, EVENTS[0]).body) == (sent, EVENTS[0])
    assert isinstance(open_verified(sent, FED.id), Rejection)


@given(st.binary(max_size=300))
def test_any_bytes_are_an_event_frame_or_refused(body: bytes) -> None:
    for parse in (
        frames.parse_event,
        frames.parse_fork,
        frames.parse_frontier,
        frames.parse_wants,
        frames.parse_hashes,
    ):
        with suppress(RemoteError):
            parse(body)


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
HEADER = json.loads(WRITER.events[0].envelope.payload)


@settings(max_examples=300)
@given(st.dictionaries(st.sampled_from([*HEADER, "body"]), JSON, max_size=3), st.sampled_from(["proposal", "poll"]))
def test_a_signed_payload_of_any_shape_is_opened_or_refused(changes: dict[str, Any], kind: str) -> None:
    payload = json.dumps(HEADER | {"kind": kind} | changes, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    opened = open_verified(forge(NODE, kind, payload.encode("utf-8", "replace")), FED.id)
    assert isinstance(opened, Verified | Rejection)
    if isinstance(opened, Verified):
        assert opened.envelope.payload == payload.encode()


@given(st.binary(max_size=200))
def test_any_signed_bytes_are_refused(payload: bytes) -> None:
    assert isinstance(open_verified(forge(NODE, "proposal", payload), FED.id), Rejection)


@given(JSON, st.sampled_from(["payload", "payloadType", "signatures", None]))
def test_any_json_is_an_event_in_dsse_or_refused(value: Any, name: str | None) -> None:
    whole = value if name is None else {**envelope.to_dsse(EVENTS[0]), name: value}
    with suppress(NotCanonicalError):
        envelope.from_dsse(whole)


@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_a_charter_a_text_or_a_record_or_refused(data: bytes) -> None:
    inside = json.loads(FED.file.to_bytes()) | {"payload": base64.b64encode(data).decode()}
    for file in (data, json.dumps(inside).encode()):
        with suppress(RemoteError):
            charter.parse_file(file)
    with suppress(RemoteError):
        texts.parse_document(data)
    with suppress(RemoteError, ValueError):
        register.parse_record(data)


@given(st.integers(0), st.binary(min_size=1, max_size=4))
def test_a_damaged_charter_never_verifies(where: int, noise: bytes) -> None:
    payload = bytearray(FED.file.payload)
    place = where % len(payload)
    payload[place : place + len(noise)] = noise
    if payload != FED.file.payload:
        file = charter.CharterFile(bytes(payload), FED.file.signatures)
        with suppress(charter.CharterError):
            raise AssertionError(f"a charter damaged at {place} still holds: {file.verified().names}")


def test_the_conversation_that_is_damaged_above_holds_as_it_is() -> None:
    assert len(connected(FED).right.receive(PACKETS[0])) == 9
    assert isinstance(open_verified(WRITER.write(proposal_body()).envelope, FED.id), Verified)
