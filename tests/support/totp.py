"""One-time codes as an authenticator makes them, written anew after RFC 6238 to compare with."""

import base64
import hashlib
import hmac


def code_at(key: str, now: int) -> str:
    """Return the code that goes with a key in base32 at a time in milliseconds."""
    plain = key.replace(" ", "")
    secret = base64.b32decode(plain + "=" * (-len(plain) % 8))
    counter = (now // 1000 // 30).to_bytes(8, "big")
    digest = hmac.new(secret, counter, hashlib.sha1).digest()
    start = digest[-1] & 15
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"
