"""A clock that stands still until a test moves it."""

from dataclasses import dataclass

from tests.support.builders import EPOCH_MS


@dataclass
class HandClock:
    """Satisfies node.clock.Clock."""

    now_ms: int = EPOCH_MS + 3_600_000

    def now(self) -> int:
        return self.now_ms

    def advance(self, milliseconds: int) -> None:
        self.now_ms += milliseconds
