"""Passwords with one-time codes: satisfies web.accounts_port.PasswordsPort.

Passwords are kept as Argon2id, hashed in threads and only a few at a time. Whether an account exists shows neither in
the answer nor in the work done: a name without a password is checked against one that nobody has. Codes' keys are in
the store as they are, since codes are made from them: whoever steals the store still lacks the password.
"""

import asyncio
import secrets
from dataclasses import dataclass

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from node import account_changes, one_time_codes
from node.account_changes import By
from node.attempts import Attempts
from node.clock import Clock
from node.pending import Pending
from node.sessions import check_fresh, open_session
from node.storage.accounts import hashed, means_of
from node.storage.database import Connection, Database
from web.accounts_port import Arrival, PasswordDraft, SignedIn
from web.password_rules import PASSWORD_CHARACTERS_MAX, password_fault
from web.ports import Refused, Session

RECOVERY_CODES = 10
_RECOVERY_BYTES = 10
_AT_ONCE = 2
_WAITING_MAX = 32
_CODE_CHARACTERS_MAX = 40
_NAME_CHARACTERS_MAX = 200


@dataclass(frozen=True, slots=True)
class Cost:
    """What a hash costs (OWASP's choice for Argon2id): memory in KiB, and passes over it."""

    memory_kib: int = 19 * 1024
    passes: int = 2


@dataclass(frozen=True, slots=True)
class _Draft:
    account: str
    key: bytes


@dataclass(frozen=True, slots=True)
class _Stored:
    hash: str
    key: bytes


class Passwords:
    """The passwords of one node, in its store. names are those that no password may be made of."""

    def __init__(
        self, database: Database, clock: Clock, issuer: str, names: tuple[str, ...] = (), cost: Cost | None = None
    ) -> None:
        self._database = database
        self._clock = clock
        self._issuer = issuer
        self._names = names
        self._cost = cost or Cost()
        self._attempts = Attempts(clock)
        self._drafts: Pending[_Draft] = Pending(clock)
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._waiting = 0
        self._nobody = _Stored(_hash_password(secrets.token_urlsafe(16), self._cost), one_time_codes.new_key())

    async def sign_in(self, account: str, password: str, code: str, arrival: Arrival) -> SignedIn:
        """Sign in with a password and a one-time code or a recovery code. Raises Refused, the same for every fault."""
        name = account.strip()[:_NAME_CHARACTERS_MAX].encode("ascii", "replace").decode()
        wait = self._attempts.begin(name)
        if wait > 0:
            raise Refused("wait", wait_ms=wait)
        stored = await self._database.read(lambda c: _stored(c, name))
        compared = stored or self._nobody
        is_right = await self._matches(password, compared.hash)
        now = self._clock.now()
        step = one_time_codes.step_of(compared.key, code.replace(" ", ""), now)
        recovery = hashed(_plain(code))
        signed_in = await self._database.write(
            lambda c: _enter(c, name, step, recovery, arrival, now) if is_right and stored is not None else None
        )
        if signed_in is None:
            raise Refused("wrong-credentials")
        self._attempts.succeeded(name)
        return signed_in

    def begin(self, session: Session) -> PasswordDraft:
        """Return a new key for one-time codes, to be confirmed with a code made by it."""
        key = one_time_codes.new_key()
        return self._shown(session, key, self._drafts.keep(_Draft(session.account.id, key)))

    def draft(self, session: Session, ticket: str) -> PasswordDraft | None:
        """Return a draft once more, or None if its time has passed."""
        draft = self._drafts.see(ticket)
        if draft is None or draft.account != session.account.id:
            return None
        return self._shown(session, draft.key, ticket)

    def _shown(self, session: Session, key: bytes, ticket: str) -> PasswordDraft:
        uri = one_time_codes.address(key, session.account.id, self._issuer)
        return PasswordDraft(one_time_codes.in_text(key), uri, ticket)

    async def set(
        self, session: Session, ticket: str, password: str, code: str, arrival: Arrival
    ) -> tuple[SignedIn, tuple[str, ...]]:
        """Set the password and the draft's key; return the session renewed, and ten recovery codes. Raises Refused."""
        account = session.account
        if password_fault(password, (account.id, account.name, account.member, *self._names)) is not None:
            raise Refused("weak-password")
        draft = self._drafts.see(ticket)
        if draft is None or draft.account != account.id:
            raise Refused("draft-expired")
        step = one_time_codes.step_of(draft.key, code.replace(" ", ""), self._clock.now())
        if step is None:
            raise Refused("wrong-code")
        self._drafts.take(ticket)
        stored = _Stored(await self._hash(password), draft.key)
        codes = _new_codes()
        now = self._clock.now()
        signed_in = await self._database.write(lambda c: _set(c, session, stored, step, codes, arrival, now))
        return signed_in, codes

    async def renew_codes(self, session: Session) -> tuple[str, ...]:
        """Replace the recovery codes; return the new ones. Raises Refused."""
        codes, now = _new_codes(), self._clock.now()
        check_fresh(session, now)
        if not await self._database.write(lambda c: _renew(c, session, codes, now)):
            raise Refused("no-password")
        return codes

    async def remove(self, session: Session) -> None:
        """Remove the password. Raises Refused if the account has no other means."""
        now = self._clock.now()
        check_fresh(session, now)
        await self._database.write(lambda c: _remove(c, session, now))

    async def _matches(self, password: str, expected: str) -> bool:
        given = password[: PASSWORD_CHARACTERS_MAX + 1].encode(errors="surrogatepass")
        async with self._turn():
            return await asyncio.to_thread(_verify, given, expected)

    async def _hash(self, password: str) -> str:
        async with self._turn():
            return await asyncio.to_thread(_hash_password, password, self._cost)

    def _turn(self) -> "_Turn":
        return _Turn(self)


