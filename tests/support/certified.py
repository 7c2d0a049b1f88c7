"""Certificates of made-up records, signed by a built federation's tellers, and their words on the log."""

from consensus.agreement import certificates
from protocol.envelope import Verified
from protocol.events.tellers import Precommit
from protocol.register import Record, record_id
from tests.support.builders import Federation
from tests.support.logged import LoggedRegister


class Tellers:
    """Every teller's chain, which certifies records and cosigns checkpoints."""

    def __init__(self, federation: Federation, count: int | None = None) -> None:
        """Take the first so many tellers, or all."""
        self.chains = [federation.writer(member.id, "teller") for member in federation.tellers[:count]]

    @property
    def events(self) -> list[Verified]:
        """All that they have said, chain after chain."""
        return [event for chain in self.chains for event in chain.events]

    def certify(self, record: Record) -> bytes:
        """Return the certificate of a record, by all."""
        body = Precommit(height=record.height, view=0, value=record_id(record))
        votes = [chain.write(body) for chain in self.chains]
        return certificates.assemble(record, tuple(vote.envelope for vote in votes)).to_bytes()

    def cosign(self, register: LoggedRegister, size: int, *, by: int | None = None, root: str = "") -> list[Verified]:
        """Have the first so many tellers, or all, say how the log of a size stands; or something else of it."""
        return [chain.write(register.word(chain.signer, size, root)) for chain in self.chains[:by]]
