"""Which reminders of a round count."""

from itertools import permutations

from consensus.reminders import counting_reminders
from protocol import limits
from protocol.events.rounds import Reminder
from protocol.ids import RecordId
from tests.support.builders import EPOCH_MS, build_federation, hash_of

FEDERATION = build_federation(3)


def reminder() -> Reminder:
    return Reminder(round=RecordId(hash_of("round")), members=(FEDERATION.members[1].id,))


# SPEC 2.69: "Of the reminders of a round the first REMINDERS_PER_ROUND_MAX in the order of their chains count"
def test_the_first_few_count_however_they_arrive() -> None:
    writer = FEDERATION.writer(0)
    sent = [writer.write(reminder(), time_ms=EPOCH_MS + 9_000 - at) for at in range(limits.REMINDERS_PER_ROUND_MAX + 1)]
    first = tuple(sent[: limits.REMINDERS_PER_ROUND_MAX])
    assert all(counting_reminders(order) == first for order in permutations(sent))


def test_what_is_no_reminder_is_passed_over() -> None:
    writer = FEDERATION.writer(0)
    assert counting_reminders(writer.write_proposals(1)) == ()
