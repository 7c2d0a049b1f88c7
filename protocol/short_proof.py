"""Short proofs: one record of the register, its inclusion in the log, and a quorum of tellers who cosigned that.

The file is C2SP tlog-proof, text; its extra data are the record and the tellers' keys. It is checked against a
fingerprint that the reader knows: the tellers', or the federation's together with the charter. Every byte of it
matters: writing what was read gives the same bytes, and each part is bound by one of the steps. See SPEC.md, part 11.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, cast

from pydantic import ValidationError

from protocol import canonical, limits, merkle, notes
from protocol.canonical import NotCanonicalError, sha256_hex
from protocol.charter import CharterError, CharterFile
from protocol.envelope import pae
from protocol.errors import LocalError, RemoteError
from protocol.ids import FederationId, KeyId, MemberId
from protocol.notes import Checkpoint, Note, NoteError, SignatureLine, VerifierKey
from protocol.register import AgendaRecord, Record, parse_record, record_bytes
from protocol.roll import Roll
from protocol.steps import Result, Step

HEADER = "c2sp.org/tlog-proof@v1"
STEPS = ("form", "fingerprint", "record", "inclusion", "cosignatures", "document")
"""In the order in which they are taken."""

_INDEX = re.compile(r"index (0|[1-9][0-9]{0,15})")
_KEY = re.compile(r"[0-9a-f]{64}")
_MEMBER = re.compile(r"[a-z0-9][a-z0-9-]{0,30}[a-z0-9]")
_HASH_LINE_CHARACTERS = 44
_NOT_REACHED = "not checked, because an earlier step failed"

Tellers = tuple[tuple[MemberId, KeyId], ...]
"""The tellers in the roll's order, each with its teller key."""


class ProofError(RemoteError):
    """One step of a check fails. The message says why."""


@dataclass(frozen=True, slots=True)
class ShortProof:
    """What a short proof's file says, read but not checked."""

    index: int
    """The record's height."""
    path: tuple[bytes, ...]
    checkpoint: Checkpoint
    note: Note
    record: bytes
    """The canonical bytes of the record."""
    tellers: Tellers

    @property
    def signers(self) -> tuple[str, ...]:
        """The names under which the cosignatures stand."""
        return tuple(line.name.removeprefix("teller/") for line in self.note.signatures)

    @property
    def cosigned(self) -> int:
        """The latest time of a cosignature in seconds since 1970, by the cosigner's clock."""
        return max((int.from_bytes(line.data[:8], "big") for line in self.note.signatures), default=0)


@dataclass(frozen=True, slots=True)
class Checked:
    """What the check of a short proof came to."""

    steps: tuple[Step, ...]
    """All of STEPS, in their order."""
    proof: ShortProof | None
    """What the file says, or None if it can't be read."""
    record: Record | None
    """The record, once everything holds that the check was asked for."""

    @property
    def holds(self) -> bool:
        """Whether no step failed."""
        return self.record is not None


