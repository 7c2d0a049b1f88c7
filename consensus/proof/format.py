"""The file of a full proof: read strictly, within limits, and written. Checks no signature and believes nothing.

One line with a hash, then a zlib stream of one canonical JSON object; see SPEC.md, part 12. What is read is exact:
writing it again gives the same JSON bytes.
"""

import hashlib
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from protocol import canonical, limits
from protocol.canonical import NotCanonicalError
from protocol.envelope import Envelope, pae
from protocol.errors import RemoteError
from protocol.ids import EventId, KeyId

HEADER: Final = b"comitia full proof 1 "
_HEADER_LINE: Final = re.compile(HEADER + rb"([0-9a-f]{64})\n")
_HEADER_BYTES: Final = len(HEADER) + 65
_HEX_256: Final = re.compile(r"[0-9a-f]{64}")
_HEX_512: Final = re.compile(r"[0-9a-f]{128}")
_FIELDS: Final = frozenset({"agendas", "charter", "records", "rounds", "v", "votes"})

JsonObject = Mapping[str, Any]


class ProofFormError(RemoteError):
    """The bytes are no full proof: what is wrong with them, in words."""


@dataclass(frozen=True)
class ProofEvent:
    """An event as a proof holds it: its payload as a value, and its signature. Nothing is checked."""

    kind: str
    payload: JsonObject
    signature: bytes

    @cached_property
    def payload_bytes(self) -> bytes:
        """The bytes that are signed, as long as the payload is canonical by itself."""
        return _encode(self.payload)

    @cached_property
    def id(self) -> EventId:
        """The event's id."""
        return EventId(canonical.sha256_hex(pae(self.kind, self.payload_bytes)))

    def envelope(self) -> Envelope:
        """Return the event as protocol.envelope takes it; key and sequence number are the payload's word."""
        seq = self.payload.get("seq")
        key = KeyId(str(self.payload.get("key")))
        return Envelope(self.kind, key, seq if isinstance(seq, int) else -1, self.signature, self.payload_bytes)

    @classmethod
    def of(cls, envelope: Envelope) -> "ProofEvent":
        """Return a stored event as a proof holds it."""
        payload = canonical.decode(envelope.payload)
        assert isinstance(payload, dict)
        return cls(envelope.kind, payload, envelope.signature)


@dataclass(frozen=True, slots=True)
class ProofRound:
    """A round that is counted again."""

    round: str
    seals: tuple[ProofEvent, ...]
    listings: tuple[tuple[str, ...], ...]
    """Of the seals that are too long to hold theirs, in the seals' order."""
    ballots: tuple[ProofEvent, ...]


@dataclass(frozen=True, slots=True)
class ProofAgenda:
    """A version of the agenda that is rebuilt."""

    document: JsonObject
    draft: ProofEvent


@dataclass(frozen=True, slots=True)
class FullProof:
    """What a full proof's file holds."""

    charter: JsonObject
    signatures: tuple[bytes, ...]
    """The founders', in the order of the roll."""
    records: tuple[JsonObject, ...]
    """From height 1 on."""
    votes: tuple[ProofEvent, ...]
    """The precommits on the last record, in the order of the roll."""
    rounds: tuple[ProofRound, ...]
    """Ascending by the height of their closing."""
    agendas: tuple[ProofAgenda, ...]
    """Ascending by version."""

    @property
    def charter_bytes(self) -> bytes:
        """The charter's payload as it was signed."""
        return _encode(self.charter)


def write_proof(proof: FullProof) -> bytes:
    """Return a proof's file. The same proof gives the same JSON; how well it is compressed is up to zlib."""
    value = {
        "agendas": [{"document": each.document, "draft": _event_value(each.draft)} for each in proof.agendas],
        "charter": {"payload": proof.charter, "signatures": [each.hex() for each in proof.signatures]},
        "records": list(proof.records),
        "rounds": [_round_value(each) for each in proof.rounds],
        "v": 1,
        "votes": [_event_value(vote) for vote in proof.votes],
    }
    return pack(_encode(value))


def pack(data: bytes) -> bytes:
    """Return the file around a proof's JSON bytes."""
    body = zlib.compress(data, 9)
    return HEADER + hashlib.sha256(body).hexdigest().encode() + b"\n" + body


def unpack(data: bytes) -> bytes:
    """Return the JSON bytes in a proof's file. Raises ProofFormError."""
    if len(data) > limits.FULL_PROOF_BYTES_MAX:
        raise ProofFormError(f"a file of {len(data)} bytes is over the limit of {limits.FULL_PROOF_BYTES_MAX}")
    found = _HEADER_LINE.match(data[:_HEADER_BYTES])
    if found is None:
        raise ProofFormError("it doesn't begin with the line of a full proof")
    body = data[_HEADER_BYTES:]
    if hashlib.sha256(body).hexdigest().encode() != found[1]:
        raise ProofFormError("the hash in its first line is not that of what follows: it was changed or cut short")
    return _inflated(body)


