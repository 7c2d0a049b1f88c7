"""Static files: read once at start, served under a URL that carries their hash, compressed ahead.

A file's URL changes with its content, so that browsers may keep it for a year.
"""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Final

_TYPES: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".txt": "text/plain"}
_HASH_CHARACTERS = 12


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file as it is sent."""

    name: str
    url: str
    content_type: str
    body: bytes
    gzipped: bytes


class StaticFiles:
    """All static files, by URL and by name."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        entries = [_entry(name, body) for name, body in sorted(files.items())]
        self._by_url = {entry.url: entry for entry in entries}
        self._urls = {entry.name: entry.url for entry in entries}

    def find(self, url: str) -> StaticFile | None:
        """Return the file that is served under a URL, or None."""
        return self._by_url.get(url)

    def url(self, name: str) -> str:
        """Return the URL of a file by its name. Raises KeyError if there is no such file."""
        return self._urls[name]


def load_static_files() -> StaticFiles:
    """Return the package's static files."""
    folder = resources.files("web").joinpath("static")
    return StaticFiles({item.name: item.read_bytes() for item in folder.iterdir() if item.is_file()})


def _entry(name: str, body: bytes) -> StaticFile:
    stem, dot, suffix = name.rpartition(".")
    digest = hashlib.sha256(body).hexdigest()[:_HASH_CHARACTERS]
    return StaticFile(
        name=name,
        url=f"/static/{stem}.{digest}.{suffix}",
        content_type=_TYPES[dot + suffix],
        body=body,
        gzipped=gzip.compress(body, mtime=0),
    )
