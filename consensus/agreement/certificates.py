"""Certificates as objects: a record and a quorum's signed precommits for it. Anyone can assemble and check one.

A valid certificate ends its height for whoever sees it, whatever votes arrived before it. Precommits of different
views are never added up: each view is a vote of its own, and a teller may rightly change its mind between views.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from consensus.agreement.inputs import Certified
from consensus.agreement.quorum import Quorum
from protocol import canonical, limits
from protocol.canonical import NotCanonicalError
from protocol.envelope import Envelope, open_verified
from protocol.errors import Rejection, RejectionKind
from protocol.events.tellers import Precommit
from protocol.ids import FederationId, KeyId, MemberId, RecordId
from protocol.register import Record, parse_record, record_bytes, record_id

_VERSION = 1
_PRECOMMIT = "precommit"


@dataclass(frozen=True, slots=True)
class Certificate:
    """The record's exact canonical bytes and the envelopes of the precommits for it, nothing checked."""

    record: bytes
    votes: tuple[Envelope, ...]

    def to_bytes(self) -> bytes:
        """Return the certificate as canonical JSON."""
        return canonical.encode(
            {
                "v": _VERSION,
                "record": base64.b64encode(self.record).decode(),
                "votes": [
                    {
                        "key": vote.key,
                        "seq": vote.seq,
                        "payload": base64.b64encode(vote.payload).decode(),
                        "signature": vote.signature.hex(),
                    }
                    for vote in self.votes
                ],
            }
        )


def assemble(record: Record, votes: tuple[Envelope, ...]) -> Certificate:
    """Return the certificate for a decided record, its votes in the order of their keys."""
    return Certificate(record_bytes(record), tuple(sorted(votes, key=lambda vote: vote.key)))


def from_bytes(data: bytes) -> Certificate | Rejection:
    """Return the certificate in canonical JSON, nothing checked but its form and size, or the refusal."""
    if len(data) > limits.CERTIFICATE_BYTES_MAX:
        return Rejection(RejectionKind.OVERSIZE, f"a certificate of {len(data)} bytes")
    try:
        value = canonical.decode(data)
        if not isinstance(value, dict) or value.keys() != {"v", "record", "votes"}:
            return _bad("it is not an object with v, record and votes")
        if type(value["v"]) is not int or value["v"] != _VERSION:
            return _bad(f"it is not of version {_VERSION}")
        record = base64.b64decode(value["record"], validate=True)
        if len(record) > limits.RECORD_BYTES_MAX or len(value["votes"]) > limits.TELLERS_MAX:
            return Rejection(RejectionKind.OVERSIZE, "a certificate's record or number of votes is over the limit")
        return Certificate(record, tuple(_vote_from(vote) for vote in value["votes"]))
    except (NotCanonicalError, TypeError, KeyError, ValueError, binascii.Error) as error:
        return Rejection(RejectionKind.NOT_CANONICAL, f"a certificate: {error}")


def check_certificate(
    certificate: Certificate,
    *,
    federation: FederationId,
    tellers: tuple[MemberId, ...],
    teller_keys: Mapping[KeyId, MemberId],
    expected_height: int,
    expected_prev: RecordId,
) -> Certified | Rejection:
    """Return what a certificate proves, or the refusal.

    1. The record is canonical, of this federation, at the expected height, on top of the expected record.
    2. Each vote is by a key of a teller, one vote per teller, at least q of them.
    3. Each vote is a precommit whose signature holds, for this record, at this height, all in one view.
    """
    record = _open_record(certificate.record, federation, expected_height, expected_prev)
    if isinstance(record, Rejection):
        return record
    voters = _distinct_tellers(certificate, tellers, teller_keys)
    if isinstance(voters, Rejection):
        return voters
    value = record_id(record)
    views: set[int] = set()
    for vote in certificate.votes:
        precommit = _open_precommit(vote, federation)
        if isinstance(precommit, Rejection):
            return precommit
        if precommit.height != expected_height or precommit.value != value:
            return _bad(f"the vote by {vote.key[:8]} is for another record or height")
        views.add(precommit.view)
    if len(views) != 1:
        return _bad("its votes are of different views")
    return Certified(record, value, views.pop(), voters)


def _open_record(data: bytes, federation: FederationId, height: int, prev: RecordId) -> Record | Rejection:
    if len(data) > limits.RECORD_BYTES_MAX:
        return Rejection(RejectionKind.OVERSIZE, f"a record of {len(data)} bytes")
    try:
        record = parse_record(data)
    except (NotCanonicalError, ValidationError) as error:
        return _bad(f"its record does not hold: {error}")
    if record.federation != federation:
        return Rejection(RejectionKind.WRONG_FEDERATION, f"a record of federation {record.federation[:8]}")
    if record.height != height or record.prev != prev:
        return _bad(f"its record is for height {record.height} on {record.prev[:8]}, due is {height} on {prev[:8]}")
    return record


def _distinct_tellers(
    certificate: Certificate, tellers: tuple[MemberId, ...], teller_keys: Mapping[KeyId, MemberId]
) -> frozenset[MemberId] | Rejection:
    known = set(tellers)
    voters: set[MemberId] = set()
    for vote in certificate.votes:
        member = teller_keys.get(vote.key)
        if member is None or member not in known:
            return _bad(f"{vote.key[:8]} is not a key of a teller")
        if member in voters:
            return _bad(f"{member} has more than one vote in it")
        voters.add(member)
    needed = Quorum.of(len(tellers)).votes
    if len(voters) < needed:
        return _bad(f"it has {len(voters)} votes, {needed} are needed")
    return frozenset(voters)


def _open_precommit(vote: Envelope, federation: FederationId) -> Precommit | Rejection:
    verified = open_verified(vote, federation)
    if isinstance(verified, Rejection):
        return verified
    body = verified.event.body
    return body if isinstance(body, Precommit) else _bad("one of its votes is not a precommit")


def _vote_from(value: object) -> Envelope:
    if not isinstance(value, dict) or value.keys() != {"key", "seq", "payload", "signature"}:
        raise NotCanonicalError("a vote has key, seq, payload and signature")
    key, seq = value["key"], value["seq"]
    if not isinstance(key, str) or not isinstance(seq, int):
        raise NotCanonicalError("a vote's key is text and its seq a number")
    payload = base64.b64decode(value["payload"], validate=True)
    return Envelope(_PRECOMMIT, KeyId(key), seq, bytes.fromhex(value["signature"]), payload)


def _bad(reason: str) -> Rejection:
    return Rejection(RejectionKind.BAD_CERTIFICATE, f"a certificate is refused: {reason}")
