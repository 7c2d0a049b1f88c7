"""Accounts for tests of pages: everything that signing in does is real, on a store in memory.

Two things are short cuts: links that a test gives as it likes, and sessions without any sign-in before them.
"""

from dataclasses import dataclass
from typing import Protocol

from node import sessions as real
from node.account_changes import CONSOLE, By
from node.accounts import insert_account
from node.config import SingleSignOn as SignOnSettings
from node.passwords import Cost
from node.sessions import Sessions
from node.sign_in import Place, SignIn, sign_in
from node.storage.accounts import find_account, hashed
from node.storage.database import Connection
from tests.support.memory_database import MemoryDatabase
from web import ports
from web.accounts_port import Arrival, FirstRunView, NewPerson, SignedIn
from web.ports import Account, Role

CHEAP = Cost(memory_kib=8, passes=1)
FINGERPRINT = " ".join(["c0de"] * 16)


class Clocked(Protocol):
    """What has a clock that a test moves."""

    clock: int
    links: dict[str, Account]
    sessions: dict[str, ports.Session]


@dataclass
class _Clock:
    backend: Clocked

    def now(self) -> int:
        return self.backend.clock


class MemorySessions(Sessions):
    """Sessions that tests may open and end by hand."""

    def __init__(self, database: MemoryDatabase, backend: Clocked) -> None:
        super().__init__(database, _Clock(backend))
        self._memory = database
        self._backend = backend
        self._opened: set[str] = set()

    def open_by_hand(self, account: Account) -> str:
        """Return the secret of a new session of an account, which is made if it isn't there."""
        now = self._backend.clock

        def opened(connection: Connection) -> SignedIn:
            if find_account(connection, account.id) is None:
                person = NewPerson(account.id, account.name, account.roles, account.lang)
                insert_account(connection, person, account.member, CONSOLE, now)
            return real.open_session(connection, account.id, "link", Arrival("Chromium"), now)

        secret = self._memory.now(opened).secret
        self._opened.add(secret)
        session_id = real._id(hashed(secret))
        csrf = hashed(secret)[:43]
        self._backend.sessions[secret] = ports.Session(account, csrf, now + 86_400_000, session_id, now, "link")
        return secret

    async def redeem(self, token: str, arrival: Arrival) -> SignedIn | None:
        account = self._backend.links.pop(token, None)
        if account is None:
            return await super().redeem(token, arrival)
        means = await self.means(account)
        return SignedIn(self.open_by_hand(account), account, means.count > 0, has_notice=False)

    async def session(self, secret: str) -> ports.Session | None:
        if secret not in self._opened:
            return await super().session(secret)
        if await self.ended(secret) is not None:
            self._backend.sessions.pop(secret, None)
        return self._backend.sessions.get(secret)

    async def sign_out(self, secret: str) -> None:
        self._backend.sessions.pop(secret, None)
        await super().sign_out(secret)


@dataclass(frozen=True)
class Site:
    """Whose node it is, and under which address."""

    member: str
    names: tuple[str, ...]
    base_url: str = "http://localhost:8080"


def memory_accounts(
    backend: Clocked, site: Site, *, has_people: bool = True, sign_on: SignOnSettings | None = None
) -> SignIn:
    """Return everything that signing in takes, over a store in memory, with a few accounts if wanted."""
    database = MemoryDatabase()
    clock = _Clock(backend)
    view = FirstRunView(FINGERPRINT, "ab" * 32, has_secretariat=True)
    parts = sign_in(database, clock, Place(site.member, site.base_url, site.names, view), sign_on, CHEAP)
    if has_people:
        database.now(lambda c: _people(c, site.member, backend.clock))
    return SignIn(
        sessions=MemorySessions(database, backend),
        passkeys=parts.passkeys,
        passwords=parts.passwords,
        single_sign_on=parts.single_sign_on,
        delegation=parts.delegation,
        first_run=parts.first_run,
    )


_PEOPLE: tuple[tuple[str, str, Role, str | None], ...] = (
    ("agenda-desk", "Agenda desk", "delegate", "fr"),
    ("data-centre", "Data centre", "operator", None),
    ("science-office", "Science office <b>1</b>", "delegate", "zh"),
)


def _people(connection: Connection, member: str, now: int) -> None:
    for place, (id_, name, role, lang) in enumerate(_PEOPLE):
        person = NewPerson(id_, name, frozenset({role}), lang)
        insert_account(connection, person, member, By("a-head", "Delegation office"), now - (9 - place) * 86_400_000)
    real.open_session(connection, "agenda-desk", "passkey", Arrival("Firefox"), now - 3_600_000)
