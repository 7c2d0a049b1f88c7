"""Who has an account at this node: made, listed, invited by one-time links, removed.

Does not handle who may do that (delegation.py), sessions (sessions.py) or what people sign in with (passkeys.py,
passwords.py, single_sign_on.py).
"""

import re
import secrets
from typing import cast

from node import account_changes
from node.account_changes import CONSOLE, By
from node.clock import Clock
from node.sessions import end_sessions
from node.storage.accounts import (
    ACCOUNT,
    ROLES,
    account_of,
    end_tokens,
    find_account,
    hashed,
    remove_account,
    remove_means,
)
from node.storage.database import Connection, Database, Row
from protocol import limits
from protocol.errors import LocalError
from web.accounts_port import NewPerson, PersonView
from web.ports import Account, Role

LINK_VALID_MS = 7 * 24 * 3_600_000
LINKS_MAX = 5
"""How many unused links an account may have; the oldest makes room."""
ACCOUNTS_MAX = 1_000
SIGN_ON_CHARACTERS_MAX = 255
_ID = re.compile(r"[a-z0-9-]{1,64}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}")


class AccountError(LocalError):
    """An account can't be made or isn't there. One line that says why."""


class Accounts:
    """The accounts of one node, in its store."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def add(
        self,
        id: str,  # noqa: A002 - the name that the account's field has
        name: str,
        member: str,
        roles: frozenset[Role],
        lang: str | None = None,
        sign_on: str = "",
        by: By = CONSOLE,
    ) -> None:
        """Make an account. Raises AccountError if it exists or a part of it can't be."""
        person = NewPerson(id, name, roles, lang, sign_on)
        check_person(person)
        now = self._clock.now()
        if not await self._database.write(lambda c: insert_account(c, person, member, by, now)):
            raise AccountError(f"the account {id} exists already: choose another id, or remove it first")

    async def find(self, account_id: str) -> Account | None:
        """Return an account, or None."""
        return await self._database.read(lambda c: find_account(c, account_id))

    async def all(self) -> tuple[Account, ...]:
        """Return all accounts by id."""
        rows = await self._database.read(lambda c: c.rows(f"SELECT {ACCOUNT} FROM accounts ORDER BY id"))  # noqa: S608 - a constant
        return tuple(account_of(row) for row in rows)

    async def people(self) -> tuple[PersonView, ...]:
        """Return all accounts by name, with what they can sign in with."""
        now = self._clock.now()
        return await self._database.read(lambda c: _people(c, now))

    async def remove(self, account_id: str, by: By = CONSOLE) -> None:
        """Remove an account with its links, sessions and means. Raises AccountError if it isn't there."""
        now = self._clock.now()
        if not await self._database.write(lambda c: _remove(c, account_id, by, now)):
            raise AccountError(f"there is no account {account_id[:64]}")

    async def invite(
        self, account_id: str, valid_ms: int = LINK_VALID_MS, by: By = CONSOLE, *, removes_means: bool = False
    ) -> str:
        """Return the token of a new one-time sign-in link. Raises AccountError if there is no such account.

        On request what the account could sign in with, and its sessions, end with that.
        """
        token, now = secrets.token_urlsafe(32), self._clock.now()
        is_known = await self._database.write(
            lambda c: _invite(c, account_id, by, (hashed(token), now, now + valid_ms), removes_means=removes_means)
        )
        if not is_known:
            raise AccountError(f"there is no account {account_id[:64]}: add it first")
        return token


def check_person(person: NewPerson) -> None:
    """Check what an account is to be made of. Raises AccountError."""
    if not _ID.fullmatch(person.id):
        raise AccountError(f"an account's id has 1 to 64 of a-z, 0-9 and -: {person.id[:64]!r} doesn't")
    if not person.name.strip() or len(person.name) > limits.NAME_CHARACTERS_MAX or not person.name.isprintable():
        raise AccountError(f"an account's name has 1 to {limits.NAME_CHARACTERS_MAX} printable characters")
    if not person.roles or not person.roles <= ROLES:
        raise AccountError(f"an account has one or more of the roles {', '.join(sorted(ROLES))}")
    if person.lang is not None and not _LANGUAGE.fullmatch(person.lang):
        raise AccountError(f"{person.lang[:40]!r} is no language tag: for example en or zh-Hans")
    if len(person.sign_on) > SIGN_ON_CHARACTERS_MAX or not person.sign_on.isprintable():
        raise AccountError(f"what single sign-on knows an account by has up to {SIGN_ON_CHARACTERS_MAX} characters")


