"""Hostile input: forged forms, markup in every field, too much of anything, headers."""

import pytest

from tests.support.web_content import round_numbered
from tests.unit.web.conftest import MakeSite, Site
from web import ports
from web.respond import FORM_COOKIE

MARKUP = '<script>alert("x")</script><img src=x onerror=alert(1)>'
ESCAPED = "&lt;script&gt;"
FORM = {"track": "long", "lang": "en", "title": "T", "body": "B", "minutes": "10", "no_goal": "1"}


async def test_every_answer_forbids_what_pages_never_do(site: Site) -> None:
    for path in ("/", "/nothing", "/health", "/static/none.css", "/desk"):
        headers = (await site.get(path)).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("given", ["", "00", "zz", "a" * 64])
async def test_a_form_without_the_session_secret_does_nothing(site: Site, given: str) -> None:
    site.sign_in("delegate")
    seen = await site.post("/proposals/new", {**FORM, "csrf": given})
    assert seen.status == 403
    assert "Nothing was changed." in seen.text
    assert site.backend.calls == []


async def test_the_bare_secret_of_a_session_is_not_a_token(site: Site) -> None:
    site.sign_in("delegate")
    session = next(iter(site.backend.sessions.values()))
    assert (await site.post("/proposals/new", {**FORM, "csrf": session.csrf})).status == 403


async def test_another_session_s_token_does_nothing(make_site: MakeSite) -> None:
    site = await make_site()
    site.sign_in("delegate")
    token = await site.token("/proposals/new")
    site.sign_in("secretariat", "delegate")
    assert (await site.post("/proposals/new", {**FORM, "csrf": token})).status == 403


async def test_a_form_that_another_site_sends_does_nothing(site: Site) -> None:
    site.sign_in("delegate")
    token = await site.token("/proposals/new")
    seen = await site.post("/proposals/new", {**FORM, "csrf": token}, **{"Sec-Fetch-Site": "cross-site"})
    assert seen.status == 403
    assert site.backend.calls == []


async def test_a_session_cannot_be_forced_on_a_reader(site: Site) -> None:
    """Signing in needs the cookie that belongs to the form."""
    site.backend.links["one-time-token"] = site.backend.account("delegate")
    token = await site.token("/sign-in/one-time-token")
    site.client.session.cookie_jar.clear(lambda cookie: cookie.key == FORM_COOKIE)
    assert (await site.post("/sign-in/one-time-token", {"csrf": token})).status == 403
    assert "one-time-token" in site.backend.links


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "application/json", "text/plain"])
async def test_only_plain_forms_are_read(site: Site, kind: str) -> None:
    site.sign_in("delegate")
    response = await site.client.post("/proposals/new", data=b"{}", headers={"Content-Type": kind})
    assert response.status == 400


async def test_a_form_in_an_unknown_charset_is_refused(site: Site) -> None:
    site.sign_in("delegate")
    kind = "application/x-www-form-urlencoded; charset=nonsense"
    response = await site.client.post("/proposals/new", data=b"title=x", headers={"Content-Type": kind})
    assert response.status == 400


async def test_markup_in_every_field_stays_text(site: Site) -> None:
    site.sign_in("delegate", "secretariat")
    fields = dict.fromkeys(("track", "lang", "title", "body", "urgency", "minutes", "goals", "offered"), MARKUP)
    seen = await site.send("/proposals/new", fields)
    assert seen.status == 422
    assert "<script>alert" not in seen.text
    assert ESCAPED in seen.text
    assert seen.page.faults == []


async def test_markup_in_stored_texts_stays_text(site: Site) -> None:
    site.sign_in("delegate")
    hostile = ports.ProposalInput("short", "en", MARKUP, f"{MARKUP}\n\n{MARKUP}", MARKUP, (3,), 10)
    proposal = await site.backend.submit(site.backend.account("delegate"), hostile)
    await site.backend.take_position(site.backend.account("delegate"), proposal, "concern", "en", MARKUP)
    for path in (f"/proposals/{proposal}", "/proposals", "/topics", f"/ar/proposals/{proposal}"):
        seen = await site.get(path)
        assert seen.status == 200
        assert "<script>alert" not in seen.text
        assert "<img src=x" not in seen.text
        assert seen.page.faults == [], path


