"""Lists that a node answers as a whole, asked for once for all the parts in which the interface gives them out."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar, cast

from web.explorer_views import GroupView
from web.ports import Backend, MemberView, RoundSummary, TopicView

LASTS_MS: Final = 1_000
"""How long a list may be given out without asking again, if nothing has changed: what only the time changes."""

T = TypeVar("T")


class Lists:
    """The latest answers, each good for one revision and a second. Where a node knows no revision, always asked."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._known: dict[str, tuple[str, int, asyncio.Future[Any]]] = {}

    async def members(self) -> tuple[MemberView, ...]:
        """Return all members."""
        return await self._of("members", self._backend.members)

    async def rounds(self) -> tuple[RoundSummary, ...]:
        """Return all rounds."""
        return await self._of("rounds", self._backend.rounds)

    async def topics(self) -> tuple[TopicView, ...]:
        """Return all topics."""
        return await self._of("topics", self._backend.topics)

    async def groups(self) -> tuple[GroupView, ...]:
        """Return all automatic groups."""
        return await self._of("groups", self._backend.groups)

    async def _of(self, name: str, ask: Callable[[], Awaitable[T]]) -> T:
        revision, now = self._backend.revision(), self._backend.now()
        if revision is None:
            return await ask()
        known = self._known.get(name)
        if known is None or known[0] != revision or not 0 <= now - known[1] < LASTS_MS or _has_failed(known[2]):
            answer: asyncio.Future[Any] = asyncio.ensure_future(ask())
            known = self._known[name] = (revision, now, answer)
        return cast("T", await asyncio.shield(known[2]))


def _has_failed(answer: asyncio.Future[Any]) -> bool:
    return answer.done() and (answer.cancelled() or answer.exception() is not None)
