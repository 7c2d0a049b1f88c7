"""The first account of a new node: one link, one account, and then never again."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from node.accounts import Accounts
from node.first_run import FirstRun
from node.sessions import Sessions
from node.storage.database import Database
from tests.support.hand_clock import HandClock
from web.accounts_port import Arrival, FirstRunView, NewPerson
from web.ports import Refused

VIEW = FirstRunView("c0de c0de", "ab" * 32, has_secretariat=False)
ADA = NewPerson("ada", "Ada", frozenset({"secretariat"}), "fr")


@dataclass
class New:
    """A node without people."""

    database: Database
    first_run: FirstRun
    accounts: Accounts


@pytest.fixture
async def new(tmp_path: Path) -> AsyncIterator[New]:
    database, clock = Database(tmp_path / "store.sqlite3"), HandClock()
    await database.open()
    yield New(database, FirstRun(database, clock, "member-001", VIEW), Accounts(database, clock))
    await database.close()


async def test_the_link_makes_the_first_account_and_signs_it_in(new: New) -> None:
    token = await new.first_run.new_link()
    assert token is not None
    assert await new.first_run.view(token) == VIEW
    signed_in = await new.first_run.begin(token, ADA, Arrival("Firefox"))
    assert signed_in is not None
    assert signed_in.account.roles == {"head", "operator"}, "whatever was asked for"
    assert (signed_in.account.member, signed_in.account.lang) == ("member-001", "fr")
    assert not signed_in.has_means
    assert await Sessions(new.database, HandClock()).session(signed_in.secret) is not None


async def test_afterwards_there_is_no_link_any_more(new: New) -> None:
    token = await new.first_run.new_link()
    assert token is not None
    await new.first_run.begin(token, ADA, Arrival())
    assert not await new.first_run.is_open()
    assert await new.first_run.view(token) is None
    assert await new.first_run.begin(token, NewPerson("bo", "Bo", frozenset(), None), Arrival()) is None
    assert await new.first_run.new_link() is None
    assert [account.id for account in await new.accounts.all()] == ["ada"]


async def test_a_new_start_makes_the_old_link_void(new: New) -> None:
    old, token = await new.first_run.new_link(), await new.first_run.new_link()
    assert old is not None
    assert token is not None
    assert await new.first_run.view(old) is None
    assert await new.first_run.begin(old, ADA, Arrival()) is None
    assert await new.first_run.begin(token, ADA, Arrival()) is not None


async def test_an_account_made_on_the_command_line_closes_it(new: New) -> None:
    token = await new.first_run.new_link()
    assert token is not None
    await new.accounts.add("office", "Office", "member-001", frozenset({"delegate"}))
    assert await new.first_run.view(token) is None
    assert await new.first_run.begin(token, ADA, Arrival()) is None


async def test_of_two_at_once_one_is_first(new: New) -> None:
    token = await new.first_run.new_link()
    assert token is not None
    people = [NewPerson(name, name, frozenset(), None) for name in ("ada", "bo", "cy")]
    results = await asyncio.gather(*(new.first_run.begin(token, each, Arrival()) for each in people))
    assert sum(result is not None for result in results) == 1
    assert len(await new.accounts.all()) == 1


@pytest.mark.parametrize("garbage", ["", "guessed", "\ud800", "a" * 1_000_000])
async def test_garbage_is_no_link(new: New, garbage: str) -> None:
    await new.first_run.new_link()
    assert await new.first_run.view(garbage) is None
    assert await new.first_run.begin(garbage, ADA, Arrival()) is None
    assert await new.first_run.is_open()


async def test_an_account_that_cannot_be_leaves_the_link_good(new: New) -> None:
    token = await new.first_run.new_link()
    assert token is not None
    with pytest.raises(Refused, match="account-invalid"):
        await new.first_run.begin(token, NewPerson("A B", "x", frozenset(), None), Arrival())
    assert await new.first_run.view(token) == VIEW


async def test_only_the_token_s_hash_is_stored(new: New) -> None:
    token = await new.first_run.new_link()
    rows = await new.database.read(lambda c: c.rows("SELECT value FROM meta"))
    assert [row for row in rows if row[0] == token] == []
