"""Server-side sessions, and the one-time links that open them: satisfies web.accounts_port.SessionsPort.

Of a link's token and a session's secret the store keeps SHA-256 alone, so a stolen store opens no session. Each sign-in
makes a new secret; the session that the browser had before ends. Does not handle cookies (web).
"""

import hashlib
import secrets
from typing import cast

from node import account_changes
from node.clock import Clock
from node.storage.accounts import ACCOUNT, account_of, find_account, hashed, means_of
from node.storage.database import Connection, Database, Row
from web.accounts_port import (
    Arrival,
    ChangeView,
    Ended,
    EndReason,
    LinkView,
    MeansView,
    Notice,
    SessionView,
    SignedIn,
)
from web.ports import Account, Means, Refused, Session

SESSION_IDLE_MS = 12 * 3_600_000
"""How long a session lasts without being used."""
SESSION_ENDS_MS = 30 * 24 * 3_600_000
"""How long a session lasts however much it is used."""
SESSION_STEP_MS = 5 * 60_000
"""How often at most a used session's expiry is moved on."""
SESSIONS_MAX = 50
"""How many an account may have; the ones used longest ago make room."""
SECRET_CHARACTERS_MAX = 200
CHANGES_SHOWN = 10
_ID_CHARACTERS = 16
_BROWSER_CHARACTERS_MAX = 40


class Sessions:
    """The sessions of one node, in its store."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def link(self, token: str) -> LinkView | None:
        """Return what a link is for, or None if it is no longer good."""
        if len(token) > SECRET_CHARACTERS_MAX:
            return None
        now = self._clock.now()
        return await self._database.read(lambda c: _link(c, hashed(token), now))

    async def redeem(self, token: str, arrival: Arrival) -> SignedIn | None:
        """Exchange a link's token for a new session, or return None if it was used, has expired or is none."""
        if len(token) > SECRET_CHARACTERS_MAX:
            return None
        now = self._clock.now()
        return await self._database.write(lambda c: _redeem(c, hashed(token), arrival, now))

    async def session(self, secret: str) -> Session | None:
        """Return the session of a secret, or None if it has ended. Using it keeps it from expiring."""
        if len(secret) > SECRET_CHARACTERS_MAX:
            return None
        digest, now = hashed(secret), self._clock.now()
        found = await self._database.look(lambda c: _session(c, digest, now))
        if found is None:
            return None
        session, ends = found
        expires = min(now + SESSION_IDLE_MS, ends)
        if expires - session.expires >= min(SESSION_STEP_MS, max(1, ends - session.expires)):
            await self._database.write(lambda c: _prolong(c, digest, expires, now))
            return Session(session.account, session.csrf, expires, session.id, session.began, session.means)
        return session

    async def ended(self, secret: str) -> Ended | None:
        """Return why somebody ended a session before its time, or None."""
        if len(secret) > SECRET_CHARACTERS_MAX:
            return None
        now = self._clock.now()
        return await self._database.read(lambda c: _ended(c, hashed(secret), now))

    async def sign_out(self, secret: str) -> None:
        """End a session."""
        if len(secret) <= SECRET_CHARACTERS_MAX:
            digest = hashed(secret)
            await self._database.write(lambda c: c.execute("DELETE FROM sessions WHERE secret_hash = $1", digest))

    async def listed(self, account: Account) -> tuple[SessionView, ...]:
        """Return an account's sessions, the one used last first."""
        now = self._clock.now()
        return await self._database.read(lambda c: _listed(c, account.id, now))

    async def end(self, session: Session, session_id: str) -> None:
        """End another session of the same account."""
        now = self._clock.now()
        await self._database.write(
            lambda c: end_sessions(c, session.account.id, "elsewhere", session.account.name, now, only=session_id)
        )

    async def end_others(self, session: Session) -> int:
        """End all other sessions of the same account; return how many there were."""
        now = self._clock.now()
        account = session.account
        return await self._database.write(
            lambda c: end_sessions(c, account.id, "elsewhere", account.name, now, but=session.id)
        )

    async def means(self, account: Account) -> MeansView:
        """Return what an account can sign in with."""
        return await self._database.read(lambda c: means_of(c, account.id))

    async def changes_of(self, account: Account) -> tuple[ChangeView, ...]:
        """Return the latest changes of an account, newest first."""
        return await self._database.read(lambda c: account_changes.latest_of(c, account.id, CHANGES_SHOWN))

    async def notice(self, account: Account) -> Notice | None:
        """Return what the account's owner has to be told."""
        return await self._database.read(lambda c: _notice(c, account.id))

    async def note_read(self, account: Account) -> None:
        """Note that the account's owner has read the notice."""
        await self._database.write(
            lambda c: c.execute("UPDATE accounts SET recovered = NULL WHERE id = $1", account.id)
        )

    async def speak(self, account: Account, lang: str) -> None:
        """Set the language of an account's pages and messages."""
        await self._database.write(lambda c: c.execute("UPDATE accounts SET lang = $2 WHERE id = $1", account.id, lang))


def open_session(connection: Connection, account_id: str, means: Means, arrival: Arrival, now: int) -> SignedIn:
    """Open a session for an account that is there, in the transaction that used its link or proved its means up.

    Where the browser had a session of the same account, its forms stay good: a page that was open in another tab is not
    lost by signing in once more.
    """
    _forget_expired(connection, now)
    secret, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    if arrival.replaces and len(arrival.replaces) <= SECRET_CHARACTERS_MAX:
        csrf = _replaced(connection, hashed(arrival.replaces), account_id) or csrf
    connection.execute(
        "INSERT INTO sessions (secret_hash, account, csrf, expires, ends, began, used, browser, means)"
        " VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8)",
        *(hashed(secret), account_id, csrf, now + SESSION_IDLE_MS, now + SESSION_ENDS_MS, now),
        *(arrival.browser[:_BROWSER_CHARACTERS_MAX], means),
    )
    _bound(connection, account_id)
    connection.execute("UPDATE accounts SET signed_in = $2 WHERE id = $1", account_id, now)
    account = find_account(connection, account_id)
    assert account is not None
    notice = _notice(connection, account_id)
    return SignedIn(secret, account, means_of(connection, account_id).count > 0, notice is not None)


