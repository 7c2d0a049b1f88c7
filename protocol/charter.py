"""The charter: record 0 of the register, signed by every founder. Its id is the federation's identity.

Founders on different machines assemble one: each contributes a member entry, one of them drafts, each signs with its
root key, signatures are merged. Signing changes nothing that is signed.
"""

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

import orjson
from pydantic import Field, ValidationError

from protocol import canonical, keys, limits
from protocol.canonical import NotCanonicalError, sha256_hex
from protocol.envelope import pae, payload_type
from protocol.errors import LocalError, RemoteError
from protocol.ids import FederationId, KeyId, MemberId
from protocol.keys import Signer
from protocol.model import Frozen, Milliseconds, Positive, VersionOne
from protocol.policy import TrackPolicy
from protocol.roll import Names, Roll

_KIND = "charter"


class CharterError(RemoteError):
    """A charter file is damaged, incomplete or not what it was said to be."""


class Timing(Frozen):
    """How tellers time the closing of a round, in milliseconds."""

    grace_ms: Milliseconds
    receipt_window_ms: Milliseconds
    view_ms: Positive
    """How long tellers wait in the first view before they go on; every further view waits longer by half of it."""
    stall_ms: Positive


class Charter(Frozen):
    """The founding document."""

    v: VersionOne
    names: Names
    founded: Milliseconds
    roll: Roll
    long: TrackPolicy
    short: TrackPolicy
    timing: Timing
    reference: Annotated[str, Field(max_length=200)]
    """Free words that tell this federation from another of the same founders."""


@dataclass(frozen=True, slots=True)
class CharterFile:
    """A charter's exact bytes with the founders' signatures gathered so far, by root key."""

    payload: bytes
    signatures: tuple[tuple[KeyId, bytes], ...]

    @property
    def federation(self) -> FederationId:
        """The federation's identity."""
        return FederationId(sha256_hex(pae(_KIND, self.payload)))

    def charter(self) -> Charter:
        """Return the charter in the file. Raises CharterError if it is damaged."""
        try:
            canonical.decode(self.payload)
            return Charter.model_validate_json(self.payload)
        except (NotCanonicalError, ValidationError) as error:
            raise CharterError(f"the charter is not valid: {_first_reason(error)}") from error

    def signed(self, signer: Signer) -> "CharterFile":
        """Return the file with a founder's signature added. Raises LocalError if the key is no founder's root."""
        if all(member.root != signer.key for member in self.charter().roll.members):
            raise LocalError("this root key belongs to no founder of the charter")
        others = tuple(pair for pair in self.signatures if pair[0] != signer.key)
        mine = (signer.key, signer.sign(pae(_KIND, self.payload)))
        return CharterFile(self.payload, tuple(sorted((*others, mine))))

    def missing(self) -> tuple[MemberId, ...]:
        """Return the founders who haven't signed. Raises CharterError if a signature doesn't hold."""
        roots = {member.root: member.id for member in self.charter().roll.members}
        message = pae(_KIND, self.payload)
        for key, signature in self.signatures:
            if key not in roots:
                raise CharterError(f"signed by {key[:8]}, who is no founder")
            if not keys.is_valid_signature(bytes.fromhex(key), message, signature):
                raise CharterError(f"the signature of {roots[key]} does not hold")
        signed = {key for key, _ in self.signatures}
        return tuple(member for root, member in roots.items() if root not in signed)

    def verified(self) -> Charter:
        """Return the charter once every founder's signature holds. Raises CharterError naming who is missing."""
        absent = self.missing()
        if absent:
            raise CharterError(f"not yet signed by: {', '.join(absent)}")
        return self.charter()

    def to_bytes(self) -> bytes:
        """Return the file as DSSE JSON with one signature per founder."""
        value = {
            "payload": base64.b64encode(self.payload).decode(),
            "payloadType": payload_type(_KIND),
            "signatures": [{"keyid": key, "sig": base64.b64encode(sig).decode()} for key, sig in self.signatures],
        }
        return orjson.dumps(value, option=orjson.OPT_INDENT_2) + b"\n"


def draft(charter: Charter) -> CharterFile:
    """Return an unsigned charter file."""
    return CharterFile(canonical.encode(charter.model_dump(mode="json")), ())


def parse_file(data: bytes) -> CharterFile:
    """Return the charter file in DSSE JSON bytes, its signatures not yet checked. Raises CharterError."""
    if len(data) > limits.CHARTER_BYTES_MAX:
        raise CharterError(f"a charter file of {len(data)} bytes is over the limit")
    try:
        value = orjson.loads(data)
        if value["payloadType"] != payload_type(_KIND):
            raise CharterError("this file is not a charter")
        payload = base64.b64decode(value["payload"], validate=True)
        pairs = {KeyId(str(s["keyid"])): base64.b64decode(s["sig"], validate=True) for s in value["signatures"]}
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, binascii.Error) as error:
        raise CharterError(f"this file is not a charter: {error}") from error
    file = CharterFile(payload, tuple(sorted(pairs.items())))
    file.charter()
    return file


def merge(files: Iterable[CharterFile]) -> CharterFile:
    """Return one file with the signatures of all. Raises CharterError if they don't sign the same charter."""
    gathered = list(files)
    if not gathered:
        raise LocalError("nothing to merge")
    if len({file.payload for file in gathered}) > 1:
        raise CharterError("these files hold different charters")
    pairs = {key: sig for file in gathered for key, sig in file.signatures}
    return CharterFile(gathered[0].payload, tuple(sorted(pairs.items())))


def _first_reason(error: NotCanonicalError | ValidationError) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False)[0]
        return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
    return str(error)
