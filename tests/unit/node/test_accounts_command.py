"""comitia accounts: who may sign in, on a node's store, whether it runs or not."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from node import cli, config, files
from node.accounts import Accounts
from node.app import load_identity, running_node
from node.clock import SystemClock
from node.config import Layout, NodeConfig
from node.founding import member_bytes
from node.keystore import NodeKeys
from node.sessions import Sessions
from node.storage.database import Database
from tests.support.builders import Federation, build_federation
from tests.support.history import make_directory
from web.accounts_port import Arrival

Call = Callable[..., Awaitable[tuple[int, str, str]]]

OFFICE = ("office", "--name", "Delegation office", "--role", "delegate")
ADDRESS = "http://127.0.0.1:8700"


@pytest.fixture
def federation() -> Federation:
    return build_federation(members=1)


@pytest.fixture
def directory(tmp_path: Path, federation: Federation) -> Path:
    made = make_directory(tmp_path / "node", federation)
    files.write_new(Layout(made).member, member_bytes(federation.member(0).entry), files.PUBLIC)
    return made


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], directory: Path) -> Call:
    async def accounts(command: str, *words: str) -> tuple[int, str, str]:
        code = await asyncio.to_thread(cli.run, ["accounts", command, str(directory), *words])
        out, err = capsys.readouterr()
        return code, out, err

    return accounts


async def as_json(call: Call, *words: str) -> Any:
    code, out, err = await call(*words, "--json")
    assert (code, err) == (cli.OK, "")
    return json.loads(out)


async def signs_in(link: str) -> bool:
    """Open a link and press its button as a browser would; return whether that opens a session."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        async with http.get(link) as shown:
            page = await shown.text()
        token = page.partition('name="csrf" value="')[2].partition('"')[0]
        async with http.post(link, data={"csrf": token}, allow_redirects=False) as answer:
            return answer.status == 303


async def test_a_node_has_no_accounts_until_one_is_added(call: Call) -> None:
    assert await call("list") == (cli.OK, "There is no account yet: comitia accounts add\n", "")
    assert await as_json(call, "list") == {"accounts": []}


async def test_who_is_added_is_listed_and_gets_a_link(call: Call) -> None:
    code, out, _ = await call("add", *OFFICE, "--role", "operator")
    assert code == cli.OK
    first, link, last = out.splitlines()
    assert first == "office can sign in once within seven days at:"
    assert link.startswith(f"{ADDRESS}/sign-in/")
    assert len(link.rpartition("/")[2]) >= 40
    assert "others don't read" in last
    assert await call("list") == (cli.OK, "office  Delegation office  (delegate, operator)\n", "")


async def test_every_invitation_is_another_link(call: Call) -> None:
    added = await as_json(call, "add", *OFFICE)
    invited = [await as_json(call, "invite", "office") for _ in range(2)]
    links = {added["link"], *(answer["link"] for answer in invited)}
    assert len(links) == 3
    assert all(link.startswith(f"{ADDRESS}/sign-in/") for link in links)


async def test_links_lead_to_the_public_address_where_there_is_one(call: Call, directory: Path) -> None:
    address = "https://comitia.ocean-institute.example"
    Layout(directory).config.write_bytes(config.new_config(public_url=address, is_teller=True))
    assert (await as_json(call, "add", *OFFICE))["link"].startswith(f"{address}/sign-in/")


async def test_a_removed_account_is_gone(call: Call) -> None:
    await call("add", *OFFICE)
    code, out, _ = await call("remove", "office")
    assert (code, out) == (cli.OK, "office has been removed, and is signed out everywhere.\n")
    assert await as_json(call, "list") == {"accounts": []}


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("invite", "nobody"), "there is no account nobody: add it first"),
        (("remove", "nobody"), "there is no account nobody"),
        (("add", *OFFICE), "the account office exists already"),
        (("add", "Office!", *OFFICE[1:]), "an account's id has 1 to 64 of a-z, 0-9 and -"),
        (("add", "two", "--name", " ", "--role", "delegate"), "an account's name has 1 to"),
        (("add", "two", "--name", "Two", "--role", "king"), "--role king: there is no such role: take delegate, "),
        (("add", "two", *OFFICE[1:], "--language", "not a language"), "is no language tag"),
    ],
)
async def test_what_cannot_be_done_is_one_line(words: tuple[str, ...], reason: str, call: Call) -> None:
    await call("add", *OFFICE)
    code, out, err = await call(*words)
    assert (code, out) == (cli.FAILED, "")
    assert reason in err
    assert err.count("\n") == 1
    assert [account["id"] for account in (await as_json(call, "list"))["accounts"]] == ["office"]


