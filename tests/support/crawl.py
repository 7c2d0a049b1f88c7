"""Walks through a site as a reader who follows every link, so that no page is left out of what is asked of all."""

import re
from collections import Counter, deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from html import unescape
from urllib.parse import urldefrag

from aiohttp.test_utils import TestClient

_LINK = re.compile(r'(?:href|src)="([^"]+)"')
_OF_A_KIND_MAX = 4
_PAGES_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Found:
    """What stands at an address that some page links to."""

    path: str
    route: str
    """The route's pattern, or nothing where no route has the address."""
    linked_from: str
    status: int
    content_type: str
    text: str
    wire_bytes: int
    """As sent, compressed where the server does so."""


async def crawl(client: TestClient, start: str, inside: tuple[str, ...]) -> AsyncIterator[Found]:  # type: ignore[type-arg]
    """Yield what is found from a first path on, following links to addresses that begin in one of these ways.

    Of each kind of page (a route and the names of its parameters) a few are opened, in the order in which they are
    found. Raises AssertionError if a site has more kinds of pages than can be walked through.
    """
    waiting = deque([(start, "")])
    seen = {start}
    opened: Counter[object] = Counter()
    while waiting:
        path, linked_from = waiting.popleft()
        kind = _kind(client, path)
        if opened[kind] == _OF_A_KIND_MAX:
            continue
        opened[kind] += 1
        assert opened.total() < _PAGES_MAX, "too many pages to walk through"
        found = await _open(client, path, linked_from, kind[0])
        yield found
        if found.content_type == "text/html":
            fresh = [link for link in links(found.text) if link not in seen and link.startswith(inside)]
            seen.update(fresh)
            waiting.extend((link, path) for link in fresh)


def links(markup: str) -> list[str]:
    """Return the addresses within the site that a page leads to, without fragments, each once."""
    plain = (urldefrag(unescape(target)).url for target in _LINK.findall(markup))
    return list(dict.fromkeys(target for target in plain if re.match(r"/(?!/)", target)))


def _kind(client: TestClient, path: str) -> tuple[str, tuple[str, ...]]:  # type: ignore[type-arg]
    address, _, query = path.partition("?")
    app = client.server.app  # type: ignore[attr-defined]
    pattern = next((found for route in app.router.resources() if (found := _matched(route, address))), "")
    return pattern, tuple(sorted({pair.partition("=")[0] for pair in query.split("&")}))


def _matched(resource: object, address: str) -> str:
    info = resource.get_info()  # type: ignore[attr-defined]
    if "path" in info:
        return info["path"] if info["path"] == address else ""
    return info["formatter"] if info["pattern"].fullmatch(address) else ""


async def _open(client: TestClient, path: str, linked_from: str, route: str) -> Found:  # type: ignore[type-arg]
    async with client.get(path, allow_redirects=False, headers={"Accept-Encoding": "gzip"}) as response:
        body = await response.read()
        compressed = int(response.headers.get("Content-Length", len(body)))
        return Found(
            path=path,
            route=route,
            linked_from=linked_from,
            status=response.status,
            content_type=response.content_type,
            text=body.decode(errors="replace") if response.content_type.startswith("text/") else "",
            wire_bytes=compressed,
        )
