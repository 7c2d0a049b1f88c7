"""Checks an archive from nothing but its charter: what its files say of themselves is not believed.

1. manifest: every file is there, unchanged, and no other one.
2. charter: every founder signed it, and its fingerprint is the one that was asked for.
3. register: each record is certified by the tellers' quorum, on the one below.
4. chains: each statement's signature holds, its key may say it, and it follows the one before; each fork is proven.
5. texts: each text is the one that its name says; each that was erased, a statement erases.
6. agendas: each published agenda is the document that its record names.
7. log: a quorum of tellers cosigned the checkpoint, and tiles and entries are those of the register here.
8. proofs: each proof shows what is in this archive.

The archive is as hostile as anything that a stranger gives one: sizes are bounded, no link is followed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Final

import orjson

from consensus.agreement import certificates
from consensus.agreement.certificates import Certificate
from consensus.agreement.inputs import Certified
from consensus.proof.check import check_full_proof
from node.archive_files import ArchiveFault, hash_inside, open_inside, paths_below, read_manifest
from node.archive_log import LOG, tile_files
from node.archive_proofs import FULL, PROOFS, REGISTER
from node.archive_tree import MANIFEST
from node.archives import CHARTER, EVIDENCE, FORKS, TEXTS, agenda_path, chain_path, record_path
from protocol import charter as charters
from protocol import limits, merkle, notes, short_proof, tiles
from protocol.canonical import NotCanonicalError, sha256_hex
from protocol.chain import prove_fork
from protocol.charter import CharterFile
from protocol.envelope import Verified, from_dsse, open_verified
from protocol.errors import ComitiaError, Rejection, RemoteError
from protocol.events.consultation import Erasure
from protocol.ids import FederationId, RecordId
from protocol.register import AgendaBody, AgendaRecord, parse_record
from protocol.roll import KeyRing
from protocol.steps import failed

_LINE_BYTES_MAX: Final = 256 * 1024
_TICK: Final = 200
STEPS: Final = ("manifest", "charter", "register", "chains", "texts", "agendas", "log", "proofs")

Progress = Callable[[int, int], None]
"""Is told how many files are done, of how many."""


@dataclass(slots=True)
class ArchiveChecked:
    """What was checked of an archive, and what failed."""

    path: Path
    federation: str = ""
    files: int = 0
    height: int = 0
    statements: int = 0
    chains: int = 0
    texts: int = 0
    erased: int = 0
    missing: int = 0
    agendas: int = 0
    steps: dict[str, str] = field(default_factory=dict)
    """Each step that held, and what it found in words."""
    failed: str = ""
    """The step that failed, or nothing."""
    fault: str = ""
    """What was wrong, in one line."""

    @property
    def holds(self) -> bool:
        """Whether every step held."""
        return not self.failed


def check_archive(path: Path, progress: Progress = lambda *_: None, fingerprint: str = "") -> ArchiveChecked:
    """Return what checking an archive came to, step by step, up to the first that fails.

    fingerprint is the federation's id if one has it from elsewhere. Raises nothing for a bad archive.
    """
    done = ArchiveChecked(path)
    check = _Check(path, done, progress, fingerprint)
    works = (
        check.manifest,
        check.charter,
        check.register,
        check.chains,
        check.texts,
        check.agendas,
        check.log,
        check.proofs,
    )
    for step, work in zip(STEPS, works, strict=True):
        try:
            done.steps[step] = work()
        except (ComitiaError, OSError) as error:
            done.failed, done.fault = step, _line(error)
            break
    return done


class _Check:
    """Checks one archive. Each step rests on the ones before."""

    def __init__(self, root: Path, done: ArchiveChecked, progress: Progress, fingerprint: str) -> None:
        self._root = root
        self._done = done
        self._progress = progress
        self._fingerprint = fingerprint
        self._files: dict[str, str] = {}
        self._agendas: list[AgendaBody] = []
        self._tree = merkle.Tree()
        self._erasures: dict[str, dict[str, object]] = {}

    def manifest(self) -> str:
        """Check that the files are those of the manifest."""
        self._files = read_manifest(self._root)
        for at, (path, sha256) in enumerate(self._files.items()):
            if hash_inside(self._root, path) != sha256:
                raise ArchiveFault(f"{path} has changed: its hash is not the manifest's")
            if at % _TICK == 0:
                self._progress(at, len(self._files))
        self._progress(len(self._files), len(self._files))
        for path in paths_below(self._root):
            if path not in self._files and path != MANIFEST:
                raise ArchiveFault(f"{path} is not in the manifest")
        self._done.files = len(self._files)
        return f"{len(self._files)} files are there, unchanged, and no other one"

    def charter(self) -> str:
        """Check the charter's signatures and its fingerprint."""
        file = charters.parse_file(self._bytes(CHARTER, limits.CHARTER_BYTES_MAX))
        self._charter: CharterFile = file
        self._ring = KeyRing(file.verified().roll)
        self._federation: FederationId = file.federation
        self._done.federation = file.federation
        self._tree.append(merkle.leaf_hash(short_proof.charter_leaf(file.payload)))
        if self._fingerprint and self._fingerprint != file.federation:
            raise ArchiveFault(f"the charter's fingerprint is {file.federation}, not the one that was asked for")
        asked = "the one that was asked for" if self._fingerprint else f"{file.federation}: compare it"
        return f"all founders signed it, its fingerprint is {asked}"

    def register(self) -> str:
        """Check every certificate."""
        prev = RecordId(self._federation)
        for height in range(1, self._count("register/") + 1):
            path = record_path(height)
            certificate = certificates.from_bytes(self._bytes(path, limits.CERTIFICATE_BYTES_MAX))
            certified: Certified | Rejection = (
                certificate
                if isinstance(certificate, Rejection)
                else certificates.check_certificate(
                    certificate,
                    federation=self._federation,
                    tellers=self._ring.tellers,
                    teller_keys=self._ring.teller_keys,
                    expected_height=height,
                    expected_prev=prev,
                )
            )
            if isinstance(certified, Rejection):
                raise ArchiveFault(f"{path}: {certified.reason}")
            prev = certified.id
            self._done.height = height
            self._tree.append(merkle.leaf_hash(short_proof.leaf_of(certified.record)))
            if isinstance(certified.record, AgendaRecord):
                self._agendas.append(certified.record.body)
        return f"{self._done.height} records, each certified by a quorum of the tellers, each on the one below"

    def chains(self) -> str:
        """Check every statement."""
        for path in [path for path in self._files if path.startswith("chains/")]:
            self._check_chain(path)
            self._done.chains += 1
        for verified in self._statements(EVIDENCE):
            del verified
        self._check_forks()
        return f"{self._done.statements} statements in {self._done.chains} chains, each signed and in its place"

    def _check_chain(self, path: str) -> None:
        seq, prev = 0, None
        for verified in self._statements(path):
            event = verified.event
            if chain_path(event.key) != path or (event.seq, event.prev) != (seq, prev):
                raise ArchiveFault(f"{path}, line {seq + 1}: does not follow the statement before it")
            seq, prev = seq + 1, verified.id
        if seq == 0:
            raise ArchiveFault(f"{path}: an empty chain")

    def _statements(self, path: str) -> Iterator[Verified]:
        for number, value in self._lines(path):
            verified = self._open(f"{path}, line {number}", value)
            event = verified.event
            reason = self._ring.objection(event.kind, event.member, event.key)
            if reason is not None:
                raise ArchiveFault(f"{path}, line {number}: {reason}")
            self._done.statements += 1
            if isinstance(event.body, Erasure):
                said = {"at": event.time, "by": event.member, "event": verified.id, "ground": event.body.ground}
                self._erasures[verified.id] = {**said, "text": event.body.text}
            yield verified

    def _open(self, name: str, value: object) -> Verified:
        try:
            opened = open_verified(from_dsse(value), self._federation)
        except NotCanonicalError as error:
            raise ArchiveFault(f"{name}: {error}") from error
        if isinstance(opened, Rejection):
            raise ArchiveFault(f"{name}: {opened.kind.value}: {opened.reason}")
        return opened

    def _check_forks(self) -> None:
        for number, value in self._lines(FORKS):
            name = f"{FORKS}, line {number}"
            if not isinstance(value, dict) or value.keys() != {"first", "second"}:
                raise ArchiveFault(f"{name}: not two statements")
            try:
                prove_fork(self._open(name, value["first"]), self._open(name, value["second"]))
            except RemoteError as error:
                raise ArchiveFault(f"{name}: {error}") from error

    def texts(self) -> str:
        """Check every text against its name, and that the list of texts says what is here."""
        listed: set[str] = set()
        for number, value in self._lines(TEXTS):
            name = f"{TEXTS}, line {number}"
            if not isinstance(value, dict) or not isinstance(value.get("hash"), str):
                raise ArchiveFault(f"{name}: not a text")
            self._check_text(name, value, listed)
        present = {path for path in self._files if path.startswith(("texts/", "listings/"))}
        if present != listed:
            raise ArchiveFault(f"{min(present ^ listed)}: {TEXTS} says something else")
        done = self._done
        return f"{done.texts} texts are those that were signed, {done.erased} were erased, {done.missing} are missing"

    def _check_text(self, name: str, value: dict[str, object], listed: set[str]) -> None:
        match value.get("state"), value.get("path"):
            case "held", str(path) if path in self._files:
                if self._files[path] != value["hash"] or path.rpartition("/")[2] != value["hash"]:
                    raise ArchiveFault(f"{path}: not the text that its name says")
                listed.add(path)
                self._done.texts += 1
            case "erased", None:
                self._check_erased(name, value)
                self._done.erased += 1
            case "missing", None:
                self._done.missing += 1
            case _:
                raise ArchiveFault(f"{name}: a text is held in a file that is here, erased, or missing")

    def _check_erased(self, name: str, value: dict[str, object]) -> None:
        found = value.get("erasures")
        if not isinstance(found, list) or not found:
            raise ArchiveFault(f"{name}: it isn't said who erased the text")
        for each in found:
            said = self._erasures.get(str(each.get("event"))) if isinstance(each, dict) else None
            if said is None or said != {**each, "text": value["hash"]}:
                raise ArchiveFault(f"{name}: no statement here erases the text as it is said")

    def agendas(self) -> str:
        """Check that each agenda here is the document that its record names."""
        for body in self._agendas:
            path = agenda_path(body.version)
            if path in self._files:
                if sha256_hex(self._bytes(path, limits.FRAME_BYTES_MAX)) != body.document:
                    raise ArchiveFault(f"{path}: not the document that the register names")
                self._done.agendas += 1
        if self._count("agendas/") != self._done.agendas:
            raise ArchiveFault("agendas/: there is a document that the register doesn't name")
        return f"{self._done.agendas} of {len(self._agendas)} published agendas are here, as certified"

    def log(self) -> str:
        """Check the checkpoint, the tiles and the entries against the register."""
        found = [path for path in self._files if path.startswith(LOG)]
        if not found:
            return "no checkpoint had been cosigned yet"
        size, cosigners = self._checkpoint()
        expected = {f"{LOG}checkpoint", f"{LOG}tellers"}
        for path, data in chain(tile_files(self._tree, size), self._bundles(size)):
            expected.add(path)
            if self._bytes(path, tiles.BUNDLE_BYTES_MAX) != data:
                raise ArchiveFault(f"{path}: not what follows from the register")
        stray = set(found) ^ expected
        if stray:
            raise ArchiveFault(f"{min(stray)}: the log has other files than its checkpoint says")
        tellers = short_proof.tellers_text(self._federation, self._tellers).encode()
        if self._bytes(f"{LOG}tellers", limits.FRAME_BYTES_MAX) != tellers:
            raise ArchiveFault(f"{LOG}tellers: not the tellers of the charter")
        return f"{cosigners} tellers cosigned it up to height {size - 1}, its tiles and entries are the register's"

    @property
    def _tellers(self) -> short_proof.Tellers:
        return short_proof.tellers_of(self._charter.charter().roll)

    def _checkpoint(self) -> tuple[int, int]:
        """Return the size of the log and how many tellers cosigned it. Raises ArchiveFault unless it is this one."""
        path = f"{LOG}checkpoint"
        try:
            note = notes.parse_note(self._bytes(path, limits.FRAME_BYTES_MAX))
            checkpoint = notes.parse_checkpoint(note.text)
        except RemoteError as error:
            raise ArchiveFault(f"{path}: {error}") from error
        if checkpoint.federation != self._federation or not 2 <= checkpoint.size <= self._tree.size:
            raise ArchiveFault(f"{path}: of another federation, or of records that are not here")
        if checkpoint.root != self._tree.root(checkpoint.size):
            raise ArchiveFault(f"{path}: its root is not that of the register here")
        held = notes.cosigners(note, checkpoint, short_proof.verifier_keys(self._tellers))
        if len(held) < short_proof.quorum_of(len(self._tellers)):
            raise ArchiveFault(f"{path}: cosigned by {len(held)} tellers, too few")
        return checkpoint.size, len(held)

    def _bundles(self, size: int) -> Iterator[tuple[str, bytes]]:
        for bundle in tiles.bundles(0, size):
            start = bundle.index * tiles.WIDTH
            yield f"{LOG}{bundle.path}", tiles.bundle([self._leaf(start + at) for at in range(bundle.width)])

    def _leaf(self, height: int) -> bytes:
        if height == 0:
            return short_proof.charter_leaf(self._charter.payload)
        certificate = certificates.from_bytes(self._bytes(record_path(height), limits.CERTIFICATE_BYTES_MAX))
        assert isinstance(certificate, Certificate)
        return short_proof.leaf_of(parse_record(certificate.record))

    def proofs(self) -> str:
        """Check each proof against the charter's fingerprint."""
        full, short = 0, 0
        for path in [path for path in self._files if path.startswith(PROOFS)]:
            if path.endswith(FULL):
                self._check_full_proof(path)
                full += 1
            else:
                self._check_short_proof(path)
                short += 1
        return f"{full} full and {short} short proofs hold"

    def _check_full_proof(self, path: str) -> None:
        checked = check_full_proof(self._bytes(path, limits.FULL_PROOF_BYTES_MAX), self._federation)
        if checked.failure is not None:
            raise ArchiveFault(f"{path}: step {checked.failure.id}: {checked.failure.words}")
        if path == REGISTER and checked.proven is not None and checked.proven.height != self._done.height:
            raise ArchiveFault(f"{path}: of the register up to height {checked.proven.height}")

    def _check_short_proof(self, path: str) -> None:
        data = self._bytes(path, limits.SHORT_PROOF_BYTES_MAX)
        failure = failed(short_proof.check(data, self._federation, charter=self._charter).steps)
        if failure is not None:
            raise ArchiveFault(f"{path}: step {failure.id}: {failure.words}")

    def _count(self, directory: str) -> int:
        return sum(path.startswith(directory) for path in self._files)

    def _bytes(self, path: str, bytes_max: int) -> bytes:
        if path not in self._files:
            raise ArchiveFault(f"{path} is missing")
        with open_inside(self._root, path) as file:
            data = file.read(bytes_max + 1)
        if len(data) > bytes_max:
            raise ArchiveFault(f"{path}: larger than the limit of {bytes_max} bytes")
        if sha256_hex(data) != self._files[path]:
            raise ArchiveFault(f"{path} has changed while it was checked")
        return data

    def _lines(self, path: str) -> Iterator[tuple[int, object]]:
        if path not in self._files:
            raise ArchiveFault(f"{path} is missing")
        with open_inside(self._root, path) as file:
            number = 0
            while line := file.readline(_LINE_BYTES_MAX):
                number += 1
                try:
                    value = orjson.loads(line)
                except orjson.JSONDecodeError as error:
                    raise ArchiveFault(f"{path}, line {number}: not a line of JSON") from error
                yield number, value


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
