"""Drafts of forms, and forms that are taken once: restored, in two tabs, sent again after a line that broke."""

import asyncio
from dataclasses import replace
from urllib.parse import urlencode, urlsplit

import pytest

from tests.support.until import until
from tests.unit.web.conftest import MakeSite, Site
from tests.unit.web.test_submission import FORM, foreign
from web.drafts_port import DRAFTS_MAX, Sent, Written

NEW = "/proposals/new"
SCRIPT = {"Accept": "application/json"}
TAB = "b" * 24


async def carried(site: Site, path: str = NEW) -> dict[str, str]:
    """Return what the form on a page carries besides what is typed."""
    seen = await site.get(path)
    assert seen.page.faults == []
    form = next(form for form in seen.page.forms if "once" in form)
    return {name: form[name][0] for name in ("csrf", "once", "draft_form", "draft_version", "draft_tab")}


async def test_what_is_kept_stands_in_the_form_again(site: Site) -> None:
    site.sign_in("delegate")
    box = await carried(site)
    seen = await site.post("/drafts", [*FORM, *box.items()])
    assert (seen.status, seen.location) == (303, NEW)
    again = await site.get(NEW)
    assert "Filled in from your draft of" in again.text
    assert 'value="25"' in again.text
    assert "Second." in again.text
    assert again.text.count('name="goals"') >= 2
    assert site.backend.calls == []


async def test_a_script_is_told_the_version(site: Site) -> None:
    site.sign_in("delegate")
    box = await carried(site)
    for version in (1, 2):
        seen = await site.post("/drafts", [*FORM, *box.items()], **SCRIPT)
        assert (seen.status, f'"version": {version}' in seen.text) == (200, True)
    other = {**box, "draft_tab": TAB}
    seen = await site.post("/drafts", [*FORM, *other.items()], **SCRIPT)
    assert (seen.status, '"version": 2' in seen.text) == (409, True)
    plain = await site.post("/drafts", [("body", "Mine."), *other.items()], **{"Sec-Fetch-Site": "same-origin"})
    assert plain.status == 409
    assert "Nothing was overwritten." in plain.text
    assert "Mine." in plain.text


async def test_a_draft_goes_when_it_is_discarded_and_when_the_form_is_taken(site: Site) -> None:
    site.sign_in("delegate")
    box = await carried(site)
    await site.post("/drafts", [*FORM, *box.items()])
    await site.post("/drafts/discard", box)
    assert "Filled in from your draft" not in (await site.get(NEW)).text
    await site.post("/drafts", [*FORM, *box.items()])
    taken = await site.post(NEW, [*FORM, *box.items()])
    assert taken.status == 303
    assert site.backend.drafts.held == {}
    late = await site.post("/drafts", [*FORM, *box.items()], **SCRIPT)
    assert '"taken": true' in late.text
    assert site.backend.drafts.held == {}


async def test_nobody_reaches_another_s_draft(site: Site) -> None:
    site.sign_in("delegate")
    box = await carried(site)
    await site.post("/drafts", [*FORM, *box.items()])
    site.sign_in("delegate", "head")
    assert "Filled in from your draft" not in (await site.get(NEW)).text
    assert "A shared" not in (await site.get("/yours")).text


@pytest.mark.parametrize(
    "change",
    [
        {"draft_form": "https://elsewhere.example/"},
        {"draft_form": "//elsewhere"},
        {"draft_form": "/\\elsewhere"},
        {"draft_form": "/a\r\nSet-Cookie: x"},
        {"draft_form": ""},
        {"once": "short"},
        {"draft_tab": "<script>"},
        {"draft_version": "-1"},
        {"draft_version": "9" * 5000},
    ],
)
async def test_what_no_form_of_ours_carries_is_not_kept(site: Site, change: dict[str, str]) -> None:
    site.sign_in("delegate")
    seen = await site.post("/drafts", [*FORM, *{**await carried(site), **change}.items()])
    assert seen.status == 400
    assert site.backend.drafts.held == {}


async def test_only_for_who_has_signed_in_and_with_the_form_s_secret(site: Site) -> None:
    assert (await site.send("/drafts", FORM)).status == 401
    site.sign_in("delegate")
    box = await carried(site)
    assert (await site.post("/drafts", [*FORM, *{**box, "csrf": "00"}.items()])).status == 403


async def test_too_many_drafts_are_refused_in_words(site: Site) -> None:
    site.sign_in("delegate")
    account = site.backend.account("delegate")
    for number in range(DRAFTS_MAX):
        await site.backend.drafts.keep(account, f"/proposals/{number}", (), Written(TAB, TAB, 0))
    seen = await site.post("/drafts", [*FORM, *(await carried(site)).items()], **SCRIPT)
    assert seen.status == 409
    assert "You have 20 drafts already" in seen.text


