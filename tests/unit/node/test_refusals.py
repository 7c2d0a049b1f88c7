"""What was refused is remembered for the operator, in bounded memory."""

from node.refusals import Refusals
from protocol.errors import Rejection, RejectionKind
from tests.support.hand_clock import HandClock


def test_refusals_are_counted_by_kind_and_the_latest_come_first() -> None:
    clock = HandClock()
    refusals = Refusals(clock)
    refusals.note("first", [Rejection(RejectionKind.OVERSIZE, "too long")])
    clock.advance(5)
    refusals.note("second", [Rejection(RejectionKind.ORPHAN, "early"), Rejection(RejectionKind.OVERSIZE, "again")])
    assert refusals.counts == {"orphan": 1, "oversize": 2}
    assert [(r.source, r.kind, r.reason) for r in refusals.latest] == [
        ("second", "oversize", "again"),
        ("second", "orphan", "early"),
        ("first", "oversize", "too long"),
    ]
    assert refusals.latest[0].at - refusals.latest[-1].at == 5


def test_a_flood_of_refusals_costs_bounded_memory_and_is_counted_whole() -> None:
    refusals = Refusals(HandClock())
    for _ in range(5_000):
        refusals.note("x" * 10_000, [Rejection(RejectionKind.BAD_FRAME, "y" * 10_000)])
    assert refusals.counts == {"bad-frame": 5_000}
    assert sum(len(r.source) + len(r.reason) for r in refusals.latest) < 200_000
