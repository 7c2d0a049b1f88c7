"""The wire: frames, and packets of frames that may be compressed. The same bytes travel in files.

A packet is one byte (0 plain, 1 zlib) and frames; a frame is its length in four bytes, one byte of type, and a body.
Integers are big-endian. Every size is checked before the work it bounds, inflating included.
"""

import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from protocol import limits
from protocol.envelope import Envelope
from protocol.errors import RemoteError
from protocol.frontier import Entry, Want
from protocol.ids import EventId, KeyId, TextHash

_PLAIN, _ZLIB = 0, 1
_COMPRESS_FROM_BYTES = 512
_HEADER = struct.Struct(">IB")
_EVENT_TAIL = struct.Struct(">32sQ64s")
_ENTRY = struct.Struct(">32sQ32s")
_WANT = struct.Struct(">32sQ")
_NO_ID = bytes(32)
WANTS_PER_FRAME_MAX = 10_000
"""How many chains, texts or events one frame asks for when this node writes it."""


class FrameType(IntEnum):
    """What a frame carries."""

    HELLO = 1
    AUTH = 2
    STATE = 3
    FRONTIER = 4
    FRONTIER_END = 5
    WANT = 6
    EVENT = 7
    TEXT = 8
    WANT_TEXTS = 9
    RECORD = 10
    WANT_RECORDS = 11
    FORK = 12
    WANT_EVENTS = 13
    ERROR = 14
    LISTING = 15


class FrameError(RemoteError):
    """Bytes that are no packet, or a packet over a limit."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One typed piece of the conversation."""

    type: FrameType
    body: bytes


def pack(frames: Iterable[Frame]) -> bytes:
    """Return one packet, compressed where that helps. The caller keeps its frames under the packet's limits."""
    raw = b"".join(_HEADER.pack(len(frame.body) + 1, frame.type) + frame.body for frame in frames)
    if len(raw) >= _COMPRESS_FROM_BYTES:
        compressed = zlib.compress(raw, 1)
        if len(compressed) < len(raw):
            return bytes([_ZLIB]) + compressed
    return bytes([_PLAIN]) + raw


def unpack(packet: bytes) -> list[Frame]:
    """Return the frames of a packet. Raises FrameError for anything else, at bounded cost."""
    return list(_split(_inflate(packet)))


def _inflate(packet: bytes) -> bytes:
    if not packet:
        raise FrameError("an empty packet")
    if len(packet) > limits.PACKET_WIRE_BYTES_MAX + 1:
        raise FrameError(f"a packet of {len(packet)} bytes is over the limit")
    if packet[0] == _PLAIN:
        return packet[1:]
    if packet[0] != _ZLIB:
        raise FrameError(f"unknown packet form {packet[0]}")
    inflater = zlib.decompressobj()
    try:
        raw = inflater.decompress(packet[1:], limits.PACKET_INFLATED_BYTES_MAX + 1)
    except zlib.error as error:
        raise FrameError("a damaged packet") from error
    if len(raw) > limits.PACKET_INFLATED_BYTES_MAX or not inflater.eof or inflater.unused_data:
        raise FrameError("a packet that is cut short or inflates beyond the limit")
    return raw


def _split(raw: bytes) -> Iterator[Frame]:
    offset = count = 0
    while offset < len(raw):
        count += 1
        if count > limits.PACKET_FRAMES_MAX:
            raise FrameError("too many frames in one packet")
        if offset + _HEADER.size > len(raw):
            raise FrameError("a frame is cut short")
        length, kind = _HEADER.unpack_from(raw, offset)
        end = offset + 4 + length
        if not 1 <= length <= limits.FRAME_BYTES_MAX or end > len(raw):
            raise FrameError("a frame is cut short or over the limit")
        try:
            frame_type = FrameType(kind)
        except ValueError as error:
            raise FrameError(f"unknown frame type {kind}") from error
        yield Frame(frame_type, raw[offset + _HEADER.size : end])
        offset = end


def packets(frames: Iterable[Frame]) -> Iterator[bytes]:
    """Yield packets that hold the frames in order, each within the limits."""
    batch: list[Frame] = []
    size = 0
    for frame in frames:
        cost = len(frame.body) + _HEADER.size
        if batch and (size + cost > limits.PACKET_WIRE_BYTES_MAX or len(batch) >= limits.PACKET_FRAMES_MAX):
            yield pack(batch)
            batch, size = [], 0
        batch.append(frame)
        size += cost
    if batch:
        yield pack(batch)


