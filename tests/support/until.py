"""Waiting for a condition, with a bound."""

import asyncio
from collections.abc import Callable

_STEP_SECONDS = 0.005


async def until(condition: Callable[[], bool], what: str, seconds: float = 20.0) -> None:
    """Return once a condition holds. Raises AssertionError if it doesn't in time."""
    for _ in range(int(seconds / _STEP_SECONDS)):
        if condition():
            return
        await asyncio.sleep(_STEP_SECONDS)
    raise AssertionError(f"waited {seconds} s in vain: {what}")
