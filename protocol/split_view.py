"""Evidence of a split view: two checkpoints of one register, each cosigned by a quorum of tellers, that contradict.

Whoever knows the tellers' keys can check it without asking anybody. See SPEC.md, 11.37.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import Field, ValidationError

from protocol import limits, merkle, notes
from protocol.errors import RemoteError
from protocol.ids import HashField
from protocol.model import Frozen, Milliseconds, VersionOne
from protocol.notes import Checkpoint, Note, NoteError, VerifierKey

FORMAT: Final = "comitia-split-view"
HOW_TO_CHECK = (
    "Both notes carry valid cosignatures of a quorum of tellers. The smaller log should be the beginning of the larger "
    "one: its root should be the root that the larger log has at that size. It is not: that root is other_root, which "
    "the hashes in consistency prove to be part of the larger log (RFC 9162, section 2.1.4.2)."
)
_NOTE = Annotated[str, Field(max_length=limits.NOTE_BYTES_MAX)]


class EvidenceError(RemoteError):
    """What is said to be evidence proves nothing. The message says why."""


class SplitView(Frozen):
    """The evidence, as it is written and published."""

    v: VersionOne
    format: Literal["comitia-split-view"]
    how_to_check: Annotated[str, Field(max_length=2_000)]
    smaller: _NOTE
    larger: _NOTE
    """Of the same size as the smaller, or a larger one."""
    other_root: HashField
    """The root that the larger log has at the smaller one's size."""
    consistency: Annotated[tuple[HashField, ...], Field(max_length=limits.PROOF_HASHES_MAX)]
    found: Milliseconds
    """When whoever says so found it; proves nothing."""
    source: Annotated[str, Field(max_length=400)]
    """Where the checkpoint came from that contradicted; proves nothing."""


@dataclass(frozen=True, slots=True)
class Cosigned:
    """A checkpoint that a quorum of tellers has cosigned, with the note that shows it."""

    checkpoint: Checkpoint
    note: Note


def read_cosigned(data: bytes, tellers: Sequence[VerifierKey], quorum: int) -> Cosigned:
    """Return the checkpoint in a note once a quorum's cosignatures hold, with the tellers' lines alone, one each.

    Raises NoteError with the reason.
    """
    note = notes.parse_note(data)
    checkpoint = notes.parse_checkpoint(note.text)
    found = notes.cosigners(note, checkpoint, tellers)
    if len(found) < quorum:
        raise NoteError(f"the checkpoint has the cosignatures of {len(found)} tellers, {quorum} are needed")
    names = {key.name: key for key in tellers}
    lines = {line.name: line for line in note.signatures if line.name in names and notes.is_by(line, names[line.name])}
    return Cosigned(checkpoint, Note(note.text, tuple(lines.values())))


def evidence(
    smaller: Cosigned, larger: Cosigned, other_root: bytes, path: Iterable[bytes], *, found: int, source: str
) -> SplitView:
    """Return the evidence that two checkpoints contradict each other."""
    return SplitView(
        v=1,
        format=FORMAT,
        how_to_check=HOW_TO_CHECK,
        smaller=smaller.note.to_bytes().decode(),
        larger=larger.note.to_bytes().decode(),
        other_root=other_root.hex(),
        consistency=tuple(step.hex() for step in path),
        found=found,
        source=source,
    )


def check(data: bytes, tellers: Sequence[VerifierKey], quorum: int) -> SplitView:
    """Return the evidence in JSON bytes once it proves that the tellers signed two pasts. Raises EvidenceError."""
    try:
        found = SplitView.model_validate_json(data)
        smaller = read_cosigned(found.smaller.encode(), tellers, quorum).checkpoint
        larger = read_cosigned(found.larger.encode(), tellers, quorum).checkpoint
    except (ValidationError, NoteError) as error:
        raise EvidenceError(f"not evidence of a split view: {error}") from error
    if smaller.federation != larger.federation:
        raise EvidenceError("the checkpoints are of different federations")
    other, path = bytes.fromhex(found.other_root), tuple(bytes.fromhex(step) for step in found.consistency)
    if not merkle.is_consistent(smaller.size, larger.size, other, larger.root, path):
        raise EvidenceError("the other root is not proven to be that of the larger log at the smaller one's size")
    if other == smaller.root:
        raise EvidenceError("the checkpoints do not contradict each other")
    return found
