"""Server-side sessions and the links that open them, on a real store with a clock moved by hand."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from node.accounts import LINK_VALID_MS
from node.sessions import SESSION_ENDS_MS, SESSION_IDLE_MS, SESSION_STEP_MS, Sessions
from node.storage.database import Database
from tests.support.account_desk import AccountDesk, account_desk
from tests.support.hand_clock import HandClock
from web.accounts_port import Arrival
from web.ports import FRESH_MS


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[AccountDesk]:
    async with account_desk(tmp_path / "store.sqlite3") as found:
        yield found


async def test_a_link_opens_one_session(desk: AccountDesk) -> None:
    token = await desk.accounts.invite("ada")

    secret = await desk.redeem(token)

    assert secret is not None
    session = await desk.sessions.session(secret)
    assert session is not None
    assert session.account.id == "ada"
    assert session.expires == desk.clock.now() + SESSION_IDLE_MS
    assert await desk.redeem(token) is None


async def test_of_many_at_once_one_gets_the_session(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    async with account_desk(path) as desk, opened_again(path) as other:
        token = await desk.accounts.invite("ada")
        tries = [place.redeem(token, Arrival()) for _ in range(20) for place in (desk.sessions, other)]

        opened = [each for each in await asyncio.gather(*tries) if each is not None]

        assert len(opened) == 1
        assert await desk.count("sessions") == 1


@asynccontextmanager
async def opened_again(path: Path) -> AsyncIterator[Sessions]:
    database = Database(path)
    await database.open()
    try:
        yield Sessions(database, HandClock())
    finally:
        await database.close()


async def test_neither_tokens_nor_secrets_are_stored(desk: AccountDesk) -> None:
    token = await desk.accounts.invite("ada")
    secret = await desk.signed_in()

    stored = await desk.database.read(lambda c: [*c.rows("SELECT * FROM links"), *c.rows("SELECT * FROM sessions")])

    values = [value for row in stored for value in row]
    assert len(stored) == 2
    assert token not in values
    assert secret not in values
    assert min(len(token), len(secret)) >= 22, "128 bits in base64"


async def test_a_session_ends_when_it_is_not_used(desk: AccountDesk) -> None:
    secret = await desk.signed_in()
    desk.clock.advance(SESSION_IDLE_MS - 1)
    assert await desk.sessions.session(secret) is not None
    desk.clock.advance(SESSION_IDLE_MS)
    assert await desk.sessions.session(secret) is None


async def test_a_used_session_moves_on_at_most_every_five_minutes(desk: AccountDesk) -> None:
    secret = await desk.signed_in()
    first = await desk.sessions.session(secret)
    desk.clock.advance(SESSION_STEP_MS - 1)
    soon = await desk.sessions.session(secret)
    desk.clock.advance(1)
    later = await desk.sessions.session(secret)

    assert first is not None
    assert soon == first
    assert later is not None
    assert later.expires == first.expires + SESSION_STEP_MS
    assert await desk.sessions.session(secret) == later, "and the store remembers"


async def test_no_use_keeps_a_session_beyond_thirty_days(desk: AccountDesk) -> None:
    secret = await desk.signed_in()
    began = desk.clock.now()
    while desk.clock.now() < began + SESSION_ENDS_MS - SESSION_IDLE_MS // 2:
        assert await desk.sessions.session(secret) is not None
        desk.clock.advance(SESSION_IDLE_MS // 2)

    last = await desk.sessions.session(secret)
    assert last is not None
    assert last.expires == began + SESSION_ENDS_MS
    desk.clock.advance(SESSION_IDLE_MS // 2)
    assert await desk.sessions.session(secret) is None


async def test_each_session_has_its_own_form_secret(desk: AccountDesk) -> None:
    one = await desk.sessions.session(await desk.signed_in())
    two = await desk.sessions.session(await desk.signed_in())
    assert one is not None
    assert two is not None
    assert one.csrf != two.csrf


async def test_signing_out_ends_that_session_alone(desk: AccountDesk) -> None:
    gone, kept = await desk.signed_in(), await desk.signed_in()
    await desk.sessions.sign_out(gone)
    assert await desk.sessions.session(gone) is None
    assert await desk.sessions.session(kept) is not None


async def test_what_has_expired_is_cleared_away(desk: AccountDesk) -> None:
    await desk.signed_in()
    await desk.accounts.invite("ada")
    desk.clock.advance(LINK_VALID_MS)

    await desk.accounts.invite("ada")

    assert (await desk.count("links"), await desk.count("sessions")) == (1, 0)


@pytest.mark.parametrize("garbage", ["", "x", "\ud800", "é" * 50, "a" * 10_000_000])
async def test_garbage_opens_nothing(desk: AccountDesk, garbage: str) -> None:
    await desk.signed_in()
    assert await desk.redeem(garbage) is None
    assert await desk.sessions.session(garbage) is None
    await desk.sessions.sign_out(garbage)
    assert await desk.count("sessions") == 1


async def test_sessions_are_listed_with_what_tells_them_apart(desk: AccountDesk) -> None:
    first = await desk.session()
    desk.clock.advance(1_000)
    token = await desk.accounts.invite("ada")
    second = await desk.session_of(await desk.sessions.redeem(token, Arrival("Firefox")))
    listed = await desk.sessions.listed(first.account)
    assert [(each.id, each.browser, each.means) for each in listed] == [
        (second.id, "Firefox", "link"),
        (first.id, "", "link"),
    ]
    assert listed[0].began == listed[1].began + 1_000
    assert await desk.sessions.session(second.id) is None, "what stands in the list opens nothing"


async def test_signing_in_once_more_replaces_the_browser_s_session_and_keeps_its_forms(desk: AccountDesk) -> None:
    secret = await desk.signed_in()
    before = await desk.sessions.session(secret)
    token = await desk.accounts.invite("ada")
    after = await desk.session_of(await desk.sessions.redeem(token, Arrival(replaces=secret)))
    assert before is not None
    assert after.csrf == before.csrf
    assert await desk.sessions.session(secret) is None
    assert await desk.count("sessions") == 1


async def test_somebody_else_s_session_is_replaced_without_its_forms(desk: AccountDesk) -> None:
    secret = await desk.signed_in()
    before = await desk.sessions.session(secret)
    await desk.accounts.add("bo", "Bo", "member-001", frozenset({"delegate"}))
    token = await desk.accounts.invite("bo")
    after = await desk.session_of(await desk.sessions.redeem(token, Arrival(replaces=secret)))
    assert before is not None
    assert after.csrf != before.csrf
    assert await desk.sessions.session(secret) is None


@pytest.mark.parametrize("garbage", ["x", "\ud800", "a" * 1_000_000])
async def test_a_session_to_be_replaced_that_is_none_does_no_harm(desk: AccountDesk, garbage: str) -> None:
    await desk.signed_in()
    token = await desk.accounts.invite("ada")
    assert await desk.sessions.redeem(token, Arrival(replaces=garbage)) is not None
    assert await desk.count("sessions") == 2


async def test_the_oldest_sessions_make_room(desk: AccountDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("node.sessions.SESSIONS_MAX", 3)
    secrets = []
    for _ in range(5):
        secrets.append(await desk.signed_in())
        desk.clock.advance(1)
    alive = [await desk.sessions.session(secret) is not None for secret in secrets]
    assert alive == [False, False, True, True, True]


async def test_freshness_is_of_the_sign_in_not_of_the_use(desk: AccountDesk) -> None:
    secret = await desk.signed_in()
    desk.clock.advance(FRESH_MS)
    session = await desk.sessions.session(secret)
    assert session is not None
    assert session.is_fresh(desk.clock.now())
    desk.clock.advance(1)
    session = await desk.sessions.session(secret)
    assert session is not None
    assert not session.is_fresh(desk.clock.now())
