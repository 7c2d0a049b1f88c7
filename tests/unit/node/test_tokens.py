"""Tokens on a real store with a clock moved by hand: one secret, one account, and no way back."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from node import account_changes
from node.accounts import Accounts
from node.storage.database import Database
from node.tokens import USED_STEP_MS, Tokens
from tests.support.hand_clock import HandClock
from web.ports import FRESH_MS, Account, Refused, Session
from web.tokens_port import (
    KEY_KEPT_MS,
    KEYS_PER_TOKEN_MAX,
    TOKEN_CHARACTERS_MAX,
    TOKEN_PREFIX,
    TOKENS_PER_ACCOUNT_MAX,
    Scope,
    TokenInput,
)

DAY = 86_400_000


class Desk:
    """Tokens with their store and clock, a delegate and a head of delegation."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = HandClock()
        self.accounts = Accounts(database, self.clock)
        self.tokens = Tokens(database, self.clock)

    async def account(self, name: str) -> Account:
        return next(account for account in await self.accounts.all() if account.id == name)

    async def issue(self, name: str, *scopes: Scope, days: int = 30) -> str:
        return await self.tokens.issue(await self.session(name), TokenInput("Archive", frozenset(scopes), days))

    async def session(self, name: str) -> Session:
        """Return a session that has just begun."""
        now = self.clock.now()
        return Session(await self.account(name), "csrf", now + DAY, "s", now)

    async def count(self, table: str) -> int:
        return len(await self.database.read(lambda c: c.rows(f"SELECT 1 FROM {table}")))  # noqa: S608 - a constant


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    database = Database(tmp_path / "store.sqlite3")
    await database.open()
    try:
        found = Desk(database)
        await found.accounts.add("ada", "Ada", "member-001", frozenset({"delegate"}))
        await found.accounts.add("head", "Head", "member-001", frozenset({"head"}))
        yield found
    finally:
        await database.close()


async def test_a_token_opens_its_account_as_it_is_now(desk: Desk) -> None:
    secret = await desk.issue("ada", "propose", "endorse")
    bearer = await desk.tokens.bearer(secret)
    assert bearer is not None
    assert bearer.account == await desk.account("ada")
    assert bearer.token.scopes == ("propose", "endorse")
    assert bearer.token.expires == desk.clock.now() + 30 * DAY
    await desk.database.write(lambda c: c.execute("UPDATE accounts SET roles = 'operator' WHERE id = 'ada'"))
    bearer = await desk.tokens.bearer(secret)
    assert bearer is not None
    assert bearer.has("propose")
    assert not bearer.may("propose")


async def test_the_store_never_holds_a_secret(desk: Desk) -> None:
    secret = await desk.issue("ada", "propose")
    assert secret.startswith(TOKEN_PREFIX)
    assert len(secret) >= len(TOKEN_PREFIX) + 43
    await desk.database.read(lambda c: c.rows("PRAGMA wal_checkpoint(TRUNCATE)"))
    held = b"".join(path.read_bytes() for path in desk.database.path.parent.iterdir())
    assert secret.encode() not in held
    assert secret.removeprefix(TOKEN_PREFIX).encode() not in held


@pytest.mark.parametrize(
    ("name", "scopes"), [("ada", ("vote",)), ("ada", ("propose", "vote")), ("ada", ()), ("head", ("everything",))]
)
async def test_nobody_gives_what_he_has_not(desk: Desk, name: str, scopes: tuple[Scope, ...]) -> None:
    with pytest.raises(Refused, match="scope-not-yours"):
        await desk.issue(name, *scopes)
    assert await desk.count("tokens") == 0


async def test_a_head_of_delegation_gives_all(desk: Desk) -> None:
    bearer = await desk.tokens.bearer(await desk.issue("head", "vote", "read-member"))
    assert bearer is not None
    assert bearer.may("vote")


@pytest.mark.parametrize("secret", ["", "x", TOKEN_PREFIX, "é" * 20, "x" * TOKEN_CHARACTERS_MAX, "x" * 10_000, "\x00"])
async def test_what_is_no_token_opens_nothing(desk: Desk, secret: str) -> None:
    await desk.issue("ada", "propose")
    assert await desk.tokens.bearer(secret) is None


async def test_a_token_ends_when_it_said(desk: Desk) -> None:
    secret = await desk.issue("ada", "propose", days=1)
    desk.clock.advance(DAY - 1)
    assert await desk.tokens.bearer(secret) is not None
    desk.clock.advance(1)
    assert await desk.tokens.bearer(secret) is None
    assert await desk.tokens.of(await desk.account("ada")) == ()
    await desk.issue("ada", "endorse")
    assert await desk.count("tokens") == 1


async def test_a_token_is_revoked_by_its_own_account_alone_and_at_once(desk: Desk) -> None:
    secret = await desk.issue("ada", "propose")
    (token,) = await desk.tokens.of(await desk.account("ada"))
    await desk.tokens.claim(token.id, "k", "d")
    assert not await desk.tokens.revoke(await desk.account("head"), token.id)
    assert await desk.tokens.bearer(secret) is not None
    assert await desk.tokens.revoke(await desk.account("ada"), token.id)
    assert await desk.tokens.bearer(secret) is None
    assert await desk.count("token_keys") == 0


