"""Asks a node for its log by the public endpoints. What comes back is a stranger's: bounded in size and in time."""

from collections.abc import Callable
from typing import Final

import aiohttp

from protocol import limits, merkle, tiles
from protocol.errors import RemoteError
from protocol.tiles import ENTRIES, Tile

_LOG_PATH: Final = "/federation/v1/log/"
_CHARTER_PATH: Final = "/federation/v1/charter"
_SMALL_SECONDS: Final = 15.0
_LARGE_SECONDS: Final = 120.0
_SILENT_SECONDS: Final = 10.0


class AskingError(RemoteError):
    """A node doesn't answer, or not with what it was asked for. One line."""


class LogClient:
    """One node's log."""

    def __init__(self, http: aiohttp.ClientSession, address: str) -> None:
        self._http = http
        self.address = address.rstrip("/")

    async def charter(self) -> bytes:
        """Return the charter file."""
        return await self._get(_CHARTER_PATH, limits.CHARTER_BYTES_MAX, _LARGE_SECONDS)

    async def checkpoint(self) -> bytes:
        """Return the newest checkpoint as a note."""
        return await self._get(_LOG_PATH + "checkpoint", limits.NOTE_BYTES_MAX, _SMALL_SECONDS)

    async def lookup(self, size: int, work: Callable[[merkle.Lookup], object]) -> merkle.Lookup:
        """Return the look-up of the subtrees that a piece of work on a tree of a size needs, from the node's tiles."""
        held = {tile: await self._tile(tile) for tile in tiles.tiles_for(size, work)}
        return tiles.lookup_in(held, size)

    async def entries(self, bundle: Tile) -> list[bytes]:
        """Return the entries of a bundle. Raises AskingError or TileError."""
        data = await self._tile(bundle)
        return tiles.entries_in(data, bundle.width)

    async def _tile(self, tile: Tile) -> bytes:
        is_bundle = tile.level == ENTRIES
        bytes_max = tiles.BUNDLE_BYTES_MAX if is_bundle else tiles.TILE_BYTES_MAX
        return await self._get(_LOG_PATH + tile.path, bytes_max, _LARGE_SECONDS if is_bundle else _SMALL_SECONDS)

    async def _get(self, path: str, bytes_max: int, seconds: float) -> bytes:
        timeout = aiohttp.ClientTimeout(total=seconds, sock_read=_SILENT_SECONDS)
        try:
            async with self._http.get(self.address + path, timeout=timeout, allow_redirects=False) as response:
                if response.status != 200:
                    raise AskingError(f"it answers {path} with status {response.status}")
                return await _bounded(response, bytes_max)
        except TimeoutError as error:
            raise AskingError(f"it did not answer {path} in time") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise AskingError(f"no answer: {type(error).__name__}: {error}"[:200]) from error


def new_session() -> aiohttp.ClientSession:
    """Return a session that decompresses nothing, so that what is bounded is what came."""
    return aiohttp.ClientSession(
        auto_decompress=False,
        headers={"Accept-Encoding": "identity"},
        cookie_jar=aiohttp.DummyCookieJar(),
        max_line_size=8_190,
        max_field_size=8_190,
    )


async def _bounded(response: aiohttp.ClientResponse, bytes_max: int) -> bytes:
    data = bytearray()
    async for piece in response.content.iter_any():
        data += piece
        if len(data) > bytes_max:
            raise AskingError(f"its answer is longer than the limit of {bytes_max} bytes")
    return bytes(data)
