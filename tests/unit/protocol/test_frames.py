import random
import struct
import tracemalloc
import zlib

import pytest

from protocol import frames, limits
from protocol.frames import Frame, FrameError, FrameType
from protocol.frontier import Entry, Want
from protocol.ids import EventId, KeyId
from tests.support.builders import build_federation, hash_of

FED = build_federation(2)
EVENTS = FED.writer(0).write_proposals(3)
KEY = KeyId(hash_of("key"))


def frame_bytes(kind: int, body: bytes) -> bytes:
    return struct.pack(">IB", len(body) + 1, kind) + body


# SPEC 5.1: "A packet is one byte that says its form, 0 for plain and 1 for zlib (RFC 1950), and then frames"
# SPEC 5.2: "A frame is the length of what follows in 4 bytes, one byte of type, and a body"
def test_a_small_packet_is_plain_and_laid_out_as_specified() -> None:
    packet = frames.pack([Frame(FrameType.TEXT, b"abc"), Frame(FrameType.HELLO, b"")])
    assert packet == bytes.fromhex("00" "00000004" "08" "616263" "00000001" "01")  # fmt: skip
    assert frames.unpack(packet) == [Frame(FrameType.TEXT, b"abc"), Frame(FrameType.HELLO, b"")]


def test_a_large_packet_is_compressed_where_that_helps() -> None:
    dull = Frame(FrameType.TEXT, b"a" * 10_000)
    packet = frames.pack([dull])
    assert packet[0] == 1
    assert zlib.decompress(packet[1:]) == frame_bytes(8, dull.body)
    assert frames.unpack(packet) == [dull]
    noise = Frame(FrameType.LISTING, random.Random(1).randbytes(10_000))
    assert frames.pack([noise]) == b"\0" + frame_bytes(15, noise.body)


def test_a_packet_without_frames_says_nothing() -> None:
    assert frames.unpack(frames.pack([])) == []


@pytest.mark.parametrize("frame_type", FrameType)
def test_every_type_goes_there_and_back(frame_type: FrameType) -> None:
    frame = Frame(frame_type, frame_type.name.encode())
    assert frames.unpack(frames.pack([frame])) == [frame]


# SPEC 5.5: "A packet that is empty, of another form, cut short, damaged"
@pytest.mark.parametrize("repeat", [1, 40], ids=["plain", "compressed"])
def test_a_packet_cut_at_any_place_is_refused(repeat: int) -> None:
    packet = frames.pack([frames.event_frame(event.envelope) for event in EVENTS * repeat][: 1 if repeat == 1 else 99])
    for end in range(len(packet)):
        if end == 1 and packet[0] == 0:
            continue
        with pytest.raises(FrameError):
            frames.unpack(packet[:end])


@pytest.mark.parametrize(
    ("packet", "reason"),
    [
        (b"", "an empty packet"),
        (b"\x02", "unknown packet form 2"),
        (b"\xff" + frame_bytes(8, b"x"), "unknown packet form 255"),
        (b"\x01", "cut short or inflates"),
        (b"\x01damaged", "a damaged packet"),
        (b"\x01" + zlib.compress(b"")[:-1], "cut short or inflates"),
        (b"\x01" + zlib.compress(b"") + b"x", "cut short or inflates"),
        (b"\x01" + zlib.compress(b"") * 2, "cut short or inflates"),
        (b"\x00\x00", "a frame is cut short"),
        (b"\x00" + struct.pack(">IB", 0, 8), "cut short or over the limit"),
        (b"\x00" + struct.pack(">IB", 2, 8), "cut short or over the limit"),
        (b"\x00" + struct.pack(">IB", 2**32 - 1, 8), "cut short or over the limit"),
        # SPEC 5.25: "A type that is not listed here is refused"
        (b"\x00" + frame_bytes(0, b""), "unknown frame type 0"),
        (b"\x00" + frame_bytes(16, b""), "unknown frame type 16"),
        (b"\x00" + frame_bytes(255, b""), "unknown frame type 255"),
        (b"\x00" + frame_bytes(8, b"x") + b"\0", "a frame is cut short"),
    ],
)
def test_what_is_no_packet_is_refused(packet: bytes, reason: str) -> None:
    with pytest.raises(FrameError, match=reason):
        frames.unpack(packet)