async def test_a_token_takes_a_fresh_sign_in(desk: Desk) -> None:
    session, wanted = await desk.session("ada"), TokenInput("Archive", frozenset({"propose"}), 30)
    desk.clock.advance(FRESH_MS)
    await desk.tokens.issue(session, wanted)
    desk.clock.advance(1)
    with pytest.raises(Refused, match="stale-sign-in"):
        await desk.tokens.issue(session, wanted)
    assert await desk.count("tokens") == 1


async def test_the_trail_says_which_token_was_made_and_revoked(desk: Desk) -> None:
    await desk.issue("ada", "propose")
    ada = await desk.account("ada")
    (token,) = await desk.tokens.of(ada)
    await desk.tokens.revoke(ada, token.id)
    await desk.tokens.revoke(ada, token.id)
    seen = await desk.database.read(lambda c: account_changes.latest_of(c, "ada", 9))
    assert [(each.what, each.by, each.detail) for each in seen[:2]] == [
        ("token-revoked", "Ada", "Archive"),
        ("token-made", "Ada", "Archive"),
    ]
    assert [each.what for each in seen[2:]] == ["added"]


async def test_a_removed_account_s_tokens_end_and_never_come_back(desk: Desk) -> None:
    secret = await desk.issue("ada", "propose")
    kept = await desk.issue("head", "vote")
    await desk.tokens.claim((await desk.tokens.of(await desk.account("ada")))[0].id, "k", "d")
    await desk.accounts.remove("ada")
    assert await desk.tokens.bearer(secret) is None
    await desk.accounts.add("ada", "Another Ada", "member-001", frozenset({"delegate"}))
    assert await desk.tokens.bearer(secret) is None
    assert await desk.tokens.bearer(kept) is not None
    assert await desk.count("token_keys") == 0


async def test_an_account_that_is_recovered_loses_its_tokens(desk: Desk) -> None:
    """Whoever had got hold of the account may have made them."""
    secret = await desk.issue("ada", "propose")
    await desk.accounts.invite("ada")
    assert await desk.tokens.bearer(secret) is not None
    await desk.accounts.invite("ada", removes_means=True)
    assert await desk.tokens.bearer(secret) is None


async def test_the_last_use_is_noted_once_a_minute(desk: Desk) -> None:
    secret, ada = await desk.issue("ada", "propose"), await desk.account("ada")
    assert (await desk.tokens.of(ada))[0].last_used is None
    await desk.tokens.bearer(secret)
    first = desk.clock.now()
    desk.clock.advance(USED_STEP_MS - 1)
    await desk.tokens.bearer(secret)
    assert (await desk.tokens.of(ada))[0].last_used == first
    desk.clock.advance(1)
    await desk.tokens.bearer(secret)
    assert (await desk.tokens.of(ada))[0].last_used == first + USED_STEP_MS


async def test_an_account_has_so_many_tokens(desk: Desk) -> None:
    for _ in range(TOKENS_PER_ACCOUNT_MAX):
        await desk.issue("ada", "propose", days=1)
    with pytest.raises(Refused, match="too-many-tokens"):
        await desk.issue("ada", "propose")
    await desk.issue("head", "vote")
    desk.clock.advance(DAY)
    await desk.issue("ada", "propose")


async def test_a_key_is_known_until_a_day_has_passed(desk: Desk) -> None:
    tokens = desk.tokens
    assert await tokens.claim("t", "k", "d1") is None
    under_way = await tokens.claim("t", "k", "d2")
    assert under_way is not None
    assert (under_way.digest, under_way.answer) == ("d1", None)
    await tokens.settle("t", "k", "done")
    known = await tokens.claim("t", "k", "d1")
    assert known is not None
    assert known.answer == "done"
    assert await tokens.claim("other", "k", "d1") is None
    desk.clock.advance(KEY_KEPT_MS)
    assert await tokens.claim("t", "k", "d1") is None


async def test_a_key_whose_request_was_refused_is_forgotten(desk: Desk) -> None:
    await desk.tokens.claim("t", "k", "d")
    await desk.tokens.settle("t", "k", None)
    assert await desk.tokens.claim("t", "k", "other") is None


async def test_the_oldest_keys_of_a_token_are_forgotten_first(desk: Desk) -> None:
    def fill(connection: object) -> None:
        rows = (("t", f"k{number:04}", "d", None, number) for number in range(KEYS_PER_TOKEN_MAX))
        connection.execute_many(  # type: ignore[attr-defined]
            "INSERT INTO token_keys (token, name, digest, answer, at) VALUES ($1, $2, $3, $4, $5)",
            ((*row[:4], desk.clock.now() - KEYS_PER_TOKEN_MAX + row[4]) for row in rows),
        )

    await desk.database.write(fill)
    await desk.tokens.claim("t", "new", "d")
    assert await desk.count("token_keys") == KEYS_PER_TOKEN_MAX
    assert await desk.tokens.claim("t", "k0001", "d") is not None
    assert await desk.tokens.claim("t", "k0000", "d") is None
