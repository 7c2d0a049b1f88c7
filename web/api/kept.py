"""Answers kept while nothing can have changed, so that whoever asks again is told so without making them anew."""

from typing import Final

from web.bodies import Body
from web.shelf import Shelf

ENTRIES_MAX: Final = 512
BYTES_MAX: Final = 16 * 1024 * 1024


class Kept:
    """Public answers by their address, the latest used ones."""

    def __init__(self) -> None:
        self._bodies: Shelf[str, tuple[str, int, Body]] = Shelf(ENTRIES_MAX, BYTES_MAX)

    def get(self, address: str, revision: str | None, now: int) -> Body | None:
        """Return what was answered, if it still holds: for this revision, and not longer than was said."""
        found = self._bodies.get(address)
        if found is None:
            return None
        if found[0] != revision or now >= found[1]:
            self._bodies.drop(address)
            return None
        return found[2]

    def put(self, address: str, revision: str, until: int, body: Body) -> None:
        """Keep an answer until a time, in milliseconds."""
        self._bodies.put(address, (revision, until, body), body.size)
