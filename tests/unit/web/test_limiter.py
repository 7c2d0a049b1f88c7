"""Counting tries."""

from web.limiter import _KEYS_MAX, Limiter


def test_tries_are_counted_by_key_and_minute() -> None:
    limiter = Limiter(2)
    assert [limiter.allows("a", 0), limiter.allows("a", 1), limiter.allows("a", 2)] == [True, True, False]
    assert limiter.allows("b", 3)
    assert limiter.allows("a", 60_000)


def test_memory_is_bounded() -> None:
    limiter = Limiter(1)
    for key in range(_KEYS_MAX + 100):
        limiter.allows(str(key), 0)
    assert len(limiter._tries) == _KEYS_MAX