@pytest.mark.parametrize(
    "path", ["/?goal={}", "/proposals?goal={}&track={}&group={}&page={}", "/desk/topics/new?group={}"]
)
async def test_markup_in_addresses_stays_text(site: Site, path: str) -> None:
    site.sign_in("secretariat")
    seen = await site.get(path.replace("{}", "%22%3E%3Cscript%3Ealert(%22x%22)%3C/script%3E"))
    assert seen.status == 200
    assert "<script>alert" not in seen.text


async def test_a_text_of_100_kb_is_kept_and_explained(site: Site) -> None:
    site.sign_in("delegate")
    body = "水" * 34_000
    seen = await site.send("/proposals/new", {**FORM, "body": body})
    assert seen.status == 422
    assert "Shorten the text to 20,000 characters." in seen.text
    assert body in seen.text
    assert site.backend.calls == []


async def test_20_000_wide_characters_are_taken(site: Site) -> None:
    site.sign_in("delegate")
    seen = await site.send("/proposals/new", {**FORM, "body": "水" * 20_000})
    assert seen.status == 303


async def test_a_form_over_the_limit_gets_a_page(site: Site) -> None:
    site.sign_in("delegate")
    seen = await site.post("/proposals/new", {"body": "x" * 1_200_000})
    assert seen.status == 413
    assert "your browser still has what you typed" in seen.text


async def test_a_fault_of_the_node_shows_a_page_and_no_detail(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken() -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(site.backend, "members", broken)
    seen = await site.get("/members")
    assert seen.status == 500
    assert "What you had stored before is unchanged." in seen.text
    assert "secret detail" not in seen.text


async def test_pages_of_a_session_are_not_kept_by_caches(site: Site) -> None:
    assert (await site.get("/")).headers["Cache-Control"] == "no-cache"
    site.sign_in("delegate")
    assert (await site.get("/")).headers["Cache-Control"] == "no-store"


async def test_static_files_are_kept_for_a_year(site: Site) -> None:
    page = (await site.get("/")).text
    path = page.split('rel="stylesheet" href="')[1].split('"')[0]
    seen = await site.get(path)
    assert "immutable" in seen.headers["Cache-Control"]
    assert (await site.get(path.replace(".css", "0.css"))).status == 404


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
async def test_other_methods_are_refused(site: Site, method: str) -> None:
    site.sign_in("delegate")
    response = await site.client.request(method, f"/rounds/{round_numbered(site.backend, 19).summary.id}")
    assert response.status == 405
    assert response.headers["Allow"]


async def test_a_text_is_shown_again_when_the_session_has_ended(site: Site) -> None:
    site.sign_in("delegate")
    token = await site.token("/proposals/new")
    site.backend.sessions.clear()
    fields = {**FORM, "body": "A long text\r\n\r\nin two parts", "csrf": token}
    seen = await site.post("/proposals/new", fields, **{"Sec-Fetch-Site": "same-origin"})
    assert seen.status == 403
    assert "<p>A long text</p><p>in two parts</p>" in seen.text
    assert seen.page.faults == []


@pytest.mark.parametrize("origin", ["cross-site", "same-site", ""])
async def test_what_another_site_sends_is_never_shown(site: Site, origin: str) -> None:
    headers = {"Sec-Fetch-Site": origin} if origin else {}
    seen = await site.post("/proposals/new", {**FORM, "body": "pay to this account"}, **headers)
    assert seen.status == 403
    assert "pay to this account" not in seen.text


async def test_running_results_and_turnout_are_hidden_until_the_close(site: Site) -> None:
    path = f"/rounds/{round_numbered(site.backend, 19).summary.id}"
    assert "have voted" not in (await site.get(path)).text
    assert "19 of 31" not in (await site.get("/rounds")).text
