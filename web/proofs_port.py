"""What pages need to hand out proofs: the part of Backend under `proofs`."""

from typing import Protocol


class ProofNotHereError(Exception):
    """A proof can't be made, because this node lacks something that it rests on; the text says what."""


class Proofs(Protocol):
    """Proofs of what the register holds, as files that anyone can check."""

    @property
    def tellers_fingerprint(self) -> str:
        """What a short proof is checked against without the charter, 64 hex digits."""
        ...

    async def short_of_agenda(self, version: int) -> bytes | None:
        """Return the short proof of a version of the agenda, or None while a quorum has not cosigned it."""
        ...

    async def full_of_agenda(self, version: int) -> bytes | None:
        """Return the full proof of a version of the agenda, or None. Raises ProofNotHereError."""
        ...

    async def full_of_round(self, round_id: str) -> bytes | None:
        """Return the full proof of a closed round, or None. Raises ProofNotHereError."""
        ...
