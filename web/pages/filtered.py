"""The explorer's filter as an address carries it, read with care: what can't be understood is left out and said."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from aiohttp import web as aioweb

from web.explorer_views import ExplorerFilter
from web.marking import N_
from web.pages.asked import goal_in, track_in

_DAY_MS: Final = 86_400_000
_DAY = re.compile(r"(19[7-9]\d|2\d{3})-\d{2}-\d{2}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{1,8}){0,2}")
_FIELDS: Final = {
    "track": N_("Track"),
    "goal": N_("Goal"),
    "constituency": N_("Constituency"),
    "written": N_("Language"),
    "since": N_("First day"),
    "until": N_("Last day"),
}
"""Parameter: what its field is called. "lang" is the language of the page, "written" that of the proposals."""


@dataclass(frozen=True, slots=True)
class Filtered:
    """What is asked for, and which fields were left out because they can't be understood."""

    wanted: ExplorerFilter
    since: str
    """First day, as a date field holds it, or nothing."""
    until: str
    """Last day, itself included."""
    ignored: tuple[str, ...]
    """Names of fields, marked but not yet translated."""

    @property
    def is_any(self) -> bool:
        """Whether anything is filtered but the track."""
        wanted = self.wanted
        return any((wanted.goal, wanted.constituency, wanted.lang, wanted.since is not None, wanted.until is not None))


def filtered(request: aioweb.Request, constituencies: Sequence[str]) -> Filtered:
    """Return the filter that an address carries."""
    query = request.query
    first, last = _day(query.get("since", "")), _day(query.get("until", ""))
    if first and last and first > last:
        first = last = None
    wanted = ExplorerFilter(
        track=track_in(request),
        goal=goal_in(request),
        constituency=name if (name := query.get("constituency", "")) in constituencies else None,
        lang=tag if _LANGUAGE.fullmatch(tag := query.get("written", "")) else None,
        since=_milliseconds(first) if first else None,
        until=_milliseconds(last) + _DAY_MS if last else None,
    )
    taken = {
        "track": wanted.track,
        "goal": wanted.goal,
        "constituency": wanted.constituency,
        "written": wanted.lang,
        "since": first,
        "until": last,
    }
    ignored = tuple(name for field, name in _FIELDS.items() if query.get(field) and taken[field] is None)
    return Filtered(wanted, first.isoformat() if first else "", last.isoformat() if last else "", ignored)


def _day(asked: str) -> date | None:
    """Return the day that a date field names, or None."""
    if not _DAY.fullmatch(asked):
        return None
    try:
        return date.fromisoformat(asked)
    except ValueError:
        return None


def _milliseconds(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1000
