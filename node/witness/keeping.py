"""What a witness keeps on its disk: its key, the charter, the log that it has cosigned, and evidence.

Everything that it says is on disk before anybody hears of it: first the new leaves, then in one step the checkpoint
with its own cosignature. A stop at any moment leaves the one state or the next, and never a cosignature without it.
"""

import os
import secrets
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import Field, ValidationError

from node import files
from node.clock import Clock
from protocol import canonical, charter, limits, merkle, notes, short_proof, split_view
from protocol.canonical import sha256_hex
from protocol.charter import CharterFile
from protocol.errors import LocalError
from protocol.ids import RecordId, RecordIdField
from protocol.keys import SEED_BYTES, SigningKey
from protocol.model import Frozen, VersionOne
from protocol.notes import Note, VerifierKey
from protocol.split_view import Cosigned, SplitView

_Kept = TypeVar("_Kept", bound=Frozen)
EVIDENCE_MAX = 100
_STATE_BYTES_MAX = 2 * limits.NOTE_BYTES_MAX
_KEY_BYTES_MAX = 4 * 1024
_LEAVES_BYTES_MAX = 4 * 1024**3
_EVIDENCE_BYTES_MAX = 4 * limits.NOTE_BYTES_MAX


class WitnessError(LocalError):
    """The witness can't work with what it is given. One line that says what to do."""


class _KeyFile(Frozen):
    v: VersionOne
    name: str
    seed: Annotated[str, Field(pattern=r"^[0-9a-f]{64}\z")]


class _State(Frozen):
    v: VersionOne
    note: Annotated[str, Field(max_length=limits.NOTE_BYTES_MAX)]
    """The last checkpoint with the tellers' cosignatures and the witness's own."""
    entry: RecordIdField
    """Id of the log's last entry, on which the next record must rest."""


