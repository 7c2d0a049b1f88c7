"""The operator's pages: what anybody sees, what only operators do, forms, hostile words, and live parts."""

import asyncio
import re
from dataclasses import replace

import pytest

from tests.support.until import until
from tests.support.web_content import DAY, NOW
from tests.support.web_operator import backup, finding
from tests.unit.web.conftest import MakeSite, Site
from tests.unit.web.test_live import part
from web.operator_port import SigningView
from web.ports import Refused

HOSTILE = '<script>alert("1")</script>'
PAGES = ("/node", "/node/peers", "/node/refused", "/node/log")


async def test_anybody_sees_little_and_safe(site: Site) -> None:
    seen = await site.get("/node")
    assert seen.status == 200
    assert "3 of 4 other nodes are connected." in seen.text
    assert "1 key has forked." in seen.text
    for private in ("127.0.0.1", "bad-signature", "/var/lib", "41,000", "operator.js", "58 MB"):
        assert private not in seen.text


async def test_a_delegate_sees_no_more_than_anybody(site: Site) -> None:
    site.sign_in("delegate", "secretariat")
    text = (await site.get("/node")).text
    assert "127.0.0.1" not in text
    assert "are shown to operators of this node" in text


@pytest.mark.parametrize("path", ["/node/peers", "/node/refused", "/node/log", "/node/events", "/node/log/events"])
async def test_details_are_for_operators(site: Site, path: str) -> None:
    assert (await site.get(path)).status in (303, 401)
    site.sign_in("delegate")
    assert (await site.get(path)).status == 403


@pytest.mark.parametrize(
    "path", ["/node/backups", "/node/backups/check", "/node/signing", "/node/peers/add", "/node/peers/remove"]
)
async def test_acts_are_for_operators_with_a_genuine_form(site: Site, path: str) -> None:
    site.sign_in("delegate")
    assert (await site.send(path, {}, "/rounds")).status == 403
    site.sign_in("operator")
    assert (await site.post(path, {"address": "https://a", "understood": "yes"})).status == 403, "without its secret"
    assert site.backend.operator.calls == []


async def test_all_is_well_in_one_sentence(site: Site) -> None:
    site.sign_in("operator")
    assert "All is well." in (await site.get("/node")).text


async def test_the_most_urgent_stands_on_top_with_its_remedy(site: Site) -> None:
    member = site.backend.all_members[2]
    site.backend.operator.findings = (
        finding("halted", "stop", reason=HOSTILE),
        finding("peers-away", "warn", nodes=1, names=(member.id, "https://unknown.example")),
    )
    site.sign_in("operator")
    text = (await site.get("/node")).text
    assert text.index("The register has halted") < text.index("Nodes without a line to this one: 1")
    assert "call the other members&#39; operators" in text
    assert member.names["en"] in text
    assert "https://unknown.example" in text
    assert HOSTILE not in text
    assert "receipt-out" in text


@pytest.mark.parametrize("lang", ["en", "zh", "fr", "ru", "es", "ar", "pt"])
@pytest.mark.parametrize("path", PAGES)
async def test_every_page_is_well_formed_in_every_language(site: Site, lang: str, path: str) -> None:
    operator = site.backend.operator
    operator.findings = (finding("restored", "stop", heard=1, needed=2),)
    operator.signing = SigningView(False, NOW - DAY, 1, 2)
    operator.listed = (backup(1), backup(2, "its hash"), backup(3, is_whole=False))
    operator.write(HOSTILE, "error")
    site.sign_in("operator")
    seen = await site.get(f"/{lang}{path}")
    assert (seen.status, seen.page.faults) == (200, [])
    assert "<script>alert" not in seen.text
    assert not re.search(r"<script(?![^>]*\bsrc=)", seen.text)


async def test_a_backup_is_begun_and_seen(site: Site) -> None:
    site.sign_in("operator")
    sent = await site.send("/node/backups", {}, "/node")
    assert (sent.status, sent.location) == (303, "/node?done=backup#backups")
    text = (await site.get("/node?done=backup")).text
    assert "A backup is being made: 0 %." in text
    site.backend.operator.refuse = Refused("backup-running")
    again = await site.send("/node/backups", {}, "/node")
    assert again.status == 409
    assert "A backup is under way already." in again.text


async def test_a_backup_is_read_again(site: Site) -> None:
    site.sign_in("operator")
    await site.send("/node/backups/check", {"name": "comitia-m-2.tar"}, "/node")
    assert site.backend.operator.calls == [("check_backup", "a-operator", "comitia-m-2.tar")]


async def test_signing_without_waiting_takes_a_tick(site: Site) -> None:
    site.backend.operator.signing = SigningView(False, NOW - DAY, 0, 2)
    site.sign_in("operator")
    refused = await site.send("/node/signing", {}, "/node")
    assert refused.status == 422
    assert "The box under the warning was not ticked." in refused.text
    assert site.backend.operator.calls == []
    assert (await site.send("/node/signing", {"understood": "yes"}, "/node")).status == 303
    assert site.backend.operator.calls == [("sign_alone", "a-operator")]


