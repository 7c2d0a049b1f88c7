"""What was refused, for the operator: the latest with their reasons, and how many of each kind. Bounded memory."""

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass

from node.clock import Clock
from protocol.errors import Rejection

_LATEST = 200


@dataclass(frozen=True, slots=True)
class Refusal:
    """One thing that was not taken."""

    at: int
    source: str
    kind: str
    reason: str


class Refusals:
    """A memory of refusals since the node started."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._latest: deque[Refusal] = deque(maxlen=_LATEST)
        self._counts: Counter[str] = Counter()

    def note(self, source: str, refused: Iterable[Rejection]) -> None:
        """Remember what a source sent in vain."""
        for rejection in refused:
            self._counts[rejection.kind.value] += 1
            self._latest.append(Refusal(self._clock.now(), source[:120], rejection.kind.value, rejection.reason[:300]))

    @property
    def latest(self) -> tuple[Refusal, ...]:
        """The latest, newest first."""
        return tuple(reversed(self._latest))

    @property
    def counts(self) -> dict[str, int]:
        """How many of each kind."""
        return dict(sorted(self._counts.items()))
