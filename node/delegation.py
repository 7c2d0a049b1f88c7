"""Those who look after accounts: satisfies web.accounts_port.DelegationPort.

A head of delegation accredits the member's delegates; an operator gives every role that the member can have. Each looks
after accounts whose roles it may all give, and never after its own: somebody always stays who can let others in.
"""

from node import account_changes
from node.account_changes import By
from node.accounts import AccountError, Accounts
from node.clock import Clock
from node.sessions import check_fresh
from node.storage.database import Database
from web.accounts_port import ChangeView, NewPerson, PersonView
from web.ports import Account, Refused, Role, Session


class Delegation:
    """Accounts of one member, as those see them who look after them.

    sign_on_claim is what single sign-on knows accounts by, `sub` or `email`, or nothing without it.
    """

    def __init__(
        self, database: Database, clock: Clock, member: str, *, has_secretariat: bool, sign_on_claim: str = ""
    ) -> None:
        self._database = database
        self._clock = clock
        self._accounts = Accounts(database, clock)
        self._member = member
        self._has_secretariat = has_secretariat
        self._sign_on_claim = sign_on_claim

    def may_give(self, account: Account) -> tuple[Role, ...]:
        """Return the roles that somebody may give; nothing for whoever looks after no accounts."""
        if account.member != self._member:
            return ()
        if "operator" in account.roles:
            every: tuple[Role, ...] = ("delegate", "head", "operator")
            return (*every, "secretariat") if self._has_secretariat else every
        return ("delegate",) if "head" in account.roles else ()

    async def people(self, account: Account) -> tuple[PersonView, ...]:
        """Return the accounts that somebody looks after, by name. Raises Refused."""
        self._check_looks_after(account)
        people = await self._accounts.people()
        return tuple(person for person in people if self._looks_after(account, person.account))

    async def accredit(self, session: Session, person: NewPerson) -> str:
        """Make an account; return the token of its one-time link. Raises Refused."""
        account = session.account
        self._check_may_change(session)
        if not person.roles or not person.roles <= frozenset(self.may_give(account)):
            raise Refused("role-not-yours")
        if person.sign_on and not self._sign_on_claim:
            raise Refused("no-sign-on")
        by = By.account(account)
        sign_on = person.sign_on.strip()
        known_by = sign_on.lower() if self._sign_on_claim == "email" else sign_on
        if known_by and await self._is_taken(known_by):
            raise Refused("sign-on-taken")
        try:
            await self._accounts.add(person.id, person.name, self._member, person.roles, person.lang, known_by, by)
            return await self._accounts.invite(person.id, by=by)
        except AccountError as error:
            if await self._accounts.find(person.id) is not None:
                raise Refused("account-exists", id=person.id) from error
            raise Refused("account-invalid", detail=str(error)) from error

    async def invite(self, session: Session, person: str, *, removes_means: bool) -> str:
        """Return the token of a new link; on request the old means and sessions end. Raises Refused."""
        await self._find(session, person)
        by = By.account(session.account)
        try:
            return await self._accounts.invite(person, by=by, removes_means=removes_means)
        except AccountError as error:
            raise Refused("account-gone") from error

    async def revoke(self, session: Session, person: str) -> None:
        """End an account, its sessions and whatever it can sign in with. Raises Refused."""
        await self._find(session, person)
        try:
            await self._accounts.remove(person, By.account(session.account))
        except AccountError as error:
            raise Refused("account-gone") from error

    async def changes(self, account: Account, page: int) -> tuple[tuple[ChangeView, ...], int]:
        """Return a page of the changes of this node's accounts, newest first; how many pages. Raises Refused."""
        self._check_looks_after(account)
        return await self._database.read(lambda c: account_changes.page(c, page))

    async def _is_taken(self, sign_on: str) -> bool:
        sql = "SELECT 1 FROM accounts WHERE sign_on = $1"
        return await self._database.read(lambda c: c.value(sql, sign_on)) is not None

    async def _find(self, session: Session, person: str) -> Account:
        """Return an account that the session's owner may change now. Raises Refused."""
        self._check_may_change(session)
        found = await self._accounts.find(person)
        if found is None:
            raise Refused("account-gone")
        if found.id == session.account.id:
            raise Refused("own-account")
        if not self._looks_after(session.account, found):
            raise Refused("account-not-yours")
        return found

    def _check_may_change(self, session: Session) -> None:
        self._check_looks_after(session.account)
        check_fresh(session, self._clock.now())

    def _check_looks_after(self, account: Account) -> None:
        if account.member != self._member:
            raise Refused("foreign-member")
        if not self.may_give(account):
            raise Refused("role-not-yours")

    def _looks_after(self, account: Account, other: Account) -> bool:
        return other.member == self._member and other.roles <= frozenset(self.may_give(account))
