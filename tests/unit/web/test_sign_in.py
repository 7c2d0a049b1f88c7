"""Signing in by link, password, passkey and single sign-on, and out."""

import re
from dataclasses import dataclass
from urllib.parse import urlencode

import pytest

from node.config import SingleSignOn
from tests.support.authenticator import SoftPasskey
from tests.support.oidc_provider import CLIENT, small_provider
from tests.support.totp import code_at
from tests.support.web_backend import MemoryBackend
from tests.unit.web.conftest import MakeSite, Seen, Site
from web.ports import Role
from web.respond import NEXT_COOKIE, SESSION_COOKIE

PASSWORD = "seven maps of tidal rivers"  # noqa: S105
WRONG = "another long password"


async def test_opening_a_link_does_not_use_it(site: Site) -> None:
    site.backend.links["one-time-token"] = site.backend.account("delegate")
    for _ in range(3):
        assert (await site.get("/sign-in/one-time-token")).status == 200
    assert "one-time-token" in site.backend.links


async def test_the_button_uses_it_once(site: Site) -> None:
    site.backend.links["one-time-token"] = site.backend.account("delegate")
    seen = await site.send("/sign-in/one-time-token", {}, "/sign-in/one-time-token")
    assert seen.status == 303
    assert "HttpOnly" in seen.headers["Set-Cookie"]
    assert "SameSite=Lax" in seen.headers["Set-Cookie"]
    assert "Delegation office" in (await site.get("/rounds")).text
    again = await site.send("/sign-in/one-time-token", {}, "/rounds")
    assert again.status == 410
    assert "A sign-in link works once" in again.text


async def test_a_pasted_link_leads_to_its_button(site: Site) -> None:
    address = "http://127.0.0.1:8080/sign-in/one-time-token"
    assert (await site.send("/sign-in", {"link": f" {address}/ "})).location == "/sign-in/one-time-token"
    assert (await site.send("/sign-in", {"link": "one-time-token"})).location == "/sign-in/one-time-token"


async def test_what_is_no_link_is_kept_and_explained(site: Site) -> None:
    seen = await site.send("/sign-in", {"link": "<b>not a link</b>"})
    assert seen.status == 422
    assert "Paste the whole link" in seen.text
    assert "&lt;b&gt;not a link" in seen.text


async def test_signing_out_ends_the_session(site: Site) -> None:
    site.sign_in("delegate")
    assert (await site.send("/sign-out", {}, "/rounds")).status == 303
    assert site.backend.sessions == {}
    assert "Delegation office" not in (await site.get("/rounds")).text


async def test_too_many_tries_have_to_wait(make_site: MakeSite) -> None:
    site = await make_site(sign_ins_per_minute=2)
    seen = [(await site.send("/sign-in/wrong-token-1", {})).status for _ in range(3)]
    assert seen == [410, 410, 429]
    site.backend.clock += 60_000
    assert (await site.send("/sign-in/wrong-token-1", {})).status == 410


@dataclass
class Person:
    """Somebody with a password and codes at a site."""

    site: Site
    key: str
    codes: tuple[str, ...]

    @property
    def code(self) -> str:
        return code_at(self.key, self.site.backend.clock)

    async def sign_in(self, start: str = "/sign-in", **fields: str) -> Seen:
        typed = {"account": "a-delegate", "password": PASSWORD, "code": self.code, **fields}
        return await self.site.send("/sign-in/password", typed, start)


async def with_password(site: Site, *roles: Role) -> Person:
    """Set a password up as the account a-delegate, or one with these roles, and sign out again."""
    site.sign_in(*(roles or ("delegate",)))
    shown = await site.get("/account/password")
    key = shown.text.partition('<code class="break key" dir="ltr">')[2].partition("<")[0]
    ticket = shown.text.partition('name="ticket" value="')[2].partition('"')[0]
    fields = {"ticket": ticket, "password": PASSWORD, "again": PASSWORD, "code": code_at(key, site.backend.clock)}
    done = await site.send("/account/password", fields, "/account/password")
    assert done.status == 200
    codes = tuple(re.findall(r"<li><code[^>]*>([^<]+)", done.text))
    await site.send("/sign-out", {}, "/account")
    site.backend.clock += 60_000
    return Person(site, key, codes)


