"""Signing in by one-time link, and out."""

from tests.unit.web.conftest import MakeSite, Site


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
