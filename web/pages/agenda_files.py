"""A published agenda as files, at addresses that stay, and the schema of its data."""

import asyncio
from functools import partial
from typing import Final

from aiohttp import web as aioweb

from web import keys
from web.bodies import Body, tags_in
from web.editions.edition import Edition
from web.editions.forms import FORMS, Form
from web.editions.gathering import NotAllHereError
from web.editions.json_form import SCHEMA_PATH, schema_bytes
from web.errors import AgendaIncompleteError, NotFoundError
from web.i18n import SOURCE, Language
from web.pages.route import Handler, Route
from web.respond import backend_of

_VERSION: Final = r"/agenda/{version:\d{1,9}}"


async def agenda_file(request: aioweb.Request, form: Form) -> aioweb.Response:
    """Answer with one form of one version. An address without a language gives English, whoever asks."""
    language = file_language(request)
    version = int(request.match_info["version"])
    edition = await edition_of(request, version, language)
    root = f"{request.app[keys.SETTINGS].base_url}/{language.code}"
    data = await asyncio.to_thread(form.write, edition, language, root)
    name = form.file_name(version, language.code)
    response = file_answer(request, data, form.content_type, form.charset)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Content-Language"] = language.code
    return response


async def schema(request: aioweb.Request) -> aioweb.Response:
    """Answer with the JSON Schema of an agenda's data."""
    return file_answer(request, schema_bytes(), "application/schema+json", None)


def file_language(request: aioweb.Request) -> Language:
    """Return the language that an address names, else English, so that an address always gives the same file."""
    languages = request.app[keys.LANGUAGES]
    return languages.find(request.match_info.get("lang") or SOURCE) or languages.default


async def edition_of(request: aioweb.Request, version: int, language: Language) -> Edition:
    """Return a version in a language. Raises NotFoundError or AgendaIncompleteError."""
    try:
        found = await request.app[keys.EDITIONS].of(backend_of(request), version, language)
    except NotAllHereError as error:
        raise AgendaIncompleteError from error
    if found is None:
        raise NotFoundError
    return found


def file_answer(request: aioweb.Request, data: bytes, content_type: str, charset: str | None) -> aioweb.Response:
    """Return a file with its tag, or only that what the client holds is still so."""
    body = Body(data)
    if body.is_known(tags_in(request)):
        response = aioweb.Response(status=304)
    else:
        response = aioweb.Response(body=data, content_type=content_type, charset=charset)
    response.headers["ETag"] = f'"{body.tag}"'
    return response


def _handler(form: Form) -> Handler:
    return partial(agenda_file, form=form)


ROUTES: Final = (
    *(Route("GET", f"{_VERSION}/{form.file}", _handler(form)) for form in FORMS),
    Route("GET", SCHEMA_PATH, schema),
)
