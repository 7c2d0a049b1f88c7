"""The register as a log: its tree, this teller's cosignatures, and the newest checkpoint that a quorum has cosigned.

The tree is held in memory and grows record by record; at a start it is made from the records, which are read anyway.
A teller's cosignatures are events in its chain: what it signed before a stop it finds there, and never signs otherwise.
Only what a quorum of tellers has cosigned is given to others.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field

from consensus.agreement.inputs import Certified
from node.clock import Clock
from node.deliveries import Batch, Draft
from node.follower import Follower, Pace
from node.ledger import Ledger
from node.register import Entry, Register
from node.storage import cosignatures as store
from node.storage.database import Database
from node.teller import Teller
from protocol import merkle, notes, short_proof
from protocol.charter import CharterFile
from protocol.envelope import Verified
from protocol.events.tellers import Cosignature
from protocol.ids import MemberId, RecordId
from protocol.keys import Signer
from protocol.notes import Checkpoint, Note, SignatureLine
from protocol.register import Record
from protocol.roll import Roll

_LOG = logging.getLogger(__name__)
_SETTLE_SECONDS = 0.1
"""So long a teller waits for further records before it cosigns the last one."""
_HEIGHTS_LOOKED_AT_MAX = 1_000
"""How far below the head the newest cosigned checkpoint is looked for at a start."""


@dataclass(slots=True)
class Cosigned:
    """A checkpoint with the tellers' cosignatures that are here."""

    checkpoint: Checkpoint
    lines: dict[MemberId, SignatureLine] = field(default_factory=dict)


