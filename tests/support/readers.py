"""Readers in a process of their own, so that what they cost isn't taken for what a node costs."""

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

import aiohttp


@dataclass(frozen=True, slots=True)
class Waited:
    """How long so many answers took, in milliseconds."""

    answers: int
    median_ms: float
    p99_ms: float


async def read(origin: str, paths: Sequence[str], readers: int, each: int, session: str = "") -> Waited:
    """Let readers open pages one after the other, all at the same time; each opens so many."""
    command = [sys.executable, "-m", "tests.support.readers", origin, str(readers), str(each), session, *paths]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    assert process.returncode == 0
    return Waited(**json.loads(out))


async def _all(origin: str, paths: Sequence[str], readers: int, each: int, session: str) -> Waited:
    took: list[float] = []
    cookies = {"comitia_session": session} if session else {}

    async def one(http: aiohttp.ClientSession, start: int) -> None:
        for at in range(start, start + each):
            began = time.perf_counter()
            async with http.get(origin + paths[at % len(paths)]) as response:
                await response.read()
                assert response.status == 200, response.status
            took.append(1_000 * (time.perf_counter() - began))

    connector, jar = aiohttp.TCPConnector(limit=0), aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(
        auto_decompress=False, connector=connector, cookie_jar=jar, cookies=cookies
    ) as http:
        await asyncio.gather(*(one(http, start) for start in range(readers)))
    took.sort()
    return Waited(len(took), took[len(took) // 2], took[int(0.99 * len(took))])


if __name__ == "__main__":
    origin, readers, each, session, *paths = sys.argv[1:]
    waited = asyncio.run(_all(origin, paths, int(readers), int(each), session))
    print(json.dumps({"answers": waited.answers, "median_ms": waited.median_ms, "p99_ms": waited.p99_ms}))
