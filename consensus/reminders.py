"""Which reminders of a round count: the first few, so that nobody can flood members with them."""

from collections.abc import Iterable

from consensus.happenings import in_order
from protocol import limits
from protocol.envelope import Verified
from protocol.events.rounds import Reminder


def counting_reminders(said: Iterable[Verified]) -> tuple[Verified, ...]:
    """Return the reminders of one round that count, in their order; the same for any order given."""
    events = {str(each.id): each for each in said if isinstance(each.event.body, Reminder)}
    ordered = in_order(list(events.values()), (), 0)
    return tuple(events[happening.id] for _, happening in ordered[: limits.REMINDERS_PER_ROUND_MAX])
