"""Tokens by which a member's own systems act: what the pages and the interface need of a node.

A token is shown once and kept as SHA-256 alone. It never gives more than its account may do at the moment of its use.
"""

from dataclasses import dataclass
from typing import Final, Literal, Protocol, get_args

from web.ports import Account, Role, Session

Scope = Literal["read-member", "propose", "endorse", "position", "comment", "vote"]
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
SCOPE_ROLES: Final[dict[Scope, Role]] = {
    "read-member": "delegate",
    "propose": "delegate",
    "endorse": "delegate",
    "position": "delegate",
    "comment": "delegate",
    "vote": "head",
}
"""The role that an account needs to give a scope, and to use it."""

TOKEN_PREFIX: Final = "comitia_"  # noqa: S105 - what every token begins with
"""Every token begins with it, so that programs that look for leaked secrets find it."""
TOKEN_CHARACTERS_MAX: Final = 100
TOKEN_NAME_CHARACTERS_MAX: Final = 60
TOKEN_DAYS_MAX: Final = 365
TOKENS_PER_ACCOUNT_MAX: Final = 20
KEY_CHARACTERS_MAX: Final = 128
KEYS_PER_TOKEN_MAX: Final = 1_000
"""Idempotency keys that are remembered for each token, the latest."""
KEY_KEPT_MS: Final = 24 * 3_600_000


def scopes_for(account: Account) -> tuple[Scope, ...]:
    """Return the scopes that an account may give and use."""
    return tuple(scope for scope in SCOPES if account.may_act_as(SCOPE_ROLES[scope]))


@dataclass(frozen=True, slots=True)
class TokenInput:
    """A token as somebody asks for it."""

    name: str
    scopes: frozenset[Scope]
    days: int


@dataclass(frozen=True, slots=True)
class TokenView:
    """A token without its secret. Times are in milliseconds."""

    id: str
    name: str
    scopes: tuple[Scope, ...]
    made: int
    expires: int
    last_used: int | None
    """To within a minute; None if it never was."""


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whoever sent a token that is good: the account as it is now, and the token."""

    account: Account
    token: TokenView

    def has(self, scope: Scope) -> bool:
        """Whether the token was given a scope."""
        return scope in self.token.scopes

    def may(self, scope: Scope) -> bool:
        """Whether the token was given a scope and its account still has the role for it."""
        return self.has(scope) and scope in scopes_for(self.account)


@dataclass(frozen=True, slots=True)
class Remembered:
    """What is known of an idempotency key: of which request it is, and what was answered if that is known."""

    digest: str
    answer: str | None
    """None while the first request is under way, or if it was cut off."""


class TokensPort(Protocol):
    """The tokens of a node's accounts."""

    async def issue(self, session: Session, wanted: TokenInput) -> str:
        """Return the secret of a new token. Raises Refused: `stale-sign-in`, `scope-not-yours`, `too-many-tokens`."""
        ...

    async def of(self, account: Account) -> tuple[TokenView, ...]:
        """Return an account's tokens that have not expired, the newest first."""
        ...

    async def revoke(self, account: Account, token: str) -> bool:
        """End one of an account's own tokens by its id; return whether it was there."""
        ...

    async def bearer(self, secret: str) -> Bearer | None:
        """Return whose token it is, or None if it is unknown, revoked or expired, or its account is gone."""
        ...

    async def claim(self, token: str, key: str, digest: str) -> Remembered | None:
        """Note that a request with an idempotency key begins; return what is known of the key if it was used before."""
        ...

    async def settle(self, token: str, key: str, answer: str | None) -> None:
        """Keep what was answered to the request of a key; with None forget the key, because nothing was done."""
        ...
