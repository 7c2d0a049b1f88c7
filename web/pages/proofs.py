"""Proofs as files, and the stand-alone programs that check them."""

from importlib import resources
from typing import Final

from aiohttp import web as aioweb

from web.errors import NotFoundError
from web.pages.route import Route
from web.proofs_port import ProofNotHereError
from web.respond import backend_of, visit_of

PROGRAM_PATH: Final = "/offline/verify_agenda.py"
SHORT_PROGRAM_PATH: Final = "/offline/verify_short_proof.py"
_BINARY: Final = "application/octet-stream"
_TEXT: Final = "text/plain"
_PROGRAMS: Final = {
    path: resources.files("web").joinpath(path.removeprefix("/")).read_bytes()
    for path in (PROGRAM_PATH, SHORT_PROGRAM_PATH)
}


async def short_of_agenda(request: aioweb.Request) -> aioweb.Response:
    """Answer with the short proof of a version of the agenda."""
    version = int(request.match_info["version"])
    data = await backend_of(request).proofs.short_of_agenda(version)
    return _file(request, data, f"agenda-{version}", "tlog-proof", _TEXT)


async def full_of_agenda(request: aioweb.Request) -> aioweb.Response:
    """Answer with the full proof of a version of the agenda."""
    version = int(request.match_info["version"])
    try:
        data = await backend_of(request).proofs.full_of_agenda(version)
    except ProofNotHereError as error:
        return _not_here(error)
    return _file(request, data, f"agenda-{version}", "comitia-proof", _BINARY)


async def full_of_round(request: aioweb.Request) -> aioweb.Response:
    """Answer with the full proof of a closed round."""
    round_id = request.match_info["round"]
    try:
        data = await backend_of(request).proofs.full_of_round(round_id)
    except ProofNotHereError as error:
        return _not_here(error)
    return _file(request, data, f"round-{round_id[:12]}", "comitia-proof", _BINARY)


async def program(request: aioweb.Request) -> aioweb.Response:
    """Answer with a stand-alone program."""
    name = f"/offline/{request.match_info['name']}.py"
    response = aioweb.Response(body=_PROGRAMS[name], content_type="text/x-python", charset="utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name.rpartition("/")[2]}"'
    return response


def _file(request: aioweb.Request, data: bytes | None, name: str, suffix: str, content_type: str) -> aioweb.Response:
    if data is None:
        raise NotFoundError
    response = aioweb.Response(body=data, content_type=content_type)
    federation = visit_of(request).federation.id[:8]
    response.headers["Content-Disposition"] = f'attachment; filename="{federation}-{name}.{suffix}"'
    return response


def _not_here(error: ProofNotHereError) -> aioweb.Response:
    return aioweb.Response(status=503, text=f"{error}\n")


ROUTES: Final = (
    Route("GET", r"/agenda/{version:\d{1,9}}/proof.tlog-proof", short_of_agenda),
    Route("GET", r"/agenda/{version:\d{1,9}}/full.comitia-proof", full_of_agenda),
    Route("GET", r"/rounds/{round:[0-9a-f]{64}}/full.comitia-proof", full_of_round),
    Route("GET", "/offline/{name:verify_agenda|verify_short_proof}.py", program),
)
