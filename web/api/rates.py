"""How much somebody may ask of the interface in a minute, counted in points, and what the headers say of it."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

WINDOW_MS: Final = 60_000
_KEYS_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Spent:
    """What is left after a request."""

    limit: int
    left: int
    resets_in_seconds: int
    is_within: bool

    @property
    def headers(self) -> dict[str, str]:
        """The headers of every answer: what there is in a minute, what is left, and when it is renewed."""
        told = {
            "RateLimit-Policy": f'"minute";q={self.limit};w={WINDOW_MS // 1000}',
            "RateLimit": f'"minute";r={self.left};t={self.resets_in_seconds}',
        }
        return told if self.is_within else {**told, "Retry-After": str(self.resets_in_seconds)}


class Rates:
    """Points spent per key in windows of a minute. When too many keys are known, the oldest is forgotten."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._spent: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def spend(self, key: str, points: int, now: int) -> Spent:
        """Count a request; one that is over the limit costs nothing. now is in milliseconds."""
        started, spent = self._spent.pop(key, (now, 0))
        if not 0 <= now - started < WINDOW_MS:
            started, spent = now, 0
        is_within = spent + points <= self._per_minute
        spent += points if is_within else 0
        self._spent[key] = (started, spent)
        if len(self._spent) > _KEYS_MAX:
            self._spent.popitem(last=False)
        seconds = max(1, -(-(started + WINDOW_MS - now) // 1000))
        return Spent(self._per_minute, self._per_minute - spent, seconds, is_within)