def quorum_of(tellers: int) -> int:
    """Return how many of so many tellers are a quorum (SPEC 6.1)."""
    return (tellers + (tellers - 1) // 3) // 2 + 1


def tellers_of(roll: Roll) -> Tellers:
    """Return a roll's tellers with their teller keys."""
    keys_of = {member.id: {entry.role: entry.key for entry in member.keys} for member in roll.members}
    return tuple((member, keys_of[member]["teller"]) for member in roll.tellers)


def verifier_keys(tellers: Tellers) -> tuple[VerifierKey, ...]:
    """Return the tellers' verifier keys, in the roll's order."""
    return tuple(notes.teller_key(member, key) for member, key in tellers)


def tellers_text(federation: FederationId, tellers: Tellers) -> str:
    """Return the text that the tellers' fingerprint is the hash of."""
    lines = ["comitia tellers v1", notes.origin_of(federation), *(key.line for key in verifier_keys(tellers))]
    return "".join(f"{line}\n" for line in lines)


def tellers_fingerprint(federation: FederationId, tellers: Tellers) -> str:
    """Return the tellers' fingerprint, 64 hex digits."""
    return sha256_hex(tellers_text(federation, tellers).encode())


def leaf_of(record: Record) -> bytes:
    """Return what stands at a record's height in the log; its SHA-256 is the record's id."""
    return pae(f"record-{record.kind}", record_bytes(record))


def charter_leaf(payload: bytes) -> bytes:
    """Return what stands at height 0 of the log, from the charter's payload."""
    return pae("charter", payload)


def make(
    record: Record,
    path: Sequence[bytes],
    checkpoint: Checkpoint,
    cosignatures: Mapping[MemberId, SignatureLine],
    tellers: Tellers,
) -> bytes:
    """Return the short proof of a record: with the cosignatures of the q tellers that come first in the roll's order.

    Raises LocalError if fewer than a quorum are given. Nothing else is checked.
    """
    needed = quorum_of(len(tellers))
    lines = [cosignatures[member] for member, _ in tellers if member in cosignatures][:needed]
    if len(lines) < needed:
        raise LocalError(f"a short proof needs the cosignatures of {needed} tellers, not {len(lines)}")
    value = {"record": record.model_dump(mode="json"), "tellers": [list(pair) for pair in tellers], "v": 1}
    head = [HEADER, f"extra {notes.encode_base64(canonical.encode(value))}", f"index {record.height}"]
    text = "".join(f"{line}\n" for line in [*head, *map(notes.encode_base64, path), ""])
    return text.encode() + Note(checkpoint.text, tuple(lines)).to_bytes()


def parse(data: bytes) -> ShortProof:
    """Return what a short proof's file says. Raises ProofError if it isn't written as it must be: step `form`."""
    if len(data) > limits.SHORT_PROOF_BYTES_MAX:
        raise ProofError(
            f"{len(data)} bytes are more than the {limits.SHORT_PROOF_BYTES_MAX} that a short proof may have"
        )
    head, blank, below = data.partition(b"\n\n")
    lines = _lines(head)
    if not blank or len(lines) < 3 or lines[0] != HEADER:
        raise ProofError(f"it does not begin with {HEADER}, extra, index and end with a checkpoint: not a short proof")
    index = _INDEX.fullmatch(lines[2])
    if not lines[1].startswith("extra ") or index is None:
        raise ProofError("its second line is extra data and its third an index, each written as it must be")
    if len(lines) - 3 > limits.PROOF_HASHES_MAX:
        raise ProofError(f"it has more than {limits.PROOF_HASHES_MAX} hashes")
    try:
        path = tuple(_hash(line) for line in lines[3:])
        note = notes.parse_note(below)
        checkpoint = notes.parse_checkpoint(note.text)
        record, tellers = _parse_extra(notes.decode_base64(lines[1].removeprefix("extra ")))
    except (NoteError, NotCanonicalError) as error:
        raise ProofError(str(error)) from error
    return ShortProof(int(index[1]), path, checkpoint, note, record, tellers)


def check(data: bytes, fingerprint: str, *, charter: CharterFile | None = None, document: str | None = None) -> Checked:
    """Check a short proof step by step against a fingerprint: the tellers', or with a charter the federation's.

    With the hash of an agenda's document, 64 hex digits, it is checked too that the record publishes that one.
    """
    try:
        proof = parse(data)
    except ProofError as error:
        return Checked(_ended([], "form", str(error)), None, None)
    done = [Step("form", Result.OK, f"a short proof of {len(data)} bytes")]
    found: list[Record] = []
    stages: list[tuple[str, Callable[[], str]]] = [
        ("fingerprint", lambda: _check_fingerprint(proof, fingerprint, charter)),
        ("record", lambda: _check_record(proof, found)),
        ("inclusion", lambda: _check_inclusion(proof, found[0])),
        ("cosignatures", lambda: _check_cosignatures(proof)),
    ]
    if document is not None:
        stages.append(("document", lambda: _check_document(found[0], document)))
    for name, stage in stages:
        try:
            done.append(Step(name, Result.OK, stage()))
        except ProofError as error:
            return Checked(_ended(done, name, str(error)), proof, None)
    if document is None:
        done.append(Step("document", Result.NOT_NEEDED, "no agenda file was given"))
    return Checked(tuple(done), proof, found[0])


def _ended(done: list[Step], name: str, words: str) -> tuple[Step, ...]:
    later = STEPS[STEPS.index(name) + 1 :]
    rest = [Step(other, Result.NOT_NEEDED, _NOT_REACHED) for other in later]
    return (*done, Step(name, Result.FAILED, words), *rest)


def _lines(head: bytes) -> list[str]:
    try:
        return head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise ProofError("only names below a checkpoint may have other than ASCII characters") from error


def _hash(line: str) -> bytes:
    found = notes.decode_base64(line) if len(line) == _HASH_LINE_CHARACTERS else b""
    if len(found) != merkle.HASH_BYTES:
        raise NoteError("a line between the index and the checkpoint is not a hash")
    return found


def _parse_extra(data: bytes) -> tuple[bytes, Tellers]:
    value = canonical.decode(data)
    if not isinstance(value, dict) or sorted(value) != ["record", "tellers", "v"]:
        raise ProofError("its extra data are not an object of record, tellers and v")
    if type(value["v"]) is not int or value["v"] != 1 or not isinstance(value["record"], dict):
        raise ProofError("its extra data are of another version, or their record is no object")
    return canonical.encode(value["record"]), _parse_tellers(value["tellers"])


def _parse_tellers(value: object) -> Tellers:
    if not isinstance(value, list) or not 1 <= len(value) <= limits.TELLERS_MAX or not all(map(_is_teller, value)):
        raise ProofError(f"its tellers are not a list of 1 to {limits.TELLERS_MAX} pairs of a member and a key")
    pairs = cast("list[list[Any]]", value)
    members = [MemberId(pair[0]) for pair in pairs]
    if any(one >= other for one, other in pairwise(members)):
        raise ProofError("its tellers do not stand in the order of their ids, each once")
    return tuple((MemberId(member), KeyId(key)) for member, key in pairs)


def _is_teller(pair: object) -> bool:
    if not isinstance(pair, list) or len(pair) != 2 or not all(isinstance(word, str) for word in pair):
        return False
    return bool(_MEMBER.fullmatch(pair[0]) and _KEY.fullmatch(pair[1]))


def _check_fingerprint(proof: ShortProof, fingerprint: str, charter: CharterFile | None) -> str:
    federation = proof.checkpoint.federation
    if charter is not None:
        return _check_charter(proof, fingerprint, charter)
    found = tellers_fingerprint(federation, proof.tellers)
    if found == fingerprint:
        return f"the tellers' fingerprint is the one given; there are {len(proof.tellers)} tellers"
    if fingerprint == federation:
        raise ProofError("the fingerprint given is the federation's: give the charter too, or the tellers' fingerprint")
    raise ProofError(f"the tellers' fingerprint is {found}, and not the one given")


def _check_charter(proof: ShortProof, fingerprint: str, charter: CharterFile) -> str:
    if charter.federation != fingerprint:
        raise ProofError(f"the charter given is that of federation {charter.federation}, not of the one given")
    if proof.checkpoint.federation != fingerprint:
        raise ProofError(f"it is a proof of federation {proof.checkpoint.federation}, not of the one given")
    try:
        founded = charter.verified()
    except CharterError as error:
        raise ProofError(f"the charter given does not hold: {error}") from error
    if tellers_of(founded.roll) != proof.tellers:
        raise ProofError("its tellers are not those of the charter")
    return f"the charter is the one of the fingerprint given, and names these {len(proof.tellers)} tellers"


def _check_record(proof: ShortProof, found: list[Record]) -> str:
    if len(proof.record) > limits.RECORD_BYTES_MAX:
        raise ProofError(f"a record of {len(proof.record)} bytes is over the limit")
    try:
        record = parse_record(proof.record)
    except (NotCanonicalError, ValidationError) as error:
        raise ProofError("its record does not have the fields of a record of the register") from error
    if record.height != proof.index:
        raise ProofError(f"its record is of height {record.height}, and the proof of height {proof.index}")
    if record.federation != proof.checkpoint.federation:
        raise ProofError("its record and its checkpoint are of different federations")
    found.append(record)
    return f"record {sha256_hex(leaf_of(record))} ({record.kind}) at height {record.height}"


def _check_inclusion(proof: ShortProof, record: Record) -> str:
    leaf, checkpoint = merkle.leaf_hash(leaf_of(record)), proof.checkpoint
    if not merkle.is_included(leaf, proof.index, checkpoint.size, proof.path, checkpoint.root):
        raise ProofError("the hashes do not lead from the record to the checkpoint's root")
    return f"the record stands at height {proof.index} of the register as it was with {checkpoint.size} entries"


def _check_cosignatures(proof: ShortProof) -> str:
    needed, lines = quorum_of(len(proof.tellers)), proof.note.signatures
    if len(lines) != needed:
        raise ProofError(f"it has {len(lines)} cosignatures where {needed} of {len(proof.tellers)} tellers are needed")
    places = {(key.name, key.id): at for at, key in enumerate(verifier_keys(proof.tellers))}
    last = -1
    for line in lines:
        at = places.get((line.name, line.key_id))
        if at is None:
            raise ProofError(f"{line.name} is no teller under this key")
        if at <= last:
            raise ProofError(f"the cosignature of {line.name} stands twice, or not in the roll's order")
        key = notes.teller_key(*proof.tellers[at])
        if notes.cosigned_at(proof.checkpoint, line, key) is None:
            raise ProofError(f"the cosignature of {line.name} does not hold")
        last = at
    return f"{needed} of {len(proof.tellers)} tellers have signed the checkpoint, as many as are needed"


def _check_document(record: Record, document: str) -> str:
    if not isinstance(record, AgendaRecord):
        raise ProofError(f"the record is of kind {record.kind} and publishes no agenda")
    if record.body.document != document:
        raise ProofError(f"the record publishes document {record.body.document}, and the file is {document}")
    return f"the file is the document that the record publishes, version {record.body.version}"
