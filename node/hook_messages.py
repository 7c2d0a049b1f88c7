"""Webhook messages in the shape of Standard Webhooks: the body, and the headers that sign it.

The signature is HMAC-SHA256 over id, timestamp and body, joined by full stops, under the secret's bytes.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Final

import orjson

from web.present import iso

_PREFIX: Final = "whsec_"
_SECRET_BYTES: Final = 32


def new_secret() -> str:
    """Return a new secret in the form in which receivers configure it."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def body_of(event: str, at: int, data: Mapping[str, object]) -> bytes:
    """Return a message's body."""
    return orjson.dumps({"type": event, "timestamp": iso(at), "data": dict(data)})


def signed_headers(secret: str, message: str, now: int, body: bytes) -> dict[str, str]:
    """Return the headers of a message that is sent now."""
    seconds = str(now // 1000)
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    signed = b".".join((message.encode(), seconds.encode(), body))
    mac = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return {
        "Content-Type": "application/json",
        "User-Agent": "Comitia",
        "webhook-id": message,
        "webhook-timestamp": seconds,
        "webhook-signature": f"v1,{mac}",
    }


def message_id(hook: str, name: str) -> str:
    """Return the id of what a webhook tells by a name: the same however often that is noticed."""
    return "msg_" + hashlib.sha256(f"{hook}\n{name}".encode()).hexdigest()[:32]
