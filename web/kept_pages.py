"""Pages for readers who haven't signed in, kept for a moment, so that many readers cost little more than one.

Only what is the same for everybody is kept: no page with a form's secret, none of a session. A page that is being made
is made once, however many wait for it. What is kept is bounded in number and size; the longest unused goes first.
"""

import asyncio
import gzip
import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web as aioweb

PAGES_MAX: Final = 512
BYTES_MAX: Final = 32 * 1024 * 1024
_PAGE_BYTES_MAX: Final = 2 * 1024 * 1024
_GZIP_LEVEL: Final = 5

KEPT: Final = frozenset(
    {
        "/",
        "/agenda/{version}",
        "/agenda/{version}/changes",
        "/agenda/{version}/fairness",
        "/agenda/{version}/fairness.json",
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
        "/proposals",
        "/proposals/{proposal}",
        "/proposals/{proposal}/comments",
        "/proposals/{proposal}/comments.atom",
        "/proposals/{proposal}/versions",
        "/rounds",
        "/rounds/{round}",
        "/rounds/{round}/ballots.json",
        "/rounds/{round}/texts/{option}",
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
    """A page as it is sent."""

    body: bytes
    gzipped: bytes
    content_type: str
    etag: str
    made: int
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes that it takes to keep it."""
        return len(self.body) + len(self.gzipped)

    def response(self, request: aioweb.Request) -> aioweb.Response:
        """Return the answer to a request: without a body for a reader who has this page already."""
        headers = {**self.headers, "ETag": f'W/"{self.etag}"'}
        if any(each.value == self.etag for each in request.if_none_match or ()):
            return aioweb.Response(status=304, headers=headers)
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            headers["Content-Encoding"] = "gzip"
            return aioweb.Response(body=self.gzipped, headers={**headers, "Content-Type": self.content_type})
        return aioweb.Response(body=self.body, headers={**headers, "Content-Type": self.content_type})


class KeptPages:
    """Pages by what they depend on: address, language, appearance."""

    def __init__(self, lasting_ms: int) -> None:
        self.lasting_ms = lasting_ms
        self._pages: OrderedDict[tuple[str, ...], KeptPage] = OrderedDict()
        self._being_made: dict[tuple[str, ...], asyncio.Lock] = {}
        self._bytes = 0

    async def answer(
        self, key: tuple[str, ...], request: aioweb.Request, now: int, make: Maker
    ) -> aioweb.StreamResponse:
        """Return a page that was kept a moment ago, or a fresh one. now is in milliseconds."""
        lock = self._being_made.setdefault(key, asyncio.Lock())
        try:
            async with lock:
                kept = self._fresh(key, now)
                if kept is None:
                    made, is_for_everybody = await make()
                    kept = kept_page(made, now) if is_for_everybody else None
                    if kept is None:
                        return made
                    self._keep(key, kept)
        finally:
            if not lock.locked():
                self._being_made.pop(key, None)
        return kept.response(request)

    def _fresh(self, key: tuple[str, ...], now: int) -> KeptPage | None:
        kept = self._pages.get(key)
        if kept is None or not 0 <= now - kept.made < self.lasting_ms:
            return None
        self._pages.move_to_end(key)
        return kept

    def _keep(self, key: tuple[str, ...], page: KeptPage) -> None:
        before = self._pages.pop(key, None)
        self._bytes += page.size - (before.size if before else 0)
        self._pages[key] = page
        while len(self._pages) > PAGES_MAX or self._bytes > BYTES_MAX:
            _, oldest = self._pages.popitem(last=False)
            self._bytes -= oldest.size


def kept_page(made: aioweb.StreamResponse, now: int) -> KeptPage | None:
    """Return a page to keep, or None for what isn't the same for everybody or isn't a whole page."""
    if not isinstance(made, aioweb.Response) or made.prepared or made.status != 200 or made.cookies:
        return None
    if not isinstance(made.body, bytes) or len(made.body) > _PAGE_BYTES_MAX:
        return None
    etag = hashlib.sha256(made.body).hexdigest()[:32]
    headers = {name: value for name, value in made.headers.items() if name not in {"Content-Type", "Content-Length"}}
    content_type = made.headers["Content-Type"]
    return KeptPage(made.body, gzip.compress(made.body, _GZIP_LEVEL, mtime=0), content_type, etag, now, headers)