async def test_a_position_has_a_draft_of_its_own(site: Site) -> None:
    site.sign_in("delegate")
    proposal = f"/proposals/{foreign(site.backend)}"
    box = await carried(site, proposal)
    typed = {"stance": "concern", "reasons": "Who pays?", "lang": "en"}
    kept = await site.post("/drafts", {**typed, **box})
    assert kept.location == f"{proposal}#position"
    assert "Who pays?" in (await site.get(proposal)).text
    yours = await site.get("/yours")
    assert f'href="{proposal}#position"' in yours.text
    assert yours.page.faults == []


async def test_a_form_that_comes_twice_is_taken_once(site: Site) -> None:
    site.sign_in("delegate")
    box = await carried(site)
    first, second = await asyncio.gather(*(site.post(NEW, [*FORM, *box.items()]) for _ in range(2)))
    assert first.status == second.status == 303
    assert first.location == second.location
    assert len(site.backend.calls) == 1


async def test_a_line_that_breaks_between_form_and_answer_makes_no_second_proposal(site: Site) -> None:
    site.sign_in("delegate")
    box = await carried(site)
    body = urlencode([*FORM, *box.items()]).encode()
    url = urlsplit(str(site.client.make_url(NEW)))
    cookies = site.client.session.cookie_jar.filter_cookies(site.client.make_url("/"))
    head = [
        f"POST {NEW} HTTP/1.1",
        f"Host: {url.netloc}",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body)}",
        "Cookie: " + "; ".join(f"{name}={cookie.value}" for name, cookie in cookies.items()),
    ]
    _, writer = await asyncio.open_connection(url.hostname, url.port)
    writer.write("\r\n".join(head).encode() + b"\r\n\r\n" + body)
    await writer.drain()
    writer.transport.abort()
    await until(lambda: len(site.backend.calls) == 1, "the node takes the form although nobody waits for the answer")
    again = await site.post(NEW, [*FORM, *box.items()])
    assert again.status == 303
    assert (await site.get(again.location)).status == 200
    assert len(site.backend.calls) == 1
    told = await site.get(f"/drafts/sent?once={box['once']}")
    assert again.location in told.text


async def test_the_same_words_from_a_form_opened_anew_are_not_taken_twice(site: Site) -> None:
    site.sign_in("delegate")
    first = await site.post(NEW, [*FORM, *(await carried(site)).items()])
    second = await site.post(NEW, [*FORM, *(await carried(site)).items()])
    assert second.location == first.location
    site.backend.clock += 11 * 60_000
    third = await site.post(NEW, [*FORM, *(await carried(site)).items()])
    assert third.location != first.location


async def test_other_words_under_a_key_that_was_taken_are_kept_and_not_sent(site: Site) -> None:
    site.sign_in("delegate")
    box = await carried(site)
    first = await site.post(NEW, [*FORM, *box.items()])
    changed = [*(pair for pair in FORM if pair[0] != "title"), ("title", "Another title")]
    seen = await site.post(NEW, [*changed, *box.items()], **{"Sec-Fetch-Site": "same-origin"})
    assert seen.status == 409
    assert "This form was taken before" in seen.text
    assert "Another title" in seen.text
    assert f'href="{first.location}"' in seen.text
    assert len(site.backend.calls) == 1


async def test_a_form_that_the_node_died_over_is_not_sent_again_blindly(site: Site) -> None:
    site.sign_in("delegate")
    box = await carried(site)
    account = site.backend.account("delegate")
    site.backend.sent_forms.known[account.id, box["once"]] = Sent("", None, site.backend.clock)
    seen = await site.post(NEW, [*FORM, *box.items()])
    assert seen.status == 409
    assert "It is not certain whether this was taken" in seen.text
    assert site.backend.calls == []


async def test_a_form_with_faults_can_be_sent_again_under_its_key(site: Site) -> None:
    site.sign_in("delegate")
    box = await carried(site)
    wrong = await site.post(NEW, [*FORM[:-3], ("minutes", "x"), *box.items()])
    assert wrong.status == 422
    assert box["once"] in wrong.text
    assert (await site.post(NEW, [*FORM, *box.items()])).status == 303


async def test_a_session_that_ended_while_typing_loses_nothing(site: Site) -> None:
    site.sign_in("delegate")
    box = await carried(site)
    await site.post("/drafts", [*FORM, *box.items()])
    site.backend.sessions = {k: replace(s, csrf="another") for k, s in site.backend.sessions.items()}
    sent = await site.post(NEW, [*FORM, *box.items()], **{"Sec-Fetch-Site": "same-origin"})
    assert sent.status == 403
    assert "A shared" in sent.text
    assert site.backend.calls == []
    site.sign_in("delegate")
    assert "Filled in from your draft of" in (await site.get(NEW)).text


async def test_what_was_sent_is_told_to_its_own_account_alone(make_site: MakeSite) -> None:
    site = await make_site()
    assert (await site.get("/drafts/sent?once=" + TAB)).status == 303
    site.sign_in("delegate")
    assert (await site.get("/drafts/sent?once=x")).status == 400
    assert '"location": null' in (await site.get("/drafts/sent?once=" + TAB)).text
