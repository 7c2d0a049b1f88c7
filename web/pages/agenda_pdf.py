"""Published agendas as PDF, in the language of the address or in every language that has texts."""

import asyncio
from typing import Final

from aiohttp import web as aioweb

from web import keys
from web.editions.edition import Edition, Text
from web.i18n import Language
from web.pages.agenda_files import edition_of, file_answer, file_language
from web.pages.route import Route
from web.pdf.agenda import printed_agenda
from web.pdf.press import PressBusyError, PressError
from web.pdf.refused import PdfFontsMissingError, PdfNotMadeError, PdfNotYetError
from web.pdf.typesetting import FontsMissingError

_VERSION: Final = r"/agenda/{version:\d{1,9}}"
_TYPE: Final = "application/pdf"


async def in_one(request: aioweb.Request) -> aioweb.Response:
    """Answer with a version in one language. An address without a language gives English, whoever asks."""
    language = file_language(request)
    version = int(request.match_info["version"])
    edition = await edition_of(request, version, language)
    return await _file(request, [(edition, language)], f"agenda-{version}-{language.code}.pdf")


async def in_all(request: aioweb.Request) -> aioweb.Response:
    """Answer with a version in every language of the pages that some of its texts are in, the address's first."""
    language = file_language(request)
    version = int(request.match_info["version"])
    first = await edition_of(request, version, language)
    spoken = languages_of(first)
    others = [
        (await edition_of(request, version, each), each)
        for each in request.app[keys.LANGUAGES].offered
        if each.code in spoken and each is not language
    ]
    return await _file(request, [(first, language), *others], f"agenda-{version}-all-{language.code}.pdf")


def languages_of(edition: Edition) -> frozenset[str]:
    """Return the languages, without regions, that some text of the agenda's items was written in or translated into."""
    texts = [item.text for item in edition.items]
    return frozenset(lang.partition("-")[0] for text in texts for lang in _languages(text))


def _languages(text: Text) -> tuple[str, ...]:
    return (text.lang, *(each.lang for each in text.translations)) if text.state == "held" else ()


async def _file(request: aioweb.Request, editions: list[tuple[Edition, Language]], name: str) -> aioweb.Response:
    base_url = request.app[keys.SETTINGS].base_url
    document = await asyncio.to_thread(lambda: printed_agenda(editions, base_url).encoded())
    try:
        made = await request.app[keys.PRESS].pdf(document)
    except FontsMissingError as missing:
        raise PdfFontsMissingError(missing.remedies) from missing
    except PressBusyError as busy:
        raise PdfNotYetError from busy
    except PressError as failed:
        raise PdfNotMadeError from failed
    response = file_answer(request, made.plain, _TYPE, None)
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    response.headers["Content-Language"] = ", ".join(language.code for _, language in editions)
    return response


ROUTES: Final = (
    Route("GET", f"{_VERSION}/agenda.pdf", in_one),
    Route("GET", f"{_VERSION}/agenda-all.pdf", in_all),
)
