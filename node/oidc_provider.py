"""Talking to an OpenID Connect provider: its metadata, its keys, and an ID token for a code.

Everything from there has a limit of size and time; redirects aren't followed; nothing is asked for at an address
without TLS, unless the provider itself runs on this machine.
"""

import base64
import json
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlsplit

import aiohttp
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from node.clock import Clock

ANSWER_BYTES_MAX: Final = 256 * 1024
ANSWER_SECONDS_MAX: Final = 10
KNOWN_FOR_MS: Final = 60 * 60_000
ASKED_ANEW_AFTER_MS: Final = 30_000
"""How often at most keys are asked for anew: a stranger's token makes no more work than that."""
_LOCAL: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_KEY_TYPES: Final = frozenset({"RSA", "EC", "OKP"})


class ProviderError(Exception):
    """The provider can't be reached, makes no sense, or refuses. One short reason."""

    def __init__(self, reason: str, *, is_refusal: bool = False) -> None:
        super().__init__(reason)
        self.is_refusal = is_refusal


@dataclass(frozen=True, slots=True)
class Metadata:
    """Where a provider does what (OpenID Connect Discovery)."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    takes_basic: bool


class Provider:
    """One provider, as a client that it has registered sees it. Without a secret the client is a public one."""

    def __init__(self, issuer: str, client_id: str, client_secret: str, clock: Clock) -> None:
        self._issuer = issuer
        self._client = client_id
        self._secret = client_secret
        self._clock = clock
        self._metadata: tuple[int, Metadata] | None = None
        self._keys: tuple[int, KeySet] | None = None

    async def metadata(self) -> Metadata:
        """Return where the provider does what. Raises ProviderError."""
        now = self._clock.now()
        if self._metadata is None or now - self._metadata[0] >= KNOWN_FOR_MS:
            path = self._issuer.rstrip("/") + "/.well-known/openid-configuration"
            self._metadata = (now, self._read_metadata(await self._get(path)))
        return self._metadata[1]

    async def keys(self, *, anew: bool) -> KeySet:
        """Return the keys that the provider signs with. Raises ProviderError."""
        now = self._clock.now()
        known_for = ASKED_ANEW_AFTER_MS if anew else KNOWN_FOR_MS
        if self._keys is None or now - self._keys[0] >= known_for:
            self._keys = (now, _read_keys(await self._get((await self.metadata()).jwks_uri)))
        return self._keys[1]

    async def redeem(self, code: str, verifier: str, return_to: str) -> str:
        """Exchange a code for an ID token, not yet verified. Raises ProviderError; a used code is a refusal."""
        metadata = await self.metadata()
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": return_to,
            "code_verifier": verifier,
            "client_id": self._client,
        }
        headers = {}
        if self._secret and metadata.takes_basic:
            headers["Authorization"] = _basic(self._client, self._secret)
        elif self._secret:
            fields["client_secret"] = self._secret
        answer = await self._ask("POST", metadata.token_endpoint, fields, headers)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise ProviderError("id_token")
        return token

    async def _get(self, address: str) -> dict[str, Any]:
        return await self._ask("GET", address, None, {})

    async def _ask(
        self, method: str, address: str, fields: dict[str, str] | None, headers: dict[str, str]
    ) -> dict[str, Any]:
        timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS_MAX)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as http,
                http.request(method, address, data=fields, headers=headers, allow_redirects=False) as response,
            ):
                data = await _bounded(response)
                status = response.status
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
            raise ProviderError(type(error).__name__) from error
        if status != 200:
            raise ProviderError(f"HTTP {status}", is_refusal=method == "POST" and 400 <= status < 500)
        return _object(data)

    def _read_metadata(self, answer: dict[str, Any]) -> Metadata:
        if answer.get("issuer") != self._issuer:
            raise ProviderError("issuer")
        methods = answer.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        return Metadata(
            authorization_endpoint=self._place(answer, "authorization_endpoint"),
            token_endpoint=self._place(answer, "token_endpoint"),
            jwks_uri=self._place(answer, "jwks_uri"),
            takes_basic=isinstance(methods, list) and "client_secret_basic" in methods,
        )

    def _place(self, answer: dict[str, Any], name: str) -> str:
        place = answer.get(name)
        if not isinstance(place, str) or not self._is_safe(place):
            raise ProviderError(name)
        return place

    def _is_safe(self, address: str) -> bool:
        parts = urlsplit(address)
        if parts.scheme == "https":
            return True
        here = urlsplit(self._issuer)
        return parts.scheme == "http" and parts.hostname in _LOCAL and here.hostname in _LOCAL


def _basic(client: str, secret: str) -> str:
    """Return a client's name and secret as OAuth wants them (RFC 6749, 2.3.1)."""
    plain = f"{quote(client, safe='')}:{quote(secret, safe='')}"
    return f"Basic {base64.b64encode(plain.encode()).decode()}"


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    data = bytearray()
    async for part in response.content.iter_chunked(16 * 1024):
        data += part
        if len(data) > ANSWER_BYTES_MAX:
            raise ProviderError("size")
    return bytes(data)


def _object(data: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ProviderError("JSON") from error
    if not isinstance(answer, dict):
        raise ProviderError("JSON")
    return answer


def _read_keys(answer: dict[str, Any]) -> KeySet:
    """Return the key pairs of a key set. A shared secret among them is left out: it could pass for a signature."""
    listed = answer.get("keys")
    pairs = [key for key in listed if isinstance(key, dict) and key.get("kty") in _KEY_TYPES] if listed else []
    try:
        return KeySet.import_key_set({"keys": pairs})
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise ProviderError("keys") from error
