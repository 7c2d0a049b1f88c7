"""Tokens by which a member's own systems act, and what their requests were answered: satisfies web.tokens_port.

Of a token the store keeps SHA-256 alone. Whose it is and what that account may do is looked up at each use. Does not
handle what a scope lets through (web.api) or accounts themselves (accounts.py, which ends a removed account's tokens).
"""

import hashlib
import secrets
from typing import Final, cast

from node import account_changes
from node.account_changes import By
from node.clock import Clock
from node.sessions import check_fresh
from node.storage.accounts import ACCOUNT, account_of
from node.storage.database import Connection, Database, Row
from web.ports import Account, Refused, Session
from web.tokens_port import (
    KEY_KEPT_MS,
    KEYS_PER_TOKEN_MAX,
    SCOPES,
    TOKEN_CHARACTERS_MAX,
    TOKEN_PREFIX,
    TOKENS_PER_ACCOUNT_MAX,
    Bearer,
    Remembered,
    TokenInput,
    TokenView,
    scopes_for,
)

USED_STEP_MS: Final = 60_000
"""How often at most it is noted that a token was used."""
_DAY_MS: Final = 86_400_000
_SECRET_BYTES = 32
_ID_BYTES = 8
_COLUMNS: Final = "tokens.id, tokens.name, tokens.scopes, tokens.made, tokens.expires, tokens.last_used"


class Tokens:
    """The tokens of one node's accounts, in its store."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def issue(self, session: Session, wanted: TokenInput) -> str:
        """Return the secret of a new token. Raises Refused: `stale-sign-in`, `scope-not-yours`, `too-many-tokens`."""
        account, now = session.account, self._clock.now()
        check_fresh(session, now)
        if not wanted.scopes or not wanted.scopes <= frozenset(scopes_for(account)):
            raise Refused("scope-not-yours")
        secret = TOKEN_PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
        if not await self._database.write(lambda c: _issue(c, account, wanted, _hash(secret), now)):
            raise Refused("too-many-tokens", limit=TOKENS_PER_ACCOUNT_MAX)
        return secret

    async def of(self, account: Account) -> tuple[TokenView, ...]:
        """Return an account's tokens that have not expired, the newest first."""
        now = self._clock.now()
        sql = f"SELECT {_COLUMNS} FROM tokens WHERE account = $1 AND expires > $2 ORDER BY made DESC, id"  # noqa: S608 - constants
        rows = await self._database.read(lambda c: c.rows(sql, account.id, now))
        return tuple(_token(row) for row in rows)

    async def revoke(self, account: Account, token: str) -> bool:
        """End one of an account's own tokens by its id; return whether it was there."""
        now = self._clock.now()
        return await self._database.write(lambda c: _revoke(c, account, token, now))

    async def bearer(self, secret: str) -> Bearer | None:
        """Return whose token it is, or None if it is unknown, revoked or expired, or its account is gone."""
        if len(secret) > TOKEN_CHARACTERS_MAX or not secret.isascii():
            return None
        digest, now = _hash(secret), self._clock.now()
        found = await self._database.look(lambda c: _bearer(c, digest, now))
        if found is not None and now - (found.token.last_used or 0) >= USED_STEP_MS:
            sql = "UPDATE tokens SET last_used = $2 WHERE id = $1"
            await self._database.write(lambda c: c.execute(sql, found.token.id, now))
        return found

    async def claim(self, token: str, key: str, digest: str) -> Remembered | None:
        """Note that a request with an idempotency key begins; return what is known of the key if it was used before."""
        now = self._clock.now()
        return await self._database.write(lambda c: _claim(c, token, key, digest, now))

    async def settle(self, token: str, key: str, answer: str | None) -> None:
        """Keep what was answered to the request of a key; with None forget the key, because nothing was done."""
        await self._database.write(lambda c: _settle(c, token, key, answer))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _issue(connection: Connection, account: Account, wanted: TokenInput, digest: str, now: int) -> bool:
    _forget_expired(connection, now)
    held = connection.value("SELECT count(*) FROM tokens WHERE account = $1", account.id)
    if int(held or 0) >= TOKENS_PER_ACCOUNT_MAX:
        return False
    scopes = ",".join(scope for scope in SCOPES if scope in wanted.scopes)
    connection.execute(
        "INSERT INTO tokens (id, secret_hash, account, name, scopes, made, expires)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        secrets.token_hex(_ID_BYTES),
        digest,
        account.id,
        wanted.name,
        scopes,
        now,
        now + wanted.days * _DAY_MS,
    )
    account_changes.note(connection, now, By.account(account), "token-made", account, wanted.name)
    return True


def _forget_expired(connection: Connection, now: int) -> None:
    connection.execute("DELETE FROM token_keys WHERE token IN (SELECT id FROM tokens WHERE expires <= $1)", now)
    connection.execute("DELETE FROM tokens WHERE expires <= $1", now)


def _revoke(connection: Connection, account: Account, token: str, now: int) -> bool:
    name = connection.value("SELECT name FROM tokens WHERE id = $1 AND account = $2", token, account.id)
    if name is None:
        return False
    connection.execute("DELETE FROM tokens WHERE id = $1", token)
    connection.execute("DELETE FROM token_keys WHERE token = $1", token)
    account_changes.note(connection, now, By.account(account), "token-revoked", account, str(name))
    return True


def _bearer(connection: Connection, digest: str, now: int) -> Bearer | None:
    row = connection.row(
        f"SELECT {ACCOUNT}, {_COLUMNS} FROM tokens"  # noqa: S608 - constants
        " JOIN accounts ON accounts.id = tokens.account WHERE tokens.secret_hash = $1 AND tokens.expires > $2",
        digest,
        now,
    )
    return None if row is None else Bearer(account_of(row[:5]), _token(row[5:]))


def _token(row: Row) -> TokenView:
    token, name, scopes, made, expires, last_used = cast("tuple[str, str, str, int, int, int | None]", row)
    given = scopes.split(",")
    return TokenView(token, name, tuple(scope for scope in SCOPES if scope in given), made, expires, last_used)


def _claim(connection: Connection, token: str, key: str, digest: str, now: int) -> Remembered | None:
    connection.execute("DELETE FROM token_keys WHERE token = $1 AND at <= $2", token, now - KEY_KEPT_MS)
    row = connection.row("SELECT digest, answer FROM token_keys WHERE token = $1 AND name = $2", token, key)
    if row is not None:
        return Remembered(str(row[0]), None if row[1] is None else str(row[1]))
    connection.execute(
        "INSERT INTO token_keys (token, name, digest, at) VALUES ($1, $2, $3, $4)", token, key, digest, now
    )
    connection.execute(
        "DELETE FROM token_keys WHERE token = $1 AND name IN"
        " (SELECT name FROM token_keys WHERE token = $1 ORDER BY at DESC, name LIMIT 1000000 OFFSET $2)",
        token,
        KEYS_PER_TOKEN_MAX,
    )
    return None


def _settle(connection: Connection, token: str, key: str, answer: str | None) -> None:
    if answer is None:
        connection.execute("DELETE FROM token_keys WHERE token = $1 AND name = $2", token, key)
    else:
        connection.execute("UPDATE token_keys SET answer = $3 WHERE token = $1 AND name = $2", token, key, answer)
