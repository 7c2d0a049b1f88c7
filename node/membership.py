"""The members with what each did, kept in memory: asking costs nothing while nothing has changed."""

import asyncio
from collections import Counter

from node.deliveries import Batch
from node.storage.database import Connection, Database
from protocol.roll import Member, Roll
from web import ports

_COUNTED = frozenset({"proposal", "endorsement", "ballot"})
Deeds = Counter[tuple[str, str]]
"""By member and kind of event, how many it signed in its chains."""


class Membership:
    """The roll's members as pages show them. Tell it of batches."""

    def __init__(self, database: Database, roll: Roll) -> None:
        self._database = database
        self._roll = roll
        self._deeds: Deeds = Counter()
        self._last = 0
        """Position up to which events have been counted."""
        self._views: tuple[ports.MemberView, ...] = ()
        self._is_due = True
        self._is_all_due = True
        self._reading = asyncio.Lock()

    def on_batch(self, batch: Batch) -> None:
        """Note what a batch may have changed. A fork takes events out of their chain, so all are counted anew."""
        self._is_all_due |= bool(batch.forks)
        self._is_due |= bool(batch.forks) or any(verified.event.kind in _COUNTED for verified in batch.accepted)

    async def members(self) -> tuple[ports.MemberView, ...]:
        """Return all members in the order of the roll, with what each did; the same tuple until something changes."""
        async with self._reading:
            if self._is_due:
                await self._read()
        return self._views

    async def _read(self) -> None:
        is_all, self._is_due, self._is_all_due = self._is_all_due, False, False
        since = 0 if is_all else self._last
        try:
            last, deeds, forked = await self._database.read(lambda c: _since(c, since))
        except BaseException:
            self._is_due = self._is_all_due = True
            raise
        self._last, self._deeds = last, deeds if is_all else self._deeds + deeds
        self._views = tuple(self._view(member, forked) for member in self._roll.members)

    def _view(self, member: Member, forked: frozenset[str]) -> ports.MemberView:
        return ports.MemberView(
            id=member.id,
            names={str(lang): str(name) for lang, name in member.names.items()},
            country=member.country,
            constituencies=tuple(str(name) for name in member.constituencies),
            is_teller=member.id in self._roll.tellers,
            is_secretariat=member.id in self._roll.secretariat,
            proposals=self._deeds[member.id, "proposal"],
            endorsements=self._deeds[member.id, "endorsement"],
            ballots=self._deeds[member.id, "ballot"],
            forked_keys=tuple(entry.key for entry in member.keys if entry.key in forked),
        )


def _since(connection: Connection, position: int) -> tuple[int, Deeds, frozenset[str]]:
    """Return the last position, what was done after another one up to it, and the forked keys."""
    last = int(connection.value("SELECT coalesce(max(position), 0) FROM events") or 0)
    rows = connection.rows(
        "SELECT member, kind, count(*) FROM events WHERE kind IN ('proposal', 'endorsement', 'ballot')"
        " AND position > $1 AND position <= $2 AND chained = 1 GROUP BY kind, member",
        position,
        last,
    )
    deeds: Deeds = Counter({(str(member), str(kind)): int(count or 0) for member, kind, count in rows})
    return last, deeds, frozenset(str(row[0]) for row in connection.rows("SELECT key FROM forks"))
