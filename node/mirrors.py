"""Serves an archive for reading alone: the files that its manifest names, and what outsiders ask a live node for.

Before it serves anything every file is read and compared with the manifest; one that changes afterwards isn't served.
A name is looked up among those of the manifest and nowhere else, and no link is followed. Entity tags are the
manifest's hashes. Nothing is written, no account is known, no cookie set.
"""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Final

from aiohttp import ETag
from aiohttp import web as aioweb
from aiohttp.typedefs import Handler

from node.archive_files import ArchiveFault, hash_inside, open_inside, read_manifest
from node.archive_log import LOG
from node.archive_tree import MANIFEST
from node.archives import CHARTER, record_path
from protocol import charter as charters
from protocol import limits
from protocol.ids import FederationId

_PIECE_BYTES: Final = 256 * 1024
_TICK: Final = 200
_BODY_BYTES_MAX: Final = 1024
_TYPES: Final[Mapping[str, str]] = {
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".txt": "text/plain",
    ".md": "text/markdown",
    ".py": "text/x-python",
    ".html": "text/html",
    ".pdf": "application/pdf",
    ".csv": "text/csv",
    ".tlog-proof": "text/plain",
}
_WITHOUT_ENDING: Final[Mapping[str, str]] = dict.fromkeys((MANIFEST, f"{LOG}checkpoint", f"{LOG}tellers"), "text/plain")
_FOR_EVER: Final = re.compile(r"(texts|listings|agendas|log/tile)/.+|register/[0-9]+\.json")
"""Files whose content can't change whatever newer archive takes this one's place."""
_RANGE: Final = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
_CHANGED: Final = "this file has changed since the mirror started: ask elsewhere\n"
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class _Kept:
    """A file of the archive as it was when its hash was compared."""

    sha256: str
    size: int
    changed_ns: int


class Mirror:
    """One archive that is served."""

    def __init__(self, root: Path, federation: FederationId, kept: Mapping[str, _Kept]) -> None:
        self._root = root
        self._federation = federation
        self._kept = kept
        self._height = sum(path.startswith("register/") for path in kept)

    @property
    def height(self) -> int:
        """The register's height in the archive."""
        return self._height

    @property
    def federation(self) -> FederationId:
        """The federation's id."""
        return self._federation

    def app(self) -> aioweb.Application:
        """Return the application that serves it."""
        app = aioweb.Application(middlewares=[_without_faults], client_max_size=_BODY_BYTES_MAX)
        app.on_response_prepare.append(_add_headers)
        app.router.add_get("/", self.index)
        app.router.add_get("/federation/v1/charter", self.charter)
        app.router.add_get(r"/federation/v1/register/{height:[0-9]{1,9}}", self.record)
        app.router.add_get("/federation/v1/log/{path:.+}", self.log)
        app.router.add_get("/{path:.+}", self.file)
        return app

    async def index(self, request: aioweb.Request) -> aioweb.StreamResponse:
        """Return what is there and how to check it, as a page."""
        tag = ETag(self._kept[MANIFEST].sha256)
        if _has(request, tag):
            return aioweb.Response(status=304, headers={"ETag": f'"{tag.value}"'})
        response = aioweb.Response(text=self._page(), content_type="text/html", charset="utf-8")
        response.etag = tag
        response.headers["Cache-Control"] = "no-cache"
        return response

    async def charter(self, request: aioweb.Request) -> aioweb.StreamResponse:
        """Return the charter, as a live node does."""
        return await self._answer(request, CHARTER)

    async def record(self, request: aioweb.Request) -> aioweb.StreamResponse:
        """Return the certificate at a height, as a live node does."""
        path = record_path(int(request.match_info["height"]))
        if path not in self._kept:
            return aioweb.Response(status=404, text="there is no record at this height in this archive\n")
        return await self._answer(request, path)

    async def log(self, request: aioweb.Request) -> aioweb.StreamResponse:
        """Return a part of the register's log, as a live node does."""
        path = LOG + request.match_info["path"]
        if path not in self._kept:
            return aioweb.Response(status=404, text="there is no such part of the log in this archive\n")
        return await self._answer(request, path)

    async def file(self, request: aioweb.Request) -> aioweb.StreamResponse:
        """Return a file of the archive."""
        path = request.match_info["path"]
        if path not in self._kept:
            return aioweb.Response(status=404, text="there is no such file in this archive; / lists what there is\n")
        return await self._answer(request, path)

    async def _answer(self, request: aioweb.Request, path: str) -> aioweb.StreamResponse:
        kept, headers = self._kept[path], self._headers(path)
        tag = ETag(kept.sha256)
        if _has(request, tag):
            return aioweb.Response(status=304, headers=headers)
        part = _part(request, kept, tag)
        if part is None:
            del headers["Content-Type"]
            headers["Content-Range"] = f"bytes */{kept.size}"
            return aioweb.Response(status=416, headers=headers, text="that range lies outside the file\n")
        status = 200 if part == range(kept.size) else 206
        if status == 206:
            headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{kept.size}"
        response = aioweb.StreamResponse(status=status, headers={**headers, "Content-Length": str(len(part))})
        return await self._send(request, path, part, response)

    async def _send(
        self, request: aioweb.Request, path: str, part: range, response: aioweb.StreamResponse
    ) -> aioweb.StreamResponse:
        with open_inside(self._root, path) as file:
            state = os.fstat(file.fileno())
            kept = self._kept[path]
            if (state.st_size, state.st_mtime_ns) != (kept.size, kept.changed_ns):
                return aioweb.Response(
                    status=503, text="this file has changed since the mirror started: ask elsewhere\n"
                )
            await response.prepare(request)
            if request.method != "HEAD":
                async for piece in _pieces(file.fileno(), part):
                    await response.write(piece)
            await response.write_eof()
        return response

    def _headers(self, path: str) -> dict[str, str]:
        kind = _TYPES.get(Path(path).suffix, "application/octet-stream")
        kind = _WITHOUT_ENDING.get(path, "application/json" if path.startswith("texts/") else kind)
        is_for_ever = _FOR_EVER.fullmatch(path) is not None
        return {
            "Content-Type": f"{kind}; charset=utf-8" if kind.startswith("text/") else kind,
            "ETag": f'"{self._kept[path].sha256}"',
            "Cache-Control": "public, max-age=31536000, immutable" if is_for_ever else "public, no-cache",
            "Accept-Ranges": "bytes",
        }

    def _page(self) -> str:
        listed = [path for path in self._kept if "/" not in path or path.startswith(_LISTED)]
        items = "".join(
            f'<li><a href="/{escape(path)}">{escape(path)}</a> {self._kept[path].size} bytes</li>' for path in listed
        )
        return _PAGE.format(
            federation=self._federation,
            height=self._height,
            files=len(self._kept),
            manifest=self._kept[MANIFEST].sha256,
            items=items,
        )


