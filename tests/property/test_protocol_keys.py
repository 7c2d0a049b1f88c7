"""Two libraries come to the same verdict wherever the key may be enrolled and the signer was honest."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol import keys

SEEDS = st.binary(min_size=32, max_size=32)


def is_valid_for_openssl(key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


@given(SEEDS, st.binary(max_size=100))
def test_both_sign_alike_and_both_accept(seed: bytes, message: bytes) -> None:
    signer = keys.SigningKey(seed)
    signature = signer.sign(message)
    assert signature == Ed25519PrivateKey.from_private_bytes(seed).sign(message)
    assert keys.is_enrollable(signer.key)
    assert keys.is_valid_signature(bytes.fromhex(signer.key), message, signature)
    assert is_valid_for_openssl(bytes.fromhex(signer.key), message, signature)


@settings(max_examples=300)
@given(SEEDS, st.binary(min_size=1, max_size=40), st.data())
def test_both_refuse_what_is_one_bit_off(seed: bytes, message: bytes, data: st.DataObject) -> None:
    signer = keys.SigningKey(seed)
    parts = [bytearray(bytes.fromhex(signer.key)), bytearray(message), bytearray(signer.sign(message))]
    part = data.draw(st.sampled_from(parts))
    bit = data.draw(st.integers(0, len(part) * 8 - 1))
    part[bit // 8] ^= 1 << bit % 8
    key, said, signature = (bytes(item) for item in parts)
    assert not keys.is_valid_signature(key, said, signature)
    assert not is_valid_for_openssl(key, said, signature)


@given(st.binary(max_size=80), st.binary(max_size=80), st.binary(max_size=80))
def test_no_bytes_at_all_make_the_verifier_raise(key: bytes, message: bytes, signature: bytes) -> None:
    assert not keys.is_valid_signature(key, message, signature)


@given(st.binary(min_size=32, max_size=32))
def test_both_agree_on_any_point_that_may_be_enrolled(point: bytes) -> None:
    if keys.is_enrollable(point.hex()):
        signature = bytes(64)
        assert keys.is_valid_signature(point, b"", signature) == is_valid_for_openssl(point, b"", signature)