class RegisterLog:
    """The log of one register, as a resource."""

    def __init__(  # noqa: PLR0913 - the composition root names each
        self,
        *,
        database: Database,
        ledger: Ledger,
        register: Register,
        teller: Teller,
        clock: Clock,
        file: CharterFile,
        roll: Roll,
        signer: Signer | None,
    ) -> None:
        self.federation = file.federation
        self.tellers = short_proof.tellers_of(roll)
        self.tree = merkle.Tree()
        self.charter_leaf = short_proof.charter_leaf(file.payload)
        self.tree.append(merkle.leaf_hash(self.charter_leaf))
        self.wrong: dict[MemberId, str] = {}
        """Tellers whose word on the log isn't right, and why not."""
        self._keys = {key: notes.teller_key(member, key) for member, key in self.tellers}
        self._quorum = short_proof.quorum_of(len(self.tellers))
        self._database = database
        self._ledger = ledger
        self._register = register
        self._teller = teller
        self._clock = clock
        self._signer = signer
        self._cosigned: Cosigned | None = None
        self._gathering: dict[int, Cosigned] = {}
        self._ahead: dict[MemberId, Verified] = {}
        """The last word of each teller on a record that isn't here yet."""
        self._cosigning = Follower(self._cosign, "the register's log is not cosigned", Pace(_SETTLE_SECONDS))
        ledger.listen(self._on_batch)
        register.listen(self._on_record)

    @property
    def cosigned(self) -> Checkpoint | None:
        """The newest checkpoint that a quorum has cosigned, or None before the first."""
        return None if self._cosigned is None else self._cosigned.checkpoint

    @property
    def note(self) -> Note | None:
        """That checkpoint with all tellers' cosignatures that are here, in the roll's order."""
        found = self._cosigned
        if found is None:
            return None
        lines = tuple(found.lines[member] for member, _ in self.tellers if member in found.lines)
        return Note(found.checkpoint.text, lines)

    @property
    def tellers_text(self) -> str:
        """The text that the tellers' fingerprint is the hash of."""
        return short_proof.tellers_text(self.federation, self.tellers)

    @property
    def tellers_fingerprint(self) -> str:
        """The tellers' fingerprint, 64 hex digits."""
        return short_proof.tellers_fingerprint(self.federation, self.tellers)

    async def load(self, records: Iterable[tuple[RecordId, Record]]) -> None:
        """Take up the certified records, in their order, and what tellers have said of them. Before anything asks."""
        for _, record in records:
            self.tree.append(merkle.leaf_hash(short_proof.leaf_of(record)))
        lowest = max(0, self.tree.size - 1 - _HEIGHTS_LOOKED_AT_MAX)
        for height in range(self.tree.size - 1, lowest, -1):
            for verified in await self._database.read(lambda c, at=height: store.at_height(c, at)):  # type: ignore[misc]
                self._take(verified)
            if self._cosigned is not None:
                break
        for verified in await self._database.read(lambda c: store.above(c, self._keys, self.tree.size - 1)):
            self._take(verified)

    async def start(self) -> None:
        """Begin to cosign, if this node is a teller's."""
        if self._signer is not None:
            await self._cosigning.start()

    async def stop(self) -> None:
        """Cosign no longer."""
        await self._cosigning.stop()

    async def leaves(self, start: int, count: int) -> list[bytes]:
        """Return entries from a height on."""
        first = [self.charter_leaf] if start == 0 and count else []
        entries = await self._register.since(max(start, 1), count - len(first)) if count > len(first) else []
        return first + [short_proof.leaf_of(entry.record) for entry in entries]

    async def short_proof(self, height: int) -> bytes | None:
        """Return the short proof of the record at a height, or None if it isn't cosigned yet or isn't there."""
        cosigned = self._cosigned
        if cosigned is None or not 1 <= height < cosigned.checkpoint.size:
            return None
        entry = await self._register.at(height)
        if entry is None:
            return None
        path = self.tree.inclusion(height, cosigned.checkpoint.size)
        return short_proof.make(entry.record, path, cosigned.checkpoint, cosigned.lines, self.tellers)

    def checkpoint(self, height: int) -> Checkpoint:
        """Return the checkpoint of the log whose last entry is at a height of the tree."""
        return Checkpoint(self.federation, height + 1, self.tree.root(height + 1))

    def _on_record(self, entry: Entry, certified: Certified) -> None:
        del certified
        self.tree.append(merkle.leaf_hash(short_proof.leaf_of(entry.record)))
        for verified in list(self._ahead.values()):
            self._take(verified)
        self._cosigning.ask()

    def _on_batch(self, batch: Batch) -> None:
        for verified in batch.accepted:
            if isinstance(verified.event.body, Cosignature):
                self._take(verified)

    def _take(self, verified: Verified) -> None:
        """Count a teller's word, unless it is of the past, of what isn't here yet, or wrong."""
        event = verified.event
        body, key = event.body, self._keys.get(event.key)
        if not isinstance(body, Cosignature) or key is None:
            return
        if body.height >= self.tree.size:
            self._put_ahead(event.member, verified)
            return
        self._drop_ahead(event.member, body.height)
        if self._cosigned is not None and body.height < self._cosigned.checkpoint.size - 1:
            return
        objection = objection_to(body, self.checkpoint(body.height), key)
        if objection is not None:
            self.wrong[event.member] = objection
            _LOG.error("log: the cosignature of %s at height %d is wrong: %s", event.member, body.height, objection)
            return
        line = notes.cosignature_line(key, body.time, bytes.fromhex(body.signature))
        self._count(event.member, body.height, line)

    def _put_ahead(self, member: MemberId, verified: Verified) -> None:
        held = self._ahead.get(member)
        if held is None or _height(held) < _height(verified):
            self._ahead[member] = verified

    def _drop_ahead(self, member: MemberId, height: int) -> None:
        held = self._ahead.get(member)
        if held is not None and _height(held) <= height:
            del self._ahead[member]

    def _count(self, member: MemberId, height: int, line: SignatureLine) -> None:
        found = self._cosigned
        if found is None or found.checkpoint.size != height + 1:
            found = self._gathering.setdefault(height, Cosigned(self.checkpoint(height)))
        found.lines.setdefault(member, line)
        if len(found.lines) >= self._quorum:
            self._cosigned = found
            self._gathering = {at: held for at, held in self._gathering.items() if at > height}

    async def _cosign(self) -> None:
        """Cosign the log as it stands, unless this has been done, or two certificates say that it can't be trusted."""
        assert self._signer is not None
        await self._ledger.signing_allowed()
        signer, height = self._signer, self.tree.size - 1
        if height < 1 or self._teller.halted or self._register.conflict is not None:
            return
        last = await self._database.read(lambda c: store.last_of(c, signer.key))
        if last is not None and not self._may_follow(last, height):
            return
        checkpoint, time = self.checkpoint(height), self._clock.now() // 1_000
        signature = signer.sign(notes.cosignature_message(checkpoint, time))
        body = Cosignature(height=height, root=checkpoint.root.hex(), time=time, signature=signature.hex())
        await self._ledger.publish(Draft("cosignature", body, signer))

    def _may_follow(self, last: Cosignature, height: int) -> bool:
        """Whether a further word would be a new one, and agrees with the last."""
        if height <= last.height:
            return False
        if self.checkpoint(last.height).root.hex() == last.root:
            return True
        _LOG.error("log: this teller has cosigned another register up to height %d, and cosigns no more", last.height)
        return False


def objection_to(body: Cosignature, checkpoint: Checkpoint, key: notes.VerifierKey) -> str | None:
    """Return why a teller's word on a checkpoint's height is wrong, or None if it holds."""
    if body.root != checkpoint.root.hex():
        return "its root is another one"
    line = notes.cosignature_line(key, body.time, bytes.fromhex(body.signature))
    return None if notes.cosigned_at(checkpoint, line, key) is not None else "its signature does not hold"


def _height(verified: Verified) -> int:
    body = verified.event.body
    assert isinstance(body, Cosignature)
    return body.height
