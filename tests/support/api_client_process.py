"""Starts the property-based client against a site and reads what it found."""

import asyncio
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

SEED = 20261124


@dataclass(frozen=True, slots=True)
class Found:
    """How many requests were made, and what failed: check and resource, and how to ask the same again."""

    asked: int
    failed: dict[str, str]


async def client_finds(address: str, token: str, examples: int, phases: str, *, seconds: float) -> Found:
    """Return what the client finds at an address. Fails if it takes longer than so many seconds."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.support.api_client", address, token, str(examples), str(SEED), phases),
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )
    try:
        async with asyncio.timeout(seconds):
            out, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return Found(**json.loads(out))
