"""Bodies of answers with their tags, and what of them a client needs: the bytes, packed or plain, or that it has them.

The tag is a strong one over the plain bytes; the packed bytes have another.
"""

import gzip
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from aiohttp import web as aioweb

COMPRESSED_FROM_BYTES: Final = 1_024
_TAG_CHARACTERS = 32
_LEVEL = 5
_LEVEL_ONCE = 1
"""For what is sent once: a twentieth more bytes for half the work."""


@dataclass(frozen=True)
class Body:
    """The bytes of an answer."""

    plain: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    """What else goes with them, whether the client has them or not."""

    @cached_property
    def tag(self) -> str:
        """The tag of the plain bytes, without quotes."""
        return hashlib.sha256(self.plain).hexdigest()[:_TAG_CHARACTERS]

    @cached_property
    def compressed(self) -> bytes:
        """The same bytes, compressed, always alike."""
        return gzip.compress(self.plain, _LEVEL, mtime=0)

    @property
    def size(self) -> int:
        """Bytes that it takes to keep it, its compressed twin included whether that is made or not."""
        return 2 * len(self.plain)

    def encoded(self, *, takes_gzip: bool) -> tuple[bytes, str, bool]:
        """Return the bytes to send, their tag, and whether they are compressed."""
        if takes_gzip and len(self.plain) >= COMPRESSED_FROM_BYTES:
            return self.compressed, f"{self.tag}-gzip", True
        return self.plain, self.tag, False

    def is_known(self, tags: Iterable[str]) -> bool:
        """Whether a client holds these bytes, compressed or not."""
        return any(tag in ("*", self.tag, f"{self.tag}-gzip") for tag in tags)


def told(request: aioweb.Request, body: Body, content_type: str, headers: Mapping[str, str]) -> aioweb.Response:
    """Return an answer with its tag, or only that what the client holds is still so."""
    data, tag, is_compressed = body.encoded(takes_gzip=takes_gzip(request))
    common = {**headers, **body.headers, "ETag": f'"{tag}"'}
    if body.is_known(tags_in(request)):
        return aioweb.Response(status=304, headers=common)
    if is_compressed:
        common["Content-Encoding"] = "gzip"
    return aioweb.Response(body=data, headers={**common, "Content-Type": content_type})


def compressed_once(request: aioweb.Request, plain: bytes) -> tuple[bytes, dict[str, str]]:
    """Return bytes that are sent to one client alone, compressed if it takes that, and the headers that say so."""
    if len(plain) < COMPRESSED_FROM_BYTES or not takes_gzip(request):
        return plain, {}
    return gzip.compress(plain, _LEVEL_ONCE, mtime=0), {"Content-Encoding": "gzip"}


def tags_in(request: aioweb.Request) -> list[str]:
    """Return the tags of what a client holds. A weak one counts: the comparison of If-None-Match is weak."""
    try:
        return [tag.value for tag in request.if_none_match or ()]
    except ValueError:
        return []


def takes_gzip(request: aioweb.Request) -> bool:
    """Whether a client takes gzip."""
    for entry in request.headers.get("Accept-Encoding", "").split(","):
        name, *parameters = (part.strip().lower() for part in entry.split(";"))
        if name in ("gzip", "*"):
            return weight(parameters) > 0
    return False


def weight(parameters: Sequence[str]) -> float:
    """Return how much a client wants what these parameters of a header's entry go with, from 0 to 1."""
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0.0
    return 1.0
