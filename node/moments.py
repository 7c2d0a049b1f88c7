"""A node's store as it was at one moment, for reading alone: the node may be running, and nothing is written.

The moment lasts as long as the block: a read transaction is held open, so that all that is read belongs together.
What the node writes meanwhile waits in its write-ahead log. Does not know what of it may be published
(storage/published.py).
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from consensus.agreement.quorum import Quorum
from consensus.rulings import Rulings
from node import files
from node.backups import read_only
from node.config import Layout
from node.files import FileError
from node.storage.database import Connection, StoreError
from node.storage.schema import STEPS
from protocol import charter as charters
from protocol import limits
from protocol.charter import Charter, CharterFile
from protocol.ids import FederationId
from protocol.roll import KeyRing


@dataclass(frozen=True, slots=True)
class Moment:
    """What there is to read, and the rules of the federation that it belongs to."""

    file: CharterFile
    charter: Charter
    ring: KeyRing
    rulings: Rulings
    """Without texts, closings and agendas: for counting alone."""
    quorum: Quorum
    connection: Connection

    @property
    def federation(self) -> FederationId:
        """The federation's id."""
        return self.file.federation


@contextmanager
def moment_of(directory: Path) -> Iterator[Moment]:
    """Give the moment of a node's data directory. Raises FileError, CharterError or StoreError with the remedy."""
    layout = Layout(directory)
    if not layout.charter.exists():
        raise FileError(f"{directory} has not joined a federation: comitia join {directory} --charter FILE")
    if not layout.store.exists():
        raise FileError(f"{directory} holds no store: this node has not run yet, and nothing was imported")
    file = charters.parse_file(files.read_bounded(layout.charter, limits.CHARTER_BYTES_MAX))
    with moment_in(layout.store, file) as moment:
        yield moment


@contextmanager
def moment_in(store: Path, file: CharterFile) -> Iterator[Moment]:
    """Give the moment of a store with its charter. Raises CharterError or StoreError with the remedy."""
    charter = file.verified()
    ring = KeyRing(charter.roll)
    rulings = Rulings(file.federation, charter, {}, {}, {})
    try:
        with closing(read_only(store)) as raw:
            raw.execute("BEGIN")
            connection = Connection(raw)
            _check_steps(store, connection)
            yield Moment(file, charter, ring, rulings, Quorum.of(len(ring.tellers)), connection)
    except sqlite3.DatabaseError as error:
        raise StoreError(f"the store {store} can't be read: {error}: restore a copy, or sync anew") from error


def _check_steps(store: Path, connection: Connection) -> None:
    taken = connection.value("SELECT max(steps) FROM schema_version")
    if taken != len(STEPS):
        raise StoreError(f"the store {store} is of another version of comitia: start the node with this one, or use it")