async def test_password_and_code_sign_in_and_lead_on(site: Site) -> None:
    person = await with_password(site)
    assert len(person.codes) == 10
    seen = await person.sign_in()
    assert (seen.status, seen.location) == (303, "/yours")
    assert "Delegation office" in (await site.get("/rounds")).text


async def test_who_wanted_a_page_gets_there_after_signing_in(site: Site) -> None:
    person = await with_password(site)
    assert (await site.get("/proposals/new")).location == "/sign-in"
    assert (await person.sign_in()).location == "/proposals/new"
    site.backend.clock += 60_000
    assert (await person.sign_in()).location == "/yours", "once"


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "/sign-in/x",
        "/%0d%0aX:y",
        "javascript:alert(1)",
        "/a?b",
    ],
)
async def test_nobody_is_led_off_this_site(site: Site, path: str) -> None:
    person = await with_password(site)
    site.keep(NEXT_COOKIE, path)
    assert (await person.sign_in()).location == "/yours"


@pytest.mark.parametrize("wrong", [{"password": WRONG}, {"code": "000000"}, {"account": "nobody"}])
async def test_a_wrong_sign_in_tells_nothing_and_keeps_the_name_alone(site: Site, wrong: dict[str, str]) -> None:
    person = await with_password(site)
    seen = await person.sign_in(**wrong)
    assert seen.status == 422
    assert "do not belong together" in seen.text
    assert PASSWORD not in seen.text
    assert f'value="{wrong.get("account", "a-delegate")}"' in seen.text
    assert "Set-Cookie" not in seen.headers or SESSION_COOKIE not in seen.headers["Set-Cookie"]


async def test_empty_fields_are_named(site: Site) -> None:
    seen = await site.send("/sign-in/password", {"account": "", "password": "", "code": ""})
    assert seen.status == 422
    for words in ("Type your account name.", "Type your password.", "six digits"):
        assert words in seen.text


async def test_too_many_wrong_passwords_say_when_to_try_again(site: Site) -> None:
    person = await with_password(site)
    for _ in range(5):
        await person.sign_in(password=WRONG)
    seen = await person.sign_in()
    assert seen.status == 429
    assert "Try again in 30 seconds" in seen.text


async def test_each_sign_in_makes_a_new_session_and_ends_the_old(site: Site) -> None:
    """Session fixation: what was known before signing in opens nothing afterwards."""
    person = await with_password(site)
    await person.sign_in()
    first = site.cookie(SESSION_COOKIE)
    site.backend.clock += 60_000
    assert (
        await site.send(
            "/sign-in/password", {"account": "a-delegate", "password": PASSWORD, "code": person.code}, "/account"
        )
    ).status == 303
    assert site.cookie(SESSION_COOKIE) != first
    assert await site.backend.accounts.sessions.session(first) is None


async def test_a_form_that_was_open_before_signing_in_once_more_still_counts(site: Site) -> None:
    person = await with_password(site)
    await person.sign_in()
    token = await site.token("/account")
    site.backend.clock += 60_000
    await site.send(
        "/sign-in/password", {"account": "a-delegate", "password": PASSWORD, "code": person.code}, "/account"
    )
    assert (await site.post("/account/language", {"lang": "fr", "csrf": token})).status == 303


async def test_cookies_over_tls_are_bound_to_the_host(make_site: MakeSite) -> None:
    site = await make_site(secure_cookies=True)
    cookies = (await site.get("/sign-in")).headers["Set-Cookie"]
    assert cookies.startswith("__Host-comitia_form=")
    for part in ("Secure", "HttpOnly", "Path=/", "SameSite=Lax"):
        assert part in cookies
    assert "Domain" not in cookies


@pytest.mark.parametrize("path", ["/sign-in/password", "/sign-in/passkey", "/sign-in/passkey/ask", "/sign-in"])
async def test_nobody_is_signed_in_by_a_form_of_another_site(site: Site, path: str) -> None:
    """Login CSRF."""
    token = await site.token("/sign-in")
    foreign = await site.post(path, {"csrf": token, "account": "a"}, **{"Sec-Fetch-Site": "cross-site"})
    assert foreign.status == 403
    site.client.session.cookie_jar.clear()
    assert (await site.post(path, {"csrf": token, "account": "a"})).status == 403


