"""The tokens of the in-memory backend: what node/tokens.py keeps in its store, kept in dictionaries."""

import secrets
from collections.abc import Callable
from dataclasses import replace

from web.ports import Account, Refused, Session
from web.tokens_port import (
    TOKEN_PREFIX,
    TOKENS_PER_ACCOUNT_MAX,
    Bearer,
    Remembered,
    Scope,
    TokenInput,
    TokenView,
    scopes_for,
)

_DAY_MS = 86_400_000


class MemoryTokens:
    """Tokens by their secrets. Public attributes may be changed by tests."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self.held: dict[str, tuple[Account, TokenView]] = {}
        self.keys: dict[tuple[str, str], Remembered] = {}

    def give(self, account: Account, *scopes: Scope, days: int = 30) -> str:
        """Return the secret of a token with scopes, whatever the account may do."""
        view = TokenView(
            secrets.token_hex(8),
            "Test",
            scopes,
            self._now(),
            self._now() + days * _DAY_MS,
            None,
        )
        secret = TOKEN_PREFIX + view.id
        self.held[secret] = (account, view)
        return secret

    async def issue(self, session: Session, wanted: TokenInput) -> str:
        account = session.account
        if not session.is_fresh(self._now()):
            raise Refused("stale-sign-in")
        if not wanted.scopes or not wanted.scopes <= frozenset(scopes_for(account)):
            raise Refused("scope-not-yours")
        if len(await self.of(account)) >= TOKENS_PER_ACCOUNT_MAX:
            raise Refused("too-many-tokens", limit=TOKENS_PER_ACCOUNT_MAX)
        secret = self.give(account, *sorted(wanted.scopes), days=wanted.days)
        self.held[secret] = (account, replace(self.held[secret][1], name=wanted.name))
        return secret

    async def of(self, account: Account) -> tuple[TokenView, ...]:
        return tuple(
            view for owner, view in self.held.values() if owner.id == account.id and view.expires > self._now()
        )

    async def revoke(self, account: Account, token: str) -> bool:
        for secret, (owner, view) in list(self.held.items()):
            if owner.id == account.id and view.id == token:
                del self.held[secret]
                return True
        return False

    async def bearer(self, secret: str) -> Bearer | None:
        found = self.held.get(secret)
        if found is None or found[1].expires <= self._now():
            return None
        bearer = Bearer(*found)
        self.held[secret] = (found[0], replace(found[1], last_used=self._now()))
        return bearer

    async def claim(self, token: str, key: str, digest: str) -> Remembered | None:
        known = self.keys.get((token, key))
        if known is None:
            self.keys[token, key] = Remembered(digest, None)
        return known

    async def settle(self, token: str, key: str, answer: str | None) -> None:
        if answer is None:
            del self.keys[token, key]
        else:
            self.keys[token, key] = replace(self.keys[token, key], answer=answer)
