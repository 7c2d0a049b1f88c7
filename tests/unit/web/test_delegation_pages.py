"""The head of delegation's and the operator's pages: accrediting, new links, revoking, and what the revoked see."""

import re

import pytest

from node.accounts import Accounts
from tests.support.web_accounts import MemorySessions
from tests.support.web_content import round_numbered
from tests.unit.web.conftest import MakeSite, Site
from web.ports import FRESH_MS, Role
from web.respond import SESSION_COOKIE

OFFICES = ["/delegation", "/node/accounts"]
NEW = {"name": "Field office", "id": "field-office", "roles": "delegate", "lang": "fr"}


async def ids(site: Site) -> list[str]:
    sessions = site.backend.accounts.sessions
    assert isinstance(sessions, MemorySessions)
    return [account.id for account in await Accounts(sessions._database, sessions._clock).all()]


@pytest.mark.parametrize("path", ["", "/new", "/people/agenda-desk", "/people/agenda-desk/revoke", "/record"])
@pytest.mark.parametrize("role", ["delegate", "secretariat", "operator"])
async def test_the_delegation_is_the_head_s(site: Site, path: str, role: Role) -> None:
    assert (await site.get(f"/delegation{path}")).location == "/sign-in"
    site.sign_in(role)
    assert (await site.get(f"/delegation{path}")).status == 403


@pytest.mark.parametrize("path", ["", "/new", "/people/agenda-desk", "/people/agenda-desk/revoke"])
async def test_accounts_are_the_operator_s(site: Site, path: str) -> None:
    site.sign_in("head")
    assert (await site.get(f"/node/accounts{path}")).status == 403


async def test_another_member_s_head_is_refused(site: Site) -> None:
    site.sign_in("head", member="silver-estuary")
    seen = await site.get("/delegation")
    assert seen.status == 403
    assert "another member" in seen.text


async def test_a_head_sees_the_delegates_alone(site: Site) -> None:
    site.sign_in("head")
    text = (await site.get("/delegation")).text
    assert "Agenda desk" in text
    assert "Science office &lt;b&gt;1&lt;/b&gt;" in text
    assert "Data centre" not in text.partition("Changes of accounts")[0], "an operator's account is not the head's"
    site.sign_in("operator")
    assert "Data centre" in (await site.get("/node/accounts")).text.partition("Changes of accounts")[0]


async def test_accrediting_shows_the_link_once(site: Site) -> None:
    site.sign_in("head")
    seen = await site.send("/delegation/new", NEW, "/delegation/new")
    assert seen.status == 200
    assert seen.headers["Cache-Control"] == "no-store"
    link = re.findall(r'href="(http://127.0.0.1:8080/sign-in/[A-Za-z0-9_-]{43})"', seen.text)
    assert len(link) == 1
    assert "A link for Field office" in seen.text
    assert link[0] not in (await site.get("/delegation")).text
    text = (await site.get("/delegation")).text
    assert "link, good until" in text
    assert "Field office" in text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"id": "Field Office"}, "small letters a to z"),
        ({"id": ""}, "small letters a to z"),
        ({"name": " "}, "Give a name"),
        ({"name": "x" * 121}, "Give a name"),
        ({"roles": "king"}, "at least one role"),
        ({"lang": "xx"}, "Choose a language."),
    ],
)
async def test_what_cannot_be_is_explained_and_kept(site: Site, change: dict[str, str], words: str) -> None:
    site.sign_in("head")
    seen = await site.send("/delegation/new", {**NEW, **change}, "/delegation/new")
    assert seen.status == 422
    assert words in seen.text
    assert "field-office" not in await ids(site)
    if "name" not in change:
        assert 'value="Field office"' in seen.text


async def test_a_head_cannot_give_another_role_by_hand(site: Site) -> None:
    site.sign_in("head")
    seen = await site.send("/delegation/new", {**NEW, "roles": "operator"}, "/delegation/new")
    assert seen.status == 403
    assert "You cannot give that role." in seen.text
    assert "field-office" not in await ids(site)


async def test_an_operator_gives_several_roles(site: Site) -> None:
    site.sign_in("operator")
    fields = [("name", "Desk"), ("id", "desk"), ("roles", "head"), ("roles", "secretariat"), ("lang", "")]
    assert (await site.send("/node/accounts/new", fields, "/node/accounts/new")).status == 200
    assert "head of delegation and secretariat" in (await site.get("/node/accounts")).text


async def test_a_taken_name_is_refused_with_what_was_typed(site: Site) -> None:
    site.sign_in("head")
    seen = await site.send("/delegation/new", {**NEW, "id": "agenda-desk"}, "/delegation/new")
    assert seen.status == 409
    assert "agenda-desk" in seen.text
    assert 'value="Field office"' in seen.text


