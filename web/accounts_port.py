"""What pages need to let people sign in, and to look after accounts: the part of Backend under `accounts`.

Every command returns once it is on disk. One that can't be carried out raises Refused with a code that
web/account_refusals.py words, and has changed nothing. Secrets (of sessions, links, tickets, recovery codes) are given
out once; the node keeps their hashes. A ticket names something under way in one browser, is good once and for a few
minutes.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from web.ports import Account, Means, Role, Session

EndReason = Literal["revoked", "recovered", "elsewhere"]
ChangeKind = Literal[
    "added",
    "invited",
    "recovered",
    "revoked",
    "passkey-added",
    "passkey-removed",
    "passkey-cloned",
    "password-set",
    "password-removed",
    "codes-made",
    "sign-on-linked",
    "token-made",
    "token-revoked",
]


@dataclass(frozen=True, slots=True)
class Arrival:
    """The browser in which somebody signs in, and the session that it had before, which ends."""

    browser: str = ""
    replaces: str = ""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session."""

    secret: str
    account: "Account"
    has_means: bool
    """Whether its owner can sign in again without a new link."""
    has_notice: bool
    """Whether somebody let this account in anew, and its owner hasn't been told."""


@dataclass(frozen=True, slots=True)
class LinkView:
    """A one-time link that is still good."""

    account: "Account"
    invited_by: str
    """A person's name, or nothing for the operator on the command line."""
    expires: int
    has_means: bool


@dataclass(frozen=True, slots=True)
class Ended:
    """Why a session ended before its time."""

    why: EndReason
    by: str
    """A person's name, or nothing for the operator on the command line."""
    at: int


@dataclass(frozen=True, slots=True)
class SessionView:
    """A session in the list of its owner."""

    id: str
    began: int
    used: int
    browser: str
    """Only its family, such as Firefox; nothing if it isn't known."""
    means: "Means"


@dataclass(frozen=True, slots=True)
class PasskeyView:
    """A passkey in the list of its owner."""

    id: str
    name: str
    made: int
    used: int | None


@dataclass(frozen=True, slots=True)
class PasswordView:
    """A password with its one-time codes."""

    made: int
    used: int | None
    recovery_codes: int
    """How many are left."""


@dataclass(frozen=True, slots=True)
class MeansView:
    """All that an account can sign in with."""

    passkeys: tuple[PasskeyView, ...]
    password: PasswordView | None
    sign_on: str
    """The subject or e-mail address by which single sign-on knows the account, or nothing."""

    @property
    def count(self) -> int:
        """How many means there are."""
        return len(self.passkeys) + (self.password is not None) + bool(self.sign_on)


@dataclass(frozen=True, slots=True)
class Notice:
    """Somebody gave out a new link for this account, to let its owner in again."""

    at: int
    by: str


@dataclass(frozen=True, slots=True)
class Ceremony:
    """What a browser needs to use or make a passkey: options for it as JSON, and the ticket of the challenge."""

    options: str
    ticket: str


@dataclass(frozen=True, slots=True)
class PasswordDraft:
    """A password that is being set up: the key of its one-time codes, and the address that a QR code holds."""

    key: str
    """In groups, to be typed."""
    uri: str
    ticket: str


@dataclass(frozen=True, slots=True)
class Departure:
    """Where single sign-on begins: the address at the provider, and the ticket that has to come back with it."""

    address: str
    ticket: str


@dataclass(frozen=True, slots=True)
class PersonView:
    """Somebody with an account, as those see it who look after accounts."""

    account: "Account"
    made: int
    signed_in: int | None
    passkeys: int
    has_password: bool
    sign_on: str
    link_until: int | None
    """Until when a one-time link is good that hasn't been used."""

    @property
    def has_means(self) -> bool:
        """Whether this person can sign in without a new link."""
        return self.passkeys > 0 or self.has_password or bool(self.sign_on)


@dataclass(frozen=True, slots=True)
class NewPerson:
    """Somebody who is to have an account."""

    id: str
    name: str
    roles: "frozenset[Role]"
    lang: str | None
    sign_on: str = ""


@dataclass(frozen=True, slots=True)
class ChangeView:
    """A change of an account: who made it, what it was, and whose account it is."""

    at: int
    by: str
    """A person's name, or nothing for the operator on the command line."""
    what: ChangeKind
    account: str
    name: str
    detail: str


@dataclass(frozen=True, slots=True)
class FirstRunView:
    """What somebody has to know who sets a new node up."""

    fingerprint: str
    """The federation's identity in groups, to be compared by telephone."""
    key: str
    has_secretariat: bool


