"""Writing archives: a federation's whole public record as a directory of plain files, to be kept for decades.

What goes in is public under the charter: no accounts, drafts, addresses of people, keys or times of this machine.
Ballots of rounds whose close isn't certified stay out (storage/published.py), texts that were erased are gone. Two
nodes that hold the same write the same bytes. The directory is whole or absent: it is put together beside its place,
then renamed.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Final

import orjson

from node.archive_log import log_files
from node.archive_papers import papers
from node.archive_proofs import proofs
from node.archive_tree import Tree
from node.certified_alike import certificate_alike
from node.exchange import texts_beside
from node.files import sync_directory
from node.moments import Moment, moment_of
from node.register import entries_since
from node.staging import staging_in, sweep
from node.storage import events as store
from node.storage import published
from node.storage import texts as text_store
from node.storage.published import TextState
from protocol.envelope import Envelope, reopen_verified, to_dsse
from protocol.errors import LocalError
from protocol.events.consultation import Erasure
from protocol.events.tellers import Seal
from protocol.ids import KeyId
from protocol.register import AgendaRecord

CHARTER: Final = "charter.json"
EVIDENCE: Final = "evidence.jsonl"
FORKS: Final = "forks.jsonl"
TEXTS: Final = "texts.jsonl"
_RECORDS_AT_ONCE = 64
_TICK_EVENTS = 500

Progress = Callable[[int, int], None]
"""Is told how much is done, of how much; may raise to stop the work."""


class ArchiveError(LocalError):
    """An archive can't be written. One line with the cause and the remedy."""


@dataclass(slots=True)
class Archived:
    """What has been written."""

    federation: str = ""
    height: int = 0
    chains: int = 0
    events: int = 0
    texts: int = 0
    erased: int = 0
    missing: int = 0
    """Texts that events name and that this node doesn't hold."""
    agendas: int = 0
    proofs: int = 0
    unproven: list[str] = field(default_factory=list)
    """Full proofs that could not be made, and why not."""
    running: int = 0
    """Rounds whose ballots stay out until their close is certified."""
    manifest: str = ""
    """SHA-256 of the manifest, in hexadecimal: it stands for every byte of the archive."""


def record_path(height: int) -> str:
    """Return where the certificate of a record stands in an archive."""
    return f"register/{height:08d}.json"


def chain_path(key: KeyId) -> str:
    """Return where the chain of a key stands in an archive."""
    return f"chains/{key}.jsonl"


def text_path(digest: str) -> str:
    """Return where a text stands in an archive."""
    return f"texts/{digest[:2]}/{digest}"


def listing_path(digest: str) -> str:
    """Return where the list of a long seal stands in an archive."""
    return f"listings/{digest}"


def agenda_path(version: int) -> str:
    """Return where the document of an agenda stands in an archive."""
    return f"agendas/agenda-{version}.json"


def write_archive(directory: Path, out: Path, progress: Progress) -> Archived:
    """Write the archive of a node's data directory, running or not, to a path where nothing is yet.

    Raises ArchiveError, files.FileError or StoreError; then nothing of it is left.
    """
    with moment_of(directory) as moment, placed(out) as root:
        return _Writer(moment, Tree(root), progress).run()


@contextmanager
def placed(out: Path) -> Iterator[Path]:
    """Give the path of a directory to make, which stands at `out` once the block is done; never over anything.

    Raises ArchiveError, also for an OSError within; then nothing of it is left.
    """
    if os.path.lexists(out):
        raise ArchiveError(f"{out} exists already and was not overwritten: choose another name or remove it")
    parent = out.absolute().parent
    try:
        sweep(parent)
        with staging_in(parent) as staging:
            yield staging / "whole"
            (staging / "whole").rename(out)
            sync_directory(parent)
    except OSError as error:
        cause = (error.strerror or str(error)).lower()
        raise ArchiveError(f"{error.filename or out}: {cause}: nothing was written") from error