@pytest.mark.parametrize("office", OFFICES)
async def test_changes_take_a_fresh_sign_in(site: Site, office: str) -> None:
    site.sign_in("head", "operator")
    token = await site.token(f"{office}/new")
    site.backend.clock += FRESH_MS + 1
    for path in ("/new", "/people/agenda-desk", "/people/agenda-desk/revoke"):
        assert (await site.get(office + path)).location == "/sign-in/again"
    for path, fields in (
        ("/new", NEW),
        ("/people/agenda-desk/link", {}),
        ("/people/agenda-desk/revoke", {"sure": "yes"}),
    ):
        seen = await site.post(office + path, {**fields, "csrf": token})
        assert seen.status == 403
        assert "fresh sign-in" in seen.text
    assert "agenda-desk" in await ids(site)
    assert "field-office" not in await ids(site)
    assert 'value="Field office"' in (await site.post(f"{office}/new", {**NEW, "csrf": token})).text


async def test_revoking_asks_once_more(site: Site) -> None:
    site.sign_in("head")
    path = "/delegation/people/agenda-desk/revoke"
    assert "Revoke the account of Agenda desk?" in (await site.get(path)).text
    unsure = await site.send(path, {}, path)
    assert unsure.status == 422
    assert "Say that you are sure." in unsure.text
    assert "agenda-desk" in await ids(site)
    assert (await site.send(path, {"sure": "yes"}, path)).location == "/delegation"
    assert "agenda-desk" not in await ids(site)
    assert "revoked" in (await site.get("/delegation")).text
    assert (await site.get(path)).status == 404


@pytest.mark.parametrize("person", ["data-centre", "nobody", "a-head"])
async def test_nobody_but_delegates_is_revoked_by_a_head(site: Site, person: str) -> None:
    site.sign_in("head")
    token = await site.token("/delegation/new")
    for path in ("revoke", "link"):
        seen = await site.post(f"/delegation/people/{person}/{path}", {"sure": "yes", "csrf": token})
        assert seen.status == 404
    assert len(await ids(site)) == 4


async def test_one_s_own_account_is_somebody_else_s_to_revoke(site: Site) -> None:
    site.sign_in("operator")
    token = await site.token("/node/accounts/new")
    seen = await site.post("/node/accounts/people/a-operator/revoke", {"sure": "yes", "csrf": token})
    assert seen.status == 409
    assert "This is your own account." in seen.text


async def test_a_new_link_may_remove_the_old_means(site: Site) -> None:
    site.sign_in("head")
    path = "/delegation/people/agenda-desk"
    seen = await site.send(f"{path}/link", {"removes_means": "yes"}, path)
    assert seen.status == 200
    assert "A link for Agenda desk" in seen.text
    assert "new sign-in link, old means removed" in (await site.get("/delegation")).text


async def test_a_delegate_revoked_while_voting_is_told_what_happened_and_keeps_the_text(make_site: MakeSite) -> None:
    site = await make_site()
    delegate = site.backend.account("delegate")
    secret = site.backend.sign_in(delegate)
    site.keep(SESSION_COOKIE, secret)
    round_id = round_numbered(site.backend, 20).summary.id
    token = await site.token(f"/rounds/{round_id}")
    site.sign_in("head")
    path = "/delegation/people/a-delegate/revoke"
    await site.send(path, {"sure": "yes"}, path)

    site.keep(SESSION_COOKIE, secret)
    fields = {"choice": "no", "reason": "The wells are <b>too</b> deep.", "mandate": "yes", "csrf": token}
    seen = await site.post(f"/rounds/{round_id}/cast", fields, **{"Sec-Fetch-Site": "same-origin"})
    assert seen.status == 403
    assert "Your access to this node was ended on" in seen.text
    assert "by Delegation office" in seen.text
    assert "Ask your head of delegation" in seen.text
    assert "The wells are &lt;b&gt;too&lt;/b&gt; deep." in seen.text
    assert "comitia_session=" in seen.headers["Set-Cookie"]
    assert site.backend.calls == []
    assert (await site.get(f"/rounds/{round_id}")).status == 200, "then the pages are open to them as to anybody"


async def test_whose_next_click_is_a_link_is_told_too(site: Site) -> None:
    site.sign_in("delegate")
    secret = site.cookie(SESSION_COOKIE)
    site.sign_in("operator")
    path = "/node/accounts/people/a-delegate/revoke"
    await site.send(path, {"sure": "yes"}, path)
    site.keep(SESSION_COOKIE, secret)
    behind = await site.get("/proposals", **{"Sec-Fetch-Mode": "cors"})
    assert behind.status == 403
    assert "Set-Cookie" not in behind.headers, "nobody has read it yet"
    for path, status in (("/proposals", 403), ("/proposals", 200)):
        assert (await site.get(path)).status == status


async def test_open_rounds_with_proxies_are_listed(site: Site) -> None:
    site.sign_in("head")
    empty = await site.get("/delegation")
    assert "No round is open in which another member could vote for yours." in empty.text
    found = round_numbered(site.backend, 19)
    spec = found.spec.model_copy(update={"proxies_per_holder": 2})
    site.backend.all_rounds[found.summary.id] = type(found)(
        **{name: getattr(found, name) for name in found.__slots__} | {"spec": spec}
    )
    text = (await site.get("/delegation")).text
    assert f"/rounds/{found.summary.id}" in text
    assert "none given" in text
