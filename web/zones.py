"""Time zones by their places: names for choosing one, and times as a zone's clocks show them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale
from babel.core import get_global

from web.i18n import Language

PLAIN: Final = "UTC"
_AREAS: Final = ("Africa", "America", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


def known_zones() -> frozenset[str]:
    """Return the names of all zones that may be chosen."""
    return _known()


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    places = (name for name in get_global("zone_territories") if name.partition("/")[0] in _AREAS)
    return frozenset({PLAIN, *(name for name in places if zone(name) is not None)})


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo | None:
    """Return a zone by its name, or None if there is none of this name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def zone_choices(language: Language) -> Sequence[tuple[str, str]]:
    """Return every zone with the name of its place in a language, in the language's order of areas and names."""
    return _choices(str(language.locale))


@lru_cache(maxsize=16)
def _choices(locale: str) -> tuple[tuple[str, str], ...]:
    found = Locale.parse(locale)
    named = [(name, _place(name, found)) for name in _known() if name != PLAIN]
    return ((PLAIN, PLAIN), *sorted(named, key=lambda pair: (pair[1].casefold(), pair[0])))


def _place(name: str, locale: Locale) -> str:
    """Return the country and the city that a zone is named after."""
    territory = get_global("zone_territories")[name]
    city = locale.time_zones.get(name, {}).get("city") or name.rpartition("/")[2].replace("_", " ")
    return f"{locale.territories.get(territory, territory)} – {city}"


def zoned(language: Language, milliseconds: int, name: str) -> str:
    """Return date, time and the distance from UTC as the clocks of a zone show them."""
    found = zone(name) or UTC
    local = datetime.fromtimestamp(milliseconds // 1000, tz=found)
    offset = local.utcoffset()
    assert offset is not None
    seconds = round(offset.total_seconds())
    shifted = milliseconds + seconds * 1000
    if seconds == 0:
        return language.moment(milliseconds)
    sign, minutes = ("+" if seconds > 0 else "−"), abs(seconds) // 60
    parts = {
        "date": language.date(shifted),
        "time": language.clock(shifted),
        "offset": f"{sign}{minutes // 60:02d}:{minutes % 60:02d}",
    }
    return language.gettext("%(date)s, %(time)s UTC%(offset)s") % parts
