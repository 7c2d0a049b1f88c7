"""Every counted proposal's few facts, kept in memory for whoever counts or looks for them.

The table follows the store: what has changed is noted as it happens, and read when somebody next asks. A proposal of a
forked key leaves with the fork.
"""

import asyncio

from node.deliveries import Batch
from node.storage import projections
from node.storage.database import Connection, Database
from node.storage.events import ABOUT_A_PROPOSAL, subject_of
from node.storage.projections import CountedProposal


class Facts:
    """The facts of proposals. Tell it of batches and of proposals folded anew."""

    def __init__(self, database: Database) -> None:
        self.version = 0
        """Grows whenever the table changes."""
        self._database = database
        self._rows: dict[str, CountedProposal] = {}
        self._ordered: tuple[CountedProposal, ...] = ()
        self._reading = asyncio.Lock()
        self._is_all_due = True
        self._due_ids: set[str] = set()
        self._due_texts: set[str] = set()

    def on_batch(self, batch: Batch) -> None:
        """Note what a batch may have changed."""
        for verified in batch.accepted:
            if verified.event.kind == "proposal" or verified.event.kind in ABOUT_A_PROPOSAL:
                self._due_ids.add(subject_of(verified))
        self._due_texts.update(batch.texts)
        self._due_texts.update(batch.erased)
        self._is_all_due |= bool(batch.forks)

    def on_folded(self, proposals: frozenset[str]) -> None:
        """Note that proposals may have another stage or text."""
        self._due_ids |= proposals

    async def current(self) -> tuple[CountedProposal, ...]:
        """Return the facts of all counted proposals, in the order of their arrival."""
        async with self._reading:
            if self._is_all_due or self._due_ids or self._due_texts:
                await self._read()
        return self._ordered

    async def _read(self) -> None:
        is_all, ids, texts = self._is_all_due, sorted(self._due_ids), sorted(self._due_texts)
        self._is_all_due, self._due_ids, self._due_texts = False, set(), set()
        try:
            read = projections.counted_proposals if is_all else lambda c: _changed(c, ids, texts)
            self._take(await self._database.read(read), is_all=is_all)
        except BaseException:
            self._is_all_due = True
            raise

    def _take(self, found: list[CountedProposal], *, is_all: bool) -> None:
        fresh = {row.id: row for row in found}
        if not is_all and all(self._rows.get(id_) == row for id_, row in fresh.items()):
            return
        self._rows = fresh if is_all else self._rows | fresh
        self._ordered = tuple(sorted(self._rows.values(), key=lambda row: row.position))
        self.version += 1


def _changed(connection: Connection, ids: list[str], texts: list[str]) -> list[CountedProposal]:
    by_text = projections.counted_among(connection, "text", texts)
    return projections.counted_among(connection, "id", ids) + by_text
