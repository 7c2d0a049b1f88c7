"""Proofs in memory, for tests of pages: their first lines alone, or what a test says is missing."""

from tests.support.builders import hash_of
from web.proofs_port import ProofNotHereError

FULL = b"comitia full proof 1 " + b"0" * 64 + b"\n"
SHORT = b"c2sp.org/tlog-proof@v1\n"


class MemoryProofs:
    """Has a proof of the first two versions of the agenda and of each round, unless `missing` says what isn't here."""

    def __init__(self) -> None:
        self.missing = ""

    @property
    def tellers_fingerprint(self) -> str:
        return hash_of("the tellers")

    async def short_of_agenda(self, version: int) -> bytes | None:
        return SHORT if version <= 2 else None

    async def full_of_agenda(self, version: int) -> bytes | None:
        return self._full() if version <= 2 else None

    async def full_of_round(self, round_id: str) -> bytes | None:
        return None if round_id == "0" * 64 else self._full()

    def _full(self) -> bytes:
        if self.missing:
            raise ProofNotHereError(self.missing)
        return FULL