class _Writer:
    """Writes one archive, part after part."""

    def __init__(self, moment: Moment, tree: Tree, progress: Progress) -> None:
        self._moment = moment
        self._connection = moment.connection
        self._tree = tree
        self._progress = progress
        self._total = published.amounts(moment.connection).total
        self._ticks = 0
        self._ends = published.ends(moment.connection)
        self._running = published.running_rounds(moment.connection)
        self._secret = self._named_behind_ends()
        self._listings: set[str] = set()
        self._agendas: list[int] = []
        self._done = Archived(federation=moment.federation, running=len(self._running))

    def run(self) -> Archived:
        """Write all of it."""
        self._tree.add(CHARTER, self._moment.file.to_bytes())
        self._write_register()
        self._write_chains()
        self._write_forks()
        self._write_texts()
        for path, data in chain(log_files(self._moment), self._proofs()):
            self._tree.add(path, data)
        for path, data in papers(
            self._moment.federation, self._done.height, sorted(self._running), self._done.unproven
        ):
            self._tree.add(path, data)
        self._done.manifest = self._tree.finish()
        self._progress(self._total, self._total)
        return self._done

    def _proofs(self) -> Iterator[tuple[str, bytes]]:
        """Yield the full proofs that can be made; take note of what stands in the way of the others."""
        for path, made in proofs(self._connection, self._moment.file, self._agendas):
            if isinstance(made, bytes):
                self._done.proofs += 1
                yield path, made
            else:
                self._done.unproven.append(f"{path}: {made}")

    def _write_register(self) -> None:
        while entries := entries_since(self._connection, self._done.height + 1, _RECORDS_AT_ONCE):
            for entry in entries:
                certificate = certificate_alike(self._connection, entry, self._moment.quorum.votes)
                self._tree.add(record_path(entry.height), certificate.to_bytes())
                if isinstance(entry.record, AgendaRecord):
                    self._agendas.append(entry.record.body.version)
                    self._write_agenda(entry.record)
                self._done.height = entry.height
                self._tick()

    def _write_agenda(self, record: AgendaRecord) -> None:
        document = record.body.document
        data = text_store.data_of(self._connection, [document]).get(document)
        if data is not None:
            self._tree.add(agenda_path(record.body.version), data)
            self._done.agendas += 1

    def _write_chains(self) -> None:
        for key in published.keys(self._connection):
            end = self._ends.get(key)
            if end != 0:
                self._write_events(chain_path(key), published.chain(self._connection, key, end=end))
                self._done.chains += 1
        self._write_events(EVIDENCE, filter(self._is_published, published.evidence(self._connection)))

    def _write_events(self, path: str, envelopes: Iterable[Envelope]) -> None:
        with self._tree.file(path) as file:
            for envelope in envelopes:
                file.write(line_of(to_dsse(envelope)))
                self._note(envelope)
                self._done.events += 1
                self._tick()

    def _note(self, envelope: Envelope) -> None:
        """Take note of what an event that is published names."""
        if envelope.kind == "seal":
            body = reopen_verified(envelope).event.body
            if isinstance(body, Seal) and body.ballots is None:
                self._listings.add(body.listing)
        if self._secret:
            self._secret -= set(texts_beside(reopen_verified(envelope).event))

    def _named_behind_ends(self) -> set[str]:
        """Return the texts that events name which aren't published yet."""
        behind = (published.chain(self._connection, key, start=end) for key, end in self._ends.items())
        named = (texts_beside(reopen_verified(envelope).event) for envelope in chain.from_iterable(behind))
        return set(chain.from_iterable(named))

    def _write_forks(self) -> None:
        with self._tree.file(FORKS) as file:
            for pair in store.forks(self._connection):
                if all(map(self._is_published, pair)):
                    first, second = sorted(pair, key=lambda envelope: envelope.id)
                    file.write(line_of({"first": to_dsse(first), "second": to_dsse(second)}))

    def _is_published(self, envelope: Envelope) -> bool:
        return envelope.seq < self._ends.get(envelope.key, envelope.seq + 1)

    def _write_texts(self) -> None:
        with self._tree.file(TEXTS) as file:
            for text in published.texts(self._connection):
                if text.hash not in self._secret:
                    file.write(line_of(self._text(text)))
                self._tick()

    def _text(self, text: TextState) -> dict[str, object]:
        """Write a text that is held; return its line in the list of all."""
        erased = self._erasures(text) if text.is_erased else []
        if erased:
            self._done.erased += 1
            return {"hash": text.hash, "state": "erased", "erasures": erased}
        if text.data is None:
            self._done.missing += 1
            return {"hash": text.hash, "state": "missing"}
        path = listing_path(text.hash) if text.hash in self._listings else text_path(text.hash)
        self._tree.add(path, text.data)
        self._done.texts += 1
        return {"hash": text.hash, "state": "held", "path": path}

    def _erasures(self, text: TextState) -> list[dict[str, object]]:
        """Return who erased a text, when and on what ground, the earliest first; only what is published of it."""
        found = []
        for verified in map(reopen_verified, store.erasures_of(self._connection, [text.hash])):
            event, body = verified.event, verified.event.body
            may = event.member == text.member or self._moment.ring.is_secretariat(event.member)
            if may and isinstance(body, Erasure) and event.seq < self._ends.get(event.key, event.seq + 1):
                found.append((event.time, verified.id, event.member, body.ground))
        return [{"at": at, "by": by, "event": event, "ground": ground} for at, event, by, ground in sorted(found)]

    def _tick(self) -> None:
        self._ticks += 1
        if self._ticks % _TICK_EVENTS == 0:
            self._progress(min(self._ticks, self._total), self._total)


def line_of(value: object) -> bytes:
    """Return a JSON value as a line, its keys in order."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)
