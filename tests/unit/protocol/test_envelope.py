import base64
import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest

from protocol import canonical, envelope, keys, limits
from protocol.canonical import NotCanonicalError
from protocol.envelope import Envelope, Verified, open_verified, pae, payload_type, seal
from protocol.errors import LocalError, Rejection, RejectionKind
from protocol.events.tellers import Prevote
from protocol.ids import EventId, FederationId, KeyId
from tests.support.builders import (
    ballot_body,
    build_federation,
    document,
    forge,
    hash_of,
    proposal_body,
    signing_key,
)

FED = build_federation(3)
OTHER = build_federation(3, seed=1)


def dsse_encoding(name: str, payload: bytes) -> bytes:
    """Return PAE as DSSE 1.0 writes it down."""
    kind = name.encode()
    return b" ".join([b"DSSEv1", str(len(kind)).encode(), kind, str(len(payload)).encode(), payload])


def payload_of(**changes: Any) -> dict[str, Any]:
    """Return a proposal's payload as plain JSON, some fields changed; a field given as ... is left out."""
    value = json.loads(FED.writer(1).write(proposal_body()).envelope.payload) | changes
    return {name: inner for name, inner in value.items() if inner is not ...}


def opened(payload: bytes | dict[str, Any], kind: str = "proposal", seq: int = 0) -> Verified | Rejection:
    return open_verified(forge(FED.member(1).node, kind, payload, seq), FED.id)


def refusal(result: Verified | Rejection) -> Rejection:
    assert isinstance(result, Rejection)
    return result


# SPEC 2.3: "`DSSEv1`, the length of the payload type, the payload type, the length of the payload, the payload"
# SPEC 2.2: "The payload type of an event of kind `k` is `application/vnd.comitia.k.v1+json`"
def test_the_encoding_is_dsses() -> None:
    published = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    assert dsse_encoding("http://example.com/HelloWorld", b"hello world") == published
    assert payload_type("agenda-draft") == "application/vnd.comitia.agenda-draft.v1+json"
    for kind, payload in (("ballot", b"{}"), ("prevote", b""), ("seal", "ü \0".encode())):
        assert pae(kind, payload) == dsse_encoding(payload_type(kind), payload)


# SPEC 2.1: "An event is one signed statement by one key: a DSSE 1.0 envelope whose payload is a canonical JSON object"
# SPEC 2.4: "SHA-256 of its pre-authentication encoding, as hex(32); it never covers the signature"
def test_an_id_covers_kind_and_payload_but_not_the_signature() -> None:
    event = FED.writer(1).write(proposal_body())
    expected = hashlib.sha256(dsse_encoding(payload_type("proposal"), event.envelope.payload)).hexdigest()
    assert event.id == event.envelope.id == expected
    assert replace(event.envelope, signature=bytes(64)).id == event.id
    assert replace(event.envelope, kind="ballot").id != event.id
    assert replace(event.envelope, payload=event.envelope.payload + b" ").id != event.id


def test_what_is_sealed_opens_to_the_same_event() -> None:
    sealed = FED.writer(1).write(proposal_body())
    again = open_verified(sealed.envelope, FED.id)
    assert again == sealed
    assert canonical.encode(sealed.event.model_dump(mode="json")) == sealed.envelope.payload


def test_what_was_opened_once_reopens_without_being_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    sealed = FED.writer(1).write(proposal_body())
    monkeypatch.setattr(keys, "is_valid_signature", None)
    monkeypatch.setattr(canonical, "decode", None)
    assert envelope.reopen_verified(sealed.envelope) == sealed


def test_sealing_with_another_key_is_our_own_fault() -> None:
    event = FED.writer(1).write(proposal_body()).event
    with pytest.raises(LocalError, match="its own signing key"):
        seal(event, FED.member(2).node)


def test_sealing_more_than_the_limit_is_our_own_fault() -> None:
    content: dict[str, Any] = {"form": "approval", "note": "x" * limits.VOTE_PAYLOAD_BYTES_MAX}
    with pytest.raises(LocalError, match="over the limit"):
        FED.writer(1).write(ballot_body(hash_of("round"), content))


