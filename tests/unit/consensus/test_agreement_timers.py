"""Alarms ring in order, once, and not before their time."""

from consensus.agreement.timers import Task, Timers


def test_alarms_ring_in_order_once_their_time_has_come() -> None:
    timers = Timers()
    late, early, later = Task("seal", "a", 0), Task("stall", "b", 0), Task("propose", "1", 2)
    timers.set(20, late)
    timers.set(10, early)
    timers.set(30, later)
    assert timers.next_at() == 10
    assert timers.pop_due(9) == []
    assert timers.pop_due(20) == [early, late]
    assert timers.pop_due(20) == []
    assert timers.next_at() == 30
    assert timers.pop_due(99) == [later]
    assert timers.next_at() is None
