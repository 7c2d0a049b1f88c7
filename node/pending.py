"""What has begun in a browser and has to be finished there soon: challenges, drafts, journeys to a provider.

Kept in memory, bounded in number and time. A ticket names one thing and says nothing; it is meant for a cookie or a
form of the browser in which the thing began.
"""

import hashlib
import secrets
from collections import OrderedDict
from typing import Generic, TypeVar

from node.clock import Clock

PENDING_VALID_MS = 10 * 60_000
PENDING_MAX = 4_096
TICKET_CHARACTERS_MAX = 200
_T = TypeVar("_T")


class Pending(Generic[_T]):
    """Things under way, by ticket. Where there are too many, the oldest is forgotten."""

    def __init__(self, clock: Clock, valid_ms: int = PENDING_VALID_MS, most: int = PENDING_MAX) -> None:
        self._clock = clock
        self._valid_ms = valid_ms
        self._most = most
        self._kept: OrderedDict[bytes, tuple[int, _T]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def keep(self, value: _T) -> str:
        """Keep something and return its ticket."""
        ticket = secrets.token_urlsafe(32)
        self._kept[_digest(ticket)] = (self._clock.now() + self._valid_ms, value)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return ticket

    def see(self, ticket: str) -> _T | None:
        """Return what a ticket names and keep it, or None if it isn't there or its time has passed."""
        if len(ticket) > TICKET_CHARACTERS_MAX:
            return None
        expires, value = self._kept.get(_digest(ticket), (0, None))
        return value if self._clock.now() < expires else None

    def take(self, ticket: str) -> _T | None:
        """Return what a ticket names, once."""
        value = self.see(ticket)
        self._kept.pop(_digest(ticket[:TICKET_CHARACTERS_MAX]), None)
        return value


def _digest(ticket: str) -> bytes:
    return hashlib.sha256(ticket.encode(errors="surrogatepass")).digest()
