"""Accounts and sessions on a real store, with a clock moved by hand, for tests of signing in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from node.accounts import Accounts
from node.sessions import Sessions
from node.storage.database import Database
from tests.support.hand_clock import HandClock
from web.accounts_port import Arrival, SignedIn
from web.ports import Session


class AccountDesk:
    """Accounts with their store and clock, one account made."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = HandClock()
        self.accounts = Accounts(database, self.clock)
        self.sessions = Sessions(database, self.clock)

    async def redeem(self, token: str) -> str | None:
        """Return the secret of the session that a link opens, or None."""
        signed_in = await self.sessions.redeem(token, Arrival())
        return None if signed_in is None else signed_in.secret

    async def signed_in(self) -> str:
        """Return the secret of a new session."""
        secret = await self.redeem(await self.accounts.invite("ada"))
        assert secret is not None
        return secret

    async def session(self) -> Session:
        """Return a new session."""
        return await self.session_of(await self.sessions.redeem(await self.accounts.invite("ada"), Arrival()))

    async def session_of(self, signed_in: SignedIn | None) -> Session:
        """Return the session that somebody has just opened."""
        assert signed_in is not None
        session = await self.sessions.session(signed_in.secret)
        assert session is not None
        return session

    async def count(self, table: str) -> int:
        """Return how many rows a table has."""
        rows = await self.database.read(lambda c: c.rows(f"SELECT 1 FROM {table}"))  # noqa: S608 - of a test
        return len(rows)


@asynccontextmanager
async def account_desk(path: Path) -> AsyncIterator[AccountDesk]:
    """Yield a desk on a store that may be there already."""
    database = Database(path)
    await database.open()
    try:
        desk = AccountDesk(database)
        await desk.accounts.add("ada", "Ada", "member-001", frozenset({"delegate", "secretariat"}), "zh-Hans")
        yield desk
    finally:
        await database.close()
