"""What a witness tells whoever asks: the checkpoint that it cosigned, evidence, and in plain text how far it is.

GET /checkpoint   the last cosigned checkpoint, with the tellers' cosignatures and the witness's
GET /evidence     all evidence of split views, as JSON
GET /             what this is, for people

A request changes nothing. What is told was on disk before.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

import orjson
from aiohttp import web as aioweb

from node.witness.following import Followed, Following
from node.witness.keeping import Keeper
from protocol import notes

_REQUEST_BYTES_MAX: Final = 1_024
_HEADERS: Final = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}


def create_app(keeper: Keeper, following: Following) -> aioweb.Application:
    """Return what a witness serves."""

    async def checkpoint(request: aioweb.Request) -> aioweb.Response:
        del request
        if keeper.last is None:
            return aioweb.Response(status=404, text="nothing has been cosigned yet\n", headers=_HEADERS)
        body = keeper.last.note.to_bytes()
        return aioweb.Response(body=body, content_type="text/plain", charset="utf-8", headers=_HEADERS)

    async def evidence(request: aioweb.Request) -> aioweb.Response:
        del request
        value = {"evidence": [found.model_dump(mode="json") for found in keeper.evidence]}
        return aioweb.Response(body=orjson.dumps(value), content_type="application/json", headers=_HEADERS)

    async def front(request: aioweb.Request) -> aioweb.Response:
        del request
        text = "".join(f"{line}\n" for line in page(keeper, following.nodes))
        return aioweb.Response(text=text, headers=_HEADERS)

    app = aioweb.Application(client_max_size=_REQUEST_BYTES_MAX)
    app.router.add_get("/checkpoint", checkpoint)
    app.router.add_get("/evidence", evidence)
    app.router.add_get("/", front)
    return app


def page(keeper: Keeper, nodes: list[Followed]) -> Iterator[str]:
    """Yield the lines of the page for people."""
    yield "This is a witness of a federation's register. It follows the register from outside and cosigns each"
    yield "checkpoint that continues the last one. It can't tell whether what the federation decides is right; it"
    yield "tells whether the federation shows everybody the same register and leaves its past as it was."
    yield ""
    yield f"name        {keeper.name}"
    yield f"key         {keeper.key.line}"
    yield f"federation  {keeper.file.federation if keeper.file is not None else 'no charter yet'}"
    yield from _reached(keeper)
    yield f"evidence    {len(keeper.evidence)} split views (/evidence)"
    yield ""
    for node in nodes:
        yield f"{node.address}"
        yield f"  {_time(node.asked) if node.asked else 'never'}: {node.words}"


def _reached(keeper: Keeper) -> Iterator[str]:
    if keeper.last is None:
        yield "cosigned    nothing yet"
        return
    time = notes.cosigners(keeper.last.note, keeper.last.checkpoint, [keeper.key]).get(keeper.name, 0)
    yield f"cosigned    height {keeper.size - 1}, at {_time(time * 1_000)} (/checkpoint)"


def _time(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds // 1_000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
