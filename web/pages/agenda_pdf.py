"""Published agendas as PDF, in the reader's language or in every language that has texts."""

import asyncio
from typing import Final

from aiohttp import web as aioweb

from web import keys
from web.bodies import Body, tags_in
from web.editions.edition import Edition, Text
from web.editions.gathering import NotAllHereError, gather_edition
from web.errors import NotFoundError
from web.i18n import Language
from web.pages.route import Route
from web.pdf.agenda import printed_agenda
from web.pdf.press import PressBusyError, PressError
from web.pdf.refused import (
    AgendaIncompleteError,
    PdfFontsMissingError,
    PdfNotMadeError,
    PdfNotYetError,
)
from web.pdf.typesetting import FontsMissingError
from web.respond import backend_of, visit_of

_VERSION: Final = r"/agenda/{version:\d{1,9}}"


async def in_one(request: aioweb.Request) -> aioweb.Response:
    """Answer with a version in the reader's language."""
    language = visit_of(request).language
    edition = await _edition(request, language)
    body = await _made(request, [(edition, language)])
    return _file(request, body, f"agenda-{edition.version}-{language.code}.pdf", (language,))


async def in_all(request: aioweb.Request) -> aioweb.Response:
    """Answer with a version in every language of the pages that some of its texts are in, the reader's first."""
    reader = visit_of(request).language
    first = await _edition(request, reader)
    spoken = languages_of(first)
    others = [each for each in request.app[keys.LANGUAGES].offered if each.code in spoken and each is not reader]
    editions = [(first, reader), *[(await _edition(request, each), each) for each in others]]
    body = await _made(request, editions)
    return _file(request, body, f"agenda-{first.version}.pdf", (reader, *others))


def languages_of(edition: Edition) -> frozenset[str]:
    """Return the languages, without regions, that some text of the agenda's items was written in or translated into."""
    texts = [item.text for item in edition.items]
    return frozenset(lang.partition("-")[0] for text in texts for lang in _languages(text))


def _languages(text: Text) -> tuple[str, ...]:
    return (text.lang, *(each.lang for each in text.translations)) if text.state == "held" else ()


async def _edition(request: aioweb.Request, language: Language) -> Edition:
    try:
        edition = await gather_edition(backend_of(request), int(request.match_info["version"]), language)
    except NotAllHereError as missing:
        raise AgendaIncompleteError from missing
    if edition is None:
        raise NotFoundError
    return edition


async def _made(request: aioweb.Request, editions: list[tuple[Edition, Language]]) -> Body:
    base_url = request.app[keys.SETTINGS].base_url
    document = await asyncio.to_thread(lambda: printed_agenda(editions, base_url).encoded())
    try:
        return await request.app[keys.PRESS].pdf(document)
    except FontsMissingError as missing:
        raise PdfFontsMissingError(missing.remedies) from missing
    except PressBusyError as busy:
        raise PdfNotYetError from busy
    except PressError as failed:
        raise PdfNotMadeError from failed


def _file(request: aioweb.Request, body: Body, name: str, languages: tuple[Language, ...]) -> aioweb.Response:
    headers = {
        "ETag": f'"{body.tag}"',
        "Cache-Control": "public, no-cache",
        "Content-Language": ", ".join(language.code for language in languages),
        "Vary": "Accept-Language, Cookie",
    }
    if body.is_known(tags_in(request)):
        return aioweb.Response(status=304, headers=headers)
    headers["Content-Disposition"] = f'inline; filename="{name}"'
    return aioweb.Response(body=body.plain, content_type="application/pdf", headers=headers)


ROUTES: Final = (
    Route("GET", f"{_VERSION}/agenda.pdf", in_one),
    Route("GET", f"{_VERSION}/agenda-all.pdf", in_all),
)
