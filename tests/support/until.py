"""Waiting for a condition, with a bound."""

import asyncio
from collections.abc import Awaitable, Callable

_STEP_SECONDS = 0.005


async def until(condition: Callable[[], bool], what: str, seconds: float = 20.0) -> None:
    """Return once a condition holds. Raises AssertionError if it doesn't in time."""
    for _ in range(int(seconds / _STEP_SECONDS)):
        if condition():
            return
        await asyncio.sleep(_STEP_SECONDS)
    raise AssertionError(f"waited {seconds} s in vain: {what}")


async def until_answered(condition: Callable[[], Awaitable[bool]], what: str, seconds: float = 20.0) -> None:
    """Return once a condition that has to be awaited holds. Raises AssertionError if it doesn't in time."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not await condition():
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"waited {seconds} s in vain: {what}")
        await asyncio.sleep(_STEP_SECONDS)
