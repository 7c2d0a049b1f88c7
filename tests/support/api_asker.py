"""A program that asks the interface of a site over the in-memory backend, with a token or without."""

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import orjson
from aiohttp.test_utils import TestClient, TestServer
from multidict import CIMultiDictProxy

from tests.support.web_backend import MemoryBackend
from web.app import create_web
from web.i18n import Languages
from web.settings import WebSettings
from web.tokens_port import Scope


@dataclass
class Heard:
    """An answer, read."""

    status: int
    headers: CIMultiDictProxy[str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)

    @property
    def code(self) -> str:
        """The code of a problem; the answer has to be one."""
        assert self.headers["Content-Type"].startswith("application/problem+json"), self.body
        found: str = self.json["code"]
        assert self.json["type"] == f"urn:comitia:problem:{found}"
        assert self.json["status"] == self.status
        return found

    @property
    def etag(self) -> str:
        return self.headers["ETag"]


class Asker:
    """One program at one node."""

    def __init__(self, backend: MemoryBackend, client: TestClient, token: str = "") -> None:  # type: ignore[type-arg]
        self.backend = backend
        self.client = client
        self.token = token

    def with_token(self, *scopes: Scope, roles: tuple[Any, ...] = ("head",), member: str | None = None) -> "Asker":
        """Return the same program with a token of an account with roles."""
        account = self.backend.account(*roles, member=member)
        return Asker(self.backend, self.client, self.backend.tokens.give(account, *scopes))

    async def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Heard:
        return await self._ask(method, path, body, headers)

    async def get(self, path: str, **headers: str) -> Heard:
        return await self._ask("GET", path, None, headers)

    async def post(self, path: str, value: object, **headers: str) -> Heard:
        return await self._ask("POST", path, orjson.dumps(value), {"Content_Type": "application/json", **headers})

    async def _ask(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Heard:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        address = path if path.startswith("/api") else "/api/v1" + path
        data = None if body is None else BytesIO(body)
        async with self.client.request(
            method, address, data=data, headers={**sent, **named}, allow_redirects=False
        ) as response:
            return Heard(response.status, response.headers, await response.read())


async def started(languages: Languages, backend: MemoryBackend | None = None, **settings: object) -> Asker:
    """Return a program at a running site; its client has to be closed."""
    chosen = backend or MemoryBackend()
    app = create_web(chosen, WebSettings.model_validate(settings), languages)
    client = TestClient(TestServer(app), auto_decompress=True)
    await client.start_server()
    return Asker(chosen, client)
