"""What ends or begins, in words, and as events of a calendar."""

from typing import Final

from web.attention_port import Deadline, DeadlineKind
from web.followed import Reader
from web.i18n import Language
from web.icalendar_text import Event
from web.marking import N_
from web.present import title_of

_WORDS: Final[dict[DeadlineKind, str]] = {
    "round-opens": N_("Round %(number)d opens"),
    "round-closes": N_("Round %(number)d closes"),
    "call": N_("Round %(number)d of consultation ends"),
    "notice": N_("From now on a round may decide"),
    "lapse": N_("Lapses unless enough members endorse it"),
    "review-due": N_("Due for review"),
    "sunset": N_("Ends unless it is confirmed"),
    "objection": N_("The reply to an objection is due"),
}


def deadline_words(language: Language, deadline: Deadline) -> str:
    """Return what happens at a deadline."""
    return language.gettext(_WORDS[deadline.kind]) % {"number": deadline.number}


def deadline_event(reader: Reader, deadline: Deadline) -> Event:
    """Return a deadline as a moment in a calendar."""
    words = deadline_words(reader.language, deadline)
    return Event(
        uid=reader.urn("deadline", deadline.kind, deadline.subject, deadline.number),
        stamp=deadline.since,
        start=deadline.at,
        end=deadline.at,
        title=f"{words} · {title_of(deadline.title, reader.language).text}",
        description=words,
        url=reader.root + deadline.path,
    )
