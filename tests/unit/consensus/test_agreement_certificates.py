"""Certificates: what a quorum signed is accepted, and nothing else, however it is put together."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from consensus.agreement import certificates
from consensus.agreement.certificates import Certificate
from consensus.agreement.inputs import Certified
from protocol import limits
from protocol.envelope import Envelope
from protocol.errors import Rejection, RejectionKind
from protocol.events.tellers import Precommit, Prevote
from protocol.ids import EventId, KeyId, RecordId
from protocol.register import OpenRecord, record_bytes, record_id
from tests.support.builders import Federation, build_federation, hash_of, open_record, round_spec

FEDERATION = build_federation(members=5, tellers=4)
RECORD = open_record(FEDERATION.id, EventId(hash_of("request")), round_spec())
VALUE = record_id(RECORD)


def vote(teller: int, view: int = 0, value: RecordId | None = VALUE, height: int = 1, **writing: str) -> Envelope:
    role = "node" if writing.get("role") == "node" else "teller"
    body = Precommit(height=height, view=view, value=value)
    if writing.get("kind") == "prevote":
        return FEDERATION.writer(teller, "teller").write(Prevote(height=height, view=view, value=value)).envelope
    return FEDERATION.writer(teller, role).write(body).envelope  # type: ignore[arg-type]


def check(certificate: Certificate, federation: Federation = FEDERATION, height: int = 1) -> Certified | Rejection:
    return certificates.check_certificate(
        certificate,
        federation=federation.id,
        tellers=FEDERATION.roll.tellers,
        teller_keys={member.teller.key: member.id for member in FEDERATION.tellers if member.teller},
        expected_height=height,
        expected_prev=RecordId(FEDERATION.id),
    )


GOOD = certificates.assemble(RECORD, tuple(vote(teller) for teller in range(3)))


def test_a_quorum_of_precommits_certifies() -> None:
    assert check(GOOD) == Certified(RECORD, VALUE, 0, frozenset(FEDERATION.roll.tellers[:3]))


def test_all_tellers_certify_as_well() -> None:
    certified = check(certificates.assemble(RECORD, tuple(vote(teller, view=3) for teller in range(4))))
    assert isinstance(certified, Certified)
    assert certified.view == 3


@pytest.mark.parametrize(
    "votes",
    [
        lambda: (vote(0), vote(1)),
        lambda: (vote(0), vote(1), vote(1, view=0)),
        lambda: (vote(0), vote(1), vote(2, view=1)),
        lambda: (vote(0), vote(1), vote(2, value=None)),
        lambda: (vote(0), vote(1), vote(2, height=2)),
        lambda: (vote(0), vote(1), vote(4, role="node")),
        lambda: (vote(0), vote(1), vote(2, role="node")),
        lambda: (vote(0), vote(1), vote(2, kind="prevote")),
        lambda: (vote(0), vote(1), replace(vote(2), signature=bytes(64))),
        lambda: (vote(0), vote(1), replace(vote(2), signature=b"")),
        lambda: (vote(0), vote(1), replace(vote(2), key=vote(3).key)),
        lambda: (vote(0), vote(1), vote(2), replace(vote(3), payload=b"{}")),
        lambda: (vote(0), vote(1), replace(vote(2), key=KeyId("zz"))),
    ],
    ids=[
        "too few",
        "one teller twice",
        "views added up",
        "one for none",
        "another height",
        "no teller",
        "a teller's other key",
        "a prevote",
        "a bad signature",
        "no signature",
        "another's name",
        "a bad vote beside a quorum",
        "no key",
    ],
)
def test_what_is_no_quorum_of_precommits_is_refused(votes: Callable[[], tuple[Envelope, ...]]) -> None:
    assert isinstance(check(Certificate(record_bytes(RECORD), votes())), Rejection)


def test_a_record_out_of_place_is_refused() -> None:
    assert isinstance(check(GOOD, height=2), Rejection)
    assert isinstance(check(GOOD, federation=build_federation(members=4, seed=9)), Rejection)
    elsewhere = OpenRecord.model_validate({**RECORD.model_dump(), "prev": hash_of("elsewhere")})
    assert isinstance(check(certificates.assemble(elsewhere, GOOD.votes)), Rejection)
    assert isinstance(check(replace(GOOD, record=b" " + GOOD.record)), Rejection)
    assert isinstance(check(replace(GOOD, record=bytes(limits.RECORD_BYTES_MAX + 1))), Rejection)


def test_a_certificate_survives_its_bytes() -> None:
    again = certificates.from_bytes(GOOD.to_bytes())
    assert again == GOOD
    assert isinstance(again, Certificate)
    assert isinstance(check(again), Certified)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"{}",
        b'{"record":"","v":2,"votes":[]}',
        b'{"record":"","v":true,"votes":[]}',
        b'{"record":"*","v":1,"votes":[]}',
        b'{"record":1,"v":1,"votes":[]}',
        b'{"record":"","v":1,"votes":[1]}',
        b'{"record":"","v":1,"votes":1}',
        b'{"record":"","v":1,"votes":[{"key":1,"payload":"","seq":0,"signature":""}]}',
        b'{"record":"","v":1,"votes":[{"key":"","payload":"","seq":"0","signature":""}]}',
        b'{"record":"","v":1,"votes":[{"key":"","payload":"","seq":0,"signature":"xyz"}]}',
        b'{"record":"", "v":1,"votes":[]}',
        GOOD.to_bytes()[:-1],
    ],
)
def test_what_is_no_certificate_is_refused_with_a_reason(data: bytes) -> None:
    refused = certificates.from_bytes(data)
    assert isinstance(refused, Rejection)
    assert refused.reason


def test_oversize_is_refused_before_it_is_read() -> None:
    refused = certificates.from_bytes(b"[" * (limits.CERTIFICATE_BYTES_MAX + 1))
    assert isinstance(refused, Rejection)
    assert refused.kind is RejectionKind.OVERSIZE


def test_the_largest_bench_fits_the_limit() -> None:
    votes = tuple(vote(0) for _ in range(2 * limits.TELLERS_MAX // 3 + 1))
    record = Certificate(bytes(limits.RECORD_BYTES_MAX), votes)
    assert len(record.to_bytes()) < limits.CERTIFICATE_BYTES_MAX
