"""Answers kept while nothing can have changed, so that whoever asks again is told so without making them anew."""

from collections import OrderedDict
from typing import Final

from web.api.etags import Body

ENTRIES_MAX: Final = 512
BYTES_MAX: Final = 16 * 1024 * 1024


class Kept:
    """Public answers by their address, the latest used ones."""

    def __init__(self) -> None:
        self._bodies: OrderedDict[str, tuple[str, int, Body]] = OrderedDict()
        self._bytes = 0

    def get(self, address: str, revision: str | None, now: int) -> Body | None:
        """Return what was answered, if it still holds: for this revision, and not longer than was said."""
        found = self._bodies.get(address)
        if found is None:
            return None
        if found[0] != revision or now >= found[1]:
            self._drop(address)
            return None
        self._bodies.move_to_end(address)
        return found[2]

    def put(self, address: str, revision: str, until: int, body: Body) -> None:
        """Keep an answer until a time, in milliseconds."""
        self._drop(address)
        self._bodies[address] = (revision, until, body)
        self._bytes += _size(body)
        while len(self._bodies) > ENTRIES_MAX or self._bytes > BYTES_MAX:
            self._drop(next(iter(self._bodies)))

    def _drop(self, address: str) -> None:
        found = self._bodies.pop(address, None)
        if found is not None:
            self._bytes -= _size(found[2])


def _size(body: Body) -> int:
    """Return the bytes that an answer takes, its compressed twin included whether it is made or not."""
    return 2 * len(body.plain)
