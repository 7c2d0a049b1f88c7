from datetime import UTC, datetime

from node.clock import SystemClock


def test_the_clock_gives_milliseconds_since_1970() -> None:
    now = SystemClock().now()
    assert isinstance(now, int)
    assert datetime.fromtimestamp(now / 1_000, tz=UTC).year >= 2025


def test_the_clock_goes_on() -> None:
    clock = SystemClock()
    first = clock.now()
    for _ in range(50_000_000):
        if clock.now() > first:
            return
    raise AssertionError("the clock stands still")