# SPEC 2.19: "Size is checked before the signature, and nothing is parsed before the signature holds"
# SPEC 9.1: "An event over its limit is refused before its signature is looked at"
# SPEC 2.17: "The payload of a `ballot`, `prevote` or `precommit` has at most VOTE_PAYLOAD_BYTES_MAX bytes"
@pytest.mark.parametrize(
    ("kind", "most"),
    [
        ("ballot", limits.VOTE_PAYLOAD_BYTES_MAX),
        ("prevote", limits.VOTE_PAYLOAD_BYTES_MAX),
        ("precommit", limits.VOTE_PAYLOAD_BYTES_MAX),
        ("proposal", limits.EVENT_PAYLOAD_BYTES_MAX),
        ("seal", limits.EVENT_PAYLOAD_BYTES_MAX),
        ("never-heard-of", limits.EVENT_PAYLOAD_BYTES_MAX),
    ],
)
def test_an_event_over_the_limit_is_never_verified(kind: str, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[int] = []

    def count(_key: bytes, message: bytes, _signature: bytes) -> bool:
        looked_at.append(len(message))
        return False

    monkeypatch.setattr(keys, "is_valid_signature", count)
    signer = FED.member(1).node
    assert refusal(open_verified(forge(signer, kind, b"x" * (most + 1)), FED.id)).kind is RejectionKind.OVERSIZE
    assert looked_at == []
    assert refusal(open_verified(forge(signer, kind, b"x" * most), FED.id)).kind is RejectionKind.BAD_SIGNATURE
    assert len(looked_at) == 1


def test_nothing_is_parsed_before_the_signature_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    event = FED.writer(1).write(proposal_body()).envelope

    def fail(_data: bytes) -> object:
        raise AssertionError("parsed before it was verified")

    monkeypatch.setattr(canonical, "decode", fail)
    broken = replace(event, signature=bytes(64))
    assert refusal(open_verified(broken, FED.id)).kind is RejectionKind.BAD_SIGNATURE
    with pytest.raises(AssertionError, match="parsed before"):
        open_verified(event, FED.id)


def test_every_changed_bit_of_the_signature_is_noticed() -> None:
    event = FED.writer(1).write(proposal_body()).envelope
    for bit in range(512):
        broken = bytearray(event.signature)
        broken[bit // 8] ^= 1 << bit % 8
        result = open_verified(replace(event, signature=bytes(broken)), FED.id)
        assert refusal(result).kind is RejectionKind.BAD_SIGNATURE


# SPEC 2.18: "size, key on the roll, known id, signature, canonical form, fields, federation, agreement with the frame"
def test_refusals_come_in_the_stated_order() -> None:
    signer = FED.member(1).node
    worst = payload_of(federation=OTHER.id, seq=1, extra=1)
    steps: list[tuple[Envelope, RejectionKind]] = [
        (replace(forge(signer, "ballot", b" " * 20_000), signature=b""), RejectionKind.OVERSIZE),
        (replace(forge(signer, "proposal", b" {}"), signature=b""), RejectionKind.BAD_SIGNATURE),
        (forge(signer, "proposal", json.dumps(worst).encode()), RejectionKind.NOT_CANONICAL),
        (forge(signer, "proposal", worst), RejectionKind.BAD_SCHEMA),
        (forge(signer, "proposal", payload_of(federation=OTHER.id), seq=7), RejectionKind.WRONG_FEDERATION),
        (forge(signer, "proposal", payload_of(), seq=7), RejectionKind.MISMATCH),
    ]
    for wrong, expected in steps:
        assert refusal(open_verified(wrong, FED.id)).kind is expected


# SPEC 2.20: "An event whose `federation` is another one's is refused, however valid its signature"
# SPEC 2.7: "`federation` is the federation's identity (7.3), hex(32)"
def test_an_event_of_another_federation_is_refused() -> None:
    result = open_verified(FED.writer(1).write(proposal_body()).envelope, OTHER.id)
    assert refusal(result).kind is RejectionKind.WRONG_FEDERATION
    assert not refusal(result).is_deferred


# SPEC 2.21: "Where a frame or file names kind, key or sequence number beside the payload, they must equal those"
def test_a_vote_of_one_kind_cannot_be_taken_for_one_of_another() -> None:
    writer = FED.writer(1, "teller")
    prevote = writer.write(Prevote(height=1, view=0, value=None)).envelope
    assert refusal(open_verified(replace(prevote, kind="precommit"), FED.id)).kind is RejectionKind.BAD_SIGNATURE
    relabelled = forge(FED.member(1).key("teller"), "precommit", prevote.payload)
    assert refusal(open_verified(relabelled, FED.id)).kind is RejectionKind.MISMATCH


def test_the_frame_around_an_event_must_agree_with_it() -> None:
    event = FED.writer(1).write(proposal_body()).envelope
    assert refusal(open_verified(replace(event, seq=1), FED.id)).kind is RejectionKind.MISMATCH
    stranger = FED.member(2).node
    stolen = forge(stranger, "proposal", event.payload)
    assert refusal(open_verified(stolen, FED.id)).kind is RejectionKind.MISMATCH


# SPEC 1.12: "a missing field, a further field, or a value of another type is refused"
@pytest.mark.parametrize(
    ("payload", "kind", "word"),
    [
        (b"", RejectionKind.NOT_CANONICAL, "not JSON"),
        (b"{", RejectionKind.NOT_CANONICAL, "not JSON"),
        (b"[]", RejectionKind.BAD_SCHEMA, ""),
        (b"null", RejectionKind.BAD_SCHEMA, ""),
        (b'"text"', RejectionKind.BAD_SCHEMA, ""),
        (b"{}", RejectionKind.BAD_SCHEMA, "required"),
        (payload_of(extra=1), RejectionKind.BAD_SCHEMA, "extra"),
        *((payload_of(**{name: ...}), RejectionKind.BAD_SCHEMA, name) for name in payload_of()),
    ],
)
def test_a_signed_payload_that_is_no_event_is_refused(payload: Any, kind: RejectionKind, word: str) -> None:
    result = refusal(opened(payload))
    assert result.kind is kind
    assert word in result.reason


@pytest.mark.parametrize("key", ["", "00", "zz" * 32, "AB" * 32, " " * 64, "é" * 64, "00" * 33])
def test_a_key_that_is_not_hex_is_a_bad_signature(key: str) -> None:
    event = replace(FED.writer(1).write(proposal_body()).envelope, key=KeyId(key))
    assert refusal(open_verified(event, FED.id)).kind is RejectionKind.BAD_SIGNATURE


@pytest.mark.parametrize("kind", ["", "x", "Ballot", "ballot ", "bal lot", "\ud800", "a" * 41, "-ballot", "ballot-"])
def test_a_kind_written_otherwise_is_a_bad_signature(kind: str) -> None:
    event = replace(FED.writer(1).write(proposal_body()).envelope, kind=kind)
    assert refusal(open_verified(event, FED.id)).kind is RejectionKind.BAD_SIGNATURE


# SPEC 2.25: "Outside the wire an event is a DSSE JSON object"
def test_an_event_goes_through_dsse_and_back() -> None:
    writer = FED.writer(1)
    for event in writer.write_proposals(3):
        value = json.loads(json.dumps(envelope.to_dsse(event.envelope)))
        assert value.keys() == {"payload", "payloadType", "signatures"}
        assert value["payloadType"] == "application/vnd.comitia.proposal.v1+json"
        assert envelope.from_dsse(value) == event.envelope


def test_any_dsse_tool_can_check_an_event() -> None:
    event = FED.writer(1).write(proposal_body()).envelope
    value: Any = envelope.to_dsse(event)
    signed = dsse_encoding(value["payloadType"], base64.b64decode(value["payload"]))
    (entry,) = value["signatures"]
    assert keys.is_valid_signature(bytes.fromhex(entry["keyid"]), signed, base64.b64decode(entry["sig"]))


def _changed(**changes: Any) -> dict[str, Any]:
    value = envelope.to_dsse(FED.writer(1).write(proposal_body()).envelope)
    return {**value, **changes}


def _signatures(**changes: Any) -> list[dict[str, Any]]:
    value: Any = _changed()
    return [{**value["signatures"][0], **changes}]


def _payload(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "not a DSSE envelope"),
        ([], "not a DSSE envelope"),
        ("text", "not a DSSE envelope"),
        ({}, "not a DSSE envelope"),
        (_changed(payload=1), "not a DSSE envelope"),
        (_changed(payload="*"), "not a DSSE envelope"),
        (_changed(payload="é"), "not a DSSE envelope"),
        (_changed(signatures=[]), "not a DSSE envelope"),
        (_changed(signatures=None), "not a DSSE envelope"),
        (_changed(signatures=_signatures() * 2), "not a DSSE envelope"),
        (_changed(signatures=[1]), "not a DSSE envelope"),
        (_changed(signatures=_signatures(sig="*")), "not a DSSE envelope"),
        (_changed(signatures=[{}]), "not a DSSE envelope"),
        (_changed(signatures=_signatures(keyid="zz")), "not written as it must be"),
        (_changed(signatures=_signatures(keyid="AB" * 32)), "not written as it must be"),
        (_changed(signatures=_signatures(keyid=None)), "not written as it must be"),
        (_changed(payloadType=1), "not a payload type of Comitia"),
        (_changed(payloadType="application/json"), "not a payload type of Comitia"),
        (_changed(payloadType="application/vnd.comitia.x\ud800.v1+json"), "not written as it must be"),
        (_changed(payloadType="application/vnd.comitia..v1+json"), "not written as it must be"),
        (_changed(payload=_payload(b"x" * 65_537)), "over the limit"),
        (_changed(payload=_payload(b"x")), "not JSON"),
        (_changed(payload=_payload(b"{}")), "no sequence number"),
        (_changed(payload=_payload(b"[]")), "no sequence number"),
        (_changed(payload=_payload(b'{"seq":true}')), "no sequence number"),
        (_changed(payload=_payload(b'{"seq":-1}')), "no sequence number"),
        (_changed(payload=_payload(b'{"seq":"1"}')), "no sequence number"),
    ],
)
def test_what_is_no_event_in_dsse_is_refused_with_a_reason(value: object, reason: str) -> None:
    with pytest.raises(NotCanonicalError, match=reason):
        envelope.from_dsse(value)


def test_a_verified_event_cannot_be_changed() -> None:
    event = FED.writer(1).write(proposal_body())
    with pytest.raises(AttributeError):
        event.id = EventId("0")  # type: ignore[misc]
    with pytest.raises(ValueError, match="frozen"):
        event.event.seq = 5  # type: ignore[misc]


def test_a_text_signed_as_such_is_no_event() -> None:
    signer = signing_key("anybody")
    result = open_verified(forge(signer, "proposal", document()), FederationId(FED.id))
    assert refusal(result).kind is RejectionKind.BAD_SCHEMA
