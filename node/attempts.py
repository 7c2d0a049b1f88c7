"""How long somebody has to wait after too many wrong passwords: longer each time, per account that was typed.

An attempt counts before it is checked, so that many at once gain nothing. Names that no account has count alike. Kept
in memory and bounded; passkeys don't count, so a stranger who types wrong passwords keeps nobody with a passkey out.
"""

from collections import OrderedDict

from node.clock import Clock

ATTEMPTS_FREE = 5
FIRST_WAIT_MS = 30_000
LONGEST_WAIT_MS = 15 * 60_000
FORGOTTEN_AFTER_MS = 60 * 60_000
NAMES_MAX = 10_000


class Attempts:
    """Attempts by name since the last success."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._made: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def begin(self, name: str) -> int:
        """Count an attempt and return 0, or count none and return for how many milliseconds none is taken."""
        now = self._clock.now()
        count, latest = self._made.get(name, (0, now))
        if now - latest >= FORGOTTEN_AFTER_MS:
            count = 0
        left = latest + _wait_after(count) - now
        if left > 0:
            return left
        self._made[name] = (count + 1, now)
        self._made.move_to_end(name)
        if len(self._made) > NAMES_MAX:
            self._made.popitem(last=False)
        return 0

    def succeeded(self, name: str) -> None:
        """Forget the attempts of a name."""
        self._made.pop(name, None)


def _wait_after(count: int) -> int:
    if count < ATTEMPTS_FREE:
        return 0
    return min(FIRST_WAIT_MS << min(count - ATTEMPTS_FREE, 10), LONGEST_WAIT_MS)
