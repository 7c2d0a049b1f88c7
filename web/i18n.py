"""Languages of the pages: catalogues, negotiation, direction, and dates and numbers by CLDR.

Catalogues are kept as .po and compiled in memory at start. English is the source and needs none. A language is offered
to readers only when its catalogue is complete; texts that people wrote always keep their own language and direction.
"""

import gettext
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import Final

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_timedelta
from babel.lists import format_list
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent

from web.marking import CONTEXT_END

SOURCE: Final = "en"
TEXT_LANGUAGES: Final = (
    "en", "zh", "fr", "ru", "es", "ar", "pt", "bn", "de", "fa", "ha", "hi", "id", "it", "ja", "ko", "ms", "my", "ne",
    "nl", "pl", "ro", "sr", "si", "sw", "ta", "th", "tr", "uk", "ur", "uz", "vi",
)  # fmt: skip
"""Languages offered for a text that somebody writes."""

_AUTONYMS: Final = {
    "en": "English",
    "zh": "中文",
    "fr": "Français",
    "ru": "Русский",
    "es": "Español",
    "ar": "العربية",
    "pt": "Português",
}
_RTL: Final = frozenset({"ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})
_DATE_PATTERNS: Final = {"en": "d MMMM y", "zh": "y 年 M 月 d 日"}
_SHORT_DATE_PATTERNS: Final = {"en": "d MMM", "zh": "M 月 d 日"}
_MINUTE_MS = 60_000


def direction(lang: str) -> str:
    """Return "rtl" or "ltr" for a language tag."""
    return "rtl" if lang.partition("-")[0].lower() in _RTL else "ltr"


def autonym(tag: str) -> str:
    """Return a language's name in that language, or its tag if nobody knows it."""
    if tag in _AUTONYMS:
        return _AUTONYMS[tag]
    try:
        return Locale.parse(tag, sep="-").display_name or tag
    except (UnknownLocaleError, ValueError):
        return tag


@dataclass(frozen=True, slots=True, eq=False)
class Language:
    """One language of the pages: its words, and how it writes dates and numbers."""

    code: str
    locale: Locale
    autonym: str
    words: gettext.NullTranslations
    is_complete: bool

    @property
    def dir(self) -> str:
        """The direction in which it is written."""
        return direction(self.code)

    def gettext(self, message: str) -> str:
        """Return a message in this language, of one marked with a context (marking.py) its words alone."""
        return self.words.gettext(message).rpartition(CONTEXT_END)[2]

    def pgettext(self, context: str, message: str) -> str:
        """Return a message that has several senses, in the one that the context names."""
        return self.words.pgettext(context, message)

    def npgettext(self, context: str, singular: str, plural: str, number: int) -> str:
        """Return the form of a message in a context that fits a number."""
        return self.words.npgettext(context, singular, plural, number)

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        """Return the form of a message that fits a number."""
        return self.words.ngettext(singular, plural, number)

    def number(self, value: int) -> str:
        """Return a number with the language's separators and European digits."""
        return format_decimal(value, locale=self.locale, numbering_system="latn")

    def percent(self, share: float) -> str:
        """Return a share from 0 to 1 as a whole per cent, with European digits."""
        return format_percent(share, format=None, locale=self.locale, numbering_system="latn")

    def date(self, milliseconds: int) -> str:
        """Return the date of a time in UTC."""
        moment = _moment(milliseconds)
        if self.code == "ar":
            return f"{moment.day} {_arabic_month(moment)} {moment.year}"
        pattern = _DATE_PATTERNS.get(self.code, "long")
        return format_date(moment, format=pattern, locale=self.locale)

    def short_date(self, milliseconds: int) -> str:
        """Return day and month of a time in UTC."""
        moment = _moment(milliseconds)
        if self.code == "ar":
            return f"{moment.day} {_arabic_month(moment)}"
        return format_date(moment, format=_SHORT_DATE_PATTERNS.get(self.code, "d MMM"), locale=self.locale)

    def clock(self, milliseconds: int) -> str:
        """Return the time of day in UTC, with seconds unless they are zero."""
        moment = _moment(milliseconds)
        return moment.strftime("%H:%M" if milliseconds % _MINUTE_MS < 1000 else "%H:%M:%S")

    def weekday(self, day: int) -> str:
        """Return the name of a day of the week as it stands alone; 0 is Monday."""
        return str(self.locale.days["stand-alone"]["wide"][day])

    def moment(self, milliseconds: int) -> str:
        """Return date, time and zone."""
        when = {"date": self.date(milliseconds), "time": self.clock(milliseconds)}
        return self.gettext("%(date)s, %(time)s UTC") % when

    def relative(self, milliseconds: int, now: int) -> str:
        """Return how far a time lies from now: "in 3 days", "2 hours ago"."""
        return format_timedelta(
            timedelta(milliseconds=milliseconds - now), add_direction=True, threshold=1, locale=self.locale
        )

    def duration(self, milliseconds: int) -> str:
        """Return a length of time in words."""
        return format_timedelta(timedelta(milliseconds=milliseconds), threshold=1, locale=self.locale)

    def listed(self, items: Iterable[str]) -> str:
        """Return items as an enumeration."""
        return format_list(list(items), locale=self.locale)

    def language_name(self, lang: str) -> str:
        """Return the name of a language, or its tag if it has none."""
        return str(self.locale.languages.get(lang.partition("-")[0], lang))

    def country_name(self, country: str) -> str:
        """Return the name of a country by its ISO 3166 code, or the code if it has none."""
        return str(self.locale.territories.get(country, country))

    def pick(self, names: Mapping[str, str]) -> tuple[str, str]:
        """Return the name that fits this reader best and the language that it is in."""
        for lang in (self.code, SOURCE):
            if lang in names:
                return names[lang], lang
        lang = next(iter(names))
        return names[lang], lang


class Languages:
    """The languages there are, and which one a reader gets."""

    def __init__(self, languages: Iterable[Language], default: str) -> None:
        self._by_code = {language.code: language for language in languages}
        self.default = self._by_code[default]

    @property
    def codes(self) -> tuple[str, ...]:
        """Every language that has a catalogue, complete or not."""
        return tuple(self._by_code)

    @property
    def offered(self) -> tuple[Language, ...]:
        """The languages that readers are offered."""
        return tuple(language for language in self._by_code.values() if language.is_complete)

    def find(self, code: str | None) -> Language | None:
        """Return a language by its code, or None."""
        return self._by_code.get(code or "")

    def negotiate(self, accept_language: str) -> Language:
        """Return the language that a browser's Accept-Language asks for, among those that are complete."""
        for code in _wanted(accept_language):
            language = self._by_code.get(code)
            if language and language.is_complete:
                return language
        return self.default


def load_languages(default: str = SOURCE) -> Languages:
    """Return all languages with their catalogues compiled."""
    folder = resources.files("web").joinpath("translations")
    catalogues = {
        item.name.removesuffix(".po"): item.read_bytes() for item in folder.iterdir() if item.name.endswith(".po")
    }
    source = Language(SOURCE, Locale(SOURCE), _AUTONYMS[SOURCE], gettext.NullTranslations(), is_complete=True)
    ordered = sorted(catalogues, key=lambda code: (_place(code), code))
    return Languages([source, *(_compiled(code, catalogues[code]) for code in ordered)], default)


def compile_catalogue(source: bytes, code: str) -> tuple[gettext.GNUTranslations, bool]:
    """Return the translations in a .po file, and whether every message in it is translated."""
    catalogue = read_po(io.BytesIO(source), locale=code)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled), not untranslated(catalogue)


def untranslated(catalogue: Catalog) -> list[str]:
    """Return the messages of a catalogue that lack a translation or are marked as unsure."""
    missing = []
    for message in catalogue:
        forms = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
        if message.id and (message.fuzzy or not all(forms)):
            missing.append(message.id if isinstance(message.id, str) else message.id[0])
    return missing


def _compiled(code: str, source: bytes) -> Language:
    words, is_complete = compile_catalogue(source, code)
    return Language(code, Locale(code), _AUTONYMS.get(code, code), words, is_complete)


def _place(code: str) -> int:
    order = tuple(_AUTONYMS)
    return order.index(code) if code in order else len(order)


def _wanted(accept_language: str) -> list[str]:
    """Return the primary languages that a header asks for, the best liked first."""
    wanted = []
    for place, part in enumerate(accept_language[:500].split(",")):
        tag, _, parameters = part.partition(";")
        quality = parameters.strip().removeprefix("q=") or "1"
        try:
            weight = float(quality)
        except ValueError:
            continue
        if 0 < weight <= 1:
            wanted.append((-weight, place, tag.strip().partition("-")[0].lower()))
    return [code for _, _, code in sorted(wanted)]


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(min(milliseconds, 253_402_300_799_000) / 1000, tz=UTC)


def _arabic_month(moment: datetime) -> str:
    """Return a month by both of its Arabic names, as intergovernmental papers do."""
    levant = format_date(moment, format="MMMM", locale="ar_SY")
    elsewhere = format_date(moment, format="MMMM", locale="ar_EG")
    return levant if levant == elsewhere else f"{levant}/{elsewhere}"
