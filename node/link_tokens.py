"""Secrets in addresses: unguessable, and for those that are used up, kept as their hash alone."""

import hashlib
import re
import secrets
from typing import Final

_BYTES: Final = 32
_FORM: Final = re.compile(r"[A-Za-z0-9_-]{1,200}")


def new_token() -> str:
    """Return a secret that nobody guesses, as it can stand in an address."""
    return secrets.token_urlsafe(_BYTES)


def is_token(text: str) -> bool:
    """Whether text has the form of such a secret."""
    return _FORM.fullmatch(text) is not None


def token_hash(token: str) -> str:
    """Return what the store keeps of a secret that is used up."""
    return hashlib.sha256(token.encode()).hexdigest()
