"""A server in a process of its own, to measure what an answer costs: the whole interface, or one bare model.

Run as `python -m tests.support.api_server whole` or `bare`; prints its port, and serves until its input ends.
"""

import asyncio
import sys

from aiohttp import web as aioweb

from tests.support.web_backend import MemoryBackend
from web.api.endpoint import Call
from web.api.handlers.proposals import list_proposals
from web.api.lists import Lists
from web.api.models.asked import ProposalsAsked
from web.app import create_web
from web.ports import ProposalFilter, ProposalList
from web.settings import WebSettings


class Answered(MemoryBackend):
    """A backend that has its answer ready, so that the interface alone is measured."""

    answer: ProposalList

    async def proposals(self, wanted: ProposalFilter) -> ProposalList:
        return self.answer


async def application(kind: str) -> aioweb.Application:
    """Return the interface over a ready answer, or one handler that does nothing but write the same model out."""
    backend = Answered()
    backend.answer = await MemoryBackend().proposals(ProposalFilter())
    if kind == "kept":
        backend.known_revision = "one"
    if kind in ("whole", "kept"):
        settings = WebSettings(api_points_per_minute=10**9)
        return create_web(backend, settings)
    model = await list_proposals(Call(backend, Lists(backend), None, dict), ProposalsAsked())

    async def bare(_: aioweb.Request) -> aioweb.Response:
        return aioweb.Response(body=model.model_dump_json().encode(), content_type="application/json")

    app = aioweb.Application()
    app.router.add_get("/api/v1/proposals", bare)
    return app


async def main() -> None:
    """Serve on a free port until the input ends."""
    runner = aioweb.AppRunner(await application(sys.argv[1]), access_log=None)
    await runner.setup()
    await aioweb.TCPSite(runner, "127.0.0.1", 0).start()
    sys.stdout.write(f"{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(main())
