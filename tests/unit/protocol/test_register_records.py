import hashlib
import json
from typing import Any

import pytest
from pydantic import ValidationError

from protocol import canonical, register
from protocol.canonical import NotCanonicalError
from protocol.envelope import payload_type
from protocol.errors import LocalError
from protocol.ids import EventId
from protocol.register import Record, parse_record, record_bytes, record_from_value, record_id
from tests.support.builders import build_federation, hash_of, open_record, record_proposal_body, round_spec

FED = build_federation(2)
HEADER: dict[str, Any] = {"v": 1, "federation": FED.id, "height": 2, "prev": hash_of("record"), "roll": 0}
SEALS = sorted(hash_of("seal", index) for index in range(401))
CLOSE: dict[str, Any] = HEADER | {
    "kind": "close",
    "body": {
        "round": hash_of("round"),
        "seals": SEALS[:3],
        "count": 7,
        "listing": hash_of("listing"),
        "outcome": hash_of("outcome"),
        "result": {"status": "adopted", "selected": ["a"]},
    },
}
AGENDA: dict[str, Any] = HEADER | {
    "kind": "agenda",
    "body": {"draft": hash_of("draft"), "version": 1, "document": hash_of("document"), "size": 5_000},
}
OPEN: dict[str, Any] = json.loads(record_bytes(open_record(FED.id, EventId(hash_of("request")), round_spec())))
RECORDS = {"open": OPEN, "close": CLOSE, "agenda": AGENDA}


def body_with(kind: str, **changes: Any) -> dict[str, Any]:
    return RECORDS[kind] | {"body": RECORDS[kind]["body"] | changes}


# SPEC 6.20: "A record has `v` (1), `federation`, `height` (a positive), `prev`"
@pytest.mark.parametrize("kind", RECORDS)
def test_a_record_goes_there_and_back(kind: str) -> None:
    data = canonical.encode(RECORDS[kind])
    record = parse_record(data)
    assert record.kind == kind
    assert record_bytes(record) == data
    assert record_from_value(RECORDS[kind]) == record


# SPEC 6.21: "the pre-authentication encoding with payload type `application/vnd.comitia.record-kind.v1+json`"
@pytest.mark.parametrize("kind", RECORDS)
def test_a_records_id_covers_its_kind_and_its_bytes(kind: str) -> None:
    data = canonical.encode(RECORDS[kind])
    name = payload_type(f"record-{kind}").encode()
    expected = hashlib.sha256(b"DSSEv1 %d %b %d %b" % (len(name), name, len(data), data)).hexdigest()
    record: Record = parse_record(data)
    assert record_id(record) == expected
    assert record_id(parse_record(canonical.encode(RECORDS[kind] | {"height": 3}))) != expected


def test_a_record_travels_inside_the_event_that_puts_it_forward() -> None:
    record = parse_record(canonical.encode(CLOSE))
    body = record_proposal_body(record)
    event = FED.writer(0, "teller").write(body)
    value = json.loads(event.envelope.payload)["body"]["record"]
    assert record_from_value(value) == record
    assert body.value == record_id(record)


@pytest.mark.parametrize("kind", RECORDS)
@pytest.mark.parametrize("name", [*HEADER, "kind", "body"])
def test_no_field_may_be_missing(kind: str, name: str) -> None:
    value = {field: inner for field, inner in RECORDS[kind].items() if field != name}
    with pytest.raises(ValidationError):
        record_from_value(value)


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, record in RECORDS.items() for name in record["body"]]
)
def test_no_field_of_a_body_may_be_missing(kind: str, name: str) -> None:
    value = json.loads(json.dumps(RECORDS[kind]))
    del value["body"][name]
    with pytest.raises(ValidationError, match="Field required"):
        record_from_value(value)


# SPEC 6.23: "1 to SEALS_NAMED_MAX ids of seals in ascending order, each once"
# SPEC 6.24: "`version`, `document` and `size` as in the draft"
@pytest.mark.parametrize(
    "value",
    [
        OPEN | {"v": 2},
        OPEN | {"v": True},
        OPEN | {"height": 0},
        OPEN | {"prev": None},
        OPEN | {"roll": -1},
        OPEN | {"kind": "roll"},
        OPEN | {"kind": "close"},
        OPEN | {"further": 1},
        body_with("open", further=1),
        body_with("open", request=None),
        body_with("close", seals=[]),
        body_with("close", seals=SEALS[1::-1]),
        body_with("close", seals=[SEALS[0]] * 2),
        body_with("close", seals=SEALS),
        body_with("close", count=-1),
        body_with("close", result=[]),
        body_with("close", outcome="x"),
        body_with("agenda", version=0),
        body_with("agenda", size=-1),
        body_with("agenda", document=hash_of("x").upper()),
        {},
    ],
)
def test_what_is_no_record_is_refused(value: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        record_from_value(value)


def test_a_closing_may_name_as_many_seals_as_there_may_be_tellers() -> None:
    assert record_from_value(body_with("close", seals=SEALS[:400])).kind == "close"


@pytest.mark.parametrize("data", [b"", b"{", b" {}", json.dumps(CLOSE).encode(), canonical.encode(CLOSE) + b"\n"])
def test_bytes_that_are_not_canonical_are_refused(data: bytes) -> None:
    with pytest.raises(NotCanonicalError):
        parse_record(data)


def test_a_value_outside_the_profile_is_refused() -> None:
    with pytest.raises(LocalError):
        record_from_value(body_with("close", count=1.0))
    assert register.OpenRecord.model_fields.keys() == OPEN.keys()
