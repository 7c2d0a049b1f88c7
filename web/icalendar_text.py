"""iCalendar (RFC 5545): a calendar as bytes, its texts escaped and its lines folded."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

LINE_OCTETS_MAX: Final = 75
"""Of a line without its line break."""
_PRODUCT: Final = "-//Comitia//Comitia//EN"
_CONTROLS: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_ESCAPES: Final = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})
_LATEST_MS: Final = 253_402_300_799_000
"""The last second of the year 9999."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something with a beginning and an end, in milliseconds since 1970 UTC. uid stays the same over time."""

    uid: str
    stamp: int
    """When this was last said anew."""
    start: int
    end: int
    title: str
    description: str
    url: str


def calendar_bytes(name: str, lang: str, events: Iterable[Event]) -> bytes:
    """Return a calendar as UTF-8, its texts marked as being in lang."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:{_PRODUCT}",
        "CALSCALE:GREGORIAN",
        f"NAME;LANGUAGE={lang}:{escaped(name)}",
        f"X-WR-CALNAME:{escaped(name)}",
        *(line for event in events for line in _event_lines(event, lang)),
        "END:VCALENDAR",
    ]
    return b"".join(folded(line) for line in lines)


def escaped(text: str) -> str:
    """Return a text as the value of a property: on one line, without control characters."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROLS.sub("", plain).translate(_ESCAPES)


def folded(line: str) -> bytes:
    """Return a line as UTF-8, broken so that no part is longer than allowed and no character is torn apart."""
    parts = [bytearray()]
    for char in line:
        octets = char.encode()
        if len(parts[-1]) + len(octets) > LINE_OCTETS_MAX:
            parts.append(bytearray(b" "))
        parts[-1] += octets
    return b"".join(bytes(part) + b"\r\n" for part in parts)


def _event_lines(event: Event, lang: str) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{escaped(event.uid)}"
    yield f"DTSTAMP:{_utc(event.stamp)}"
    yield f"DTSTART:{_utc(event.start)}"
    if event.end // 1000 > event.start // 1000:
        yield f"DTEND:{_utc(event.end)}"
    yield f"SUMMARY;LANGUAGE={lang}:{escaped(event.title)}"
    yield f"DESCRIPTION;LANGUAGE={lang}:{escaped(event.description)}"
    yield f"URL:{event.url}"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _utc(milliseconds: int) -> str:
    return datetime.fromtimestamp(min(milliseconds, _LATEST_MS) / 1000, tz=UTC).strftime("%Y%m%dT%H%M%SZ")