def end_sessions(
    connection: Connection, account: str, why: EndReason, by: str, now: int, *, only: str = "", but: str = ""
) -> int:
    """End an account's sessions (only one, or all but one) and remember why until they would have ended anyway."""
    rows = connection.rows("SELECT secret_hash, ends FROM sessions WHERE account = $1 AND expires > $2", account, now)
    chosen = [row for row in rows if only in ("", _id(str(row[0]))) and _id(str(row[0])) != but]
    for digest, ends in chosen:
        connection.execute("DELETE FROM sessions WHERE secret_hash = $1", digest)
        connection.execute(
            "INSERT INTO ended_sessions (secret_hash, why, ended_by, at, expires) VALUES ($1, $2, $3, $4, $5)",
            *(digest, why, by, now, ends),
        )
    return len(chosen)


def check_fresh(session: Session, now: int) -> None:
    """Check that the session's owner has signed in a short while ago. Raises Refused."""
    if not session.is_fresh(now):
        raise Refused("stale-sign-in")


def _id(digest: str) -> str:
    """Return the name of a session in lists: of its secret's hash a hash, so that it opens nothing."""
    return hashlib.sha256(digest.encode()).hexdigest()[:_ID_CHARACTERS]


def _link(connection: Connection, digest: str, now: int) -> LinkView | None:
    row = connection.row(
        f"SELECT {ACCOUNT}, invited_by, expires FROM links JOIN accounts ON id = account"  # noqa: S608 - a constant
        " WHERE token_hash = $1 AND expires > $2",
        digest,
        now,
    )
    if row is None:
        return None
    account = account_of(row[:5])
    invited_by, expires = cast("tuple[str, int]", row[5:])
    return LinkView(account, invited_by, expires, means_of(connection, account.id).count > 0)


def _redeem(connection: Connection, token: str, arrival: Arrival, now: int) -> SignedIn | None:
    """Use a link up and open a session, in one transaction: whoever comes second finds no link."""
    _forget_expired(connection, now)
    account = connection.value("SELECT account FROM links WHERE token_hash = $1", token)
    if account is None or connection.execute("DELETE FROM links WHERE token_hash = $1", token) == 0:
        return None
    return open_session(connection, str(account), "link", arrival, now)


def _forget_expired(connection: Connection, now: int) -> None:
    connection.execute("DELETE FROM links WHERE expires <= $1", now)
    connection.execute("DELETE FROM sessions WHERE expires <= $1", now)
    connection.execute("DELETE FROM ended_sessions WHERE expires <= $1", now)


def _replaced(connection: Connection, digest: str, account: str) -> str | None:
    row = connection.row("SELECT account, csrf FROM sessions WHERE secret_hash = $1", digest)
    connection.execute("DELETE FROM sessions WHERE secret_hash = $1", digest)
    return str(row[1]) if row is not None and row[0] == account else None


def _bound(connection: Connection, account: str) -> None:
    connection.execute(
        "DELETE FROM sessions WHERE account = $1 AND secret_hash NOT IN"
        " (SELECT secret_hash FROM sessions WHERE account = $1 ORDER BY used DESC, expires DESC LIMIT $2)",
        account,
        SESSIONS_MAX,
    )


def _session(connection: Connection, digest: str, now: int) -> tuple[Session, int] | None:
    row = connection.row(
        f"SELECT {ACCOUNT}, csrf, expires, ends, began, means FROM sessions"  # noqa: S608 - a constant
        " JOIN accounts ON id = account WHERE secret_hash = $1 AND expires > $2",
        digest,
        now,
    )
    if row is None:
        return None
    csrf, expires, ends, began, means = cast("tuple[str, int, int, int, Means]", row[5:])
    return Session(account_of(row[:5]), csrf, expires, _id(digest), began, means), ends


def _prolong(connection: Connection, digest: str, expires: int, now: int) -> None:
    connection.execute(
        "UPDATE sessions SET expires = $2, used = $3 WHERE secret_hash = $1 AND expires < $2", digest, expires, now
    )


def _ended(connection: Connection, digest: str, now: int) -> Ended | None:
    row = connection.row(
        "SELECT why, ended_by, at FROM ended_sessions WHERE secret_hash = $1 AND expires > $2", digest, now
    )
    return None if row is None else Ended(cast("EndReason", row[0]), str(row[1]), cast("int", row[2]))


def _listed(connection: Connection, account: str, now: int) -> tuple[SessionView, ...]:
    rows = connection.rows(
        "SELECT secret_hash, began, used, browser, means FROM sessions WHERE account = $1 AND expires > $2"
        " ORDER BY used DESC, secret_hash",
        account,
        now,
    )
    return tuple(_listed_session(row) for row in rows)


def _listed_session(row: Row) -> SessionView:
    digest, began, used, browser, means = cast("tuple[str, int, int, str, Means]", row)
    return SessionView(_id(digest), began, used, browser, means)


def _notice(connection: Connection, account: str) -> Notice | None:
    row = connection.row("SELECT recovered, recovered_by FROM accounts WHERE id = $1", account)
    return None if row is None or row[0] is None else Notice(cast("int", row[0]), str(row[1]))
