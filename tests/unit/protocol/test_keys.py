import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from protocol import keys
from tests.support.builders import signing_key

VECTORS = Path(__file__).resolve().parents[2] / "vectors"
RFC_8032: list[dict[str, str]] = json.loads((VECTORS / "ed25519_rfc8032.json").read_text())["cases"]
EDGE_CASES: list[dict[str, Any]] = json.loads((VECTORS / "ed25519_edge_cases.json").read_text())["cases"]
GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493
ORDER_8_A, ORDER_8_B = (
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc",
)
SMALL_ORDER = [
    "01" + "00" * 31,
    "01" + "00" * 30 + "80",
    "00" * 32,
    "00" * 31 + "80",
    "ec" + "ff" * 30 + "7f",
    "ec" + "ff" * 31,
    "ed" + "ff" * 30 + "7f",
    "ed" + "ff" * 31,
    "ee" + "ff" * 30 + "7f",
    "ee" + "ff" * 31,
    ORDER_8_A + "7a",
    ORDER_8_A + "fa",
    ORDER_8_B + "05",
    ORDER_8_B + "85",
]
"""All fourteen encodings of the eight points of small order (table 6 of eprint 2020/1244)."""


def is_valid_for_openssl(key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def with_identity_as_r(seed: bytes, message: bytes) -> bytes:
    """Return a signature that only the holder of a key can make, with the neutral element as R."""
    digest = bytearray(hashlib.sha512(seed).digest()[:32])
    digest[0] &= 248
    digest[31] = digest[31] & 127 | 64
    point = b"\x01" + bytes(31)
    public = bytes.fromhex(keys.SigningKey(seed).key)
    challenge = int.from_bytes(hashlib.sha512(point + public + message).digest(), "little")
    return point + (challenge * int.from_bytes(digest, "little") % GROUP_ORDER).to_bytes(32, "little")


# SPEC 3.1: "All signatures are Ed25519 after RFC 8032"
@pytest.mark.parametrize("case", RFC_8032)
def test_published_signatures_come_out(case: dict[str, str]) -> None:
    signer = keys.SigningKey(bytes.fromhex(case["seed"]))
    message, signature = bytes.fromhex(case["message"]), bytes.fromhex(case["signature"])
    assert signer.key == case["key"]
    assert signer.sign(message) == signature
    assert keys.is_valid_signature(bytes.fromhex(case["key"]), message, signature)
    assert not keys.is_valid_signature(bytes.fromhex(case["key"]), message + b"x", signature)
    assert keys.is_enrollable(case["key"])


# SPEC 3.4: "the published edge cases in `tests/vectors` must come out as they are marked there under `libsodium`"
@pytest.mark.parametrize("case", EDGE_CASES, ids=lambda case: case["what"])
def test_published_edge_cases_come_out_as_marked(case: dict[str, Any]) -> None:
    key, message, signature = (bytes.fromhex(case[name]) for name in ("key", "message", "signature"))
    assert keys.is_valid_signature(key, message, signature) is case["libsodium"]
    assert is_valid_for_openssl(key, message, signature) is case["openssl"]
    assert keys.is_enrollable(case["key"]) is case["enrollable"]


def test_libraries_differ_on_four_edge_cases_and_on_none_whose_key_may_be_enrolled() -> None:
    differing = [case for case in EDGE_CASES if case["libsodium"] != case["openssl"]]
    assert [case["case"] for case in differing] == [0, 1, 2, 11]
    assert not any(case["enrollable"] for case in differing)


# SPEC 3.4: "must refuse an R of small order, which some libraries accept"
def test_the_holder_of_a_proper_key_cannot_make_a_signature_on_which_nodes_differ() -> None:
    seed = bytes(range(32))
    signer = keys.SigningKey(seed)
    signature = with_identity_as_r(seed, b"message")
    assert keys.is_enrollable(signer.key)
    assert is_valid_for_openssl(bytes.fromhex(signer.key), b"message", signature)
    assert not keys.is_valid_signature(bytes.fromhex(signer.key), b"message", signature)


# SPEC 3.2: "refuse a signature that is not 64 bytes long or whose S is not less than the group's order"
def test_a_signature_has_64_bytes_and_one_s() -> None:
    signer = signing_key("s")
    key, signature = bytes.fromhex(signer.key), signer.sign(b"m")
    larger = int.from_bytes(signature[32:], "little") + GROUP_ORDER
    assert keys.is_valid_signature(key, b"m", signature)
    assert not keys.is_valid_signature(key, b"m", signature[:32] + larger.to_bytes(32, "little"))
    for wrong in (b"", signature[:63], signature + b"\0"):
        assert not keys.is_valid_signature(key, b"m", wrong)
    for wrong in (b"", key[:31], key + b"\0"):
        assert not keys.is_valid_signature(wrong, b"m", signature)


def test_a_byte_moved_between_signature_and_message_does_not_hold() -> None:
    signer = signing_key("s")
    signature = signer.sign(b"m")
    assert not keys.is_valid_signature(bytes.fromhex(signer.key), signature[63:] + b"m", signature[:63])


# SPEC 3.3: "only if it is the canonical encoding of a point of prime order"
@pytest.mark.parametrize("key", sorted({*SMALL_ORDER, *(case["key"] for case in EDGE_CASES if not case["enrollable"])}))
def test_points_of_small_or_mixed_order_are_not_enrollable(key: str) -> None:
    assert not keys.is_enrollable(key)


@pytest.mark.parametrize("key", ["", "00", "zz" * 32, "ab" * 31, "ab" * 33, "02" + "00" * 31, "ff" * 32])
def test_what_is_no_point_is_not_enrollable(key: str) -> None:
    assert not keys.is_enrollable(key)


def test_a_seed_has_32_bytes() -> None:
    with pytest.raises(ValueError, match="32 bytes, not 31"):
        keys.SigningKey(bytes(31))


def test_a_signing_key_gives_its_seed_back_and_shows_only_its_public_half() -> None:
    seed = bytes(range(32))
    signer = keys.SigningKey(seed)
    assert signer.seed == seed
    assert seed.hex() not in repr(signer)
    assert signer.key in repr(signer)
