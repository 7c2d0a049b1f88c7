"""Accounts and one-time links, on a real store with a clock moved by hand."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import get_args

import pytest

from node.accounts import LINK_VALID_MS, AccountError
from tests.support.account_desk import AccountDesk, account_desk
from web.ports import Account, Role

DELEGATE: frozenset[Role] = frozenset({"delegate"})


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[AccountDesk]:
    async with account_desk(tmp_path / "store.sqlite3") as found:
        yield found


async def test_an_account_comes_back_as_it_was_made(desk: AccountDesk) -> None:
    await desk.accounts.add("bo", "Bo", "member-002", DELEGATE)

    ada, bo = await desk.accounts.all()

    assert (ada.id, ada.name, ada.member, ada.lang) == ("ada", "Ada", "member-001", "zh-Hans")
    assert ada.roles == {"delegate", "secretariat"}
    assert (bo.id, bo.roles, bo.lang) == ("bo", DELEGATE, None)


async def test_an_id_is_taken_once(desk: AccountDesk) -> None:
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
    desk: AccountDesk, account_id: str, name: str, roles: set[Role], lang: str | None
) -> None:
    with pytest.raises(AccountError):
        await desk.accounts.add(account_id, name, "member-001", frozenset(roles), lang)
    assert len(await desk.accounts.all()) == 1


async def test_a_link_expires(desk: AccountDesk) -> None:
    late, timely = await desk.accounts.invite("ada"), await desk.accounts.invite("ada", LINK_VALID_MS + 1)
    desk.clock.advance(LINK_VALID_MS)

    assert await desk.redeem(late) is None
    assert await desk.redeem(timely) is not None


async def test_an_unknown_account_is_not_invited(desk: AccountDesk) -> None:
    with pytest.raises(AccountError, match="no account nobody"):
        await desk.accounts.invite("nobody")


async def test_removing_an_account_ends_its_sessions_and_links(desk: AccountDesk) -> None:
    secret, token = await desk.signed_in(), await desk.accounts.invite("ada")

    await desk.accounts.remove("ada")

    assert await desk.sessions.session(secret) is None
    assert await desk.redeem(token) is None
    assert await desk.accounts.all() == ()
    await desk.accounts.add("ada", "Another Ada", "member-001", DELEGATE)
    assert await desk.sessions.session(secret) is None, "not even for a namesake"
    assert await desk.redeem(token) is None
    await desk.accounts.remove("ada")
    with pytest.raises(AccountError, match="no account ada"):
        await desk.accounts.remove("ada")


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
