"""Notices, webhooks and the state of mail on pages, and the private feed."""

from xml.etree import ElementTree as ET

import pytest

from tests.support.web_notices import LINKED, UNSUBSCRIBING, some_hooks
from tests.unit.web.conftest import Site
from web.notices_port import MailStatus, NoticeChoices
from web.ports import Refused

NOTICES = "/account/notices"
CHOICES = {
    "lead": "21600000",
    "rhythm": "daily",
    "hour": "7",
    "weekday": "2",
    "zone": "Africa/Dakar",
    "notice_lang": "",
}


async def test_notices_are_for_people_of_the_node(site: Site) -> None:
    assert (await site.get(NOTICES)).location == "/sign-in"
    assert (await site.get("/node/webhooks")).location == "/sign-in"
    site.sign_in("delegate")
    assert (await site.get(NOTICES)).status == 200
    assert (await site.get("/node/webhooks")).status == 403
    assert (await site.get("/node/mail")).status == 403
    assert "Webhooks of your member" not in (await site.get(NOTICES)).text


async def test_an_address_is_asked_for_confirmed_and_removed(site: Site) -> None:
    site.sign_in("delegate")
    seen = await site.send(f"{NOTICES}/address", {"address": " office@member.example "}, NOTICES)
    assert seen.location == f"{NOTICES}?done=link"
    assert "A link was mailed to office@member.example." in (await site.get(NOTICES)).text
    assert "Confirm the address" in (await site.get(f"{NOTICES}/address/{LINKED}")).text
    link = f"{NOTICES}/address/{LINKED}"
    assert "Your address is confirmed" in (await site.send(link, {}, link)).text
    assert (await site.get(link)).status == 410
    shown = (await site.get(NOTICES)).text
    assert "Notices go to this address:" in shown
    await site.send(f"{NOTICES}/address/forget", {}, NOTICES)
    assert "No e-mail is sent to you yet." in (await site.get(NOTICES)).text


@pytest.mark.parametrize("typed", ["", "nobody", "a@b@c", "a b@c.example", "x" * 300 + "@c.example", "<script>"])
async def test_what_is_no_address_is_kept_and_explained(site: Site, typed: str) -> None:
    site.sign_in("delegate")
    seen = await site.send(f"{NOTICES}/address", {"address": typed}, NOTICES)
    assert seen.status == 422
    assert "<script>" not in seen.text.partition("<main")[2]
    assert site.backend.notices.kept == {}


async def test_a_refusal_stands_on_the_page(site: Site) -> None:
    site.sign_in("delegate")
    site.backend.notices.refuse = Refused("mail-too-often")
    seen = await site.send(f"{NOTICES}/address", {"address": "a@b.example"}, NOTICES)
    assert seen.status == 429
    assert "Too many links have been asked for within an hour." in seen.text
    assert 'value="a@b.example"' in seen.text


async def test_choices_are_kept_and_shown(site: Site) -> None:
    site.sign_in("delegate")
    fields = [*CHOICES.items(), ("kinds", "round"), ("kinds", "answer"), ("goals", "6"), ("goals", "13")]
    seen = await site.send(f"{NOTICES}/choices", fields, NOTICES)
    assert seen.location == f"{NOTICES}?done=choices"
    (kept,) = site.backend.notices.kept.values()
    assert kept.choices == NoticeChoices(
        frozenset({"round", "answer"}), (6, 13), 21_600_000, "daily", 7, 2, "Africa/Dakar", None
    )
    shown = (await site.get(NOTICES)).text
    assert '<option value="Africa/Dakar" selected>Senegal – Dakar</option>' in shown
    assert '<option value="21600000" selected>6 hours before the close</option>' in shown


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("lead", "5"), ("lead", "x"), ("rhythm", "hourly"), ("hour", "24"), ("weekday", "7"), ("zone", "Mars/Olympus"),
        ("zone", "../../etc/passwd"), ("notice_lang", "xx"), ("kinds", "gossip"), ("goals", "18"),
    ],
)  # fmt: skip
async def test_choices_that_cannot_be_are_refused(site: Site, name: str, value: str) -> None:
    site.sign_in("delegate")
    seen = await site.send(f"{NOTICES}/choices", {**CHOICES, name: value}, NOTICES)
    assert seen.status == 422
    assert f'id="fault-{name}"' in seen.text
    assert site.backend.notices.kept == {}


async def test_one_click_unsubscribes_without_session_or_secret_and_a_look_does_not(site: Site) -> None:
    site.sign_in("delegate")
    await site.send(f"{NOTICES}/address", {"address": "a@b.example"}, NOTICES)
    await site.backend.notices.confirm_address(LINKED)
    site.client.session.cookie_jar.clear()
    path = f"/zh/unsubscribe/{UNSUBSCRIBING}"
    assert (await site.get(path)).status == 200
    assert await site.backend.notices.is_subscribed(UNSUBSCRIBING)
    seen = await site.post(path, {"List-Unsubscribe": "One-Click"}, **{"Sec-Fetch-Site": "cross-site"})
    assert seen.status == 200
    assert not await site.backend.notices.is_subscribed(UNSUBSCRIBING)
    multipart = {"Content-Type": "multipart/form-data; boundary=x"}
    assert (await site.client.post(path, data=b"--x--", headers=multipart)).status == 200
    assert (await site.post("/unsubscribe/" + "y" * 40, {})).status == 404