class SessionsPort(Protocol):
    """Sessions and one-time links."""

    async def link(self, token: str) -> LinkView | None:
        """Return what a one-time link is for, or None if it is no longer good. The link stays good."""
        ...

    async def redeem(self, token: str, arrival: Arrival) -> SignedIn | None:
        """Exchange a link for a session, or return None if it was used or has expired."""
        ...

    async def session(self, secret: str) -> "Session | None":
        """Return the session of a secret, or None."""
        ...

    async def ended(self, secret: str) -> Ended | None:
        """Return why the session of a secret was ended by somebody, or None if it wasn't."""
        ...

    async def sign_out(self, secret: str) -> None:
        """End a session."""
        ...

    async def listed(self, account: "Account") -> tuple[SessionView, ...]:
        """Return an account's sessions, the one used last first."""
        ...

    async def end(self, session: "Session", session_id: str) -> None:
        """End another session of the same account."""
        ...

    async def end_others(self, session: "Session") -> int:
        """End all other sessions of the same account; return how many there were."""
        ...

    async def means(self, account: "Account") -> MeansView:
        """Return what an account can sign in with."""
        ...

    async def changes_of(self, account: "Account") -> tuple[ChangeView, ...]:
        """Return the latest changes of an account, newest first."""
        ...

    async def notice(self, account: "Account") -> Notice | None:
        """Return what the account's owner has to be told."""
        ...

    async def note_read(self, account: "Account") -> None:
        """Note that the account's owner has read the notice."""
        ...

    async def speak(self, account: "Account", lang: str) -> None:
        """Set the language of an account's pages and messages."""
        ...


class PasskeysPort(Protocol):
    """Passkeys (WebAuthn)."""

    @property
    def is_possible(self) -> bool:
        """Whether browsers make passkeys for this node's address: a name, over https or on the same machine."""
        ...

    def ask(self) -> Ceremony:
        """Return a challenge to sign in with."""
        ...

    async def sign_in(self, ticket: str, response: str, arrival: Arrival) -> SignedIn:
        """Sign in with the browser's answer to a challenge."""
        ...

    async def begin(self, session: "Session") -> Ceremony:
        """Return a challenge to make a passkey with."""
        ...

    async def add(self, session: "Session", ticket: str, response: str, name: str, arrival: Arrival) -> SignedIn:
        """Keep a new passkey; return the session renewed."""
        ...

    async def remove(self, session: "Session", passkey: str) -> None:
        """Remove a passkey. Refused if the account has no other means."""
        ...


class PasswordsPort(Protocol):
    """Passwords, each with one-time codes."""

    async def sign_in(self, account: str, password: str, code: str, arrival: Arrival) -> SignedIn:
        """Sign in with a password and a one-time code or a recovery code."""
        ...

    def begin(self, session: "Session") -> PasswordDraft:
        """Return a new key for one-time codes, to be confirmed with a code made by it."""
        ...

    def draft(self, session: "Session", ticket: str) -> PasswordDraft | None:
        """Return a draft once more, or None if its time has passed."""
        ...

    async def set(
        self, session: "Session", ticket: str, password: str, code: str, arrival: Arrival
    ) -> tuple[SignedIn, tuple[str, ...]]:
        """Set the password and the draft's key; return the session renewed, and ten recovery codes."""
        ...

    async def renew_codes(self, session: "Session") -> tuple[str, ...]:
        """Replace the recovery codes; return the new ones."""
        ...

    async def remove(self, session: "Session") -> None:
        """Remove the password. Refused if the account has no other means."""
        ...


class SingleSignOnPort(Protocol):
    """Single sign-on (OpenID Connect)."""

    @property
    def label(self) -> str:
        """What people call the provider, or nothing if there is none."""
        ...

    async def depart(self) -> Departure:
        """Begin at the provider."""
        ...

    async def arrive(self, ticket: str, answer: "dict[str, str]", arrival: Arrival) -> SignedIn:
        """Sign in with what the provider sent back."""
        ...


class DelegationPort(Protocol):
    """Those who look after accounts: a head of delegation after delegates, an operator after everybody."""

    def may_give(self, account: "Account") -> "tuple[Role, ...]":
        """Return the roles that somebody may give; nothing for whoever looks after no accounts."""
        ...

    async def people(self, account: "Account") -> tuple[PersonView, ...]:
        """Return the accounts that somebody looks after, by name."""
        ...

    async def accredit(self, session: "Session", person: NewPerson) -> str:
        """Make an account; return the token of its one-time link."""
        ...

    async def invite(self, session: "Session", person: str, *, removes_means: bool) -> str:
        """Return the token of a new link; on request the old means and sessions end."""
        ...

    async def revoke(self, session: "Session", person: str) -> None:
        """End an account, its sessions and whatever it can sign in with."""
        ...

    async def changes(self, account: "Account", page: int) -> tuple[tuple[ChangeView, ...], int]:
        """Return a page of the changes of the accounts that somebody looks after, newest first; how many pages."""
        ...


class FirstRunPort(Protocol):
    """The first account of a new node."""

    async def is_open(self) -> bool:
        """Whether the node has no account yet."""
        ...

    async def view(self, token: str) -> FirstRunView | None:
        """Return what the one-time set-up link shows, or None if it isn't the one or no longer good."""
        ...

    async def begin(self, token: str, person: NewPerson, arrival: Arrival) -> SignedIn | None:
        """Make the first account, head of delegation and operator, and sign it in; None as above."""
        ...


class AccountsPort(Protocol):
    """Signing in and accounts."""

    @property
    def sessions(self) -> SessionsPort:
        """Sessions and one-time links."""
        ...

    @property
    def passkeys(self) -> PasskeysPort:
        """Passkeys."""
        ...

    @property
    def passwords(self) -> PasswordsPort:
        """Passwords."""
        ...

    @property
    def single_sign_on(self) -> SingleSignOnPort:
        """Single sign-on."""
        ...

    @property
    def delegation(self) -> DelegationPort:
        """Those who look after accounts."""
        ...

    @property
    def first_run(self) -> FirstRunPort:
        """The first account of a new node."""
        ...