_LISTED: Final = ("agendas/", "proofs/", "specification/", "check/")
_PAGE: Final = """\
<!DOCTYPE html>
<html lang="en" dir="ltr">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Public record of a federation</title></head>
<body>
<main>
<h1>Public record of a federation</h1>
<p>This is a copy of the public record of the federation <code>{federation}</code> up to register height {height}:
{files} files. It is served for reading alone. Nobody has to trust this site: every file can be checked.</p>
<h2>How to check it</h2>
<p><a href="/README.txt">README.txt</a> says what each file is and how to check it with nothing but Python.
<a href="/MANIFEST">MANIFEST</a> names every file with its SHA-256; its own is <code>{manifest}</code>.
Compare the federation’s fingerprint above with one that you had from elsewhere.</p>
<h2>For programs</h2>
<p><a href="/federation/v1/charter">/federation/v1/charter</a> and /federation/v1/register/1 to {height} answer as a
member’s node does, and so does the register’s log below /federation/v1/log/. Files answer ranges and entity tags.</p>
<h2>Files</h2>
<ul>{items}</ul>
<p>The rest (records, chains of statements, texts) stands in MANIFEST by path.</p>
</main>
</body>
</html>
"""


def open_mirror(root: Path, progress: Progress) -> Mirror:
    """Return a mirror of the archive in a directory once every file has been compared with its manifest.

    Blocks for as long as reading all of it takes. Raises ArchiveFault, CharterError or OSError with what is wrong.
    """
    hashes = {**read_manifest(root), MANIFEST: hash_inside(root, MANIFEST)}
    kept: dict[str, _Kept] = {}
    for at, path in enumerate(sorted(hashes)):
        kept[path] = _compared(root, path, hashes[path])
        if at % _TICK == 0:
            progress(at, len(hashes))
    progress(len(hashes), len(hashes))
    if CHARTER not in kept:
        raise ArchiveFault(f"{root} holds no {CHARTER}: it is not an archive of comitia")
    with open_inside(root, CHARTER) as file:
        charter = charters.parse_file(file.read(limits.CHARTER_BYTES_MAX + 1))
    return Mirror(root, charter.federation, kept)


def _compared(root: Path, path: str, sha256: str) -> _Kept:
    with open_inside(root, path) as file:
        state = os.fstat(file.fileno())
    if hash_inside(root, path) != sha256:
        raise ArchiveFault(f"{path} has changed: its hash is not the manifest's; take another copy of the archive")
    return _Kept(sha256, state.st_size, state.st_mtime_ns)


def _has(request: aioweb.Request, tag: ETag) -> bool:
    """Whether the asker says that it holds this very content."""
    tags = request.if_none_match or ()
    return any(each.value in (tag.value, "*") for each in tags)


def _part(request: aioweb.Request, kept: _Kept, tag: ETag) -> range | None:
    """Return which bytes are asked for, or None if there are none such. What isn't one range is answered in full."""
    matched = _RANGE.fullmatch(request.headers.get("Range", ""))
    whole = range(kept.size)
    if matched is None or request.headers.get("If-Range", f'"{tag.value}"') != f'"{tag.value}"':
        return whole
    first, last = matched.groups()
    if not first and not last:
        return whole
    if not first:
        return range(max(0, kept.size - int(last)), kept.size) if int(last) and kept.size else None
    start, stop = int(first), min(int(last) + 1 if last else kept.size, kept.size)
    if last and int(last) < start:
        return whole
    return range(start, stop) if start < kept.size else None


async def _pieces(descriptor: int, part: range) -> AsyncIterator[bytes]:
    at = part.start
    while at < part.stop:
        piece = await asyncio.to_thread(os.pread, descriptor, min(_PIECE_BYTES, part.stop - at), at)
        if not piece:
            raise ConnectionResetError("the file became shorter")
        at += len(piece)
        yield piece


async def _add_headers(request: aioweb.Request, response: aioweb.StreamResponse) -> None:
    del request
    response.headers.update(_HEADERS)


@aioweb.middleware
async def _without_faults(request: aioweb.Request, handler: Handler) -> aioweb.StreamResponse:
    try:
        return await handler(request)
    except aioweb.HTTPException as error:
        return aioweb.Response(status=error.status, text=f"{error.reason.lower()}\n", headers=_allow(error))
    except ConnectionError:
        raise
    except (ArchiveFault, OSError):
        return aioweb.Response(status=503, text="this file can't be read here any more: ask elsewhere\n")


def _allow(error: aioweb.HTTPException) -> dict[str, str]:
    return {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
