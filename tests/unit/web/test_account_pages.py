"""One's own account: means, sessions, language, what happened to it."""

import re

import pytest

from node.accounts import Accounts
from node.sessions import open_session
from tests.support.web_accounts import MemorySessions
from tests.unit.web.conftest import Site
from web.accounts_port import Arrival
from web.ports import FRESH_MS
from web.respond import SESSION_COOKIE


def sessions_of(site: Site) -> MemorySessions:
    found = site.backend.accounts.sessions
    assert isinstance(found, MemorySessions)
    return found


def accounts_of(site: Site) -> Accounts:
    sessions = sessions_of(site)
    return Accounts(sessions._database, sessions._clock)


def open_elsewhere(site: Site, browser: str) -> str:
    """Open another session of the account that the reader uses; return its secret."""
    memory = sessions_of(site)._memory
    return memory.now(lambda c: open_session(c, "a-delegate", "password", Arrival(browser), site.backend.clock)).secret


@pytest.mark.parametrize(
    "path", ["/account", "/account/begin", "/account/passkeys/new", "/account/password", "/sign-in/again"]
)
async def test_a_stranger_has_no_account(site: Site, path: str) -> None:
    assert (await site.get(path)).location == "/sign-in"


async def test_who_came_by_link_is_told_that_nothing_is_set_up(site: Site) -> None:
    site.sign_in("delegate")
    text = (await site.get("/account")).text
    assert "Nothing is set up yet" in text
    assert "Set up a passkey" in text
    assert "this one" in text


async def test_sessions_are_listed_and_ended_one_by_one(site: Site) -> None:
    site.sign_in("delegate")
    other = open_elsewhere(site, "Safari")
    text = (await site.get("/account")).text
    assert "Safari" in text
    assert "password and code" in text
    session_id = re.findall(r'name="id" value="([0-9a-f]{16})"', text)
    assert len(session_id) == 1
    assert (await site.send("/account/sessions/end", {"id": session_id[0]}, "/account")).location == "/account"
    assert await sessions_of(site).session(other) is None
    ended = await sessions_of(site).ended(other)
    assert ended is not None
    assert ended.why == "elsewhere"
    assert (await site.get("/account")).status == 200, "this one goes on"


async def test_all_other_sessions_are_ended_at_once(site: Site) -> None:
    site.sign_in("delegate")
    others = [open_elsewhere(site, "Safari") for _ in range(3)]
    await site.send("/account/sessions/end-others", {}, "/account")
    assert [await sessions_of(site).session(other) for other in others] == [None] * 3
    assert (await site.get("/account")).status == 200


async def test_a_session_of_somebody_else_cannot_be_ended(site: Site) -> None:
    site.sign_in("operator")
    other = next(each for each in await accounts_of(site).all() if each.id == "agenda-desk")
    theirs = (await sessions_of(site).listed(other))[0]
    await site.send("/account/sessions/end", {"id": theirs.id}, "/account")
    assert len(await sessions_of(site).listed(other)) == 1


async def test_a_session_that_was_ended_elsewhere_says_so_once(site: Site) -> None:
    site.sign_in("delegate")
    other = open_elsewhere(site, "Safari")
    await site.send("/account/sessions/end-others", {}, "/account")
    site.keep(SESSION_COOKIE, other)
    seen = await site.get("/members")
    assert seen.status == 403
    assert "You ended this session on" in seen.text
    assert (await site.get("/members")).status == 200


async def test_the_language_is_kept_with_the_account(site: Site) -> None:
    site.sign_in("delegate")
    seen = await site.send("/account/language", {"lang": "zh"}, "/account")
    assert seen.location == "/zh/account"
    ours = next(each for each in await accounts_of(site).all() if each.id == "a-delegate")
    assert ours.lang == "zh"
    assert (await site.send("/account/language", {"lang": "../x"}, "/account")).status == 400


async def test_changing_means_takes_a_fresh_sign_in(site: Site) -> None:
    site.sign_in("delegate")
    memory = sessions_of(site)._memory
    memory.now(lambda c: c.execute("INSERT INTO passkeys VALUES ('k', 'a-delegate', $1, 0, 'Key', 0, NULL)", b""))
    site.backend.clock += FRESH_MS + 1
    for path in ("/account/passkeys/new", "/account/password"):
        assert (await site.get(path)).location == "/sign-in/again"
    for path in ("/account/passkeys/remove", "/account/password/remove", "/account/password/codes"):
        assert (await site.send(path, {"id": "k"}, "/account")).location == "/sign-in/again"
    asked = await site.send("/account/passkeys/ask", {}, "/account")
    assert asked.status == 403
    assert "fresh sign-in" in asked.text
    assert "at most 15 minutes old" in (await site.get("/sign-in/again")).text


async def test_the_first_means_may_be_set_up_in_any_session(site: Site) -> None:
    site.sign_in("delegate")
    site.backend.clock += FRESH_MS + 1
    assert (await site.get("/account/password")).status == 200


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"password": "too few", "again": "too few", "code": "123456"}, "12 to 200 characters"),
        ({"password": "x" * 201, "again": "x" * 201, "code": "123456"}, "12 to 200 characters"),
        ({"password": "ababababababab", "again": "ababababababab", "code": "123456"}, "more different characters"),
        ({"password": "delegation office", "again": "delegation office", "code": "123456"}, "not made of a name"),
        ({"password": "seven maps of rivers", "again": "seven maps of", "code": "123456"}, "a second time"),
        ({"password": "seven maps of rivers", "again": "seven maps of rivers", "code": "1"}, "six digits"),
        ({"password": "seven maps of rivers", "again": "seven maps of rivers", "code": "000000"}, "Check its clock"),
    ],
)
async def test_a_password_that_cannot_be_is_explained_under_the_same_qr_code(
    site: Site, fields: dict[str, str], words: str
) -> None:
    site.sign_in("delegate")
    shown = await site.get("/account/password")
    ticket = re.findall(r'name="ticket" value="([^"]+)"', shown.text)[0]
    seen = await site.send("/account/password", {**fields, "ticket": ticket}, "/account")
    assert seen.status == 422
    assert words in seen.text
    assert re.findall(r'name="ticket" value="([^"]+)"', seen.text) == [ticket]
    assert fields["password"] not in seen.text
    assert seen.page.faults == []


async def test_a_qr_code_whose_time_has_passed_is_replaced(site: Site) -> None:
    site.sign_in("delegate")
    good = {"password": "seven maps of rivers", "again": "seven maps of rivers", "code": "123456"}
    seen = await site.send("/account/password", {**good, "ticket": "gone"}, "/account")
    assert seen.status == 409
    assert "the QR code is no longer good" in seen.text


async def test_the_owner_is_told_of_a_new_link_until_it_was_read(site: Site) -> None:
    site.sign_in("delegate")
    assert "A new link was made for your account" not in (await site.get("/account")).text
    await accounts_of(site).invite("a-delegate")
    text = (await site.get("/account")).text
    assert "A new link was made for your account" in text
    assert "by the operator of your node" in text
    await site.send("/account/notice", {}, "/account")
    assert "A new link was made for your account" not in (await site.get("/account")).text
    assert "new sign-in link" in (await site.get("/account")).text, "the trail stays"