def insert_account(connection: Connection, person: NewPerson, member: str, by: By, now: int) -> bool:
    """Store a new account; return False if its id is taken. Raises AccountError where the node has its most."""
    if cast("int", connection.value("SELECT count(*) FROM accounts")) >= ACCOUNTS_MAX:
        raise AccountError(f"a node has at most {ACCOUNTS_MAX} accounts: remove one first")
    roles = ",".join(sorted(person.roles))
    is_new = connection.execute(
        "INSERT INTO accounts (id, name, member, roles, lang, made, sign_on) VALUES ($1, $2, $3, $4, $5, $6, $7)"
        " ON CONFLICT (id) DO NOTHING",
        *(person.id, person.name, member, roles, person.lang, now, person.sign_on),
    )
    if is_new:
        account = Account(person.id, person.name, member, person.roles, person.lang)
        account_changes.note(connection, now, by, "added", account, roles)
    return is_new > 0


def _remove(connection: Connection, account_id: str, by: By, now: int) -> bool:
    account = find_account(connection, account_id)
    if account is None:
        return False
    end_sessions(connection, account_id, "revoked", by.name, now)
    remove_account(connection, account_id)
    account_changes.note(connection, now, by, "revoked", account)
    return True


def _invite(
    connection: Connection, account_id: str, by: By, link: tuple[str, int, int], *, removes_means: bool
) -> bool:
    digest, now, expires = link
    account = find_account(connection, account_id)
    if account is None:
        return False
    connection.execute("DELETE FROM links WHERE expires <= $1", now)
    connection.execute("DELETE FROM sessions WHERE expires <= $1", now)
    connection.execute(
        "DELETE FROM links WHERE account = $1 AND token_hash NOT IN"
        " (SELECT token_hash FROM links WHERE account = $1 ORDER BY expires DESC LIMIT $2)",
        account_id,
        LINKS_MAX - 1,
    )
    had_signed_in = connection.value("SELECT signed_in FROM accounts WHERE id = $1", account_id) is not None
    if removes_means:
        remove_means(connection, account_id)
        end_tokens(connection, account_id)
        end_sessions(connection, account_id, "recovered", by.name, now)
        connection.execute("DELETE FROM links WHERE account = $1", account_id)
    if had_signed_in:
        sql = "UPDATE accounts SET recovered = $2, recovered_by = $3 WHERE id = $1"
        connection.execute(sql, account_id, now, by.name)
    connection.execute(
        "INSERT INTO links (token_hash, account, expires, invited_by) VALUES ($1, $2, $3, $4)",
        *(digest, account_id, expires, by.name),
    )
    account_changes.note(connection, now, by, "recovered" if removes_means else "invited", account)
    return True


def _people(connection: Connection, now: int) -> tuple[PersonView, ...]:
    rows = connection.rows(
        f"SELECT {ACCOUNT}, made, signed_in, sign_on,"  # noqa: S608 - a constant
        " (SELECT count(*) FROM passkeys WHERE account = accounts.id),"
        " (SELECT count(*) FROM passwords WHERE account = accounts.id),"
        " (SELECT max(expires) FROM links WHERE account = accounts.id AND expires > $1)"
        " FROM accounts ORDER BY name, id",
        now,
    )
    return tuple(_person(row) for row in rows)


def _person(row: Row) -> PersonView:
    made, signed_in, sign_on, passkeys, passwords, until = cast(
        "tuple[int, int | None, str, int, int, int | None]", row[5:]
    )
    return PersonView(account_of(row[:5]), made, signed_in, passkeys, passwords > 0, sign_on, until)