def event_frame(envelope: Envelope) -> Frame:
    """Return the frame of one event."""
    return Frame(FrameType.EVENT, event_bytes(envelope))


def event_bytes(envelope: Envelope) -> bytes:
    """Return an event as it stands in frames: kind, key, sequence number, signature, payload."""
    kind = envelope.kind.encode()
    tail = _EVENT_TAIL.pack(bytes.fromhex(envelope.key), envelope.seq, envelope.signature)
    return b"".join((bytes([len(kind)]), kind, tail, envelope.payload))


def parse_event(body: bytes) -> Envelope:
    """Return the event in a frame's body, nothing checked but its outline."""
    start = 1 + body[0] if body else 0
    if len(body) <= start + _EVENT_TAIL.size or not 1 <= start - 1 <= limits.KIND_CHARACTERS_MAX:
        raise FrameError("an event is cut short")
    key, seq, signature = _EVENT_TAIL.unpack_from(body, start)
    try:
        kind = body[1:start].decode("ascii")
    except UnicodeDecodeError as error:
        raise FrameError("a kind is not ASCII") from error
    return Envelope(kind, KeyId(key.hex()), _safe(seq), signature, body[start + _EVENT_TAIL.size :])


def fork_frame(first: Envelope, second: Envelope) -> Frame:
    """Return the frame of a fork proof."""
    head = event_bytes(first)
    return Frame(FrameType.FORK, struct.pack(">I", len(head)) + head + event_bytes(second))


def parse_fork(body: bytes) -> tuple[Envelope, Envelope]:
    """Return the two events of a fork proof, nothing checked."""
    if len(body) < 4:
        raise FrameError("a fork proof is cut short")
    (length,) = struct.unpack_from(">I", body)
    return parse_event(body[4 : 4 + length]), parse_event(body[4 + length :])


def frontier_frames(entries: Iterable[Entry]) -> Iterator[Frame]:
    """Yield frames that carry a frontier, the last one marked as the end."""
    chunk = bytearray()
    for entry in entries:
        head = bytes.fromhex(entry.id) if entry.id else _NO_ID
        chunk += _ENTRY.pack(bytes.fromhex(entry.key), entry.length, head)
        if len(chunk) > limits.FRAME_BYTES_MAX // 4:
            yield Frame(FrameType.FRONTIER, bytes(chunk))
            chunk.clear()
    yield Frame(FrameType.FRONTIER_END, bytes(chunk))


def parse_frontier(body: bytes) -> list[Entry]:
    """Return the entries of a frontier frame."""
    return [
        Entry(KeyId(key.hex()), _safe(length), EventId(head.hex()) if length else None)
        for key, length, head in _records(_ENTRY, body)
    ]


def want_frame(wants: Iterable[Want]) -> Frame:
    """Return the frame that asks for chains, at most WANTS_PER_FRAME_MAX."""
    return Frame(FrameType.WANT, b"".join(_WANT.pack(bytes.fromhex(w.key), w.start) for w in wants))


def parse_wants(body: bytes) -> list[Want]:
    """Return the chains that a frame asks for."""
    return [Want(KeyId(key.hex()), _safe(start)) for key, start in _records(_WANT, body)]


def hashes_frame(frame_type: FrameType, hashes: Iterable[str]) -> Frame:
    """Return a frame that lists 32-byte hashes, at most WANTS_PER_FRAME_MAX: texts or events that are asked for."""
    return Frame(frame_type, b"".join(bytes.fromhex(item) for item in hashes))


def parse_hashes(body: bytes) -> list[TextHash]:
    """Return the hashes that a frame lists."""
    if len(body) % 32:
        raise FrameError("a list of hashes is cut short")
    return [TextHash(body[i : i + 32].hex()) for i in range(0, len(body), 32)]


def _safe(number: int) -> int:
    if number > limits.SAFE_INTEGER_MAX:
        raise FrameError("a sequence number or length is over the limit")
    return number


def _records(shape: struct.Struct, body: bytes) -> Iterator[tuple[Any, ...]]:
    if len(body) % shape.size:
        raise FrameError("a list is cut short")
    return shape.iter_unpack(body)
