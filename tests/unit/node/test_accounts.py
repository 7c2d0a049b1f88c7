"""Accounts, one-time links and sessions, on a real store with a clock moved by hand."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import get_args

import pytest

from node.accounts import (
    LINK_VALID_MS,
    SESSION_ENDS_MS,
    SESSION_IDLE_MS,
    SESSION_STEP_MS,
    AccountError,
    Accounts,
)
from node.storage.database import Database
from tests.support.hand_clock import HandClock
from web.ports import Account, Role

DELEGATE: frozenset[Role] = frozenset({"delegate"})


class Desk:
    """Accounts with their store and clock, one account made."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = HandClock()
        self.accounts = Accounts(database, self.clock)

    async def signed_in(self) -> str:
        secret = await self.accounts.redeem(await self.accounts.invite("ada"))
        assert secret is not None
        return secret

    async def links(self) -> int:
        return len(await self.database.read(lambda c: c.rows("SELECT account FROM links")))

    async def sessions(self) -> int:
        return len(await self.database.read(lambda c: c.rows("SELECT account FROM sessions")))


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[Desk]:
    database = Database(path)
    await database.open()
    try:
        desk = Desk(database)
        await desk.accounts.add("ada", "Ada", "member-001", frozenset({"delegate", "secretariat"}), "zh-Hans")
        yield desk
    finally:
        await database.close()


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with opened(tmp_path / "store.sqlite3") as found:
        yield found


async def test_an_account_comes_back_as_it_was_made(desk: Desk) -> None:
    await desk.accounts.add("bo", "Bo", "member-002", DELEGATE)

    ada, bo = await desk.accounts.all()

    assert (ada.id, ada.name, ada.member, ada.lang) == ("ada", "Ada", "member-001", "zh-Hans")
    assert ada.roles == {"delegate", "secretariat"}
    assert (bo.id, bo.roles, bo.lang) == ("bo", DELEGATE, None)


async def test_an_id_is_taken_once(desk: Desk) -> None:
    with pytest.raises(AccountError, match="ada exists already"):
        await desk.accounts.add("ada", "Another", "member-002", DELEGATE)
    assert (await desk.accounts.all())[0].name == "Ada"


@pytest.mark.parametrize(
    ("account_id", "name", "roles", "lang"),
    [
        ("", "A", {"delegate"}, None),
        ("Ada", "A", {"delegate"}, None),
        ("a b", "A", {"delegate"}, None),
        ("a\n", "A", {"delegate"}, None),
        ("a" * 65, "A", {"delegate"}, None),
        ("a", "  ", {"delegate"}, None),
        ("a", "A" * 121, {"delegate"}, None),
        ("a", "A\x1b[2J", {"delegate"}, None),
        ("a", "A", set(), None),
        ("a", "A", {"admin"}, None),
        ("a", "A", {"delegate"}, "../../etc"),
    ],
)
async def test_an_account_that_cannot_be_is_refused(
    desk: Desk, account_id: str, name: str, roles: set[Role], lang: str | None
) -> None:
    with pytest.raises(AccountError):
        await desk.accounts.add(account_id, name, "member-001", frozenset(roles), lang)
    assert len(await desk.accounts.all()) == 1


async def test_a_link_opens_one_session(desk: Desk) -> None:
    token = await desk.accounts.invite("ada")

    secret = await desk.accounts.redeem(token)

    assert secret is not None
    session = await desk.accounts.session(secret)
    assert session is not None
    assert session.account.id == "ada"
    assert session.expires == desk.clock.now() + SESSION_IDLE_MS
    assert await desk.accounts.redeem(token) is None


