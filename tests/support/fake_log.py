"""A node's public log as a test wants it: honest, forked, slow, endless or garbage; over real HTTP on loopback."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web as aioweb

from node.log_api import LOG_PATH
from protocol import tiles
from tests.support.logged import LoggedRegister

Answer = Callable[[aioweb.Request], Awaitable[aioweb.StreamResponse]]


class FakeLog:
    """Serves a register. What a test puts into `instead`, by the end of a path, is served in its place."""

    def __init__(self, register: LoggedRegister) -> None:
        self.register = register
        self.size: int | None = None
        """The size that is shown, or None for all."""
        self.instead: dict[str, Answer] = {}
        self.asked: list[str] = []
        self.address = ""

    async def answer(self, request: aioweb.Request) -> aioweb.StreamResponse:
        """Answer a request as a node does."""
        self.asked.append(request.path)
        for end, other in self.instead.items():
            if end in request.path:
                return await other(request)
        if request.path == "/federation/v1/charter":
            return aioweb.Response(body=self.register.federation.file.to_bytes())
        body = self._body(request.path.removeprefix(f"{LOG_PATH}/"))
        return aioweb.Response(status=404) if body is None else aioweb.Response(body=body)

    def _body(self, path: str) -> bytes | None:
        if path == "checkpoint":
            return self.register.note(self.size).to_bytes()
        _, level, *rest = path.split("/")
        whole, _, width = "/".join(rest).partition(".p/")
        index, count = tiles.parse_index(whole), int(width or tiles.WIDTH)
        if index is None:
            return None
        if level == "entries":
            start = index * tiles.WIDTH
            return tiles.bundle([self.register.leaf(height) for height in range(start, start + count)])
        return self.register.tree.subtrees(8 * int(level), index * tiles.WIDTH, count)


@asynccontextmanager
async def fake_log(register: LoggedRegister) -> AsyncIterator[FakeLog]:
    """Serve a register for the length of a block."""
    log = FakeLog(register)
    app = aioweb.Application()
    app.router.add_get("/{path:.*}", log.answer)
    runner = aioweb.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await aioweb.TCPSite(runner, "127.0.0.1", 0).start()
    log.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield log
    finally:
        await runner.cleanup()


def bytes_instead(body: bytes, status: int = 200) -> Answer:
    """Answer with these bytes."""

    async def answer(request: aioweb.Request) -> aioweb.StreamResponse:
        del request
        return aioweb.Response(body=body, status=status)

    return answer


async def endless(request: aioweb.Request) -> aioweb.StreamResponse:
    """Answer without an end."""
    response = aioweb.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b"x" * 65_536)


async def silent(request: aioweb.Request) -> aioweb.StreamResponse:
    """Answer nothing for as long as anybody waits."""
    del request
    await asyncio.Event().wait()
    raise AssertionError


async def elsewhere(request: aioweb.Request) -> aioweb.StreamResponse:
    """Send whoever asks to another address."""
    raise aioweb.HTTPFound(f"http://127.0.0.1:9{request.path}")
