"""Waiting for one's turn where two requests must not do the same thing at once."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager


class Turns:
    """Lets whoever comes with the same key wait for each other."""

    def __init__(self) -> None:
        self._locks: defaultdict[tuple[Hashable, ...], asyncio.Lock] = defaultdict(asyncio.Lock)
        self._waiting: defaultdict[tuple[Hashable, ...], int] = defaultdict(int)

    def is_taken(self, key: tuple[Hashable, ...]) -> bool:
        """Whether somebody is at this key, or waits for it."""
        return key in self._waiting

    @asynccontextmanager
    async def of(self, key: tuple[Hashable, ...]) -> AsyncIterator[None]:
        """Wait until nobody else is at this key."""
        self._waiting[key] += 1
        try:
            async with self._locks[key]:
                yield
        finally:
            self._waiting[key] -= 1
            if not self._waiting[key]:
                del self._waiting[key]
                self._locks.pop(key, None)
