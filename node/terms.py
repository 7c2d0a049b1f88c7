"""The telling terms of the latest proposals, asked of the topics worker once for each text, kept for counting."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from node.clock import Clock
from node.clustering import TopicsUnavailable, TopicsWorker
from node.deliveries import Batch
from node.facts import Facts
from node.follower import Follower, Pace
from node.storage import texts
from node.storage.database import Database
from node.storage.projections import CountedProposal
from protocol.errors import RemoteError
from protocol.texts import parse_document
from topics.rising import VOICES_MIN, period_start

_AT_A_TIME = 256
_CHARACTERS_SENT = 4_000
_FOLLOWED = frozenset({"proposal", "revision"})


class Terms:
    """Terms by the hash of a proposal's text in force. Those of texts erased or too old are forgotten."""

    def __init__(self, database: Database, facts: Facts, worker: TopicsWorker, clock: Clock) -> None:
        self.of_text: dict[str, tuple[str, ...]] = {}
        """Only those that enough members use to rise at all."""
        self._of_text: dict[str, tuple[str, ...]] = {}
        self.version = 0
        """Grows whenever terms have come."""
        self._database = database
        self._facts = facts
        self._worker = worker
        self._clock = clock
        self._follower = Follower(
            self.refresh, "terms of proposals were not counted", Pace(settle_seconds=1.0), (TopicsUnavailable,)
        )

    async def start(self) -> None:
        """Begin to follow what is proposed."""
        await self._follower.start()

    async def stop(self) -> None:
        """Stop."""
        await self._follower.stop()

    def on_batch(self, batch: Batch) -> None:
        """Look soon whether there are new texts, or some that are gone."""
        if batch.texts or batch.erased or any(each.event.kind in _FOLLOWED for each in batch.accepted):
            self._follower.ask()

    async def refresh(self) -> None:
        """Ask for the terms of new texts and forget those of texts that are gone. Raises TopicsUnavailable."""
        start = period_start(self._clock.now())
        rows = [row for row in await self._facts.current() if row.time >= start and row.is_held]
        wanted = {row.text: row for row in rows}
        new = [row for text, row in wanted.items() if text not in self._of_text]
        gone = self._of_text.keys() - wanted.keys()
        for text in gone:
            del self._of_text[text]
        for at in range(0, len(new), _AT_A_TIME):
            await self._ask(new[at : at + _AT_A_TIME])
        if new or gone:
            self.of_text = await asyncio.to_thread(_shared, rows, dict(self._of_text))
            self.version += 1

    async def _ask(self, rows: list[CountedProposal]) -> None:
        held = await self._database.read(lambda c: texts.data_of(c, [row.text for row in rows]))
        items = [_item(row, held[row.text]) for row in rows if row.text in held]
        answers = await self._worker.terms(items) if items else []
        self._of_text |= {str(answer["id"]): tuple(answer["terms"]) for answer in answers}


def _shared(rows: Sequence[CountedProposal], of_text: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Return the terms without those of too few members: most are, and would be counted in vain at every view."""
    users: dict[tuple[str, str], set[str]] = {}
    for row in rows:
        for term in of_text.get(row.text, ()):
            users.setdefault((row.language, term), set()).add(row.member)
    return {
        row.text: tuple(term for term in of_text[row.text] if len(users[row.language, term]) >= VOICES_MIN)
        for row in rows
        if row.text in of_text
    }


def _item(row: CountedProposal, data: bytes) -> dict[str, Any]:
    try:
        document = parse_document(data)
    except RemoteError:
        return {"id": row.text, "text": "", "lang": row.lang}
    return {"id": row.text, "text": f"{document.title}\n\n{document.body}"[:_CHARACTERS_SENT], "lang": row.lang}
