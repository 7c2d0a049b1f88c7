"""Who may sign in at this node: accounts, one-time links, and server-side sessions.

Of a link's token and a session's secret the store keeps SHA-256 alone, so a stolen store opens no session. Does not
handle who may do what (service.py) or cookies (web).
"""

import hashlib
import re
import secrets
from typing import cast, get_args

from node.clock import Clock
from node.storage.database import Connection, Database, Row
from protocol import limits
from protocol.errors import LocalError
from web.ports import Account, Role, Session

LINK_VALID_MS = 7 * 24 * 3_600_000
SESSION_IDLE_MS = 12 * 3_600_000
"""How long a session lasts without being used."""
SESSION_ENDS_MS = 30 * 24 * 3_600_000
"""How long a session lasts however much it is used."""
SESSION_STEP_MS = 5 * 60_000
"""How often at most a used session's expiry is moved on."""
SECRET_CHARACTERS_MAX = 200
_SECRET_BYTES = 32
_ID = re.compile(r"[a-z0-9-]{1,64}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}")
_ROLES: frozenset[Role] = frozenset(get_args(Role))
_SELECT = "SELECT id, name, member, roles, lang FROM accounts ORDER BY id"


class AccountError(LocalError):
    """An account can't be made or isn't there. One line that says why."""


class Accounts:
    """The accounts of one node, in its store."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def add(self, id: str, name: str, member: str, roles: frozenset[Role], lang: str | None = None) -> None:  # noqa: A002 - the name that the account's field has
        """Make an account. Raises AccountError if it exists or a part of it can't be."""
        _check(id, name, roles, lang)
        if not await self._database.write(lambda c: _insert(c, Account(id, name, member, roles, lang))):
            raise AccountError(f"the account {id} exists already: choose another id, or remove it first")

    async def all(self) -> tuple[Account, ...]:
        """Return all accounts by id."""
        rows = await self._database.read(lambda c: c.rows(_SELECT))
        return tuple(account_of(row) for row in rows)

    async def remove(self, account_id: str) -> None:
        """Remove an account with its links, sessions and tokens. Raises AccountError if it isn't there."""
        if not await self._database.write(lambda c: _remove(c, account_id)):
            raise AccountError(f"there is no account {account_id[:64]}")

    async def invite(self, account_id: str, valid_ms: int = LINK_VALID_MS) -> str:
        """Return the token of a new one-time sign-in link. Raises AccountError if there is no such account."""
        token, now = secrets.token_urlsafe(_SECRET_BYTES), self._clock.now()
        if not await self._database.write(lambda c: _invite(c, account_id, _hash(token), now, now + valid_ms)):
            raise AccountError(f"there is no account {account_id[:64]}: add it first")
        return token

    async def redeem(self, token: str) -> str | None:
        """Exchange a link's token for the secret of a new session, or None if it was used, has expired or is none."""
        if len(token) > SECRET_CHARACTERS_MAX:
            return None
        secret, csrf = secrets.token_urlsafe(_SECRET_BYTES), secrets.token_urlsafe(_SECRET_BYTES)
        now = self._clock.now()
        is_redeemed = await self._database.write(lambda c: _redeem(c, _hash(token), _hash(secret), csrf, now))
        return secret if is_redeemed else None

    async def session(self, secret: str) -> Session | None:
        """Return the session of a secret, or None if it has ended. Using it keeps it from expiring."""
        if len(secret) > SECRET_CHARACTERS_MAX:
            return None
        digest, now = _hash(secret), self._clock.now()
        found = await self._database.read(lambda c: _session(c, digest, now))
        if found is None:
            return None
        session, ends = found
        expires = min(now + SESSION_IDLE_MS, ends)
        if expires - session.expires >= min(SESSION_STEP_MS, max(1, ends - session.expires)):
            await self._database.write(lambda c: _prolong(c, digest, expires))
            return Session(session.account, session.csrf, expires)
        return session

    async def sign_out(self, secret: str) -> None:
        """End a session."""
        if len(secret) <= SECRET_CHARACTERS_MAX:
            digest = _hash(secret)
            await self._database.write(lambda c: c.execute("DELETE FROM sessions WHERE secret_hash = $1", digest))


