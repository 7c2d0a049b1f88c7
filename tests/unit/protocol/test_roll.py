import json
from typing import Any

import pytest
from pydantic import ValidationError

from protocol import canonical, limits
from protocol.envelope import pae
from protocol.events.kinds import KINDS, SECRETARIAT_KINDS, TELLER_KINDS
from protocol.ids import KeyId, MemberId
from protocol.keys import SigningKey
from protocol.roll import EnrolledKey, KeyHolder, KeyRing, Member, Roll, enrol, enrolment_bytes
from tests.support.builders import build_federation, hash_of, signing_key

FED = build_federation(5, tellers=3, secretariat=(0, 4))
SMALL_ORDER = "01" + "00" * 31


def as_json(model: Member | Roll) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(model.model_dump_json())
    return value


def member_with(**changes: Any) -> dict[str, Any]:
    return as_json(FED.member(0).entry) | changes


def entry(
    key: SigningKey | None = None,
    *,
    role: Any = "node",
    signs_role: Any = None,
    member: str = FED.member(0).id,
    root: str = FED.member(0).root.key,
    signer: SigningKey | None = None,
) -> dict[str, Any]:
    """Return an entry of a key; its proof may speak of another member, root or role, or come from another key."""
    key = key or signing_key("entry")
    statement = enrolment_bytes(MemberId(member), KeyId(root), key.key, signs_role or role)
    return {"key": key.key, "role": role, "proof": (signer or key).sign(statement).hex()}


def roll_with(**changes: Any) -> dict[str, Any]:
    return as_json(FED.roll) | changes


def why_member(value: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as caught:
        Member.model_validate_json(json.dumps(value))
    return str(caught.value)


def why_roll(value: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as caught:
        Roll.model_validate_json(json.dumps(value))
    return str(caught.value)


# SPEC 3.6: "the object of `key`, `member`, `role`, `root` and `v`, where `root` is the member's root key and `v` is 1"
# SPEC 7.14: "An enrolled key has `key`, `role` and `proof`, hex(64) (3.6)"
def test_the_proof_of_possession_byte_for_byte() -> None:
    member = FED.member(0)
    statement = {"key": member.node.key, "member": member.id, "role": "node", "root": member.root.key, "v": 1}
    expected = member.node.sign(pae("enrolment", canonical.encode(statement)))
    assert enrol(member.id, member.root.key, member.node, "node").proof == expected.hex()
    assert enrol(member.id, member.root.key, member.node, "node") == member.entry.keys[0]


def test_the_built_roll_holds() -> None:
    assert Roll.model_validate_json(FED.roll.model_dump_json()) == FED.roll
    assert Member.model_validate_json(json.dumps(member_with(keys=[entry()]))).keys[0].role == "node"


# SPEC 3.7: "A proof for another member, another root, another role or by another key is refused"
@pytest.mark.parametrize(
    "wrong",
    [
        entry(member="member-002"),
        entry(root=FED.member(1).root.key),
        entry(role="teller", signs_role="node"),
        entry(role="node", signs_role="teller"),
        entry(signer=signing_key("another")),
        entry() | {"proof": "00" * 64},
        entry() | {"key": signing_key("another").key},
    ],
)
def test_a_proof_that_does_not_hold_is_refused(wrong: dict[str, Any]) -> None:
    assert "has no valid proof of possession" in why_member(member_with(keys=[wrong]))


# SPEC 3.3: "A key may stand on a roll only if"
def test_keys_of_small_order_are_refused() -> None:
    assert "the root key is not a canonical point of prime order" in why_member(member_with(root=SMALL_ORDER))
    weak = entry() | {"key": SMALL_ORDER, "proof": SMALL_ORDER + "00" * 32}
    assert "key 01000000 is not a canonical point of prime order" in why_member(member_with(keys=[weak]))


# SPEC 3.5: "1 to KEYS_PER_MEMBER_MAX enrolled keys, each in the role `node` or `teller`"
def test_how_many_keys_a_member_may_have() -> None:
    assert "at least 1 item" in why_member(member_with(keys=[]))
    many = [entry(signing_key("many", index)) for index in range(limits.KEYS_PER_MEMBER_MAX + 1)]
    assert "at most 16 items" in why_member(member_with(keys=many))
    assert len(Member.model_validate_json(json.dumps(member_with(keys=many[1:]))).keys) == 16
    two = [entry(signing_key("t", index), role="teller") for index in range(2)]
    assert "a member has one teller key at a time" in why_member(member_with(keys=two))
    assert "keys.0.role" in why_member(member_with(keys=[entry() | {"role": "root"}]))


# SPEC 3.8: "`next_root` is SHA-256 of the 32 bytes of the root key that may replace the present one"
def test_the_next_root_is_committed_to_by_its_hash() -> None:
    built = FED.member(0)
    assert built.entry.next_root == canonical.sha256_hex(bytes.fromhex(built.next_root.key))
    assert "next_root" in why_member(member_with(next_root="x"))


# SPEC 7.13: "A member has `id`, `names`, `country` (two letters `A-Z`), `constituencies` (at most 16"
# SPEC 7.8: "`names` maps 1 to 40 language tags to names of 1 to NAME_CHARACTERS_MAX characters"
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "A"),
        ("id", "member 1"),
        ("names", {}),
        ("names", {"en": ""}),
        ("names", {"en": "x" * 121}),
        ("names", {"english": "x"}),
        ("names", {f"en-{index:02d}": "x" for index in range(41)}),
        ("country", "ch"),
        ("country", "CHE"),
        ("constituencies", ["a"]),
        ("constituencies", [f"c-{index:02d}" for index in range(17)]),
        ("constituencies", ["x" * 49]),
        ("root", FED.member(0).root.key.upper()),
        ("address", "ftp://example.org"),
        ("address", "https://"),
        ("address", "https://a b"),
        ("address", "https://" + "x" * 293),
    ],
)
def test_fields_of_a_member(field: str, value: Any) -> None:
    assert field in why_member(member_with(**{field: value}))