async def test_a_forks_proof_is_a_file_for_operators(site: Site) -> None:
    key = site.backend._status().forks[0][1]
    assert (await site.get(f"/node/forks/{key}")).status == 303
    site.sign_in("operator")
    seen = await site.get(f"/node/forks/{key}")
    assert seen.headers["Content-Disposition"] == f'attachment; filename="comitia-fork-{key[:12]}.json"'
    assert seen.headers["Content-Type"].startswith("application/json")
    assert (await site.get(f"/node/forks/{'0' * 64}")).status == 404


async def test_a_peer_is_added_and_removed(site: Site) -> None:
    site.sign_in("operator")
    sent = await site.send("/node/peers/add", {"address": " https://other.example/ "}, "/node/peers")
    assert (sent.status, sent.location) == (303, "/node/peers?done=silent")
    text = (await site.get("/node/peers?done=silent")).text
    assert "Nobody answers there yet" in text
    assert "https://other.example" in text
    await site.send("/node/peers/remove", {"address": "http://127.0.0.1:9000"}, "/node/peers")
    assert [call[0] for call in site.backend.operator.calls] == ["add_peer", "remove_peer"]


@pytest.mark.parametrize(
    "address", ["", "ftp://x", "http://a b", "javascript:alert(1)", "http://x/" + "y" * 400, HOSTILE]
)
async def test_a_wrong_address_is_kept_and_explained(site: Site, address: str) -> None:
    site.sign_in("operator")
    seen = await site.send("/node/peers/add", {"address": address}, "/node/peers")
    assert seen.status == 422
    assert "Give an address of the form https://host" in seen.text
    assert "<script>alert" not in seen.text
    assert site.backend.operator.calls == []


async def test_why_a_peer_was_not_taken_stands_on_the_page(site: Site) -> None:
    site.sign_in("operator")
    site.backend.operator.refuse = Refused("settings-by-hand", detail=f"write into it: {HOSTILE}")
    seen = await site.send("/node/peers/add", {"address": "https://a"}, "/node/peers")
    assert seen.status == 409
    assert 'value="https://a"' in seen.text
    assert "The settings file could not be changed: write into it: &lt;script&gt;" in seen.text


async def test_refusals_are_filtered_and_bounded(site: Site) -> None:
    site.sign_in("operator")
    assert "key 12ab &lt;b&gt;x&lt;/b&gt;" in (await site.get("/node/refused?kind=bad-signature&source=127.0.0.1")).text
    none = (await site.get(f"/node/refused?kind=oversize&source={'x' * 5_000}")).text
    assert "Nothing of this kind from there." in none
    assert "key 12ab" not in none
    assert f'<option value="{"x" * 200}" selected>' in none, "what was asked is cut"


async def test_the_log_is_filtered_by_level(site: Site) -> None:
    for level in ("debug", "info", "warning", "error"):
        site.backend.operator.write(f"a line of {level}", level)
    site.sign_in("operator")
    for asked, shown in (("debug", 4), ("info", 3), ("warning", 2), ("error", 1), ("nonsense", 3), ("", 3)):
        assert (await site.get(f"/node/log?level={asked}")).text.count("a line of ") == shown
    assert "2026-11-24 14:02:00.000" in (await site.get("/node/log")).text


async def test_new_lines_of_the_log_follow_and_no_line_comes_twice(site: Site) -> None:
    operator = site.backend.operator
    operator.write("before")
    site.sign_in("operator")
    async with site.client.get("/node/log/events?level=info&after=1") as response:
        assert response.headers["Content-Type"].startswith("text/event-stream")
        await until(lambda: bool(operator.arrived), "somebody reads along")
        operator.write(f"second {HOSTILE}", "error")
        text = await part(response)
        assert "second &lt;script&gt;" in text
        assert "before" not in text
        operator.write("debugging", "debug")
        operator.write("third")
        text = await part(response)
        assert "third" in text
        assert "second" not in text
        assert "debugging" not in text


async def test_the_glance_is_sent_again_only_when_something_changed(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.pages.node_status._EVERY_SECONDS", 0.01)
    site.sign_in("operator")
    async with site.client.get("/node/events") as response:
        first = await part(response)
        assert 'id="part-peers"' in first
        assert 'name="csrf"' not in first, "secrets of forms would make it differ each time"
        waiting = asyncio.ensure_future(part(response))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        site.backend.operator.findings = (finding("backup-none", "warn"),)
        assert "There is no backup of this node." in await waiting


async def test_streams_are_bounded(make_site: MakeSite) -> None:
    site = await make_site(streams_max=1)
    site.sign_in("operator")
    async with site.client.get("/node/events") as response:
        await part(response)
        assert (await site.get("/node/log/events")).status == 503


async def test_a_node_that_is_no_teller_and_has_grown_for_less_than_an_hour_says_so(site: Site) -> None:
    operator = site.backend.operator
    view = await operator.overview()
    young = replace(
        view,
        duties=replace(view.duties, is_teller=False),
        disk=replace(view.disk, per_day=None, full_at=None),
        history=(),
    )

    async def overview() -> object:
        return young

    operator.overview = overview  # type: ignore[assignment, method-assign]
    site.sign_in("operator")
    text = (await site.get("/node")).text
    assert "This node is no teller" in text
    assert "can be told once the node has run for an hour" in text
