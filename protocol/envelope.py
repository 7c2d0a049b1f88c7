"""DSSE envelopes (DSSE 1.0): seal() makes one, open_verified() is the only way from a stranger's to a Verified event.

Verification first, then decoding: bytes of a stranger are parsed only once their signature holds. Does not handle
chains (chain.py) or who may say what (roll.py).
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from functools import cached_property

from pydantic import ValidationError

from protocol import canonical, keys, limits
from protocol.canonical import NotCanonicalError
from protocol.errors import LocalError, Rejection, RejectionKind
from protocol.events import kinds
from protocol.events.kinds import Event
from protocol.ids import EventId, FederationId, KeyId
from protocol.keys import Signer

_TYPE_PREFIX = "application/vnd.comitia."
_TYPE_SUFFIX = ".v1+json"
_KEY = re.compile(r"[0-9a-f]{64}")
_KIND = re.compile(r"[a-z][a-z-]{0,38}[a-z]")


def payload_type(kind: str) -> str:
    """Return the DSSE payload type of a kind of event or document."""
    return f"{_TYPE_PREFIX}{kind}{_TYPE_SUFFIX}"


def pae(kind: str, payload: bytes) -> bytes:
    """Return DSSE's pre-authentication encoding: what is signed, and what an id is the hash of."""
    name = payload_type(kind).encode()
    return b"DSSEv1 %d %b %d %b" % (len(name), name, len(payload), payload)


@dataclass(frozen=True)
class Envelope:
    """An event as it travels and is stored: exact bytes, nothing checked. Key and sequence are the sender's word."""

    kind: str
    key: KeyId
    seq: int
    signature: bytes
    payload: bytes

    @cached_property
    def id(self) -> EventId:
        """The event's id: SHA-256 of the pre-authentication encoding. Computed once."""
        return EventId(hashlib.sha256(pae(self.kind, self.payload)).hexdigest())


@dataclass(frozen=True, slots=True)
class Verified:
    """An event whose signature, canonical form and schema hold. Made in this module only."""

    id: EventId
    event: Event
    envelope: Envelope


def seal(event: Event, signer: Signer) -> Verified:
    """Return an event of one's own, signed. Raises LocalError if it isn't the signer's or breaks a limit."""
    if signer.key != event.key:
        raise LocalError("an event names its own signing key")
    payload = canonical.encode(event.model_dump(mode="json"))
    if len(payload) > kinds.payload_bytes_max(event.kind):
        raise LocalError(f"a {event.kind} of {len(payload)} bytes is over the limit")
    signed = pae(event.kind, payload)
    envelope = Envelope(event.kind, event.key, event.seq, signer.sign(signed), payload)
    return Verified(EventId(hashlib.sha256(signed).hexdigest()), event, envelope)


def is_signature_valid(envelope: Envelope) -> bool:
    """Whether the signature of an envelope holds for the key that it names. Never raises for bad input."""
    if not (_KEY.fullmatch(envelope.key) and _KIND.fullmatch(envelope.kind)):
        return False
    signed = pae(envelope.kind, envelope.payload)
    return keys.is_valid_signature(bytes.fromhex(envelope.key), signed, envelope.signature)


def open_verified(envelope: Envelope, federation: FederationId) -> Verified | Rejection:
    """Return the event in an envelope once size, signature, canonical form and schema hold, or the refusal."""
    if len(envelope.payload) > kinds.payload_bytes_max(envelope.kind):
        return Rejection(RejectionKind.OVERSIZE, f"a {envelope.kind} of {len(envelope.payload)} bytes")
    if not is_signature_valid(envelope):
        return Rejection(RejectionKind.BAD_SIGNATURE, f"signature of {envelope.kind} by {envelope.key[:8]}")
    return decode_signed(envelope, federation)


def decode_signed(envelope: Envelope, federation: FederationId) -> Verified | Rejection:
    """Return the event of an envelope whose size and signature the caller has just checked, or the refusal."""
    try:
        canonical.decode(envelope.payload)
        event = kinds.parse(envelope.kind, envelope.payload)
    except NotCanonicalError as error:
        return Rejection(RejectionKind.NOT_CANONICAL, str(error))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        return Rejection(RejectionKind.BAD_SCHEMA, f"{envelope.kind}: {where}: {first['msg']}")
    if event.federation != federation:
        return Rejection(RejectionKind.WRONG_FEDERATION, f"of federation {event.federation[:8]}")
    if (event.key, event.seq, event.kind) != (envelope.key, envelope.seq, envelope.kind):
        return Rejection(RejectionKind.MISMATCH, "key, sequence or kind differ from the frame around it")
    return Verified(envelope.id, event, envelope)


def reopen_verified(envelope: Envelope) -> Verified:
    """Return the event in an envelope that open_verified() accepted before it was stored. Nothing is checked again."""
    return Verified(envelope.id, kinds.parse(envelope.kind, envelope.payload), envelope)


def to_dsse(envelope: Envelope) -> dict[str, object]:
    """Return the envelope as a DSSE JSON object that any DSSE tool can check."""
    return {
        "payload": base64.b64encode(envelope.payload).decode(),
        "payloadType": payload_type(envelope.kind),
        "signatures": [{"keyid": envelope.key, "sig": base64.b64encode(envelope.signature).decode()}],
    }


def from_dsse(value: object) -> Envelope:
    """Return the envelope in a DSSE JSON object with one signature. Raises NotCanonicalError with the reason."""
    try:
        name = value["payloadType"]  # type: ignore[index]
        payload = base64.b64decode(value["payload"], validate=True)  # type: ignore[index]
        (signature,) = value["signatures"]  # type: ignore[index]
        raw = base64.b64decode(signature["sig"], validate=True)
        key = KeyId(str(signature["keyid"]))
    except (TypeError, KeyError, ValueError, binascii.Error) as error:
        raise NotCanonicalError(f"not a DSSE envelope with one signature: {error}") from error
    if not (isinstance(name, str) and name.startswith(_TYPE_PREFIX) and name.endswith(_TYPE_SUFFIX)):
        raise NotCanonicalError("not a payload type of Comitia")
    kind = name[len(_TYPE_PREFIX) : -len(_TYPE_SUFFIX)]
    if not (_KIND.fullmatch(kind) and _KEY.fullmatch(key)):
        raise NotCanonicalError("the kind or the key is not written as it must be")
    if len(payload) > limits.EVENT_PAYLOAD_BYTES_MAX:
        raise NotCanonicalError(f"a payload of {len(payload)} bytes is over the limit")
    return Envelope(kind, key, _claimed_seq(payload), raw, payload)


def _claimed_seq(payload: bytes) -> int:
    value = canonical.decode(payload)
    seq = value.get("seq") if isinstance(value, dict) else None
    if type(seq) is not int or seq < 0:
        raise NotCanonicalError("the payload has no sequence number")
    return seq
