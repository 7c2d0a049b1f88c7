"""Pages against the bare rendering of their templates, and readers while events come in."""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer

from node.app import Node
from node.clock import SystemClock
from node.deliveries import Delivery
from tests.support.bare_loop import mixed_events
from tests.support.builders import EPOCH_MS, Federation, build_federation
from tests.support.inhabited import inhabited
from tests.support.readers import read
from tests.support.told_proposals import Told, node_with
from web import keys
from web.i18n import Language
from web.rendering import Templates

pytestmark = pytest.mark.bench

_SHARE_OF_BARE_RENDERING_AT_LEAST = 0.60
_P99_MS_MAX = 50.0
_PATHS = ("/en", "/en/proposals", "/en/topics", "/en/rounds", "/en/members", "/en/search?q=water", "/ar/proposals")
_PROPOSALS = 200
_ASKED = 200
_TURNS, _ASKED_A_TURN = 7, 60
_READERS = 50
_EVENTS_A_SECOND, _BATCHES_A_SECOND, _SECONDS = 500, 10, 8


@dataclass
class LastRendered:
    """The templates of a node, and what they last rendered."""

    templates: Templates
    last: tuple[Language, str, Mapping[str, object]] | None = field(default=None)

    def render(self, language: Language, name: str, values: Mapping[str, object]) -> str:
        self.last = (language, name, dict(values))
        return self.templates.render(language, name, values)

    def cpu_again(self, times: int) -> float:
        """Return the CPU seconds that rendering the same again takes, each."""
        assert self.last is not None
        began = time.process_time()
        for _ in range(times):
            self.templates.render(*self.last).encode()
        return (time.process_time() - began) / times


@dataclass
class Place:
    """A node that serves pages in this process."""

    federation: Federation
    node: Node
    origin: str
    rendered: LastRendered


@asynccontextmanager
async def served(where: Path) -> AsyncIterator[Place]:
    federation = build_federation(20, tellers=4)
    told = [Told(at % 10, EPOCH_MS + at, f"Clean water for district {at}", goals=(3, 6)) for at in range(_PROPOSALS)]
    async with node_with(federation, told, where, SystemClock()) as node, serving(node) as (origin, rendered):
        yield Place(federation, node, origin, rendered)


@asynccontextmanager
async def serving(node: Node) -> AsyncIterator[tuple[str, LastRendered]]:
    """Serve a node's pages; yield where, and what they render."""
    rendered = LastRendered(node.app[keys.TEMPLATES])
    node.app[keys.TEMPLATES] = rendered  # type: ignore[misc]
    server = TestServer(node.app)
    await server.start_server()
    try:
        yield str(server.make_url("")).rstrip("/"), rendered
    finally:
        await server.close()


async def test_pages_cost_little_more_than_their_templates(tmp_path: Path) -> None:
    shares = {}
    async with served(tmp_path) as place:
        for path in _PATHS:
            await read(place.origin, [path], 1, 5)
            bare = place.rendered.cpu_again(_ASKED)
            began = time.process_time()
            await read(place.origin, [path], 1, _ASKED)
            shares[path] = bare * _ASKED / (time.process_time() - began)
    print("\n" + "\n".join(f"{path}: {share:.2f} of bare rendering" for path, share in shares.items()))
    assert min(shares.values()) >= _SHARE_OF_BARE_RENDERING_AT_LEAST


async def test_pages_for_somebody_signed_in_cost_little_more_than_their_templates(tmp_path: Path) -> None:
    """Each is made anew for its reader. Bare rendering and pages take turns, so that both meet the same machine."""
    shares = {}
    async with inhabited(tmp_path) as place, serving(place.node) as (origin, rendered):
        for name, path in place.pages.items():
            await read(origin, [path], 1, 10, place.session)
            found = [await _share(origin, path, rendered, place.session) for _ in range(_TURNS)]
            shares[name] = statistics.median(found)
    print("\n" + "\n".join(f"{name}, signed in: {share:.2f} of bare rendering" for name, share in shares.items()))
    assert min(shares.values()) >= _SHARE_OF_BARE_RENDERING_AT_LEAST


async def _share(origin: str, path: str, rendered: LastRendered, session: str) -> float:
    bare = rendered.cpu_again(_ASKED_A_TURN)
    began = time.process_time()
    await read(origin, [path], 1, _ASKED_A_TURN, session)
    return bare * _ASKED_A_TURN / (time.process_time() - began)


async def test_readers_are_answered_at_once_while_events_come_in(tmp_path: Path) -> None:
    async with served(tmp_path) as place:
        writers = [place.federation.writer(which) for which in range(10, 20)]
        await read(place.origin, _PATHS, 1, len(_PATHS))
        events = mixed_events(writers, _EVENTS_A_SECOND * _SECONDS)
        size = _EVENTS_A_SECOND // _BATCHES_A_SECOND
        accepted = 0

        async def ingest() -> None:
            nonlocal accepted
            loop = asyncio.get_running_loop()
            began = loop.time()
            for number, start in enumerate(range(0, len(events), size), start=1):
                batch = [verified.envelope for verified in events[start : start + size]]
                report = await place.node.ledger.take(Delivery("bench", batch))
                accepted += len(report.accepted)
                await asyncio.sleep(max(0.0, began + number / _BATCHES_A_SECOND - loop.time()))

        taking = asyncio.create_task(ingest())
        waited = await read(place.origin, _PATHS, _READERS, 60)
        still_coming = not taking.done()
        await taking
    print(
        f"\n{waited.answers} answers, median {waited.median_ms:.1f} ms, p99 {waited.p99_ms:.1f} ms, {accepted} events"
    )
    assert still_coming, "readers were answered for longer than events came"
    assert accepted > 0.9 * len(events)
    assert waited.p99_ms < _P99_MS_MAX
