"""A stopped node's store, opened for a command: without keys, without a network, and with nobody else at it."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from node import files
from node.clock import Clock
from node.config import Layout
from node.files import FileError
from node.ledger import Ledger
from node.refusals import Refusals
from node.register import Register
from node.storage.database import Database, StoreError
from node.storelock import hold_store
from protocol import charter as charters
from protocol import limits
from protocol.charter import Charter, CharterFile
from protocol.ids import FederationId
from protocol.roll import KeyRing


@dataclass(frozen=True, slots=True)
class OfflineNode:
    """What a command has of a node."""

    charter: Charter
    charter_payload: bytes
    federation: FederationId
    ring: KeyRing
    database: Database
    refusals: Refusals
    ledger: Ledger
    register: Register


@asynccontextmanager
async def offline_node(directory: Path, clock: Clock, *, may_create: bool = False) -> AsyncIterator[OfflineNode]:
    """Yield a node's store with its rules of entry; it is closed in the end.

    Raises FileError or CharterError if the node has not joined or has no store yet, StoreHeldError while another
    process works on it, StoreError if it can't be read.
    """
    layout = Layout(directory)
    if not layout.charter.exists():
        raise FileError(f"{directory} has not joined a federation: comitia join {directory} --charter FILE")
    if not (may_create or layout.store.exists()):
        raise FileError(f"{directory} holds no store: this node has not run yet, and nothing was imported")
    file = charters.parse_file(files.read_bounded(layout.charter, limits.CHARTER_BYTES_MAX))
    charter = file.verified()
    with hold_store(directory):
        try:
            async with _opened(layout.store, charter, file, clock) as node:
                yield node
        except sqlite3.DatabaseError as error:
            raise StoreError(f"the store {layout.store} is damaged: {error}: restore a copy, or sync anew") from error


@asynccontextmanager
async def _opened(path: Path, charter: Charter, file: CharterFile, clock: Clock) -> AsyncIterator[OfflineNode]:
    federation = file.federation
    ring, refusals = KeyRing(charter.roll), Refusals(clock)
    async with AsyncExitStack() as stack:
        database = Database(path)
        stack.push_async_callback(database.close)
        await database.open()
        ledger = Ledger(database, federation, ring, clock, refusals)
        register = Register(database, federation, ring, refusals)
        await register.start()
        stack.push_async_callback(ledger.stop)
        await ledger.start()
        yield OfflineNode(charter, file.payload, federation, ring, database, refusals, ledger, register)
