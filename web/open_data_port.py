"""What pages need to give away open data: the part of Backend under `open_data`."""

from collections.abc import AsyncIterator, Mapping
from typing import Protocol

from web.open_data_tables import Form


class OpenFile(Protocol):
    """A file of one moment. It stays readable for as long as somebody holds it."""

    @property
    def size(self) -> int:
        """In bytes."""
        ...

    @property
    def sha256(self) -> str:
        """The hash of its bytes, 64 hex digits."""
        ...

    def pieces(self) -> AsyncIterator[bytes]:
        """Yield its bytes from the beginning on."""
        ...


class OpenData(Protocol):
    """Open data of the federation as this node holds it: nothing of rounds not certified yet, no erased text."""

    async def table(self, name: str, form: Form) -> OpenFile:
        """Return a table that web.open_data_tables knows, at most a minute old; an erased text is never in it."""
        ...

    async def round_files(self, round_id: str) -> Mapping[str, bytes]:
        """Return a closed round's files for researchers by the ending of their names; none before its close.

        `pb` is PaBuLib's, every other ending one of PrefLib's. A format that can't hold the ballots is left out.
        """
        ...
