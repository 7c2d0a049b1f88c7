"""Answers with their tags: a strong one over the bytes, another for the compressed bytes, and what a client knows."""

import gzip
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

COMPRESSED_FROM_BYTES: Final = 1_024
_TAG_CHARACTERS = 32
_LEVEL = 5


@dataclass(frozen=True)
class Body:
    """The bytes of an answer."""

    plain: bytes
    next_link: str | None = None
    """Address of the list's next part, for the header Link."""

    @cached_property
    def tag(self) -> str:
        """The tag of the plain bytes, without quotes."""
        return hashlib.sha256(self.plain).hexdigest()[:_TAG_CHARACTERS]

    @cached_property
    def compressed(self) -> bytes:
        """The same bytes, compressed, always alike."""
        return gzip.compress(self.plain, _LEVEL, mtime=0)

    def encoded(self, *, takes_gzip: bool) -> tuple[bytes, str, bool]:
        """Return the bytes to send, their tag, and whether they are compressed."""
        if takes_gzip and len(self.plain) >= COMPRESSED_FROM_BYTES:
            return self.compressed, f"{self.tag}-gzip", True
        return self.plain, self.tag, False

    def is_known(self, tags: Iterable[str]) -> bool:
        """Whether a client holds these bytes, compressed or not."""
        return any(tag in ("*", self.tag, f"{self.tag}-gzip") for tag in tags)