def read_proof(data: bytes) -> FullProof:
    """Return the proof in a file, of which nothing but its form has been checked. Raises ProofFormError."""
    try:
        value = canonical.decode(unpack(data), depth=limits.FULL_PROOF_DEPTH_MAX)
    except NotCanonicalError as error:
        raise ProofFormError(f"its content is not canonical JSON: {error}") from error
    top = _object(value, "the proof", _FIELDS)
    if type(top["v"]) is not int or top["v"] != 1:
        raise ProofFormError("it is not of version 1")
    charter = _object(top["charter"], "charter", frozenset({"payload", "signatures"}))
    return FullProof(
        charter=_object(charter["payload"], "charter.payload"),
        signatures=tuple(_signature(each, "charter.signatures") for each in _filled(charter, "signatures")),
        records=tuple(_object(each, "records") for each in _filled(top, "records")),
        votes=_events(top, "votes"),
        rounds=tuple(_round(each) for each in _list(top, "rounds")),
        agendas=tuple(_agenda(each) for each in _list(top, "agendas")),
    )


def _inflated(body: bytes) -> bytes:
    inflater = zlib.decompressobj()
    try:
        data = inflater.decompress(body, limits.FULL_PROOF_INFLATED_BYTES_MAX + 1)
    except zlib.error as error:
        raise ProofFormError(f"what follows its first line can't be inflated: {error}") from error
    if len(data) > limits.FULL_PROOF_INFLATED_BYTES_MAX:
        raise ProofFormError(f"it inflates to more than {limits.FULL_PROOF_INFLATED_BYTES_MAX} bytes")
    if not inflater.eof:
        raise ProofFormError("it is cut short")
    if inflater.unused_data:
        raise ProofFormError("something follows its compressed content")
    return data


def _encode(value: object) -> bytes:
    return canonical.encode(value, depth=limits.FULL_PROOF_DEPTH_MAX)


def _event_value(event: ProofEvent) -> dict[str, object]:
    return {"kind": event.kind, "payload": event.payload, "signature": event.signature.hex()}


def _round_value(each: ProofRound) -> dict[str, object]:
    return {
        "ballots": [_event_value(ballot) for ballot in each.ballots],
        "listings": [list(listing) for listing in each.listings],
        "round": each.round,
        "seals": [_event_value(seal) for seal in each.seals],
    }


def _object(value: object, name: str, fields: frozenset[str] | None = None) -> JsonObject:
    if not isinstance(value, dict):
        raise ProofFormError(f"{name}: an object is due")
    if fields is not None and value.keys() != fields:
        raise ProofFormError(f"{name}: it has the fields {', '.join(sorted(fields))}, no other and none less")
    return value


def _list(value: JsonObject, name: str) -> list[Any]:
    found = value[name]
    if not isinstance(found, list):
        raise ProofFormError(f"{name}: a list is due")
    return found


def _filled(value: JsonObject, name: str) -> list[Any]:
    found = _list(value, name)
    if not found:
        raise ProofFormError(f"{name}: it is empty")
    return found


def _signature(value: object, name: str) -> bytes:
    if not isinstance(value, str) or not _HEX_512.fullmatch(value):
        raise ProofFormError(f"{name}: a signature has 128 lower-case hexadecimal digits")
    return bytes.fromhex(value)


def _id(value: object, name: str) -> str:
    if not isinstance(value, str) or not _HEX_256.fullmatch(value):
        raise ProofFormError(f"{name}: an id has 64 lower-case hexadecimal digits")
    return value


def _events(value: JsonObject, name: str) -> tuple[ProofEvent, ...]:
    return tuple(_event(each, name) for each in _filled(value, name))


def _event(value: object, name: str) -> ProofEvent:
    event = _object(value, name, frozenset({"kind", "payload", "signature"}))
    if not isinstance(event["kind"], str):
        raise ProofFormError(f"{name}: an event's kind is text")
    payload = _object(event["payload"], f"{name}.payload")
    return ProofEvent(event["kind"], payload, _signature(event["signature"], f"{name}.signature"))


def _round(value: object) -> ProofRound:
    found = _object(value, "rounds", frozenset({"ballots", "listings", "round", "seals"}))
    listings = _list(found, "listings")
    if not all(isinstance(listing, list) for listing in listings):
        raise ProofFormError("rounds.listings: each is a list of ids")
    return ProofRound(
        round=_id(found["round"], "rounds.round"),
        seals=_events(found, "seals"),
        listings=tuple(tuple(_id(each, "rounds.listings") for each in listing) for listing in listings),
        ballots=tuple(_event(each, "rounds.ballots") for each in _list(found, "ballots")),
    )


def _agenda(value: object) -> ProofAgenda:
    found = _object(value, "agendas", frozenset({"document", "draft"}))
    return ProofAgenda(_object(found["document"], "agendas.document"), _event(found["draft"], "agendas.draft"))
