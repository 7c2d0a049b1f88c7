import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import orjson
import pytest

from protocol import canonical, charter, limits
from protocol.charter import Charter, CharterError, CharterFile, draft, merge, parse_file
from protocol.envelope import pae
from protocol.errors import LocalError, RemoteError
from tests.support.builders import build_federation, signing_key

FED = build_federation(3)
OTHER = build_federation(3, seed=1)
UNSIGNED = draft(FED.charter)


def plain() -> dict[str, Any]:
    value: dict[str, Any] = json.loads(FED.file.payload)
    return value


def file_with(payload: bytes | dict[str, Any], /, **changes: Any) -> bytes:
    data = payload if isinstance(payload, bytes) else canonical.encode(payload)
    value = json.loads(FED.file.to_bytes()) | {"payload": base64.b64encode(data).decode()} | changes
    return json.dumps(value).encode()


# SPEC 7.1: "signed by the root key of every founder, that is of every member on its roll"
# SPEC 7.5: "Signing adds a signature and changes no byte of the payload; files of one charter may be merged"
# SPEC 7.6: "A charter holds once every founder's signature is there and holds"
def test_founders_on_different_machines_sign_and_merge() -> None:
    carried = UNSIGNED.to_bytes()
    signed = [parse_file(carried).signed(member.root) for member in FED.members]
    assert [file.missing() for file in signed] == [
        ("member-002", "member-003"),
        ("member-001", "member-003"),
        ("member-001", "member-002"),
    ]
    whole = merge(parse_file(file.to_bytes()) for file in signed[::-1])
    assert whole == FED.file
    assert whole.payload == UNSIGNED.payload
    assert whole.missing() == ()
    assert whole.verified() == FED.charter


def test_a_file_goes_there_and_back() -> None:
    assert parse_file(FED.file.to_bytes()) == FED.file
    assert parse_file(UNSIGNED.to_bytes()) == UNSIGNED


# SPEC 7.4: "its white space and order don't matter, the payload's do"
def test_the_white_space_of_a_file_does_not_matter() -> None:
    value = json.loads(FED.file.to_bytes())
    value["signatures"] = value["signatures"][::-1]
    assert parse_file(json.dumps(value, indent=7).encode()) == FED.file


# SPEC 7.2: "the pre-authentication encoding with payload type `application/vnd.comitia.charter.v1+json`"
# SPEC 7.3: "The federation's identity is SHA-256 of that pre-authentication encoding, as hex(32)"
def test_the_federation_is_the_hash_of_its_charter() -> None:
    name = b"application/vnd.comitia.charter.v1+json"
    payload = FED.file.payload
    encoding = b"DSSEv1 %d %b %d %b" % (len(name), name, len(payload), payload)
    assert FED.file.federation == FED.id == hashlib.sha256(encoding).hexdigest()
    assert UNSIGNED.federation == FED.id
    assert OTHER.id != FED.id
    keyid, signature = FED.file.signatures[0]
    member = next(member for member in FED.members if member.root.key == keyid)
    assert member.root.sign(encoding) == signature


def test_signing_twice_changes_nothing() -> None:
    assert FED.file.signed(FED.member(0).root) == FED.file


def test_only_a_founders_root_key_signs() -> None:
    for stranger in (signing_key("stranger"), FED.member(0).node, FED.member(0).next_root, OTHER.member(0).root):
        with pytest.raises(LocalError, match="belongs to no founder"):
            UNSIGNED.signed(stranger)


def test_who_is_missing_is_named() -> None:
    with pytest.raises(CharterError, match="not yet signed by: member-002, member-003"):
        UNSIGNED.signed(FED.member(0).root).verified()
    all_but_one = replace(FED.file, signatures=FED.file.signatures[1:])
    with pytest.raises(CharterError, match=r"not yet signed by: member-\d+$"):
        all_but_one.verified()


# SPEC 7.6: "there is no signature by anybody else"
def test_a_signature_by_anybody_else_is_refused() -> None:
    stranger = signing_key("stranger")
    extra = (stranger.key, stranger.sign(pae("charter", FED.file.payload)))
    with pytest.raises(CharterError, match="who is no founder"):
        replace(FED.file, signatures=(*FED.file.signatures, extra)).verified()


@pytest.mark.parametrize("signature", [b"", bytes(64), bytes(65), OTHER.file.signatures[0][1]])
def test_a_signature_that_does_not_hold_is_refused(signature: bytes) -> None:
    first, *rest = FED.file.signatures
    with pytest.raises(CharterError, match=r"the signature of member-.* does not hold"):
        CharterFile(FED.file.payload, ((first[0], signature), *rest)).verified()


def test_a_signature_as_another_document_does_not_count() -> None:
    root = FED.member(0).root
    taken_elsewhere = root.sign(pae("proposal", FED.file.payload))
    with pytest.raises(CharterError, match="the signature of member-001 does not hold"):
        replace(UNSIGNED, signatures=((root.key, taken_elsewhere),)).missing()


def test_signatures_of_one_charter_do_not_hold_for_another() -> None:
    mixed = CharterFile(OTHER.file.payload, FED.file.signatures)
    with pytest.raises(CharterError, match="who is no founder"):
        mixed.verified()


# SPEC 7.5: "files of different payloads may not"
def test_files_of_different_charters_are_not_merged() -> None:
    with pytest.raises(CharterError, match="different charters"):
        merge([FED.file, OTHER.file])
    with pytest.raises(LocalError, match="nothing to merge"):
        merge([])


