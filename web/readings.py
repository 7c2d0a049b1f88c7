"""In which language a reader reads a text: the translations that a page shows, with the original a link away."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from aiohttp import web as aioweb

from web.discussion_port import Reading, TranslationMark, TranslationView
from web.i18n import autonym
from web.respond import backend_of, visit_of

ORIGINAL: Final = "original"
_TAG: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}")


@dataclass(frozen=True, slots=True)
class TextLanguage:
    """A language in which a text can be read: its tag, its own name, and whether it is shown now."""

    tag: str
    name: str
    is_original: bool
    is_shown: bool


def wanted_language(request: aioweb.Request) -> str:
    """Return the language in which the reader wants texts: the one asked for in the address, else the page's."""
    asked = request.query.get("text", "")
    return asked if _TAG.fullmatch(asked) and asked != ORIGINAL else visit_of(request).language.code


def wants_original(request: aioweb.Request) -> bool:
    """Whether the reader asked for the originals of all texts."""
    return request.query.get("text") == ORIGINAL


async def readings_of(request: aioweb.Request, texts: Iterable[str]) -> Mapping[str, TranslationView]:
    """Return the translations of texts into the reader's language, by the hashes of the originals."""
    wanted = [text for text in texts if text]
    return await backend_of(request).discussion.readings(wanted, wanted_language(request)) if wanted else {}


async def reading_values(request: aioweb.Request, texts: Iterable[str]) -> dict[str, object]:
    """Return what parts.title and parts.prose need to show texts, named by their hashes, in the reader's language."""
    return {"readings": await readings_of(request, texts), "reads_original": wants_original(request)}


async def reading_of(request: aioweb.Request, text: str) -> Reading | None:
    """Return a text with its translations, the reader's chosen; None if it has no hash or is unknown."""
    return await backend_of(request).discussion.reading(text, wanted_language(request)) if text else None


def text_languages(reading: Reading | None, *, shows_original: bool) -> list[TextLanguage]:
    """Return the languages in which a text can be read, the original first; nothing if there is only that one."""
    if reading is None or not reading.marks:
        return []
    shown = None if shows_original or reading.chosen is None else reading.chosen.mark.lang
    first = reading.original.lang
    tags = dict.fromkeys(mark.lang for mark in reading.marks)
    return [
        TextLanguage(first, autonym(first), is_original=True, is_shown=shown is None),
        *(TextLanguage(tag, autonym(tag), is_original=False, is_shown=tag == shown) for tag in tags),
    ]


def by_member(marks: Iterable[TranslationMark], member: str) -> Mapping[str, TranslationMark]:
    """Return a member's translations by their languages."""
    return {mark.lang: mark for mark in marks if mark.member == member}
