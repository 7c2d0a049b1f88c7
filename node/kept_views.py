"""What pages show, made once for each change of the node and not once for each reader.

A view is kept under the node's revision (revisions.py) and until a moment at which time alone changes it. Views are
frozen, so that readers share them. Whoever has done something reads what was made after it: a revision changes before
the statement that changed it is answered. Does not hold what rests on more than events, texts and the register, such as
drafts, sessions and requests that wait for a second person.
"""

from collections.abc import Awaitable, Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any, Final, TypeVar, cast

from node.clock import Clock
from node.revisions import Revisions
from web.shelf import Shelf
from web.turns import Turns

VIEWS_MAX: Final = 512
LASTS_MS: Final = 10_000
"""No view is given out longer: what comes from beside the revision, such as similar texts, follows within this time."""
BRIEF_MS: Final = 1_000
"""For views that time alone changes in many ways."""

T = TypeVar("T")
Key = tuple[Hashable, ...]


@dataclass(frozen=True, slots=True)
class _Kept:
    view: Any
    revision: str
    since: int
    until: int


class KeptViews:
    """The views of one node that were asked for lately."""

    def __init__(self, revisions: Revisions, clock: Clock) -> None:
        self._revisions = revisions
        self._clock = clock
        self._kept: Shelf[Key, _Kept] = Shelf(VIEWS_MAX, VIEWS_MAX)
        self._turns = Turns()

    async def of(
        self,
        key: Key,
        make: Callable[[], Awaitable[T]],
        lasts_ms: int = LASTS_MS,
        changes_at: Callable[[T], Iterable[int]] = lambda _: (),
    ) -> T:
        """Return a view that still holds, or make it; whoever asks meanwhile waits for the same one.

        changes_at gives moments of which the first one to come changes the view though nobody says anything.
        """
        kept = self._holding(key)
        if kept is None:
            async with self._turns.of(key):
                kept = self._holding(key) or await self._make(key, make, lasts_ms, changes_at)
        return cast("T", kept.view)

    def _holding(self, key: Key) -> _Kept | None:
        kept = self._kept.get(key)
        if kept is None or kept.revision != self._revisions.current:
            return None
        return kept if kept.since <= self._clock.now() < kept.until else None

    async def _make(
        self, key: Key, make: Callable[[], Awaitable[T]], lasts_ms: int, changes_at: Callable[[T], Iterable[int]]
    ) -> _Kept:
        revision, now = self._revisions.current, self._clock.now()
        view = await make()
        until = min([now + lasts_ms, *(moment for moment in changes_at(view) if moment > now)])
        kept = _Kept(view, revision, now, until)
        self._kept.put(key, kept, 1)
        return kept
