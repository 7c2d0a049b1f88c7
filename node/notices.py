"""What an account is told of and when: pure rules over what happened. Time is passed in.

Does not handle where it comes from (happened.py), how it is kept (storage/notices.py) or sent (mailer.py).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from web.attention_port import Need
from web.notices_port import CHOICE_OF, NoticeChoices, NoticeKind

LETTER_NOTICES_MAX: Final = 50
_DAYS_AHEAD: Final = {"daily": 2, "weekly": 9}


@dataclass(frozen=True, slots=True)
class Occurrence:
    """Something that some accounts may want to know."""

    name: str
    """The same however often it is read from the store."""
    kind: NoticeKind
    subject: str
    member: str = ""
    goals: tuple[int, ...] = ()
    event: str = ""
    """The event whose text may be quoted."""
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Recipient:
    """An account that has chosen what to be told of."""

    account: str
    choices: NoticeChoices
    is_mailed: bool
    """Whether it has a verified address and is not unsubscribed."""
    next_digest: int
    """When what can wait is sent next; of no meaning where everything is sent at once."""


def wants(choices: NoticeChoices, occurrence: Occurrence) -> bool:
    """Whether somebody with these choices is to be told of something that happened."""
    choice = CHOICE_OF[occurrence.kind]
    if choice == "reminder":
        return choices.lead_ms > 0
    is_in_fields = not choices.goals or bool(set(choices.goals) & set(occurrence.goals))
    return choice in choices.kinds and (choice not in ("call", "proposal") or is_in_fields)


def is_urgent(choices: NoticeChoices, kind: NoticeKind, until: int | None, next_digest: int) -> bool:
    """Whether a notice is sent at once: all are, or it is a reminder, or the next digest would come too late."""
    is_reminder = CHOICE_OF[kind] == "reminder"
    return choices.rhythm == "once" or is_reminder or (until is not None and until <= next_digest)


def reminder_time(opens: int, closes: int, lead_ms: int) -> int:
    """Return when to remind of a round: so long before its close, or at half time of one that is shorter than that."""
    return closes - lead_ms if closes - lead_ms > opens else (opens + closes) // 2


def reminders(needs: Iterable[Need], lead_ms: int, now: int) -> list[Occurrence]:
    """Return the reminders that are due of open rounds in which the member has no ballot."""
    rounds = [need.round for need in needs if need.kind == "vote" and need.round is not None]
    return [
        Occurrence(f"reminder:{found.id}", "reminder", found.id, until=found.closes)
        for found in rounds
        if lead_ms > 0 and reminder_time(found.opens, found.closes, lead_ms) <= now < found.closes
    ]


def zone_of(name: str) -> ZoneInfo | None:
    """Return a time zone by its name, or None if there is none of this name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def next_digest(choices: NoticeChoices, now: int) -> int:
    """Return when the next digest is due after now: at the hour on the zone's clocks, on its weekday if it is weekly.

    An hour that the clocks skip comes when they have skipped it; one that they repeat counts once, the first time.
    """
    if choices.rhythm == "once":
        return now
    zone = zone_of(choices.zone) or ZoneInfo("UTC")
    today = datetime.fromtimestamp(now / 1000, tz=zone).date()
    days = (today + timedelta(days=ahead) for ahead in range(_DAYS_AHEAD[choices.rhythm]))
    wanted = (day for day in days if choices.rhythm == "daily" or day.weekday() == choices.weekday)
    return next(at for at in (_instant(day, choices.hour, zone) for day in wanted) if at > now)


def _instant(day: date, hour: int, zone: ZoneInfo) -> int:
    local = datetime(day.year, day.month, day.day, hour, tzinfo=zone)
    return round(local.astimezone(UTC).timestamp() * 1000)
