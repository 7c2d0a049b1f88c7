"""How to check an agenda without trusting this page."""

from typing import Final

from aiohttp import web as aioweb

from consensus.agreement.quorum import Quorum
from web import keys
from web.offline_page import FILE_NAME, PATH
from web.pages.proofs import PROGRAM_PATH, SHORT_PROGRAM_PATH
from web.pages.route import Route
from web.respond import backend_of, page, people_of, visit_of

_HASH_COMMANDS: Final = (f"sha256sum {FILE_NAME}", f"certutil -hashfile {FILE_NAME} SHA256")
"""How to have a computer say a file's hash: on Unix, on Windows."""

_PROGRAM_COMMANDS: Final = ("pip install pynacl", "python verify_agenda.py FILE --fingerprint HEX")
"""How to run the stand-alone program."""

_COMITIA_COMMAND: Final = "comitia verify FILE --fingerprint HEX"


async def show(request: aioweb.Request) -> aioweb.Response:
    """Answer with what is certified and how to check it."""
    tellers = visit_of(request).federation.tellers
    values = {
        "agenda": await backend_of(request).agenda(),
        "people": await people_of(request),
        "tellers": tellers,
        "needed": Quorum.of(max(1, len(tellers))).votes,
        "hash_commands": "\n".join(_HASH_COMMANDS),
        "program_path": PROGRAM_PATH,
        "short_program_path": SHORT_PROGRAM_PATH,
        "program_commands": "\n".join(_PROGRAM_COMMANDS),
        "comitia_command": _COMITIA_COMMAND,
        "tellers_fingerprint": backend_of(request).proofs.tellers_fingerprint,
        "offline_name": FILE_NAME,
        "offline_path": PATH,
        "offline_sha256": request.app[keys.OFFLINE].sha256,
    }
    return page(request, "verify.html", values)


ROUTES: Final = (Route("GET", "/verify", show),)
