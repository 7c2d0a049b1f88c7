"""An OpenID Connect provider on this machine: it signs everybody on who comes, and lies as a test tells it to."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from aiohttp import web as aioweb
from aiohttp.test_utils import TestServer
from joserfc import jwt
from joserfc.jwk import RSAKey

from node.clock import Clock

CLIENT = "comitia"
SECRET = "hush"  # noqa: S105
_KEYS = [RSAKey.generate_key(2048, {"kid": name}, private=True, auto_kid=False) for name in ("one", "two")]
Signer = Callable[[dict[str, Any]], str]


def unsigned(claims: dict[str, Any]) -> str:
    """Return a token whose header says that it needs no signature."""
    parts = (json.dumps(part).encode() for part in ({"alg": "none", "typ": "JWT"}, claims))
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts) + "."


def by_shared_secret(claims: dict[str, Any]) -> str:
    """Return a token signed with the provider's public key taken for a shared secret."""
    parts = (json.dumps(part).encode() for part in ({"alg": "HS256", "kid": "one"}, claims))
    signed = ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
    mark = hmac.new(_KEYS[0].as_pem(private=False), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(mark).decode().rstrip('=')}"


def by_stranger(claims: dict[str, Any]) -> str:
    """Return a token signed by somebody else under the provider's key's name."""
    return jwt.encode({"alg": "RS256", "kid": "one"}, claims, _KEYS[1])


def by_new_key(claims: dict[str, Any]) -> str:
    """Return a token signed with the provider's second key."""
    return jwt.encode({"alg": "RS256", "kid": "two"}, claims, _KEYS[1])


def by_provider(claims: dict[str, Any]) -> str:
    """Return a token as it should be."""
    return jwt.encode({"alg": "RS256", "kid": "one"}, claims, _KEYS[0])


@dataclass
class SmallProvider:
    """A provider. Its fields may be changed by tests."""

    clock: Clock
    issuer: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    """Added to each token, in place of what would stand there."""
    sign: Signer = by_provider
    has_new_key: bool = False
    metadata: dict[str, Any] = field(default_factory=dict)
    answer: bytes | None = None
    """What the token endpoint answers instead."""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    keys_asked: int = 0

    def authorised(self, address: str) -> dict[str, str]:
        """Return what the provider sends back to the node once a person has signed on at an address."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT
        code = secrets.token_urlsafe(8)
        self.codes[code] = asked
        return {"code": code, "state": asked["state"], "iss": self.issuer}

    async def describe(self, _request: aioweb.Request) -> aioweb.Response:
        known = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        }
        return aioweb.json_response({**known, **self.metadata})

    async def keys(self, _request: aioweb.Request) -> aioweb.Response:
        self.keys_asked += 1
        shown = _KEYS if self.has_new_key else _KEYS[:1]
        shared = {"kty": "oct", "kid": "shared", "k": "c2VjcmV0"}
        return aioweb.json_response({"keys": [*(key.as_dict(private=False) for key in shown), shared]})

    async def authorize(self, request: aioweb.Request) -> aioweb.Response:
        answer = self.authorised(str(request.url))
        target = request.query["redirect_uri"] + "?" + urlencode(answer)
        return aioweb.Response(status=303, headers={"Location": target})

    async def token(self, request: aioweb.Request) -> aioweb.Response:
        if self.answer is not None:
            return aioweb.Response(body=self.answer, content_type="application/json")
        fields = await request.post()
        asked = self.codes.pop(str(fields.get("code")), None)
        digest = hashlib.sha256(str(fields.get("code_verifier")).encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        is_client = request.headers.get("Authorization") == f"Basic {basic}" or fields.get("client_secret") == SECRET
        if asked is None or asked["code_challenge"] != challenge or not is_client:
            return aioweb.json_response({"error": "invalid_grant"}, status=400)
        now = self.clock.now() // 1000
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": "s-1",
            "email": "Ada@Institute.example",
            "email_verified": True,
            "nonce": asked["nonce"],
            "iat": now,
            "exp": now + 300,
        }
        told = {name: value for name, value in {**claims, **self.claims}.items() if value is not None}
        return aioweb.json_response({"access_token": "x", "token_type": "Bearer", "id_token": self.sign(told)})


@asynccontextmanager
async def small_provider(clock: Clock) -> AsyncIterator[SmallProvider]:
    """Run a provider."""
    provider = SmallProvider(clock)
    app = aioweb.Application()
    app.router.add_get("/.well-known/openid-configuration", provider.describe)
    app.router.add_get("/keys", provider.keys)
    app.router.add_get("/authorize", provider.authorize)
    app.router.add_post("/token", provider.token)
    server = TestServer(app)
    await server.start_server()
    provider.issuer = str(server.make_url("")).rstrip("/")
    try:
        yield provider
    finally:
        await server.close()
