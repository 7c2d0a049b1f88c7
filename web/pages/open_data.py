"""Open data: what there is in plain words, the tables as files, and closed rounds as files for researchers."""

from typing import Final, cast

import orjson
from aiohttp import ETag
from aiohttp import web as aioweb

from web.errors import NotFoundError
from web.open_data_tables import BY_NAME, FORMS, MEDIA_TYPES, TABLES, Form, data_package
from web.pages.ballots import found_round
from web.pages.route import Route
from web.respond import backend_of, page, visit_of

_ID: Final = "{round:[0-9a-f]{64}}"
_TABLES: Final = "|".join(BY_NAME)
_FORMS: Final = "|".join(FORMS)
_PABULIB: Final = "pb"


async def show(request: aioweb.Request) -> aioweb.Response:
    """Answer with which tables there are, what each column holds, and how to use them."""
    return page(request, "open_data.html", {"tables": TABLES})


async def package(request: aioweb.Request) -> aioweb.Response:
    """Answer with the description of all tables for machines."""
    value = data_package(visit_of(request).federation.id)
    return aioweb.Response(body=orjson.dumps(value, option=orjson.OPT_INDENT_2), content_type="application/json")


async def table(request: aioweb.Request) -> aioweb.StreamResponse:
    """Answer with a table as a file."""
    name, form = request.match_info["table"], cast("Form", request.match_info["form"])
    file = await backend_of(request).open_data.table(name, form)
    tag = ETag(file.sha256)
    if any(each.value in (tag.value, "*") for each in request.if_none_match or ()):
        return aioweb.Response(status=304, headers={"ETag": f'"{tag.value}"'})
    response = aioweb.StreamResponse(headers={"Content-Length": str(file.size), **_named(f"{name}.{form}")})
    response.content_type = MEDIA_TYPES[form]
    if form == "csv":
        response.charset = "utf-8"
    response.etag = tag
    await response.prepare(request)
    if request.method != "HEAD":
        async for piece in file.pieces():
            await response.write(piece)
    await response.write_eof()
    return response


async def pabulib(request: aioweb.Request) -> aioweb.Response:
    """Answer with a closed round as a PaBuLib file."""
    found = await found_round(request)
    files = await backend_of(request).open_data.round_files(found.summary.id)
    return _round_file(files.get(_PABULIB), f"round-{found.summary.number}.pb")


async def preflib(request: aioweb.Request) -> aioweb.Response:
    """Answer with a closed round as a PrefLib file; its name's ending says of which type."""
    found = await found_round(request)
    files = await backend_of(request).open_data.round_files(found.summary.id)
    ending = next((ending for ending in files if ending != _PABULIB), "")
    return _round_file(files.get(ending), f"round-{found.summary.number}.{ending}")


def _round_file(data: bytes | None, name: str) -> aioweb.Response:
    if data is None:
        raise NotFoundError
    return aioweb.Response(body=data, content_type="text/plain", charset="utf-8", headers=_named(name))


def _named(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}


ROUTES: Final = (
    Route("GET", "/open-data", show),
    Route("GET", "/open-data/datapackage.json", package),
    Route("GET", f"/open-data/{{table:{_TABLES}}}.{{form:{_FORMS}}}", table),
    Route("GET", f"/rounds/{_ID}/ballots.pb", pabulib),
    Route("GET", f"/rounds/{_ID}/ballots.preflib", preflib),
)
