"""Proofs as files, and the stand-alone program that checks them."""

from importlib import resources
from typing import Final

from aiohttp import web as aioweb

from web.errors import NotFoundError
from web.pages.route import Route
from web.proofs_port import ProofNotHereError
from web.respond import backend_of, visit_of

PROGRAM_PATH: Final = "/offline/verify_agenda.py"
_BINARY: Final = "application/octet-stream"
_TEXT: Final = "text/plain"
_PROGRAM: Final = resources.files("web").joinpath("offline/verify_agenda.py").read_bytes()


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
    """Answer with the stand-alone program."""
    del request
    response = aioweb.Response(body=_PROGRAM, content_type="text/x-python", charset="utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="verify_agenda.py"'
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
    Route("GET", PROGRAM_PATH, program),
)
