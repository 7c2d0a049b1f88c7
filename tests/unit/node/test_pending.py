"""What is under way: kept for a while, once, and never too much of it."""

import pytest

from node.pending import PENDING_VALID_MS, Pending
from tests.support.hand_clock import HandClock


def test_a_thing_is_taken_once() -> None:
    pending: Pending[str] = Pending(HandClock())
    ticket = pending.keep("thing")
    assert pending.see(ticket) == "thing"
    assert pending.take(ticket) == "thing"
    assert pending.take(ticket) is None
    assert pending.see(ticket) is None


def test_a_thing_expires() -> None:
    clock = HandClock()
    pending: Pending[str] = Pending(clock)
    ticket = pending.keep("thing")
    clock.advance(PENDING_VALID_MS - 1)
    assert pending.see(ticket) == "thing"
    clock.advance(1)
    assert pending.take(ticket) is None


def test_the_oldest_makes_room() -> None:
    pending: Pending[int] = Pending(HandClock(), most=3)
    tickets = [pending.keep(number) for number in range(5)]
    assert len(pending) == 3
    assert [pending.see(ticket) for ticket in tickets] == [None, None, 2, 3, 4]


@pytest.mark.parametrize("ticket", ["", "x", "\ud800", "a" * 1_000_000])
def test_garbage_names_nothing(ticket: str) -> None:
    pending: Pending[str] = Pending(HandClock())
    pending.keep("thing")
    assert pending.see(ticket) is None
    assert pending.take(ticket) is None
    assert len(pending) == 1
