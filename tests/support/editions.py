"""Editions of the in-memory backend for tests of forms: one as it is, and one full of hostile texts."""

from dataclasses import replace
from functools import cache
from typing import Final

from tests.support.web_backend import MemoryBackend
from tests.support.web_content import digest
from web import ports
from web.discussion_port import TranslationInput
from web.editions.edition import Edition
from web.editions.gathering import gather_edition
from web.editions_port import LeftItem
from web.i18n import Language, load_languages

HOSTILE: Final = (
    "</p></w:t></title><script>alert(1)</script>&amp; ]]> <!-- {{7*7}} %(num)d",
    "=cmd|' /C calc'!A0",
    "\t=1+1",
    "＝HYPERLINK(1)",
    "@SUM(A1)",
    "-2+3",
    '"quoted"; , \r\nEND:VCALENDAR\r\nnext',
    "\u202egnirts\u202c \u2066isolated \u202aopen",
    "zero \x00\x01\x0b\x1f\x7f\x85\ufffe\uffff one",
    "👩🏽‍🚀 😀 𝔘 é é ﷽",
)
"""Titles."""
BODY: Final = "Long line " + "x" * 32_000 + "\n\n" + "=1\n" * 10_000
"""A body of as much as a text may hold, for the first of them."""


@cache
def language(code: str) -> Language:
    """Return a language of the interface."""
    found = load_languages().find(code)
    assert found is not None
    return found


async def edition(backend: MemoryBackend | None = None, lang: str = "en", version: int = 2) -> Edition:
    """Return an edition, by default of the demonstration's second agenda."""
    found = await gather_edition(backend or MemoryBackend(), version, language(lang))
    assert found is not None
    return found


def with_texts(backend: MemoryBackend, *texts: ports.TextView) -> MemoryBackend:
    """Put texts in place of those of the second agenda's first items."""
    agenda = backend.agendas[1]
    items = list(agenda.long)
    for place, text in enumerate(texts[: len(items)]):
        items[place] = replace(items[place], text=text)
    backend.agendas[1] = replace(agenda, long=tuple(items))
    return backend


def text(title: str, body: str = "Body.", lang: str = "en") -> ports.TextView:
    """Return a held text."""
    return ports.TextView("held", lang, title, body, "", hash=digest("text", title, lang))


def left(title: str = "Gone", why: str = "lapsed") -> LeftItem:
    """Return an item that left."""
    found = LeftItem("S1", 1, digest("gone"), "topic", "short", text(title), 10, "lapsed", digest("round"))
    return replace(found, why=why)  # type: ignore[arg-type]


def translated(backend: MemoryBackend, title: str, lang: str) -> ports.TextView:
    """Let the text of the second agenda's first item have a translation; return the original."""
    original = backend.agendas[1].long[0].text
    typed = TranslationInput(lang, title, "…", "")
    backend.discussion.add_translation(backend.all_members[2].id, original.hash, typed)
    return original


def hostile_backend(first: int = 0) -> MemoryBackend:
    """Return a backend whose second agenda and members are full of hostile texts, from a place of the list on."""
    titles = (*HOSTILE[first:], *HOSTILE[:first])
    backend = with_texts(MemoryBackend(), text(titles[0], BODY), *(text(title, title) for title in titles[1:]))
    backend.editions.all_left[2] = [left(titles[0])]
    backend.all_members = tuple(
        replace(member, names={"en": titles[place % len(titles)]}) for place, member in enumerate(backend.all_members)
    )
    backend.names = {"en": titles[1]}
    return backend
