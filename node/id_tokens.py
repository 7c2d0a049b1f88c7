"""ID tokens (OpenID Connect Core, 3.1.3.7): verified, then read. Does not handle where keys come from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

TOKEN_CHARACTERS_MAX: Final = 32_000
SUBJECT_CHARACTERS_MAX: Final = 255
LEEWAY_SECONDS: Final = 60
ALGORITHMS: Final = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
    "Ed25519",
)
"""Signatures by a key pair alone: no `none`, nothing with a shared secret."""


class IdTokenError(Exception):
    """An ID token isn't good. Its text names the claim or step that failed."""


class Keys(Protocol):
    """Where the provider's keys come from."""

    async def keys(self, *, anew: bool) -> KeySet:
        """Return the provider's keys, asked for anew if wanted."""
        ...


@dataclass(frozen=True, slots=True)
class Expected:
    """Whose token it has to be, for whom, and for which sign-in."""

    issuer: str
    client: str
    nonce: str


async def verified_claims(token: str, keys: Keys, expected: Expected, now: int) -> Mapping[str, object]:
    """Return a token's claims once its signature and every claim have been checked. Raises IdTokenError.

    A key that isn't known is asked for once, as providers change theirs. now is in milliseconds.
    """
    if len(token) > TOKEN_CHARACTERS_MAX:
        raise IdTokenError("size")
    try:
        claims = _signed(token, await keys.keys(anew=False))
    except IdTokenError:
        claims = _signed(token, await keys.keys(anew=True))
    _check(claims, expected, now // 1000)
    return claims


def _signed(token: str, keys: KeySet) -> Mapping[str, object]:
    try:
        return jwt.decode(token, keys, algorithms=ALGORITHMS).claims
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise IdTokenError("signature") from error


def _check(claims: Mapping[str, object], expected: Expected, now: int) -> None:
    if claims.get("iss") != expected.issuer:
        raise IdTokenError("iss")
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if expected.client not in audiences:
        raise IdTokenError("aud")
    if (len(audiences) > 1 or "azp" in claims) and claims.get("azp") != expected.client:
        raise IdTokenError("azp")
    if claims.get("nonce") != expected.nonce:
        raise IdTokenError("nonce")
    if _seconds(claims, "exp") <= now - LEEWAY_SECONDS:
        raise IdTokenError("exp")
    if _seconds(claims, "iat") > now + LEEWAY_SECONDS:
        raise IdTokenError("iat")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= SUBJECT_CHARACTERS_MAX or not subject.isprintable():
        raise IdTokenError("sub")


def _seconds(claims: Mapping[str, object], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise IdTokenError(name)
    return value
