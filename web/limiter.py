"""How often somebody may try something: a count per key and window, with a bound on the keys that are remembered."""

from collections import OrderedDict

_WINDOW_MS = 60_000
_KEYS_MAX = 10_000


class Limiter:
    """Counts tries per key in windows of a minute. When too many keys are known, the oldest is forgotten."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._tries: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def allows(self, key: str, now: int) -> bool:
        """Count a try and return whether it is within the limit. now is in milliseconds."""
        started, count = self._tries.pop(key, (now, 0))
        if now - started >= _WINDOW_MS:
            started, count = now, 0
        self._tries[key] = (started, count + 1)
        if len(self._tries) > _KEYS_MAX:
            self._tries.popitem(last=False)
        return count < self._per_minute