class Keeper:
    """One witness's directory. Used by one process at a time."""

    def __init__(self, directory: Path, clock: Clock) -> None:
        self._directory = directory
        self._clock = clock
        self._signer = SigningKey(bytes(SEED_BYTES))
        self.name = ""
        self.file: CharterFile | None = None
        self.tellers: tuple[VerifierKey, ...] = ()
        self.quorum = 1
        self.tree = merkle.Tree()
        self.last: Cosigned | None = None
        """The last checkpoint that was cosigned, with the tellers' cosignatures and the witness's own."""
        self.entry = RecordId("")
        self.evidence: list[SplitView] = []

    @property
    def key(self) -> VerifierKey:
        """The witness's own key, to be made known to those who rely on it."""
        return VerifierKey(self.name, bytes.fromhex(self._signer.key))

    @property
    def size(self) -> int:
        """The size of the log that was cosigned last, 0 before the first."""
        return 0 if self.last is None else self.last.checkpoint.size

    def open_key(self, name: str) -> None:
        """Read the key, or make it at the first start, under this name or one that follows from the key.

        Raises FileError, or WitnessError if the key has another name than the one given.
        """
        files.make_private_directory(self._directory)
        path = self._directory / "witness-key.json"
        if not path.exists():
            seed = secrets.token_bytes(SEED_BYTES)
            made = name or f"witness/{SigningKey(seed).key[:16]}"
            check_name(made)
            value = {"name": made, "seed": seed.hex(), "v": 1}
            files.write_new(path, canonical.encode(value), files.PRIVATE)
        files.check_private(path)
        held = _read(path, _KEY_BYTES_MAX, _KeyFile)
        if name and name != held.name:
            raise WitnessError(f"this witness is called {held.name}; for another name start one in another directory")
        self.name, self._signer = held.name, SigningKey(bytes.fromhex(held.seed))

    def open_charter(self, fingerprint: str) -> bool:
        """Read the charter that was kept; return whether there is one. Raises WitnessError if it is another one's."""
        path = self._directory / "charter.json"
        if not path.exists():
            return False
        self._use(charter.parse_file(files.read_bounded(path, limits.CHARTER_BYTES_MAX)), fingerprint)
        return True

    def keep_charter(self, data: bytes, fingerprint: str) -> None:
        """Keep a charter that came from a node, if it is that of the fingerprint. Raises CharterError, WitnessError."""
        self._use(charter.parse_file(data), fingerprint)
        files.write_new(self._directory / "charter.json", data, files.PUBLIC)

    def _use(self, file: CharterFile, fingerprint: str) -> None:
        tellers = short_proof.tellers_of(file.verified().roll)
        known = {file.federation, short_proof.tellers_fingerprint(file.federation, tellers)}
        if fingerprint not in known:
            raise WitnessError(f"the charter of federation {file.federation} is not that of the fingerprint given")
        self.file, self.tellers = file, short_proof.verifier_keys(tellers)
        self.quorum = short_proof.quorum_of(len(tellers))

    def open_log(self) -> None:
        """Take up where the last run left off. Raises WitnessError if what is on the disk doesn't fit together."""
        self.evidence = [self._read_evidence(path) for path in sorted(self._directory.glob("evidence-*.json"))]
        path = self._directory / "checkpoint.json"
        if not path.exists():
            return
        state = _read(path, _STATE_BYTES_MAX, _State)
        shown = split_view.read_cosigned(state.note.encode(), self.tellers, self.quorum)
        self.last = Cosigned(shown.checkpoint, notes.parse_note(state.note.encode()))
        self.entry = state.entry
        leaves = files.read_bounded(self._leaves, _LEAVES_BYTES_MAX)
        for at in range(0, self.size * merkle.HASH_BYTES, merkle.HASH_BYTES):
            self.tree.append(leaves[at : at + merkle.HASH_BYTES])
        mine = notes.cosigners(self.last.note, self.last.checkpoint, [self.key])
        if len(leaves) < self.size * merkle.HASH_BYTES or self.tree.root() != self.last.checkpoint.root or not mine:
            raise WitnessError(
                f"{self._directory}: what was kept does not fit together; this key must not cosign again: "
                "start a new witness in another directory"
            )

    def advance(self, shown: Cosigned, leaves: list[bytes], entry: RecordId) -> None:
        """Cosign a checkpoint that has been judged to continue the last one: with leaves of which `entry` is the last.

        Returns once it is on disk; only then is it the last one.
        """
        size = self.tree.size
        assert shown.checkpoint.size == size + len(leaves)
        self._write_leaves(size, b"".join(leaves))
        own = notes.cosign(shown.checkpoint, self.name, self._signer, self._clock.now() // 1_000)
        note = Note(shown.note.text, (*shown.note.signatures, own))
        value = {"entry": entry, "note": note.to_bytes().decode(), "v": 1}
        self._put("checkpoint.json", canonical.encode(value))
        for leaf in leaves:
            self.tree.append(leaf)
        self.last, self.entry = Cosigned(shown.checkpoint, note), entry

    def keep_evidence(self, found: SplitView) -> bool:
        """Keep evidence unless the same is kept already; return whether it is new."""
        if len(self.evidence) >= EVIDENCE_MAX or any(_is_same(found, held) for held in self.evidence):
            return False
        data = found.model_dump_json(indent=1).encode() + b"\n"
        name = sha256_hex(f"{found.smaller}\n{found.larger}".encode())[:16]
        self._put(f"evidence-{name}.json", data)
        self.evidence.append(found)
        return True

    @property
    def _leaves(self) -> Path:
        return self._directory / "leaves"

    def _write_leaves(self, size: int, data: bytes) -> None:
        """Write behind the leaves of the last checkpoint; what an interrupted run left there is overwritten."""
        descriptor = os.open(self._leaves, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, files.PRIVATE)
        with os.fdopen(descriptor, "wb") as file:
            file.seek(size * merkle.HASH_BYTES)
            file.write(data)
            file.truncate()
            file.flush()
            os.fsync(file.fileno())
        files.sync_directory(self._directory)

    def _put(self, name: str, data: bytes) -> None:
        path = self._directory / name
        if path.exists():
            files.replace(path, data)
        else:
            files.write_new(path, data, files.PUBLIC)

    def _read_evidence(self, path: Path) -> SplitView:
        try:
            return split_view.check(files.read_bounded(path, _EVIDENCE_BYTES_MAX), self.tellers, self.quorum)
        except split_view.EvidenceError as error:
            raise WitnessError(f"{path} is damaged ({error}): restore a copy, or move it away") from error


def check_name(name: str) -> None:
    """Check a witness's name. Raises WitnessError."""
    if not notes.is_key_name(name) or name.startswith("teller/"):
        raise WitnessError(f"a witness's name has no spaces and no +, and does not begin with teller/: {name!r}")


def _is_same(one: SplitView, other: SplitView) -> bool:
    """Whether two pieces of evidence are of the same two logs, whatever else stands below their checkpoints."""
    texts = [(view.smaller.partition("\n\n")[0], view.larger.partition("\n\n")[0]) for view in (one, other)]
    return texts[0] == texts[1]


def _read(path: Path, bytes_max: int, model: type[_Kept]) -> _Kept:
    try:
        return model.model_validate_json(files.read_bounded(path, bytes_max))
    except ValidationError as error:
        raise WitnessError(f"{path} is damaged: restore a copy, or start a new witness in another directory") from error