async def test_of_many_at_once_one_gets_the_session(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    async with opened(path) as desk, opened_again(path) as other:
        token = await desk.accounts.invite("ada")
        tries = [place.redeem(token) for _ in range(20) for place in (desk.accounts, other)]

        secrets = [secret for secret in await asyncio.gather(*tries) if secret is not None]

        assert len(secrets) == 1
        assert await desk.sessions() == 1


@asynccontextmanager
async def opened_again(path: Path) -> AsyncIterator[Accounts]:
    database = Database(path)
    await database.open()
    try:
        yield Accounts(database, HandClock())
    finally:
        await database.close()


async def test_neither_tokens_nor_secrets_are_stored(desk: Desk) -> None:
    token = await desk.accounts.invite("ada")
    secret = await desk.signed_in()

    stored = await desk.database.read(lambda c: [*c.rows("SELECT * FROM links"), *c.rows("SELECT * FROM sessions")])

    values = [value for row in stored for value in row]
    assert len(stored) == 2
    assert token not in values
    assert secret not in values
    assert min(len(token), len(secret)) >= 22, "128 bits in base64"


async def test_a_link_expires(desk: Desk) -> None:
    late, timely = await desk.accounts.invite("ada"), await desk.accounts.invite("ada", LINK_VALID_MS + 1)
    desk.clock.advance(LINK_VALID_MS)

    assert await desk.accounts.redeem(late) is None
    assert await desk.accounts.redeem(timely) is not None


async def test_an_unknown_account_is_not_invited(desk: Desk) -> None:
    with pytest.raises(AccountError, match="no account nobody"):
        await desk.accounts.invite("nobody")


async def test_a_session_ends_when_it_is_not_used(desk: Desk) -> None:
    secret = await desk.signed_in()
    desk.clock.advance(SESSION_IDLE_MS - 1)
    assert await desk.accounts.session(secret) is not None
    desk.clock.advance(SESSION_IDLE_MS)
    assert await desk.accounts.session(secret) is None


async def test_a_used_session_moves_on_at_most_every_five_minutes(desk: Desk) -> None:
    secret = await desk.signed_in()
    first = await desk.accounts.session(secret)
    desk.clock.advance(SESSION_STEP_MS - 1)
    soon = await desk.accounts.session(secret)
    desk.clock.advance(1)
    later = await desk.accounts.session(secret)

    assert first is not None
    assert soon == first
    assert later is not None
    assert later.expires == first.expires + SESSION_STEP_MS
    assert await desk.accounts.session(secret) == later, "and the store remembers"


async def test_no_use_keeps_a_session_beyond_thirty_days(desk: Desk) -> None:
    secret = await desk.signed_in()
    began = desk.clock.now()
    while desk.clock.now() < began + SESSION_ENDS_MS - SESSION_IDLE_MS // 2:
        assert await desk.accounts.session(secret) is not None
        desk.clock.advance(SESSION_IDLE_MS // 2)

    last = await desk.accounts.session(secret)
    assert last is not None
    assert last.expires == began + SESSION_ENDS_MS
    desk.clock.advance(SESSION_IDLE_MS // 2)
    assert await desk.accounts.session(secret) is None


async def test_each_session_has_its_own_form_secret(desk: Desk) -> None:
    one = await desk.accounts.session(await desk.signed_in())
    two = await desk.accounts.session(await desk.signed_in())
    assert one is not None
    assert two is not None
    assert one.csrf != two.csrf


async def test_signing_out_ends_that_session_alone(desk: Desk) -> None:
    gone, kept = await desk.signed_in(), await desk.signed_in()
    await desk.accounts.sign_out(gone)
    assert await desk.accounts.session(gone) is None
    assert await desk.accounts.session(kept) is not None


async def test_removing_an_account_ends_its_sessions_and_links(desk: Desk) -> None:
    secret, token = await desk.signed_in(), await desk.accounts.invite("ada")

    await desk.accounts.remove("ada")

    assert await desk.accounts.session(secret) is None
    assert await desk.accounts.redeem(token) is None
    assert await desk.accounts.all() == ()
    await desk.accounts.add("ada", "Another Ada", "member-001", DELEGATE)
    assert await desk.accounts.session(secret) is None, "not even for a namesake"
    assert await desk.accounts.redeem(token) is None
    await desk.accounts.remove("ada")
    with pytest.raises(AccountError, match="no account ada"):
        await desk.accounts.remove("ada")


async def test_what_has_expired_is_cleared_away(desk: Desk) -> None:
    await desk.signed_in()
    await desk.accounts.invite("ada")
    desk.clock.advance(LINK_VALID_MS)

    await desk.accounts.invite("ada")

    assert (await desk.links(), await desk.sessions()) == (1, 0)


@pytest.mark.parametrize("garbage", ["", "x", "\ud800", "é" * 50, "a" * 10_000_000])
async def test_garbage_opens_nothing(desk: Desk, garbage: str) -> None:
    await desk.signed_in()
    assert await desk.accounts.redeem(garbage) is None
    assert await desk.accounts.session(garbage) is None
    await desk.accounts.sign_out(garbage)
    assert await desk.sessions() == 1


@pytest.mark.parametrize(
    ("given", "allowed"),
    [
        ({"head"}, {"head", "delegate"}),
        ({"delegate"}, {"delegate"}),
        ({"secretariat", "operator"}, {"secretariat", "operator"}),
        (set(), set()),
    ],
)
def test_a_head_may_do_what_a_delegate_may_and_no_other_role_includes_another(
    given: set[Role], allowed: set[Role]
) -> None:
    account = Account("a", "A", "m", frozenset(given), None)
    assert {role for role in get_args(Role) if account.may_act_as(role)} == allowed