async def test_no_other_form_goes_without_its_secret(site: Site) -> None:
    site.sign_in("delegate", "head")
    for path in ("address", "address/forget", "choices", "feed", "resume", f"address/{LINKED}"):
        assert (await site.post(f"{NOTICES}/{path}", {})).status == 403, path
    assert (await site.post("/node/webhooks", {})).status == 403


async def test_a_private_feed_is_for_whoever_knows_its_address(site: Site) -> None:
    site.sign_in("delegate")
    await site.send(f"{NOTICES}/feed", {}, NOTICES)
    (kept,) = site.backend.notices.kept.values()
    assert f"/feeds/yours/{kept.feed}.atom" in (await site.get(NOTICES)).text
    site.client.session.cookie_jar.clear()
    seen = await site.get(f"/feeds/yours/{kept.feed}.atom")
    assert seen.status == 200
    assert seen.headers["Cache-Control"] == "private, no-cache"
    atom = "{http://www.w3.org/2005/Atom}"
    feed = ET.fromstring(seen.text.encode())  # noqa: S314 - our own output
    titles = [entry.findtext(f"{atom}title") for entry in feed.findall(f"{atom}entry")]
    assert titles[0] == "Round 19 has opened: Which topics should the plenary take?"
    assert len(titles) == 3
    assert (await site.get(f"/ar/feeds/yours/{kept.feed}.atom")).text.count('xml:lang="ar"')
    again = await site.get(f"/feeds/yours/{kept.feed}.atom", **{"If-None-Match": seen.headers["Etag"]})
    assert again.status == 304
    assert (await site.get("/feeds/yours/" + "z" * 40 + ".atom")).status == 404


async def test_a_webhook_s_secret_is_shown_once(site: Site) -> None:
    site.sign_in("head")
    fields = [("url", "https://systems.example/in"), ("events", "round.opened"), ("events", "ballot.received")]
    seen = await site.send("/node/webhooks", fields, "/node/webhooks")
    assert "whsec_" in seen.text
    assert seen.headers["Cache-Control"] == "no-store"
    shown = (await site.get("/node/webhooks")).text
    assert "https://systems.example/in" in shown
    assert "whsec_" not in shown
    (hook,) = site.backend.webhooks.hooks
    assert (await site.send(f"/node/webhooks/{hook}/test", {}, "/node/webhooks")).location.endswith("done=test")
    assert (await site.send(f"/node/webhooks/{hook}/remove", {}, "/node/webhooks")).location.endswith("done=removed")
    assert (await site.send(f"/node/webhooks/{hook}/remove", {}, "/node/webhooks")).status == 404


async def test_webhooks_say_why_they_are_off_and_what_failed(site: Site) -> None:
    site.sign_in("operator")
    site.backend.webhooks.hooks = some_hooks(site.backend.clock)
    shown = (await site.get("/node/webhooks")).text
    assert "The other side said that the address is gone for good." in shown
    assert "Every message has failed since 24 November 2026, 13:02 UTC." in shown
    assert "503 Service Unavailable" in shown
    seen = await site.send(f"/node/webhooks/{'b' * 16}/test", {}, "/node/webhooks")
    assert (seen.status, "a test is still on its way" in seen.text) == (409, True)
    await site.send(f"/node/webhooks/{'b' * 16}/resume", {}, "/node/webhooks")
    assert site.backend.webhooks.hooks["b" * 16].is_on


async def test_a_webhook_s_faults(site: Site) -> None:
    site.sign_in("head")
    seen = await site.send("/node/webhooks", {"url": "javascript:alert(1)"}, "/node/webhooks")
    assert seen.status == 422
    assert "Choose at least one event." in seen.text
    site.backend.webhooks.refuse = Refused("hook-address", detail="it leads into this node's own network")
    fields = {"url": "https://10.0.0.1/", "events": "round.opened"}
    seen = await site.send("/node/webhooks", fields, "/node/webhooks")
    assert "This node does not call that address: it leads into this node&#39;s own network." in seen.text


async def test_an_operator_sees_whether_mail_goes_out(site: Site) -> None:
    site.sign_in("operator")
    shown = (await site.get("/node/mail")).text
    assert "No e-mail goes out: the mail server cannot be used." in shown
    assert "certificate has expired" in shown
    assert "&lt;b&gt;here&lt;/b&gt;" in shown
    site.backend.notices.status = MailStatus(
        is_set_up=False, server="", waiting=0, sent_last_hour=0, per_hour_max=0, last_sent=None, paused_until=None,
        last_error="",
    )  # fmt: skip
    assert "its settings name no mail server" in (await site.get("/node/mail")).text


@pytest.mark.parametrize("lang", ["en", "zh", "fr", "ru", "es", "ar", "pt"])
async def test_the_pages_are_well_formed_in_every_language(site: Site, lang: str) -> None:
    site.sign_in("delegate", "head", "operator")
    site.backend.webhooks.hooks = some_hooks(site.backend.clock)
    for path in (NOTICES, "/node/webhooks", "/node/mail", f"/unsubscribe/{UNSUBSCRIBING}"):
        seen = await site.get(f"/{lang}{path}")
        assert (seen.status, seen.page.faults) == (200, []), path
        assert seen.page.lang == lang