def _check(account_id: str, name: str, roles: frozenset[Role], lang: str | None) -> None:
    if not _ID.fullmatch(account_id):
        raise AccountError(f"an account's id has 1 to 64 of a-z, 0-9 and -: {account_id[:64]!r} doesn't")
    if not name.strip() or len(name) > limits.NAME_CHARACTERS_MAX or not name.isprintable():
        raise AccountError(f"an account's name has 1 to {limits.NAME_CHARACTERS_MAX} printable characters")
    if not roles or not roles <= _ROLES:
        raise AccountError(f"an account has one or more of the roles {', '.join(sorted(_ROLES))}")
    if lang is not None and not _LANGUAGE.fullmatch(lang):
        raise AccountError(f"{lang[:40]!r} is no language tag: for example en or zh-Hans")


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def _insert(connection: Connection, account: Account) -> bool:
    sql = "INSERT INTO accounts (id, name, member, roles, lang) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING"
    roles = ",".join(sorted(account.roles))
    return connection.execute(sql, account.id, account.name, account.member, roles, account.lang) > 0


def _remove(connection: Connection, account_id: str) -> bool:
    connection.execute("DELETE FROM links WHERE account = $1", account_id)
    connection.execute("DELETE FROM sessions WHERE account = $1", account_id)
    connection.execute("DELETE FROM token_keys WHERE token IN (SELECT id FROM tokens WHERE account = $1)", account_id)
    connection.execute("DELETE FROM tokens WHERE account = $1", account_id)
    return connection.execute("DELETE FROM accounts WHERE id = $1", account_id) > 0


def _invite(connection: Connection, account_id: str, digest: str, now: int, expires: int) -> bool:
    _forget_expired(connection, now)
    if connection.row("SELECT 1 FROM accounts WHERE id = $1", account_id) is None:
        return False
    connection.execute(
        "INSERT INTO links (token_hash, account, expires) VALUES ($1, $2, $3)", digest, account_id, expires
    )
    return True


def _redeem(connection: Connection, token: str, secret: str, csrf: str, now: int) -> bool:
    """Use a link up and open a session, in one transaction: whoever comes second finds no link."""
    _forget_expired(connection, now)
    account = connection.value("SELECT account FROM links WHERE token_hash = $1", token)
    if account is None or connection.execute("DELETE FROM links WHERE token_hash = $1", token) == 0:
        return False
    connection.execute(
        "INSERT INTO sessions (secret_hash, account, csrf, expires, ends) VALUES ($1, $2, $3, $4, $5)",
        secret,
        account,
        csrf,
        now + SESSION_IDLE_MS,
        now + SESSION_ENDS_MS,
    )
    return True


def _forget_expired(connection: Connection, now: int) -> None:
    connection.execute("DELETE FROM links WHERE expires <= $1", now)
    connection.execute("DELETE FROM sessions WHERE expires <= $1", now)


def _session(connection: Connection, digest: str, now: int) -> tuple[Session, int] | None:
    row = connection.row(
        "SELECT id, name, member, roles, lang, csrf, expires, ends FROM sessions JOIN accounts ON id = account"
        " WHERE secret_hash = $1 AND expires > $2",
        digest,
        now,
    )
    if row is None:
        return None
    csrf, expires, ends = cast("tuple[str, int, int]", row[5:])
    return Session(account_of(row[:5]), csrf, expires), ends


def _prolong(connection: Connection, digest: str, expires: int) -> None:
    connection.execute("UPDATE sessions SET expires = $2 WHERE secret_hash = $1 AND expires < $2", digest, expires)


def account_of(row: Row) -> Account:
    """Return the account in a row of its id, name, member, roles and language."""
    account_id, name, member, roles, lang = row
    known = frozenset(role for role in _ROLES if role in str(roles).split(","))
    return Account(str(account_id), str(name), str(member), known, None if lang is None else str(lang))
