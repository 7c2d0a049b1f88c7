"""The register's log for everybody: what witnesses, verifiers and other tools of transparency logs ask for.

GET /federation/v1/log/checkpoint               the newest checkpoint that a quorum of tellers has cosigned
GET /federation/v1/log/tile/{L}/{N}[.p/{W}]     hashes of the tree (C2SP tlog-tiles)
GET /federation/v1/log/tile/entries/{N}[.p/{W}] entries
GET /federation/v1/log/proof/{height}           the short proof of a record
GET /federation/v1/log/tellers                  the text whose SHA-256 is the tellers' fingerprint

Nothing here needs an account, and nothing that isn't cosigned is given away.
"""

import asyncio
from typing import Final

from aiohttp import web as aioweb

from node.register_log import RegisterLog
from protocol import tiles
from protocol.tiles import ENTRIES

LOG_PATH: Final = "/federation/v1/log"
_INDEX: Final = r"{index:(?:x\d{3}/){0,4}\d{3}}"
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_FOR_SECONDS: Final = "public, max-age=2"
_ENTRIES_AT_ONCE: Final = 16
_BUNDLES_AT_ONCE: Final = 2
"""Bundles that are put together at the same time; others wait."""


class LogApi:
    """The endpoints of one node's log."""

    def __init__(self, log: RegisterLog) -> None:
        self._log = log
        self._bundling = asyncio.Semaphore(_BUNDLES_AT_ONCE)

    def add_routes(self, app: aioweb.Application) -> None:
        """Add the endpoints to an application."""
        app.router.add_get(f"{LOG_PATH}/checkpoint", self.checkpoint)
        for partial in ("", r".p/{width:[1-9]\d{0,2}}"):
            app.router.add_get(rf"{LOG_PATH}/tile/{{level:0|[1-9]\d?}}/{_INDEX}{partial}", self.tile)
            app.router.add_get(rf"{LOG_PATH}/tile/entries/{_INDEX}{partial}", self.entries)
        app.router.add_get(rf"{LOG_PATH}/proof/{{height:\d{{1,9}}}}", self.proof)
        app.router.add_get(f"{LOG_PATH}/tellers", self.tellers)

    async def checkpoint(self, request: aioweb.Request) -> aioweb.Response:
        """Return the newest cosigned checkpoint."""
        del request
        note = self._log.note
        if note is None:
            return _absent("no checkpoint has been cosigned by a quorum of tellers yet")
        return _text(note.to_bytes(), _FOR_SECONDS)

    async def tellers(self, request: aioweb.Request) -> aioweb.Response:
        """Return the text of the tellers' fingerprint."""
        del request
        return _text(self._log.tellers_text.encode(), _FOR_SECONDS)

    async def proof(self, request: aioweb.Request) -> aioweb.Response:
        """Return the short proof of a record."""
        height = int(request.match_info["height"])
        proof = await self._log.short_proof(height)
        if proof is None:
            return _absent("the register has no record at this height that a quorum of tellers has cosigned")
        response = _text(proof, _FOR_SECONDS)
        name = f"{self._log.federation[:12]}-{height}.tlog-proof"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    async def tile(self, request: aioweb.Request) -> aioweb.Response:
        """Return a tile of the tree."""
        tile = self._asked(request, int(request.match_info["level"]))
        if tile is None:
            return _absent("there is no such tile of the cosigned log")
        return _data(self._log.tree.subtrees(8 * tile.level, tile.index * tiles.WIDTH, tile.width))

    async def entries(self, request: aioweb.Request) -> aioweb.Response:
        """Return a bundle of entries."""
        tile = self._asked(request, ENTRIES)
        if tile is None:
            return _absent("there is no such bundle of the cosigned log")
        async with self._bundling:
            found: list[bytes] = []
            while len(found) < tile.width:
                count = min(_ENTRIES_AT_ONCE, tile.width - len(found))
                found += await self._log.leaves(tile.index * tiles.WIDTH + len(found), count)
        return _data(tiles.bundle(found))

    def _asked(self, request: aioweb.Request, level: int) -> tiles.Tile | None:
        """Return what is asked for, if it is there and written in the one way that there is."""
        index = tiles.parse_index(request.match_info["index"])
        width = int(request.match_info.get("width", tiles.WIDTH))
        cosigned = self._log.cosigned
        if index is None or cosigned is None or width > tiles.width_of(level, index, cosigned.size):
            return None
        is_partial = "width" in request.match_info
        return None if is_partial and width >= tiles.WIDTH else tiles.Tile(level, index, width)


def _text(body: bytes, caching: str) -> aioweb.Response:
    return aioweb.Response(body=body, content_type="text/plain", charset="utf-8", headers={"Cache-Control": caching})


def _data(body: bytes) -> aioweb.Response:
    headers = {"Cache-Control": _FOR_EVER}
    return aioweb.Response(body=body, content_type="application/octet-stream", headers=headers)


def _absent(words: str) -> aioweb.Response:
    return aioweb.Response(status=404, text=f"{words}\n", headers={"Cache-Control": "no-store"})
