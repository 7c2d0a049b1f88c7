"""A federation's register as a log, made in a test: records, their tree, and tellers who cosign it."""

from dataclasses import dataclass, field
from typing import Any

from protocol import merkle, notes, short_proof
from protocol.events.tellers import Cosignature
from protocol.ids import EventId, MemberId, RecordId, TextHash
from protocol.keys import SigningKey
from protocol.notes import Checkpoint, Note, SignatureLine
from protocol.register import AgendaBody, AgendaRecord, OpenBody, OpenRecord, Record, record_id
from tests.support.builders import Federation, hash_of, round_spec

COSIGNED_SECONDS = 1_767_225_700


@dataclass
class LoggedRegister:
    """Grows record by record; what it says is cosigned by whomever the test asks to."""

    federation: Federation
    records: list[Record] = field(default_factory=list)
    tree: merkle.Tree = field(default_factory=merkle.Tree)

    def __post_init__(self) -> None:
        self.tree.append(merkle.leaf_hash(self.leaf(0)))

    @property
    def tellers(self) -> short_proof.Tellers:
        """The tellers in the roll's order with their keys."""
        return short_proof.tellers_of(self.federation.roll)

    def leaf(self, height: int) -> bytes:
        """Return what stands at a height."""
        if height == 0:
            return short_proof.charter_leaf(self.federation.file.payload)
        return short_proof.leaf_of(self.records[height - 1])

    def open(self, words: object = "") -> Record:
        """Add a record that opens a round; the words tell it from others."""
        height, spec = self._next(), round_spec([EventId(hash_of("subject", words))])
        return self.add(
            OpenRecord(
                **self._head(height), kind="open", body=OpenBody(request=EventId(hash_of(words, height)), spec=spec)
            )
        )

    def agenda(self, document: str, size: int = 1_000) -> Record:
        """Add a record that publishes the document with this hash."""
        body = AgendaBody(draft=EventId(hash_of("draft")), version=1, document=TextHash(document), size=size)
        return self.add(AgendaRecord(**self._head(self._next()), kind="agenda", body=body))

    def checkpoint(self, size: int | None = None) -> Checkpoint:
        """Return the checkpoint of a size, or of all."""
        count = self.tree.size if size is None else size
        return Checkpoint(self.federation.id, count, self.tree.root(count))

    def cosignatures(self, checkpoint: Checkpoint, count: int | None = None) -> dict[MemberId, SignatureLine]:
        """Return the cosignatures of the first tellers, of all if no count is given."""
        return {
            member.id: notes.cosign(checkpoint, f"teller/{member.id}", member.key("teller"), COSIGNED_SECONDS + place)
            for place, member in enumerate(self.federation.tellers[:count])
        }

    def note(self, size: int | None = None, count: int | None = None) -> Note:
        """Return a cosigned checkpoint."""
        checkpoint = self.checkpoint(size)
        return Note(checkpoint.text, tuple(self.cosignatures(checkpoint, count).values()))

    def word(self, signer: SigningKey, size: int, root: str = "") -> Cosignature:
        """Return what a teller with this key says of the log of a size, or of another root in its place."""
        checkpoint = self.checkpoint(size)
        signature = signer.sign(notes.cosignature_message(checkpoint, COSIGNED_SECONDS)).hex()
        said = root or checkpoint.root.hex()
        return Cosignature(height=size - 1, root=said, time=COSIGNED_SECONDS, signature=signature)

    def proof(self, height: int, size: int | None = None) -> bytes:
        """Return the short proof of a record."""
        checkpoint = self.checkpoint(size)
        return short_proof.make(
            self.records[height - 1],
            self.tree.inclusion(height, checkpoint.size),
            checkpoint,
            self.cosignatures(checkpoint),
            self.tellers,
        )

    def _next(self) -> int:
        return len(self.records) + 1

    def _head(self, height: int) -> dict[str, Any]:
        prev = record_id(self.records[-1]) if self.records else RecordId(self.federation.id)
        return {"v": 1, "federation": self.federation.id, "height": height, "prev": prev, "roll": 0}

    def add(self, record: Record) -> Record:
        """Add a record that was made elsewhere."""
        self.records.append(record)
        self.tree.append(merkle.leaf_hash(self.leaf(record.height)))
        return record


def logged(federation: Federation, records: int) -> LoggedRegister:
    """Return a register of so many records."""
    register = LoggedRegister(federation)
    for number in range(records):
        register.open(number)
    return register