async def test_a_head_of_delegation_is_accredited_like_a_delegate(call: Call) -> None:
    code, _, _ = await call("add", "head", "--name", "Head of delegation", "--role", "head")
    assert code == cli.OK
    (account,) = (await as_json(call, "list"))["accounts"]
    assert account["roles"] == ["head"]


async def test_an_operator_recovers_an_account_on_the_command_line(call: Call, directory: Path) -> None:
    link = (await as_json(call, "add", *OFFICE))["link"]
    database = Database(Layout(directory).store)
    await database.open()
    sessions = Sessions(database, SystemClock())
    signed_in = await sessions.redeem(link.rpartition("/")[2], Arrival())
    assert signed_in is not None
    await as_json(call, "invite", "office")
    assert await sessions.session(signed_in.secret) is not None
    assert (await call("invite", "office", "--remove-means"))[0] == cli.OK
    assert await sessions.session(signed_in.secret) is None
    ended, told = await sessions.ended(signed_in.secret), await sessions.notice(signed_in.account)
    await database.close()
    assert ended is not None
    assert told is not None
    assert (ended.why, ended.by, told.by) == ("recovered", "", "")


async def test_what_single_sign_on_knows_an_account_by_is_kept_in_small_letters(call: Call, directory: Path) -> None:
    await as_json(call, "add", *OFFICE, "--single-sign-on", " Office@Institute.example ")
    database = Database(Layout(directory).store)
    await database.open()
    (person,) = await Accounts(database, SystemClock()).people()
    await database.close()
    assert person.sign_on == "office@institute.example"


async def test_a_role_has_to_be_named(call: Call) -> None:
    code, _, err = await call("add", "two", "--name", "Two")
    assert code == cli.USAGE
    assert "--role" in err


async def test_only_the_secretariat_has_accounts_of_the_secretariat(directory: Path, call: Call) -> None:
    desk = ("desk", "--name", "Desk", "--role", "secretariat")
    assert (await call("add", *desk))[0] == cli.OK
    other = build_federation(members=2, secretariat=[1])
    files.replace(Layout(directory).charter, other.file.to_bytes())
    code, _, err = await call("add", "desk-2", *desk[1:])
    assert code == cli.FAILED
    assert err == "comitia: --role secretariat: the charter doesn't give that office to member-001\n"


async def test_accounts_can_be_made_before_a_charter_is_joined(directory: Path, call: Call) -> None:
    Layout(directory).charter.unlink()
    assert (await call("add", "desk", "--name", "Desk", "--role", "secretariat"))[0] == cli.OK


async def test_without_a_member_entry_nothing_is_made(directory: Path, call: Call) -> None:
    Layout(directory).member.unlink()
    code, _, err = await call("add", *OFFICE)
    assert code == cli.FAILED
    assert "holds no member.json" in err
    assert not Layout(directory).store.exists()


async def test_a_running_node_takes_what_is_added_and_forgets_what_is_removed(
    call: Call, directory: Path, federation: Federation
) -> None:
    member, layout = federation.member(0), Layout(directory)
    identity = load_identity(layout, NodeKeys(member.node, member.teller), is_teller=True)
    settings = NodeConfig(topics_worker=False, secure_cookies=False)
    async with running_node(layout, settings, identity, SystemClock()) as node:
        server = TestServer(node.app)
        await server.start_server()
        try:
            links = [
                str(server.make_url("/")) + (await as_json(call, *words))["link"].removeprefix(f"{ADDRESS}/")
                for words in (("add", *OFFICE), ("invite", "office"))
            ]
            assert await signs_in(links[0])
            assert not await signs_in(links[0])
            await call("remove", "office")
            assert not await signs_in(links[1])
        finally:
            await server.close()
