"""Secrets in addresses: unguessable, and for those that are used up, kept as their hash alone."""

import hashlib
import secrets
from typing import Final

TOKEN_CHARACTERS_MAX: Final = 200
_BYTES: Final = 32


def new_token() -> str:
    """Return a secret that nobody guesses, as it can stand in an address."""
    return secrets.token_urlsafe(_BYTES)


def token_hash(token: str) -> str:
    """Return what the store keeps of a secret that is used up."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()
