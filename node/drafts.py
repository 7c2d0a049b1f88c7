"""Drafts and taken forms in the node's store: satisfies web.drafts_port. Nothing here leaves the node."""

from collections.abc import Sequence
from typing import cast

import orjson

from node.clock import Clock
from node.storage.database import Connection, Database, StoreError
from web.drafts_port import (
    DRAFT_BYTES_MAX,
    DRAFT_FIELDS_MAX,
    DRAFT_LASTS_MS,
    DRAFTS_MAX,
    SENT_FORMS_MAX,
    SENT_LASTS_MS,
    Draft,
    DraftOutdatedError,
    Pairs,
    Sent,
    Written,
)
from web.ports import Account, Refused

_SELECT = "SELECT form, version, once, fields, saved FROM drafts WHERE account = $1"


class Drafts:
    """The drafts of this node's accounts."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def kept(self, account: Account) -> tuple[Draft, ...]:
        """Return an account's drafts, the latest first."""
        oldest = self._clock.now() - DRAFT_LASTS_MS
        sql = f"{_SELECT} AND saved > $2 ORDER BY saved DESC, form LIMIT $3"
        rows = await self._database.look(lambda c: c.rows(sql, account.id, oldest, DRAFTS_MAX))
        return tuple(_draft(row) for row in rows)

    async def find(self, account: Account, form: str) -> Draft | None:
        """Return the draft of a form, or None."""
        oldest = self._clock.now() - DRAFT_LASTS_MS
        row = await self._database.look(
            lambda c: c.row(f"{_SELECT} AND form = $2 AND saved > $3", account.id, form, oldest)
        )
        return None if row is None else _draft(row)

    async def keep(self, account: Account, form: str, fields: Pairs, written: Written) -> Draft | None:
        """Keep what was typed, on disk when this returns."""
        data = orjson.dumps(fields)
        if len(data) > DRAFT_BYTES_MAX or len(fields) > DRAFT_FIELDS_MAX:
            raise Refused("draft-too-long", kilobytes=DRAFT_BYTES_MAX // 1024)
        now = self._clock.now()
        try:
            return await self._database.write(lambda c: _keep(c, account.id, form, data, written, now))
        except StoreError as error:
            raise Refused("disk-full") from error

    async def discard(self, account: Account, form: str) -> None:
        """Forget a draft."""
        sql = "DELETE FROM drafts WHERE account = $1 AND form = $2"
        await self._database.write(lambda c: c.execute(sql, account.id, form))


class SentForms:
    """The forms that this node has taken of late."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def begin(self, account: Account, once: str, digest: str, alike: int) -> Sent | None:
        """Note that a form is about to be taken, or return what is known of one that came before."""
        now = self._clock.now()
        return await self._database.write(lambda c: _begin(c, (account.id, once, digest), alike, now))

    async def finish(self, account: Account, once: str, location: str) -> None:
        """Note where a form led that was taken."""
        sql = "UPDATE sent_forms SET location = $3 WHERE account = $1 AND once = $2"
        await self._database.write(lambda c: c.execute(sql, account.id, once, location))

    async def release(self, account: Account, once: str) -> None:
        """Forget a form that was not taken."""
        sql = "DELETE FROM sent_forms WHERE account = $1 AND once = $2"
        await self._database.write(lambda c: c.execute(sql, account.id, once))

    async def find(self, account: Account, once: Sequence[str]) -> Sent | None:
        """Return what is known of the first of these keys that is known."""
        found = [await self._database.read(lambda c, key=key: _sent(c, account.id, key)) for key in once]  # type: ignore[misc]
        return next((each for each in found if each is not None), None)


def _keep(connection: Connection, account: str, form: str, data: bytes, written: Written, now: int) -> Draft | None:
    connection.execute("DELETE FROM drafts WHERE account = $1 AND saved <= $2", account, now - DRAFT_LASTS_MS)
    if _sent(connection, account, written.once) is not None:
        return None
    row = connection.row(
        "SELECT form, version, once, fields, saved, tab FROM drafts WHERE account = $1 AND form = $2", account, form
    )
    if row is None:
        count = connection.value("SELECT count(*) FROM drafts WHERE account = $1", account)
        if int(count or 0) >= DRAFTS_MAX:
            raise Refused("too-many-drafts", most=DRAFTS_MAX)
        version = written.base + 1
    else:
        current = _draft(row[:5])
        if row[5] != written.tab and current.version != written.base:
            raise DraftOutdatedError(current)
        version = current.version + 1
    connection.execute(
        "INSERT INTO drafts (account, form, version, tab, once, fields, saved) VALUES ($1, $2, $3, $4, $5, $6, $7)"
        " ON CONFLICT (account, form) DO UPDATE SET version = excluded.version, tab = excluded.tab,"
        " once = excluded.once, fields = excluded.fields, saved = excluded.saved",
        *(account, form, version, written.tab, written.once, data, now),
    )
    return Draft(form, version, written.once, _pairs(data), now)


def _begin(connection: Connection, key: tuple[str, str, str], alike: int, now: int) -> Sent | None:
    account, once, digest = key
    connection.execute("DELETE FROM sent_forms WHERE account = $1 AND begun <= $2", account, now - SENT_LASTS_MS)
    known = _sent(connection, account, once)
    if known is not None:
        return known
    row = connection.row(
        "SELECT digest, location, begun FROM sent_forms WHERE account = $1 AND begun >= $2 AND digest = $3"
        " AND location IS NOT NULL ORDER BY begun DESC LIMIT 1",
        *(account, alike, digest),
    )
    if row is not None:
        return Sent(*cast("tuple[str, str | None, int]", row))
    connection.execute(
        "INSERT INTO sent_forms (account, once, digest, location, begun) VALUES ($1, $2, $3, NULL, $4)",
        *(account, once, digest, now),
    )
    connection.execute(
        "DELETE FROM sent_forms WHERE account = $1 AND begun <= (SELECT begun FROM sent_forms WHERE account = $1"
        " ORDER BY begun DESC LIMIT 1 OFFSET $2)",
        *(account, SENT_FORMS_MAX),
    )
    return None


def _sent(connection: Connection, account: str, once: str) -> Sent | None:
    row = connection.row(
        "SELECT digest, location, begun FROM sent_forms WHERE account = $1 AND once = $2", account, once
    )
    return None if row is None else Sent(*cast("tuple[str, str | None, int]", row))


def _draft(row: Sequence[object]) -> Draft:
    form, version, once, data, saved = cast("tuple[str, int, str, bytes, int]", row)
    return Draft(form, version, once, _pairs(data), saved)


def _pairs(data: bytes) -> Pairs:
    return tuple((str(name), str(value)) for name, value in orjson.loads(data))
