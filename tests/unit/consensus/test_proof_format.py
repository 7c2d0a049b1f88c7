"""The file of a full proof: exact, bounded, and small enough."""

import hashlib
import json
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from consensus.proof.format import HEADER, ProofFormError, pack, read_proof, unpack, write_proof
from protocol import canonical, limits
from tests.support.proof_shapes import SHAPES, all_rules, large, long_seals, small

Edit = Callable[[dict[str, Any]], object]


def edited(change: Edit) -> bytes:
    value = json.loads(unpack(small().data))
    change(value)
    return pack(canonical.encode(value, depth=limits.FULL_PROOF_DEPTH_MAX))


@pytest.mark.parametrize("name", SHAPES)
def test_what_is_read_is_what_was_written(name: str) -> None:
    proof = SHAPES[name]().proof
    assert read_proof(write_proof(proof)) == proof


def test_a_file_is_one_line_with_a_hash_and_a_zlib_stream() -> None:
    # SPEC 12.2: "one line in ASCII, `comitia full proof 1`, a space, SHA-256 of all bytes after the line as hex(32)"
    line, _, body = small().data.partition(b"\n")
    assert line == b"comitia full proof 1 " + hashlib.sha256(body).hexdigest().encode()
    assert json.loads(zlib.decompress(body)).keys() == {"agendas", "charter", "records", "rounds", "v", "votes"}


def test_nothing_may_follow_the_stream_however_right_the_hash() -> None:
    # SPEC 12.2: "and then one zlib stream (RFC 1950) with nothing behind it"
    body = small().data.partition(b"\n")[2] + b"more"
    with pytest.raises(ProofFormError, match="follows"):
        read_proof(HEADER + hashlib.sha256(body).hexdigest().encode() + b"\n" + body)


def test_a_file_and_what_it_inflates_to_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    # SPEC 12.2: "it has at most FULL_PROOF_BYTES_MAX bytes and inflates to at most FULL_PROOF_INFLATED_BYTES_MAX"
    bomb = pack(b" " * (limits.FULL_PROOF_INFLATED_BYTES_MAX + 1))
    with pytest.raises(ProofFormError, match="inflates to more"):
        read_proof(bomb)
    monkeypatch.setattr(limits, "FULL_PROOF_BYTES_MAX", len(small().data) - 1)
    with pytest.raises(ProofFormError, match="over the limit"):
        read_proof(small().data)


def test_content_is_canonical_and_may_be_nested_deeper_than_an_event() -> None:
    # SPEC 12.3: "nested at most FULL_PROOF_DEPTH_MAX levels deep instead of JSON_DEPTH_MAX"
    def deep(levels: int) -> object:
        return [] if levels == 0 else [deep(levels - 1)]

    inside = limits.FULL_PROOF_DEPTH_MAX - 5
    read_proof(edited(lambda value: value["records"][0]["body"].update(deep=deep(inside))))
    value = json.loads(unpack(small().data))
    value["records"][0]["body"]["deep"] = deep(inside + 1)
    with pytest.raises(ProofFormError, match="canonical"):
        read_proof(pack(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()))
    with pytest.raises(ProofFormError, match="canonical"):
        read_proof(pack(unpack(small().data).replace(b'"v":1,', b'"v":1, ', 1)))


@pytest.mark.parametrize(
    "change",
    [
        # SPEC 12.3: "`charter`, `records` and `votes` are not empty"
        lambda value: value["records"].clear(),
        lambda value: value["votes"].clear(),
        lambda value: value["charter"]["signatures"].clear(),
        lambda value: value.update(v=True),
        lambda value: value.update(v=2),
        lambda value: value.update(note=""),
        lambda value: value.pop("agendas"),
        # SPEC 12.4: "An event in it is an object of `kind`, `payload`"
        lambda value: value["votes"][0].update(id=""),
        lambda value: value["votes"][0].update(payload="text"),
        lambda value: value["votes"][0].update(signature=value["votes"][0]["signature"].upper() + ""),
        # SPEC 12.5: "`charter` has `payload`, the charter's payload as a value, and `signatures`"
        lambda value: value["charter"].update(payload=[]),
        lambda value: value["charter"]["signatures"].append("ab"),
        # SPEC 12.8: "objects of `round` (its id), `seals`"
        lambda value: value["rounds"][0].update(round="x" * 64),
        lambda value: value["rounds"][0]["seals"].clear(),
        lambda value: value["rounds"][0].update(listings=[["ab"]]),
        # SPEC 12.9: "objects of `document` (the document as a value) and `draft`"
        lambda value: value["agendas"][0].update(document=[]),
        lambda value: value["agendas"][0].pop("draft"),
    ],
)
def test_each_field_is_as_it_must_be(change: Edit) -> None:
    with pytest.raises(ProofFormError):
        read_proof(edited(change))


def test_long_listings_stand_beside_the_seals() -> None:
    # SPEC 12.8: "`listings` (of those seals whose `ballots` is null, in their order, the list of ids, each hex(32))"
    (found,) = long_seals().proof.rounds
    assert len(found.listings) == len(found.seals) == 3
    assert all(len(listing) == 704 for listing in found.listings)
    assert all(each.listings == () for each in all_rules().proof.rounds)


def test_a_proof_with_200_members_is_small() -> None:
    data = large().data
    assert len(data) <= 250_000, len(data)
    assert len(large().proof.rounds[0].ballots) == 200
