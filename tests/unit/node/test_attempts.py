"""Attempts: free at first, then a wait that grows, up to a bound, and is forgotten in time."""

from node import attempts as module
from node.attempts import ATTEMPTS_FREE, FIRST_WAIT_MS, FORGOTTEN_AFTER_MS, LONGEST_WAIT_MS, Attempts
from tests.support.hand_clock import HandClock


def test_waits_double_up_to_a_bound() -> None:
    clock = HandClock()
    attempts = Attempts(clock)
    waits = []
    for _ in range(ATTEMPTS_FREE + 8):
        wait = attempts.begin("ada")
        if wait:
            waits.append(wait)
            clock.advance(wait)
            assert attempts.begin("ada") == 0
    assert waits[:3] == [FIRST_WAIT_MS, 2 * FIRST_WAIT_MS, 4 * FIRST_WAIT_MS]
    assert waits[-1] == LONGEST_WAIT_MS


def test_waiting_is_not_made_longer_by_asking() -> None:
    clock = HandClock()
    attempts = Attempts(clock)
    for _ in range(ATTEMPTS_FREE):
        attempts.begin("ada")
    assert [attempts.begin("ada") for _ in range(3)] == [FIRST_WAIT_MS] * 3
    clock.advance(FIRST_WAIT_MS)
    assert attempts.begin("ada") == 0


def test_names_are_counted_apart_and_forgotten() -> None:
    clock = HandClock()
    attempts = Attempts(clock)
    for _ in range(ATTEMPTS_FREE):
        attempts.begin("ada")
    assert attempts.begin("bo") == 0
    attempts.succeeded("ada")
    assert attempts.begin("ada") == 0
    for _ in range(ATTEMPTS_FREE):
        attempts.begin("ada")
    clock.advance(FORGOTTEN_AFTER_MS)
    assert [attempts.begin("ada") for _ in range(ATTEMPTS_FREE)] == [0] * ATTEMPTS_FREE


def test_names_are_bounded(monkeypatch: object) -> None:
    attempts = Attempts(HandClock())
    for number in range(module.NAMES_MAX + 10):
        attempts.begin(str(number))
    assert len(attempts._made) == module.NAMES_MAX