class _Turn:
    """A turn at hashing: two at once, a few waiting, the rest told to come back."""

    def __init__(self, passwords: Passwords) -> None:
        self._passwords = passwords

    async def __aenter__(self) -> None:
        if self._passwords._waiting >= _WAITING_MAX:  # noqa: SLF001 - a part of Passwords
            raise Refused("wait", wait_ms=10_000)
        self._passwords._waiting += 1  # noqa: SLF001
        try:
            await self._passwords._turns.acquire()  # noqa: SLF001
        except BaseException:
            self._passwords._waiting -= 1  # noqa: SLF001
            raise

    async def __aexit__(self, *_: object) -> None:
        self._passwords._waiting -= 1  # noqa: SLF001
        self._passwords._turns.release()  # noqa: SLF001


def _hash_password(password: str, cost: Cost) -> str:
    maker = Argon2id(
        salt=secrets.token_bytes(16), length=32, iterations=cost.passes, lanes=1, memory_cost=cost.memory_kib
    )
    return maker.derive_phc_encoded(password.encode(errors="surrogatepass"))


def _verify(given: bytes, expected: str) -> bool:
    try:
        Argon2id.verify_phc_encoded(given, expected)
    except InvalidKey:
        return False
    return True


def _new_codes() -> tuple[str, ...]:
    """Return recovery codes of 80 bits, in groups."""
    plain = (secrets.token_hex(_RECOVERY_BYTES) for _ in range(RECOVERY_CODES))
    return tuple("-".join(code[start : start + 5] for start in range(0, len(code), 5)) for code in plain)


def _plain(code: str) -> str:
    return code[:_CODE_CHARACTERS_MAX].replace("-", "").replace(" ", "").lower()


def _stored(connection: Connection, account: str) -> _Stored | None:
    row = connection.row("SELECT hash, code_key FROM passwords WHERE account = $1", account)
    return None if row is None or not isinstance(row[1], bytes) else _Stored(str(row[0]), row[1])


def _enter(
    connection: Connection, account: str, step: int | None, recovery: str, arrival: Arrival, now: int
) -> SignedIn | None:
    """Use a code up and open a session, in one transaction. A code counts once, whoever comes second with it."""
    is_used = step is not None and connection.execute(
        "UPDATE passwords SET last_step = $2 WHERE account = $1 AND last_step < $2", account, step
    )
    if not is_used and not connection.execute(
        "DELETE FROM recovery_codes WHERE account = $1 AND code_hash = $2", account, recovery
    ):
        return None
    connection.execute("UPDATE passwords SET used = $2 WHERE account = $1", account, now)
    return open_session(connection, account, "password", arrival, now)


def _set(
    connection: Connection,
    session: Session,
    stored: _Stored,
    step: int,
    codes: tuple[str, ...],
    arrival: Arrival,
    now: int,
) -> SignedIn:
    account = session.account
    check_may_change(connection, session, now)
    connection.execute(
        "INSERT INTO passwords (account, hash, code_key, last_step, made) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (account) DO UPDATE SET hash = excluded.hash, code_key = excluded.code_key,"
        " last_step = excluded.last_step, made = excluded.made, used = NULL",
        *(account.id, stored.hash, stored.key, step, now),
    )
    _keep_codes(connection, account.id, codes)
    account_changes.note(connection, now, By.account(account), "password-set", account)
    return open_session(connection, account.id, "password", arrival, now)


def _renew(connection: Connection, session: Session, codes: tuple[str, ...], now: int) -> bool:
    account = session.account
    if means_of(connection, account.id).password is None:
        return False
    _keep_codes(connection, account.id, codes)
    account_changes.note(connection, now, By.account(account), "codes-made", account)
    return True


def _keep_codes(connection: Connection, account: str, codes: tuple[str, ...]) -> None:
    connection.execute("DELETE FROM recovery_codes WHERE account = $1", account)
    connection.execute_many(
        "INSERT INTO recovery_codes (account, code_hash) VALUES ($1, $2)",
        [(account, hashed(_plain(code))) for code in codes],
    )


def _remove(connection: Connection, session: Session, now: int) -> None:
    account = session.account
    means = means_of(connection, account.id)
    if means.password is None:
        return
    if means.count < 2:
        raise Refused("last-means")
    connection.execute("DELETE FROM passwords WHERE account = $1", account.id)
    connection.execute("DELETE FROM recovery_codes WHERE account = $1", account.id)
    account_changes.note(connection, now, By.account(account), "password-removed", account)


def check_may_change(connection: Connection, session: Session, now: int) -> None:
    """Check that a session may add means: a fresh one, or any while its account has none. Raises Refused.

    The account has to be there still: whoever was revoked in the meantime is told so.
    """
    if connection.value("SELECT 1 FROM accounts WHERE id = $1", session.account.id) is None:
        raise Refused("account-gone")
    if means_of(connection, session.account.id).count > 0:
        check_fresh(session, now)