def test_every_changed_byte_is_noticed() -> None:
    payload = FED.file.payload
    for place in range(0, len(payload), 5):
        broken = bytearray(payload)
        broken[place] ^= 1
        with pytest.raises(CharterError):
            CharterFile(bytes(broken), FED.file.signatures).verified()


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every field and item in a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in inner:
        yield (*path, name)
        yield from places(item, (*path, name))


def changed(path: tuple[Any, ...], change: Callable[[Any, Any], None]) -> dict[str, Any]:
    value = plain()
    holder: Any = value
    for name in path[:-1]:
        holder = holder[name]
    change(holder, path[-1])
    return value


FREE = {"rule", "names", "procedures"}
"""Objects whose fields the charter's authors choose."""
FIELDS = [path for path in places(plain()) if isinstance(path[-1], str) and not FREE & set(path[:-1])]
OBJECTS = [()] + [path for path in FIELDS if path[-1] in ("long", "short", "timing", "roll")]


# SPEC 7.7: "A charter has `v` (1), `names`, `founded` (a time), `roll`, `long` and `short`"
# SPEC 7.9: "A policy has `screening` and `ratification` (true or false), `endorsement` and `amendment` (7.15)"
# SPEC 7.15: "an exact fraction of all members between 0 and 1 with `numerator` and `denominator`"
# SPEC 7.16: "A procedure has `rule` (an object: the settings of a decision rule), `voting_ms`"
# SPEC 7.10: "`timing` has `grace_ms` and `receipt_window_ms` (durations)"
@pytest.mark.parametrize("path", FIELDS, ids=lambda path: ".".join(map(str, path)))
def test_no_field_may_be_missing_or_of_another_type(path: tuple[Any, ...]) -> None:
    def remove(holder: Any, name: Any) -> None:
        del holder[name]

    def float_like(holder: Any, name: Any) -> None:
        holder[name] = [[holder[name]]]

    for change in (remove, float_like):
        with pytest.raises(CharterError, match="the charter is not valid"):
            parse_file(file_with(changed(path, change)))


def test_no_field_may_be_added() -> None:
    for path in OBJECTS:
        value = plain()
        inner = value
        for name in path:
            inner = inner[name]
        inner["further"] = 1
        with pytest.raises(CharterError, match=r"further: Extra inputs"):
            parse_file(file_with(value))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("v",), 2),
        (("v",), True),
        (("founded",), -1),
        (("long", "procedures", "vote", "voting_ms"), 0),
        (("long", "procedures", "vote", "proxies_per_holder"), limits.PROXIES_PER_HOLDER_MAX + 1),
        (("long", "procedures", "tombola"), {}),
        (("long", "procedures"), {}),
        (("short", "endorsement", "members", "denominator"), 0),
        (("short", "endorsement", "members", "numerator"), 2),
        (("short", "notice_ms"), -1),
        (("long", "capacity_minutes"), limits.AGENDA_MINUTES_MAX + 1),
        (("timing", "view_ms"), 0),
        (("timing", "stall_ms"), 0),
        (("timing", "grace_ms"), -1),
        (("reference",), "x" * 201),
        (("names",), {}),
    ],
)
def test_values_outside_their_range_are_refused(path: tuple[str, ...], value: Any) -> None:
    def assign(holder: Any, name: Any) -> None:
        holder[name] = value

    with pytest.raises(CharterError, match="the charter is not valid"):
        parse_file(file_with(changed(path, assign)))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "this file is not a charter"),
        (b"nonsense", "this file is not a charter"),
        (b"[]", "this file is not a charter"),
        (b"1", "this file is not a charter"),
        (b"{}", "this file is not a charter"),
        (file_with(b"{}", payloadType="application/json"), "this file is not a charter"),
        (file_with(b"{}", payload=1), "this file is not a charter"),
        (file_with(b"{}", payload="*"), "this file is not a charter"),
        (file_with(plain(), signatures=1), "this file is not a charter"),
        (file_with(plain(), signatures=[1]), "this file is not a charter"),
        (file_with(plain(), signatures=[{"keyid": "x"}]), "this file is not a charter"),
        (file_with(plain(), signatures=[{"keyid": "x", "sig": "*"}]), "this file is not a charter"),
        (file_with(b""), "not JSON"),
        (file_with(json.dumps(plain()).encode()), "not the canonical encoding"),
        (file_with(b"[" * 17 + b"]" * 17), "nested deeper"),
        (file_with({}), "Field required"),
        (file_with(b"[]"), "the charter is not valid"),
    ],
)
def test_a_file_that_is_no_charter_is_refused_with_a_reason(data: bytes, reason: str) -> None:
    with pytest.raises(CharterError, match=reason):
        parse_file(data)


def test_a_file_over_the_limit_is_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_data: bytes) -> object:
        raise AssertionError("parsed before its size was checked")

    monkeypatch.setattr(orjson, "loads", fail)
    monkeypatch.setattr(limits, "CHARTER_BYTES_MAX", 100)
    with pytest.raises(CharterError, match="a charter file of 101 bytes is over the limit"):
        parse_file(bytes(101))


def test_a_strangers_key_in_a_file_is_refused_when_it_is_verified() -> None:
    entry = {"keyid": "not a key", "sig": base64.b64encode(bytes(64)).decode()}
    with pytest.raises(CharterError, match="who is no founder"):
        parse_file(file_with(plain(), signatures=[entry])).verified()


def test_a_damaged_file_is_the_fault_of_who_gave_it() -> None:
    assert issubclass(charter.CharterError, RemoteError)
    assert isinstance(FED.file.charter(), Charter)