def test_constituencies_ascend() -> None:
    assert "constituencies must ascend" in why_member(member_with(constituencies=["bb", "aa"]))
    assert "constituencies must ascend" in why_member(member_with(constituencies=["aa", "aa"]))


# SPEC 7.11: "1 to MEMBERS_MAX in ascending order of their ids, each once"
# SPEC 7.12: "Every teller has a teller key"
# SPEC 3.9: "No key, root or enrolled, may stand on a roll twice"
def test_every_rule_of_a_roll_has_its_refusal() -> None:
    members = roll_with()["members"]
    assert "members must be in ascending order" in why_roll(roll_with(members=members[::-1]))
    assert "members must be in ascending order" in why_roll(roll_with(members=[members[0], *members]))
    for office in ("tellers", "secretariat"):
        assert "must be in ascending order, each once" in why_roll(roll_with(**{office: ["member-002", "member-001"]}))
        assert "must be in ascending order, each once" in why_roll(roll_with(**{office: ["member-001"] * 2}))
        assert "at least 1 item" in why_roll(roll_with(**{office: []}))
        assert "member-009 holds an office but is no member" in why_roll(roll_with(**{office: ["member-009"]}))
    assert "member-004 is a teller without a teller key" in why_roll(roll_with(tellers=["member-004"]))
    assert "at least 1 item" in why_roll(roll_with(members=[]))
    assert "secretariat" in why_roll(roll_with(secretariat=[f"member-{index:03d}" for index in range(33)]))
    assert "tellers" in why_roll(roll_with(tellers=[f"member-{index:03d}" for index in range(limits.TELLERS_MAX + 1)]))


def test_no_key_may_stand_on_the_roll_twice() -> None:
    members = roll_with()["members"]
    same_root = members[1] | {"root": members[0]["root"], "keys": []}
    same_root["keys"] = [entry(signing_key("n"), member="member-002", root=members[0]["root"])]
    root_as_node = members[1] | {"keys": [entry(FED.member(0).root, member="member-002", root=FED.member(1).root.key)]}
    twice = members[0] | {"keys": [members[0]["keys"][0]] * 2}
    for wrong in ([members[0], same_root], [members[0], root_as_node], [twice]):
        rest = [member for member in members if member["id"] > wrong[-1]["id"]]
        assert "no key may stand on the roll twice" in why_roll(
            roll_with(members=[*wrong, *rest], tellers=["member-003"], secretariat=["member-001"])
        )


def test_who_holds_a_key() -> None:
    ring = FED.ring
    assert ring.holder(FED.member(1).node.key) == KeyHolder(FED.member(1).id, "node")
    assert ring.holder(FED.member(1).key("teller").key) == KeyHolder(FED.member(1).id, "teller")
    assert ring.holder(FED.member(1).root.key) is None
    assert ring.holder("no key at all") is None
    assert ring.tellers == ("member-001", "member-002", "member-003")
    assert set(ring.teller_keys.values()) == set(ring.tellers)
    assert ring.is_secretariat(MemberId("member-005"))
    assert not ring.is_secretariat(MemberId("member-002"))


# SPEC 3.11: "`receipt`, `seal`, `record-proposal`, `prevote`, `precommit` and `cosignature`"
# SPEC 3.12: "`screening`, `consultation-call` and `disposition` are for members that hold the office of secretariat"
# SPEC 10.3: "An unknown kind is signed by a node key"
@pytest.mark.parametrize("kind", [*KINDS, "never-heard-of"])
def test_who_may_sign_each_kind(kind: str) -> None:
    secretary, plain = FED.member(0), FED.member(1)
    for member in (secretary, plain):
        by_node = FED.ring.objection(kind, member.id, member.node.key)
        by_teller = FED.ring.objection(kind, member.id, member.key("teller").key)
        if kind in TELLER_KINDS:
            assert by_node == f"a node key may not sign a {kind}"
            assert by_teller is None
            continue
        assert by_teller == f"a teller key may not sign a {kind}"
        is_refused = kind in SECRETARIAT_KINDS and member is plain
        assert by_node == (f"{kind} events are for the secretariat" if is_refused else None)


# SPEC 3.13: "An event is refused unless its key is enrolled for the member that it names"
def test_nobody_signs_for_another_or_with_a_key_that_is_not_enrolled() -> None:
    one, two = FED.member(0), FED.member(1)
    assert FED.ring.objection("proposal", one.id, two.node.key) == f"key {two.node.key[:8]} is not a key of {one.id}"
    for key in (one.root.key, one.next_root.key, KeyId(hash_of("stranger"))):
        assert FED.ring.objection("proposal", one.id, key) == f"key {key[:8]} is not a key of {one.id}"


def test_a_teller_key_of_a_member_that_is_no_teller_signs_nothing() -> None:
    spare = signing_key("spare")
    built = FED.member(4)
    keys = (*built.entry.keys, enrol(built.id, built.root.key, spare, "teller"))
    standing_by = built.entry.model_copy(update={"keys": keys})
    roll = Roll(
        members=(*FED.roll.members[:4], standing_by), tellers=FED.roll.tellers, secretariat=FED.roll.secretariat
    )
    ring = KeyRing(roll)
    assert ring.objection("seal", built.id, spare.key) == f"{built.id} is no teller"
    assert spare.key not in ring.teller_keys
    assert isinstance(keys[-1], EnrolledKey)