# SPEC 5.4: "a receiver stops inflating at the limit"
def test_a_bomb_costs_bounded_memory() -> None:
    squeeze = zlib.compressobj(9)
    bomb = b"\x01" + b"".join(squeeze.compress(bytes(2**20)) for _ in range(256)) + squeeze.flush()
    assert len(bomb) < limits.PACKET_WIRE_BYTES_MAX
    tracemalloc.start()
    try:
        with pytest.raises(FrameError, match="inflates beyond the limit"):
            frames.unpack(bomb)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3 * limits.PACKET_INFLATED_BYTES_MAX


def test_a_bomb_of_nested_compression_is_only_bytes() -> None:
    inner = zlib.compress(bytes(1_000_000))
    packet = frames.pack([Frame(FrameType.TEXT, inner)])
    assert frames.unpack(packet)[0].body == inner


# SPEC 5.4: "at most PACKET_INFLATED_BYTES_MAX bytes of frames"
def test_inflating_to_the_limit_is_allowed_and_one_byte_more_is_not() -> None:
    quarter = frame_bytes(8, bytes(limits.PACKET_INFLATED_BYTES_MAX // 4 - 5))
    assert len(frames.unpack(b"\x01" + zlib.compress(quarter * 4))) == 4
    with pytest.raises(FrameError, match="inflates beyond the limit"):
        frames.unpack(b"\x01" + zlib.compress(quarter * 4 + b"\0"))


# SPEC 5.4: "A packet has at most PACKET_WIRE_BYTES_MAX + 1 bytes on the wire"
def test_the_wire_limit_is_checked_before_anything_else() -> None:
    with pytest.raises(FrameError, match="over the limit"):
        frames.unpack(b"\x01" + bytes(limits.PACKET_WIRE_BYTES_MAX + 1))
    with pytest.raises(FrameError, match="a damaged packet"):
        frames.unpack(b"\x01" + bytes(limits.PACKET_WIRE_BYTES_MAX))


# SPEC 5.3: "is at least 1 and at most FRAME_BYTES_MAX"
def test_a_frame_over_the_limit_is_refused_even_where_the_packet_could_hold_it() -> None:
    most = frame_bytes(8, bytes(limits.FRAME_BYTES_MAX - 1))
    assert len(frames.unpack(b"\x01" + zlib.compress(most))[0].body) == limits.FRAME_BYTES_MAX - 1
    with pytest.raises(FrameError, match="over the limit"):
        frames.unpack(b"\x01" + zlib.compress(frame_bytes(8, bytes(limits.FRAME_BYTES_MAX))))


# SPEC 5.4: "at most PACKET_FRAMES_MAX frames"
def test_the_number_of_frames_is_limited() -> None:
    one = frame_bytes(8, b"")
    assert len(frames.unpack(b"\x01" + zlib.compress(one * limits.PACKET_FRAMES_MAX))) == limits.PACKET_FRAMES_MAX
    with pytest.raises(FrameError, match="too many frames"):
        frames.unpack(b"\x01" + zlib.compress(one * (limits.PACKET_FRAMES_MAX + 1)))


@pytest.mark.parametrize(("count", "size"), [(50_000, 0), (300, 10_000), (7, 640_000), (2, 1_048_570)])
def test_many_frames_are_cut_into_packets_that_a_receiver_takes(count: int, size: int) -> None:
    noise = random.Random(size)
    sent = [Frame(FrameType.LISTING, noise.randbytes(size)) for _ in range(count)]
    got = [frame for packet in frames.packets(sent) for frame in frames.unpack(packet)]
    assert got == sent


def test_no_frames_make_no_packets() -> None:
    assert list(frames.packets([])) == []


# SPEC 5.15: "the length of the kind (1 byte), the kind, the key (32), the sequence number (8), the signature (64)"
def test_an_event_is_laid_out_as_specified() -> None:
    envelope = EVENTS[2].envelope
    body = frames.event_bytes(envelope)
    assert body[:9] == b"\x08proposal"
    assert body[9:41].hex() == envelope.key
    assert body[41:49] == (2).to_bytes(8, "big")
    assert body[49:113] == envelope.signature
    assert body[113:] == envelope.payload
    assert frames.parse_event(body) == envelope
    assert frames.event_frame(envelope) == Frame(FrameType.EVENT, body)


def test_an_event_cut_before_its_payload_is_refused() -> None:
    body = frames.event_bytes(EVENTS[0].envelope)
    for end in range(len(body) - len(EVENTS[0].envelope.payload) + 1):
        with pytest.raises(FrameError, match="cut short"):
            frames.parse_event(body[:end])
    assert frames.parse_event(body[: end + 1]).payload == EVENTS[0].envelope.payload[:1]


def test_a_kind_on_the_wire_is_short_and_ascii() -> None:
    tail = bytes(32 + 8 + 64) + b"{}"
    with pytest.raises(FrameError, match="cut short"):
        frames.parse_event(b"\0" + tail)
    with pytest.raises(FrameError, match="cut short"):
        frames.parse_event(bytes([limits.KIND_CHARACTERS_MAX + 1]) + b"a" * (limits.KIND_CHARACTERS_MAX + 1) + tail)
    with pytest.raises(FrameError, match="not ASCII"):
        frames.parse_event(b"\x02\xc3\xa9" + tail)


# SPEC 5.6: "A sequence number or length on the wire that is greater than 2^53-1 is refused"
def test_numbers_on_the_wire_keep_to_the_profile() -> None:
    key, most = bytes.fromhex(KEY), limits.SAFE_INTEGER_MAX
    assert frames.parse_wants(key + most.to_bytes(8, "big")) == [Want(KEY, most)]
    for number in (most + 1, 2**63, 2**64 - 1):
        raw = number.to_bytes(8, "big")
        with pytest.raises(FrameError, match="over the limit"):
            frames.parse_wants(key + raw)
        with pytest.raises(FrameError, match="over the limit"):
            frames.parse_frontier(key + raw + bytes(32))
        with pytest.raises(FrameError, match="over the limit"):
            frames.parse_event(b"\x04poll" + key + raw + bytes(64) + b"{}")


# SPEC 5.20: "the length (4 bytes) of the first event as in 5.15, that event, and the second event"
def test_a_fork_proof_goes_there_and_back() -> None:
    first, second = EVENTS[0].envelope, EVENTS[1].envelope
    frame = frames.fork_frame(first, second)
    assert frame.type is FrameType.FORK
    assert frames.parse_fork(frame.body) == (first, second)
    for end in range(len(frame.body) - len(second.payload) + 1):
        with pytest.raises(FrameError, match="cut short"):
            frames.parse_fork(frame.body[:end])
    with pytest.raises(FrameError, match="cut short"):
        frames.parse_fork(b"\xff\xff\xff\xff" + frame.body[4:])


# SPEC 5.13: "entries of 72 bytes, each a key (32 bytes), a length (8) and a head (32, zeros if the length is 0)"
def test_a_frontier_goes_there_and_back_in_parts() -> None:
    entries = [Entry(KeyId(hash_of("k", i)), i, EventId(hash_of("h", i)) if i else None) for i in range(9_000)]
    parts = list(frames.frontier_frames(entries))
    assert len(parts) > 1
    assert [part.type for part in parts] == [FrameType.FRONTIER] * (len(parts) - 1) + [FrameType.FRONTIER_END]
    assert [entry for part in parts for entry in frames.parse_frontier(part.body)] == entries
    assert parts[0].body[:72] == bytes.fromhex(hash_of("k", 0)) + bytes(40)
    assert list(frames.frontier_frames([])) == [Frame(FrameType.FRONTIER_END, b"")]


# SPEC 5.14: "entries of 40 bytes, each a key (32) and the sequence number (8) from which its events are asked for"
def test_wants_go_there_and_back() -> None:
    wants = [Want(KEY, 0), Want(KeyId(hash_of("other")), 2**40)]
    frame = frames.want_frame(wants)
    assert frame == Frame(FrameType.WANT, bytes.fromhex(KEY) + bytes(8) + frame.body[40:])
    assert frames.parse_wants(frame.body) == wants


# SPEC 5.17: "the hashes (32 bytes each) of texts or listings that are asked for"
# SPEC 5.21: "the ids (32 bytes each) of single events that are asked for"
def test_hashes_go_there_and_back() -> None:
    hashes = [hash_of(index) for index in range(3)]
    for frame_type in (FrameType.WANT_TEXTS, FrameType.WANT_EVENTS):
        frame = frames.hashes_frame(frame_type, hashes)
        assert frame == Frame(frame_type, bytes.fromhex("".join(hashes)))
        assert frames.parse_hashes(frame.body) == hashes


@pytest.mark.parametrize(("parse", "size"), [("parse_frontier", 72), ("parse_wants", 40), ("parse_hashes", 32)])
def test_a_torn_list_is_refused(parse: str, size: int) -> None:
    read = getattr(frames, parse)
    assert len(read(bytes(3 * size))) == 3
    for cut in range(1, size):
        with pytest.raises(FrameError, match="cut short"):
            list(read(bytes(3 * size - cut)))