async def test_a_challenge_belongs_to_the_browser_that_asked(site: Site) -> None:
    seen = await site.send("/sign-in/passkey/ask", {})
    assert seen.status == 200
    assert '"rpId": "localhost"' in seen.text
    assert "comitia_ticket=" in seen.headers["Set-Cookie"]
    answer = SoftPasskey().used(seen.text)
    unknown = await site.send("/sign-in/passkey", {"response": answer})
    assert unknown.status == 403
    assert "does not know that passkey" in unknown.text
    again = await site.send("/sign-in/passkey", {"response": answer})
    assert again.status == 409
    assert "began in another browser" in again.text


async def test_passkeys_from_page_to_page(site: Site) -> None:
    site.sign_in("delegate")
    passkey = SoftPasskey()
    asked = await site.send("/account/passkeys/ask", {}, "/account")
    made = await site.send(
        "/account/passkeys/new", {"response": passkey.made(asked.text), "name": "<b>key</b>"}, "/account"
    )
    assert (made.status, made.location) == (303, "/account")
    assert "&lt;b&gt;key&lt;/b&gt;" in (await site.get("/account")).text
    await site.send("/sign-out", {}, "/account")
    asked = await site.send("/sign-in/passkey/ask", {})
    assert (await site.send("/sign-in/passkey", {"response": passkey.used(asked.text)})).location == "/yours"


async def test_where_no_passkey_can_be_made_none_is_offered(make_site: MakeSite) -> None:
    site = await make_site(MemoryBackend(base_url="http://127.0.0.1:8700"))
    assert "Sign in with a passkey" not in (await site.get("/sign-in")).text
    site.sign_in("delegate")
    assert "This node has no such address." in (await site.get("/account/passkeys/new")).text


async def test_a_link_says_who_invites_for_which_member_and_role(site: Site) -> None:
    site.sign_in("head")
    fields = {"name": "Field <i>office</i>", "id": "field-office", "roles": "delegate"}
    invited = await site.send("/delegation/new", fields, "/delegation/new")
    token = re.findall(r"/sign-in/([A-Za-z0-9_-]{40,})", invited.text)[0]
    await site.send("/sign-out", {}, "/account")
    shown = await site.get(f"/sign-in/{token}")
    assert "You are invited" in shown.text
    assert "Field &lt;i&gt;office&lt;/i&gt;" in shown.text
    assert "Delegation office" in shown.text, "who invites"
    seen = await site.send(f"/sign-in/{token}", {}, f"/sign-in/{token}")
    assert seen.location == "/account/begin"
    assert "What will you sign in with?" in (await site.get("/account/begin")).text
    assert "You are invited" not in (await site.get(f"/sign-in/{token}")).text, "it has been used"


async def test_single_sign_on_from_the_page_to_the_provider_and_back(make_site: MakeSite) -> None:
    backend = MemoryBackend()
    clock = backend.accounts.sessions._clock
    async with small_provider(clock) as provider:
        settings = SingleSignOn(issuer=provider.issuer, client_id=CLIENT, label="Institute <b>account</b>")
        backend = MemoryBackend(sign_on=settings)
        site = await make_site(backend)
        assert "Go on to Institute &lt;b&gt;account&lt;/b&gt;" in (await site.get("/sign-in")).text
        away = await site.get("/sign-in/single-sign-on")
        assert away.status == 303
        assert away.location.startswith(f"{provider.issuer}/authorize?")
        answer = provider.authorised(away.location)
        provider.answer = b"{}"
        back = await site.get(f"/sign-in/single-sign-on/return?{urlencode(answer)}")
        assert back.status == 502
        assert "cannot reach the single sign-on" in back.text
        again = await site.get(f"/sign-in/single-sign-on/return?{urlencode(answer)}")
        assert again.status == 403
        assert "was used before" in again.text
        assert again.page.faults == []


async def test_single_sign_on_without_a_provider_says_so(site: Site) -> None:
    seen = await site.get("/sign-in/single-sign-on")
    assert seen.status == 409
    assert "This node has no single sign-on." in seen.text


@pytest.mark.parametrize(
    ("roles", "home"),
    [(("operator",), "/node"), (("secretariat",), "/desk"), (("delegate", "secretariat"), "/yours")],
)
async def test_everybody_begins_where_their_work_is(site: Site, roles: tuple[Role, ...], home: str) -> None:
    person = await with_password(site, *roles)
    assert (await person.sign_in(account="a-" + "-".join(roles))).location == home
