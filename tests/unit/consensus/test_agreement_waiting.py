"""What came too early waits, and one key can't fill another's place."""

from consensus.agreement.statements import Statement
from consensus.agreement.waiting import WAITING_PER_KEY_MAX, Waiter, Waiting
from protocol.events.tellers import Prevote
from protocol.ids import EventId, KeyId, MemberId
from tests.support.builders import hash_of


def waiter(word: object, key: str = "k") -> Waiter:
    body = Prevote(height=1, view=0, value=None)
    return Waiter(Statement(EventId(hash_of(word)), MemberId("m1"), KeyId(hash_of(key)), 0, 0, body), 5)


def test_what_waits_is_returned_once_in_order() -> None:
    waiting: Waiting[int] = Waiting()
    first, second, other = waiter(1), waiter(2, "l"), waiter(3)
    for subject, item in ((7, first), (7, second), (8, other)):
        waiting.hold(subject, subject, item)
    assert waiting.take(7) == [first, second]
    assert waiting.take(7) == []
    assert waiting.take(8) == [other]


def test_a_full_key_keeps_the_highest_and_touches_no_other_key() -> None:
    waiting: Waiting[int] = Waiting()
    waiting.hold(1, 1, waiter("mine", "mine"))
    for height in range(1, 3 * WAITING_PER_KEY_MAX):
        waiting.hold(height, height, waiter(height, "flood"))
    assert waiting.take(1) == [waiter("mine", "mine")]
    kept = sum(len(waiting.take(height)) for height in range(3 * WAITING_PER_KEY_MAX))
    assert kept == WAITING_PER_KEY_MAX


def test_of_a_full_key_the_lowest_is_refused() -> None:
    waiting: Waiting[int] = Waiting()
    for height in range(100, 100 + WAITING_PER_KEY_MAX):
        waiting.hold(height, height, waiter(height))
    waiting.hold(1, 1, waiter("low"))
    assert waiting.take(1) == []
    assert waiting.take(100) == [waiter(100)]
