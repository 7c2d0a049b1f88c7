"""The only place that reads the time. Everything else is handed a Clock or the time itself."""

import time
from typing import Protocol


class Clock(Protocol):
    """Something that tells the time."""

    def now(self) -> int:
        """Return the milliseconds since 1970-01-01 UTC."""
        ...


class SystemClock:
    """The machine's clock. It may be wrong and may step back."""

    def now(self) -> int:
        """Return the milliseconds since 1970-01-01 UTC."""
        return time.time_ns() // 1_000_000
