"""The first account of a new node: satisfies web.accounts_port.FirstRunPort.

Who starts the node gets a one-time link (its token's hash is stored); whoever opens it makes the first account. The
link is good until there is an account, and a new start makes a new one.
"""

import secrets
from typing import Final

from node.account_changes import By
from node.accounts import AccountError, check_person, insert_account
from node.clock import Clock
from node.sessions import SECRET_CHARACTERS_MAX, open_session
from node.storage.accounts import hashed
from node.storage.database import Connection, Database
from web.accounts_port import Arrival, FirstRunView, NewPerson, SignedIn
from web.ports import Refused, Role

SET_UP_PATH: Final = "/set-up/"
FIRST_ROLES: Final[frozenset[Role]] = frozenset({"head", "operator"})
_META = "first-run"


class FirstRun:
    """Whether a node has people yet, and the link for the first of them."""

    def __init__(self, database: Database, clock: Clock, member: str, view: FirstRunView) -> None:
        self._database = database
        self._clock = clock
        self._member = member
        self._view = view
        self._has_people = False

    async def new_link(self) -> str | None:
        """Return the token of a new set-up link, or None if there is an account already."""
        if not await self.is_open():
            return None
        token = secrets.token_urlsafe(32)
        await self._database.write(lambda c: _keep(c, hashed(token)))
        return token

    async def is_open(self) -> bool:
        """Whether the node has no account yet. Once it has one, it is never new again while it runs."""
        if not self._has_people:
            self._has_people = await self._database.read(_has_accounts)
        return not self._has_people

    async def view(self, token: str) -> FirstRunView | None:
        """Return what the set-up link shows, or None if it isn't the one or no longer good."""
        if len(token) > SECRET_CHARACTERS_MAX or not await self.is_open():
            return None
        is_good = await self._database.read(lambda c: _is_good(c, hashed(token)))
        return self._view if is_good else None

    async def begin(self, token: str, person: NewPerson, arrival: Arrival) -> SignedIn | None:
        """Make the first account and sign it in. Raises Refused for an account that can't be."""
        first = NewPerson(person.id, person.name, FIRST_ROLES, person.lang)
        try:
            check_person(first)
        except AccountError as error:
            raise Refused("account-invalid", detail=str(error)) from error
        if len(token) > SECRET_CHARACTERS_MAX:
            return None
        now = self._clock.now()
        signed_in = await self._database.write(lambda c: _begin(c, hashed(token), first, self._member, arrival, now))
        self._has_people = self._has_people or signed_in is not None
        return signed_in


def _keep(connection: Connection, digest: str) -> None:
    connection.execute("DELETE FROM meta WHERE name = $1", _META)
    connection.execute("INSERT INTO meta (name, value) VALUES ($1, $2)", _META, digest)


def _has_accounts(connection: Connection) -> bool:
    return connection.value("SELECT 1 FROM accounts LIMIT 1") is not None


def _is_good(connection: Connection, digest: str) -> bool:
    held = connection.value("SELECT value FROM meta WHERE name = $1", _META)
    return isinstance(held, str) and secrets.compare_digest(held, digest)


def _begin(
    connection: Connection, digest: str, person: NewPerson, member: str, arrival: Arrival, now: int
) -> SignedIn | None:
    """Use the link up, make the account and open its session, in one transaction."""
    if _has_accounts(connection) or not _is_good(connection, digest):
        return None
    connection.execute("DELETE FROM meta WHERE name = $1", _META)
    insert_account(connection, person, member, By(person.id, person.name), now)
    return open_session(connection, person.id, "link", arrival, now)
