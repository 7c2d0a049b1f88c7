"""Proofs in memory, for tests of pages: good ones of another federation, or what a test says is missing."""

from tests.support.builders import hash_of
from tests.support.proof_shapes import one_round, small
from web.proofs_port import ProofNotHereError


class MemoryProofs:
    """Has a proof of the first two versions of the agenda and of each round, unless `missing` says what isn't here."""

    def __init__(self) -> None:
        self.missing = ""
        self.is_cosigned = True

    @property
    def tellers_fingerprint(self) -> str:
        return hash_of("the tellers")

    async def short_of_agenda(self, version: int) -> bytes | None:
        return b"c2sp.org/tlog-proof@v1\n" if self.is_cosigned and version <= 2 else None

    async def full_of_agenda(self, version: int) -> bytes | None:
        return self._made(small().data) if version <= 2 else None

    async def full_of_round(self, round_id: str) -> bytes | None:
        return None if round_id == "0" * 64 else self._made(one_round().data)

    def _made(self, data: bytes) -> bytes:
        if self.missing:
            raise ProofNotHereError(self.missing)
        return data
