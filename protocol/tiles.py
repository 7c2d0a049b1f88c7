"""A log as static resources, after C2SP tlog-tiles: where tiles and bundles of entries stand, and what is in them.

Does not fetch or serve anything. A tile of level L holds the hashes of up to 256 complete subtrees of the tree's level
8·L; a bundle holds up to 256 entries.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from protocol import merkle
from protocol.errors import RemoteError

WIDTH = 256
TILE_BYTES_MAX = WIDTH * merkle.HASH_BYTES
ENTRY_BYTES_MAX = 0xFFFF
BUNDLE_BYTES_MAX = WIDTH * (2 + ENTRY_BYTES_MAX)
_LEVELS = 8
_INDEX = re.compile(r"(x[0-9]{3}/){0,4}[0-9]{3}")


class TileError(RemoteError):
    """A tile or a bundle is not what it must be."""


@dataclass(frozen=True, slots=True, order=True)
class Tile:
    """One tile, or with ENTRIES as its level one bundle of entries."""

    level: int
    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Where it stands below the log's address."""
        level = "entries" if self.level == ENTRIES else str(self.level)
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{level}/{index_path(self.index)}{partial}"


ENTRIES = -1


def index_path(index: int) -> str:
    """Return a tile's index as path elements of three digits, all but the last with an x before them."""
    digits = str(index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    parts = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    return "/".join([*(f"x{part}" for part in parts[:-1]), parts[-1]])


def parse_index(path: str) -> int | None:
    """Return the index that path elements stand for, or None if they aren't written as they must be."""
    if not _INDEX.fullmatch(path):
        return None
    index = int(path.replace("x", "").replace("/", ""))
    return index if index_path(index) == path else None


def width_of(level: int, index: int, size: int) -> int:
    """Return how many hashes, or entries, a tile has in a log of a size; 0 if it isn't there."""
    count = size >> (_LEVELS * max(level, 0))
    return max(0, min(WIDTH, count - index * WIDTH))


def bundles(start: int, size: int) -> Iterator[Tile]:
    """Yield the bundles that hold the entries from a start to a log's size."""
    for index in range(start // WIDTH, -(-size // WIDTH)):
        yield Tile(ENTRIES, index, width_of(ENTRIES, index, size))


def tile_at(level: int, index: int, size: int) -> Tile:
    """Return the tile, of a log of this size, that a complete subtree can be worked out from."""
    at, within = divmod(level, _LEVELS)
    first = index << within
    return Tile(at, first // WIDTH, width_of(at, first // WIDTH, size))


def tiles_for(size: int, work: Callable[[merkle.Lookup], object]) -> tuple[Tile, ...]:
    """Return the tiles, of a log of this size, that a piece of work on the tree will look at."""
    found: set[Tile] = set()

    def lookup(level: int, index: int) -> bytes:
        found.add(tile_at(level, index, size))
        return merkle.EMPTY_ROOT

    work(lookup)
    return tuple(sorted(found))


def lookup_in(held: Mapping[Tile, bytes], size: int) -> merkle.Lookup:
    """Return the look-up of complete subtrees in the tiles that are held. It raises KeyError for others."""

    def lookup(level: int, index: int) -> bytes:
        tile = tile_at(level, index, size)
        within = level % _LEVELS
        start = (index << within) - tile.index * WIDTH
        return _root(hashes_in(held[tile], tile.width)[start : start + (1 << within)])

    return lookup


def hashes_in(data: bytes, width: int) -> list[bytes]:
    """Return the hashes in a tile of a width. Raises TileError if there are more or fewer."""
    if len(data) != width * merkle.HASH_BYTES:
        raise TileError(f"a tile of {len(data)} bytes where {width} hashes were due")
    return [data[at : at + merkle.HASH_BYTES] for at in range(0, len(data), merkle.HASH_BYTES)]


def bundle(entries: Sequence[bytes]) -> bytes:
    """Return entries as a bundle. One that is too long, as only a charter's can be, stands there as an empty one."""
    short = (entry if len(entry) <= ENTRY_BYTES_MAX else b"" for entry in entries)
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in short)


def entries_in(data: bytes, width: int) -> list[bytes]:
    """Return the entries in a bundle of a width. Raises TileError if there are more or fewer."""
    found: list[bytes] = []
    at = 0
    while at < len(data) and len(found) <= width:
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if at + 2 > len(data) or end > len(data):
            raise TileError("a bundle is cut short within an entry")
        found.append(data[at + 2 : end])
        at = end
    if len(found) != width:
        raise TileError(f"a bundle of {len(found)} entries where {width} were due")
    return found


def _root(hashes: list[bytes]) -> bytes:
    while len(hashes) > 1:
        hashes = [merkle.node_hash(hashes[at], hashes[at + 1]) for at in range(0, len(hashes), 2)]
    return hashes[0]
