"""Proofs and agenda files checked for a person at a terminal: which steps were taken, what is known, what can't be.

Bytes in, a report out. Which kind of file it is follows from how it begins.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from consensus.agenda_files import AgendaFileError, NamedDocument, document_in
from consensus.proof.check import Proven, check_full_proof
from consensus.proof.format import HEADER
from protocol import short_proof
from protocol.charter import CharterFile
from protocol.errors import LocalError
from protocol.steps import Result, Step, failed

_UNKNOWN = (
    "whether the register has grown since: ask several members for a newer proof, or follow it with comitia witness",
    "who the members are in the world: that stands outside of every proof",
    "what texts and their translations say: a proof names texts by their hashes",
)


class VerifyingError(LocalError):
    """A file does not hold, or is none that can be checked; the message names the step."""


@dataclass(frozen=True, slots=True)
class Report:
    """What checking a file came to."""

    kind: str
    steps: tuple[Step, ...]
    known: tuple[str, ...]
    """What is shown if no step failed, in sentences."""
    height: int | None
    """Of the newest record that the proof covers."""
    time: str
    """When the tellers say that was."""
    unknown: tuple[str, ...] = _UNKNOWN

    @property
    def failure(self) -> Step | None:
        """The step that failed, or None."""
        return failed(self.steps)

    def lines(self) -> Iterator[str]:
        """Yield the report for people."""
        yield f"{self.kind}"
        for step in self.steps:
            subject = f" {step.subject[:12]}" if step.subject else ""
            yield f"  {step.result.value:<10} {step.id}{subject}: {step.words}"
        if self.failure is None:
            yield from (f"  {sentence}" for sentence in self.known)
            yield f"  As of height {self.height}, {self.time} by the tellers' clocks."
        yield "What this can not tell:"
        yield from (f"  - {sentence}" for sentence in self.unknown)

    def value(self) -> dict[str, object]:
        """Return the report for machines."""
        return {
            "kind": self.kind,
            "ok": self.failure is None,
            "failure": "" if self.failure is None else self.failure.id,
            "height": self.height,
            "time": self.time,
            "steps": [
                {"id": step.id, "subject": step.subject, "result": step.result.value, "words": step.words}
                for step in self.steps
            ],
            "known": list(self.known),
            "unknown": list(self.unknown),
        }


def is_proof(data: bytes) -> bool:
    """Whether a file is a proof by how it begins."""
    return data.startswith((HEADER, short_proof.HEADER.encode()))


def verify(data: bytes, fingerprint: str, *, charter: CharterFile | None, proof: bytes | None) -> Report:
    """Return the report on a proof, or on an agenda's file with its proof. Raises VerifyingError for any other file."""
    if is_proof(data):
        return _of_proof(data, fingerprint, charter, None)
    try:
        named = document_in(data)
    except AgendaFileError as error:
        raise VerifyingError(f"neither a proof nor an agenda: {error}") from error
    if proof is None:
        raise VerifyingError("an agenda's file is checked with its proof: add --proof FILE")
    if not is_proof(proof):
        raise VerifyingError("the file given with --proof is no proof")
    return _of_proof(proof, fingerprint, charter, named)


def _of_proof(data: bytes, fingerprint: str, charter: CharterFile | None, named: NamedDocument | None) -> Report:
    if data.startswith(HEADER):
        return _of_full(data, fingerprint, named)
    return _of_short(data, fingerprint, charter, named)


def _of_full(data: bytes, fingerprint: str, named: NamedDocument | None) -> Report:
    checked = check_full_proof(data, fingerprint)
    steps, proven = checked.steps, checked.proven
    if proven is None:
        return Report("full proof", steps, (), None, "")
    if named is not None:
        steps = (*steps, _document_step(named, proven))
    known = (*_known(proven), *_of_form(named))
    return Report("full proof", steps, known, proven.height, _moment(proven.time_ms // 1000))


def _known(proven: Proven) -> Iterator[str]:
    closings, counted = len(proven.standing.closings), len(proven.recounted)
    yield f"{counted} of {closings} closed rounds were counted again from their ballots."
    if counted < closings:
        yield f"{closings - counted} closings are taken on the certified word of a quorum of the tellers."
    for document in proven.agendas:
        certified = proven.standing.agendas[document.version].document
        yield f"Version {document.version} of the agenda, {len(document.items)} items, is document {certified}."


def _document_step(named: NamedDocument, proven: Proven) -> Step:
    rebuilt = {proven.standing.agendas[each.version].document: each.version for each in proven.agendas}
    version = next((rebuilt[each] for each in rebuilt if each == named.sha256), None)
    if version is not None:
        return Step("document", Result.OK, f"the file is of the certified document of version {version}")
    return Step("document", Result.FAILED, f"the file is of document {named.sha256}, which the proof does not certify")


def _of_short(data: bytes, fingerprint: str, charter: CharterFile | None, named: NamedDocument | None) -> Report:
    document = None if named is None else named.sha256
    checked = short_proof.check(data, fingerprint, charter=charter, document=document)
    if checked.proof is None or checked.record is None:
        return Report("short proof", checked.steps, (), None, "")
    record, proof = checked.record, checked.proof
    stands = f"Record {record.height} of the register, of kind {record.kind}, is certified by a quorum of tellers."
    counted = "Nothing was counted again: that takes the full proof."
    known = (stands, counted, *_of_form(named))
    return Report("short proof", checked.steps, known, proof.checkpoint.size - 1, _moment(proof.cosigned))


def _of_form(named: NamedDocument | None) -> tuple[str, ...]:
    if named is None or named.form != "pdf":
        return ()
    return ("The words printed in the PDF are proven only as far as making it anew gives the same bytes.",)


def _moment(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"
