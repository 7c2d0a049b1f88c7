"""Ed25519 keys: signing, the one verifier, and the filter that a key must pass to be enrolled.

Signatures follow RFC 8032 strictly (S < L). Enrolled keys are canonical points of prime order; among such keys all
verifiers in use agree, which tests/vectors shows with published edge cases.
"""

from typing import Protocol

from nacl import bindings
from nacl.exceptions import BadSignatureError

from protocol.ids import KeyId

PUBLIC_KEY_BYTES = 32
SIGNATURE_BYTES = 64
SEED_BYTES = 32


class Signer(Protocol):
    """Something that signs with one key."""

    @property
    def key(self) -> KeyId:
        """The public key, 64 hex digits."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature of a message."""
        ...


class SigningKey:
    """An Ed25519 private key held in memory."""

    def __init__(self, seed: bytes) -> None:
        if len(seed) != SEED_BYTES:
            raise ValueError(f"an Ed25519 seed has {SEED_BYTES} bytes, not {len(seed)}")
        self._public, self._secret = bindings.crypto_sign_seed_keypair(seed)

    @property
    def key(self) -> KeyId:
        """The public key, 64 hex digits."""
        return KeyId(self._public.hex())

    @property
    def seed(self) -> bytes:
        """The 32 secret bytes that this key is made from."""
        return self._secret[:SEED_BYTES]

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature of a message."""
        return bindings.crypto_sign(message, self._secret)[:SIGNATURE_BYTES]

    def __repr__(self) -> str:
        return f"SigningKey({self.key})"


def is_valid_signature(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether a 64-byte signature by a 32-byte key holds for a message. Never raises for bad input."""
    if len(signature) != SIGNATURE_BYTES or len(public_key) != PUBLIC_KEY_BYTES:
        return False
    try:
        bindings.crypto_sign_open(signature + message, public_key)
    except BadSignatureError:
        return False
    return True


def is_enrollable(key: str) -> bool:
    """Whether a key given in hex is a canonical point of prime order, as enrolment asks."""
    try:
        return bool(bindings.crypto_core_ed25519_is_valid_point(bytes.fromhex(key)))
    except (ValueError, TypeError):
        return False
