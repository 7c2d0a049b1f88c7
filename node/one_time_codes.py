"""One-time codes by the clock (TOTP, RFC 6238): six digits, every 30 seconds, one step of tolerance each way."""

import base64
import hmac
import re
import secrets
from typing import Final
from urllib.parse import quote

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

KEY_BYTES: Final = 20
STEP_SECONDS: Final = 30
DIGITS: Final = 6
_TOLERANCE: Final = 1
_CODE = re.compile(r"[0-9]{6}")


def new_key() -> bytes:
    """Return a key for codes."""
    return secrets.token_bytes(KEY_BYTES)


def step_of(key: bytes, code: str, now: int) -> int | None:
    """Return the number of the 30 seconds that a code belongs to, or None if it is none of these minutes.

    now is in milliseconds. Every step is computed. A step may be used once: whoever calls keeps the last.
    """
    maker = TOTP(key, DIGITS, SHA1(), STEP_SECONDS)  # noqa: S303 - what authenticators have; HMAC doesn't need more
    digits = code if _CODE.fullmatch(code) else ""
    present = now // 1000 // STEP_SECONDS
    fits = [
        step
        for step in range(max(0, present - _TOLERANCE), present + _TOLERANCE + 1)
        if hmac.compare_digest(maker.generate(step * STEP_SECONDS), digits.encode())
    ]
    return fits[-1] if fits else None


def in_text(key: bytes) -> str:
    """Return a key as people type it into an authenticator: base32 in groups of four."""
    plain = base64.b32encode(key).decode().rstrip("=")
    return " ".join(plain[start : start + 4] for start in range(0, len(plain), 4))


def address(key: bytes, account: str, issuer: str) -> str:
    """Return the address that authenticators read from a QR code."""
    plain = base64.b32encode(key).decode().rstrip("=")
    label = f"{quote(issuer, safe='')}:{quote(account, safe='')}"
    return f"otpauth://totp/{label}?secret={plain}&issuer={quote(issuer, safe='')}"
