"""Pages for readers who haven't signed in, kept for a moment, so that many readers cost little more than one.

Only what is the same for everybody is kept: no page with a form's secret, none of a session. A page that is being made
is made once, however many wait for it. What is kept is bounded in number and size; the longest unused goes first.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from aiohttp import web as aioweb

from web.bodies import Body, told
from web.shelf import Shelf
from web.turns import Turns

PAGES_MAX: Final = 512
BYTES_MAX: Final = 32 * 1024 * 1024
_PAGE_BYTES_MAX: Final = 2 * 1024 * 1024
_MADE_ANEW: Final = frozenset({"content-type", "content-length", "etag"})
"""Headers that every sending of a page gets of its own."""

KEPT: Final = frozenset(
    {
        "/",
        "/agenda/{version}",
        "/agenda/{version}/agenda.akn.xml",
        "/agenda/{version}/agenda.docx",
        "/agenda/{version}/agenda.ics",
        "/agenda/{version}/agenda.json",
        "/agenda/{version}/agenda.jsonld",
        "/agenda/{version}/changes",
        "/agenda/{version}/fairness",
        "/agenda/{version}/fairness.json",
        "/agenda/{version}/items.csv",
        "/agenda/{version}/roll-calls.csv",
        "/api",
        "/calendar.ics",
        "/dates",
        "/design",
        "/feeds",
        "/feeds/agenda.atom",
        "/feeds/proposals.atom",
        "/feeds/rounds.atom",
        "/members",
        "/members/{member}",
        "/node",
        "/open-data",
        "/open-data/datapackage.json",
        "/proposals",
        "/proposals/{proposal}",
        "/proposals/{proposal}/comments",
        "/proposals/{proposal}/comments.atom",
        "/proposals/{proposal}/versions",
        "/rounds",
        "/rounds/{round}",
        "/rounds/{round}/ballots.json",
        "/rounds/{round}/texts/{option}",
        "/schemas/agenda-1.json",
        "/search",
        "/texts/{text}",
        "/topics",
        "/topics/{topic}",
        "/verify",
    }
)
"""The addresses, without their language, of pages that are the same for everybody who hasn't signed in."""

Maker = Callable[[], Awaitable[tuple[aioweb.StreamResponse, bool]]]
"""Makes a page, and says whether it is the same for everybody."""


@dataclass(frozen=True, slots=True)
class KeptPage:
    """A page as it is sent, and when it was made."""

    body: Body
    content_type: str
    made: int


class KeptPages:
    """Pages by what they depend on: address, language, appearance."""

    def __init__(self, lasting_ms: int) -> None:
        self.lasting_ms = lasting_ms
        self._pages: Shelf[tuple[str, ...], KeptPage] = Shelf(PAGES_MAX, BYTES_MAX)
        self._turns = Turns()

    async def answer(
        self, key: tuple[str, ...], request: aioweb.Request, now: int, make: Maker
    ) -> aioweb.StreamResponse:
        """Return a page that was kept a moment ago, or a fresh one. now is in milliseconds.

        While somebody waits for a fresh one, everybody else gets the one before, up to twice its time.
        """
        before = self._kept_for(key, now, 2 * self.lasting_ms) if self._turns.is_taken(key) else None
        if before is not None:
            return told(request, before.body, before.content_type, {})
        async with self._turns.of(key):
            kept = self._kept_for(key, now, self.lasting_ms)
            if kept is None:
                made, is_for_everybody = await make()
                kept = kept_page(made, now) if is_for_everybody else None
                if kept is None:
                    return made
                self._pages.put(key, kept, kept.body.size)
        return told(request, kept.body, kept.content_type, {})

    def _kept_for(self, key: tuple[str, ...], now: int, lasting_ms: int) -> KeptPage | None:
        kept = self._pages.get(key)
        return kept if kept is not None and 0 <= now - kept.made < lasting_ms else None


def kept_page(made: aioweb.StreamResponse, now: int) -> KeptPage | None:
    """Return a page to keep, or None for what isn't the same for everybody or isn't a whole page."""
    if not isinstance(made, aioweb.Response) or made.prepared or made.status != 200 or made.cookies:
        return None
    if not isinstance(made.body, bytes) or len(made.body) > _PAGE_BYTES_MAX:
        return None
    headers = {name: value for name, value in made.headers.items() if name.lower() not in _MADE_ANEW}
    return KeptPage(Body(made.body, headers), made.headers["Content-Type"], now)
