"""Notices what happens: what accounts are to be told, what webhooks tell, and reminders when their time has come.

What is kept of it and how far the store has been read is one transaction, so that nothing is noticed twice or passed
over, whenever the node stops.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Protocol

from node.accounts import Accounts
from node.clock import Clock
from node.deliveries import Batch
from node.follower import Follower, Pace
from node.happened import Happened, Mark
from node.notices import Recipient, reminders, wants
from node.storage import hooks as hook_store
from node.storage import notices as store
from node.storage.database import Connection, Database
from node.storage.notices import KeptNotice
from node.webhooks import deliveries
from web.attention_port import Attention, Need
from web.ports import Account

_LOG = logging.getLogger(__name__)
_TICK_SECONDS: Final = 5.0
_SETTLE_SECONDS: Final = 0.5
_REST_SHARE: Final = 4.0
"""Noticing takes a fifth of the time at most while events stream in."""
_EVENTS: Final = "notices-events"
_RECORDS: Final = "notices-records"


class Source(Protocol):
    """Somebody who reads what happened."""

    def end(self, connection: Connection) -> Mark:
        """Return the mark behind all that is stored now."""
        ...

    def since(self, connection: Connection, mark: Mark, now: int) -> Happened:
        """Return the next part of what happened behind a mark."""
        ...


class Digests(Protocol):
    """Somebody who puts notices into messages."""

    async def collect(self, now: int) -> int:
        """Put every notice that is due into its account's message; return how many messages were made for that."""
        ...


@dataclass(frozen=True, slots=True)
class Ways:
    """By what notices go out, each asked for when there may be something for it; mail only where there is a server."""

    digests: Digests | None
    mail: Callable[[], None]
    hooks: Callable[[], None]


class Noticing:
    """Keeps what accounts and webhooks are to be told."""

    def __init__(
        self,
        database: Database,
        source: Source,
        accounts: Accounts,
        attention: Attention,
        clock: Clock,
        ways: Ways,
    ) -> None:
        self._database = database
        self._source = source
        self._accounts = accounts
        self._attention = attention
        self._clock = clock
        self._ways = ways
        self._follower = Follower(self.work, "notices were not made", Pace(_SETTLE_SECONDS, _REST_SHARE))
        self._ticking: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to notice, from where it was left; in a store without notices, from now on."""
        await self._database.write(self.begin)
        await self._follower.start()
        self._ticking = asyncio.create_task(self._tick(), name="notices are looked after")

    def begin(self, connection: Connection) -> None:
        """Set the mark behind all that is stored now, unless it is set."""
        if _mark(connection) is None:
            _set_mark(connection, self._source.end(connection))

    async def stop(self) -> None:
        """Stop."""
        if self._ticking is not None:
            self._ticking.cancel()
            with suppress(asyncio.CancelledError):
                await self._ticking
        await self._follower.stop()

    def on_batch(self, batch: Batch) -> None:
        """Look soon at new events."""
        if batch.accepted:
            self._follower.ask()

    def ask(self) -> None:
        """Look soon."""
        self._follower.ask()

    async def work(self) -> None:
        """Notice all that is new, make the reminders that are due, and put what is due into messages."""
        while not await self._notice():
            pass
        await self._remind()
        if self._ways.digests is not None:
            await self._ways.digests.collect(self._clock.now())
        self._ways.mail()
        self._ways.hooks()

    async def _notice(self) -> bool:
        """Keep what comes of the next part of what happened; return whether that was all."""
        now = self._clock.now()
        mark, recipients, hooks = await self._database.read(_readers)
        if not recipients and not hooks:
            await self._database.write(lambda c: _pass_over(c, self._source, mark))
            return True
        happened = await self._database.read(lambda c: self._source.since(c, mark, now))
        told = _told(happened, recipients, now)
        made = deliveries(hooks, happened.told, now)
        if told or made or happened.until != mark:
            mailed = frozenset(each.account for each in recipients if each.is_mailed)
            await self._database.write(lambda c: _keep(c, told, mailed, made, happened.until))
        return happened.is_all

    async def _remind(self) -> None:
        """Remind of rounds that close soon those whose member has not voted."""
        recipients = {each.account: each for each in await self._database.read(store.recipients)}
        accounts = [each for each in await self._accounts.all() if each.id in recipients]
        needs: dict[str, tuple[Need, ...]] = {}
        for account in accounts:
            if account.member not in needs:
                needs[account.member] = await self._attention.needs(account)
            await self._remind_one(account, recipients[account.id], needs[account.member])

    async def _remind_one(self, account: Account, recipient: Recipient, needs: Sequence[Need]) -> None:
        now = self._clock.now()
        due = [KeptNotice(account.id, what, now) for what in reminders(needs, recipient.choices.lead_ms, now)]
        if due:
            mailed = frozenset({account.id}) if recipient.is_mailed else frozenset[str]()
            await self._database.write(lambda c: store.note(c, due, mailed=mailed))

    async def _tick(self) -> None:
        """Look again and again, for what comes with time alone."""
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            self._follower.ask()


def _told(happened: Happened, recipients: Sequence[Recipient], now: int) -> list[KeptNotice]:
    return [
        KeptNotice(recipient.account, occurrence, now)
        for occurrence in happened.occurrences
        for recipient in recipients
        if wants(recipient.choices, occurrence)
    ]


def _readers(connection: Connection) -> tuple[Mark, list[Recipient], list[hook_store.Hook]]:
    mark = _mark(connection)
    assert mark is not None
    return mark, store.recipients(connection), [each for each in hook_store.hooks(connection) if each.is_on]


def _pass_over(connection: Connection, source: Source, mark: Mark) -> None:
    """Move the mark behind everything, as nobody wants to be told of it."""
    end = source.end(connection)
    if end != mark:
        _set_mark(connection, end)


def _keep(
    connection: Connection,
    told: Sequence[KeptNotice],
    mailed: frozenset[str],
    made: Sequence[hook_store.Delivery],
    until: Mark,
) -> None:
    store.note(connection, told, mailed=mailed)
    for account in {each.account for each in told}:
        store.prune(connection, account)
    hook_store.enqueue(connection, made)
    _set_mark(connection, until)


def _mark(connection: Connection) -> Mark | None:
    rows = connection.rows("SELECT name, value FROM meta WHERE name IN ($1, $2)", _EVENTS, _RECORDS)
    found = {str(name): int(str(value)) for name, value in rows}
    return Mark(found[_EVENTS], found[_RECORDS]) if len(found) == 2 else None


def _set_mark(connection: Connection, mark: Mark) -> None:
    sql = "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
    connection.execute(sql, _EVENTS, str(mark.position))
    connection.execute(sql, _RECORDS, str(mark.height))
