"""Pages for everybody are made once for many readers; pages for one reader are never kept."""

import asyncio
from dataclasses import replace
from unittest.mock import patch

import pytest

from tests.support.until import until
from tests.support.web_backend import MemoryBackend
from tests.unit.web.conftest import MakeSite, Seen, Site
from web import kept_pages, ports
from web.app import create_web
from web.kept_pages import KEPT
from web.respond import SESSION_COOKIE
from web.settings import WebSettings

SECOND = 1_000


class Counting(MemoryBackend):
    """Counts how often the list of proposals is asked for."""

    asked = 0
    gate: asyncio.Event | None = None

    async def proposals(self, wanted: ports.ProposalFilter) -> ports.ProposalList:
        self.asked += 1
        await asyncio.sleep(0)
        if self.gate is not None:
            await self.gate.wait()
        return await super().proposals(wanted)


@pytest.fixture
async def site(make_site: MakeSite) -> Site:
    return await make_site(Counting(), public_pages_ms=SECOND)


def etag(seen: Seen) -> str:
    return {name.lower(): value for name, value in seen.headers.items()}.get("etag", "")


def asked(site: Site) -> int:
    assert isinstance(site.backend, Counting)
    return site.backend.asked


async def test_many_readers_at_once_cost_one_page(site: Site) -> None:
    seen = await asyncio.gather(*(site.get("/en/proposals") for _ in range(20)))
    assert {each.status for each in seen} == {200}
    assert len({each.text for each in seen}) == 1
    assert asked(site) == 1


async def test_a_page_is_made_anew_after_its_time_and_when_the_clock_is_set_back(site: Site) -> None:
    await site.get("/en/proposals")
    for step, times in ((SECOND - 1, 1), (1, 2), (-10 * SECOND, 3)):
        site.backend.clock += step
        await site.get("/en/proposals")
        assert asked(site) == times


async def test_while_a_page_is_made_anew_others_get_the_one_before_unless_that_is_too_old(site: Site) -> None:
    backend = site.backend
    assert isinstance(backend, Counting)
    before = await site.get("/en/proposals")
    backend.clock += SECOND
    backend.gate = asyncio.Event()
    first = asyncio.create_task(site.get("/en/proposals"))
    await until(lambda: backend.asked == 2, "somebody has a page made anew")
    assert (await site.get("/en/proposals")).text == before.text
    backend.clock += SECOND
    late = asyncio.create_task(site.get("/en/proposals"))
    assert not late.done()
    backend.gate.set()
    assert {(await first).status, (await late).status} == {200}
    assert backend.asked == 3


async def test_address_language_and_appearance_make_another_page(site: Site) -> None:
    texts = [(await site.get(path)).text for path in ("/en/proposals", "/ar/proposals", "/en/proposals?track=long")]
    dark = await site.get("/en/proposals?theme=dark")
    assert len({*texts, dark.text}) == 4
    assert 'data-theme="dark"' in (await site.get("/en/proposals")).text, "the choice is remembered"


async def test_who_has_signed_in_gets_a_page_of_their_own(site: Site) -> None:
    await site.get("/en/proposals")
    site.sign_in("delegate")
    mine = await site.get("/en/proposals")
    assert "Sign out" in mine.text
    assert etag(mine) == ""
    assert mine.headers["Cache-Control"] == "no-store"
    site.client.session.cookie_jar.clear()
    assert "Sign out" not in (await site.get("/en/proposals")).text


async def test_a_reader_who_has_the_page_is_sent_nothing(site: Site) -> None:
    first = await site.get("/en/proposals")
    again = await site.get("/en/proposals", **{"If-None-Match": etag(first)})
    assert (again.status, again.text) == (304, "")
    assert etag(again) == etag(first) != ""
    assert (await site.get("/en/proposals", **{"If-None-Match": 'W/"other", nonsense'})).status == 200


async def test_compressed_and_plain_are_the_same_page(site: Site) -> None:
    plain = await site.get("/en/proposals", **{"Accept-Encoding": "identity"})
    packed = await site.get("/en/proposals")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert packed.text == plain.text


@pytest.mark.parametrize("path", ["/en/nothing", f"/en/proposals/{'0' * 64}", "/en/sign-in"])
async def test_faults_and_forms_are_not_kept(site: Site, path: str) -> None:
    assert etag(await site.get(path)) == ""


async def test_what_is_kept_is_bounded(make_site: MakeSite) -> None:
    with patch.object(kept_pages, "PAGES_MAX", 3):
        site = await make_site(Counting(), public_pages_ms=SECOND)
    for goal in range(1, 9):
        await site.get(f"/en/proposals?goal={goal}")
    before = asked(site)
    await site.get("/en/proposals?goal=8")
    assert asked(site) == before
    await site.get("/en/proposals?goal=1")
    assert asked(site) == before + 1


async def test_a_feed_that_is_kept_has_one_tag(site: Site) -> None:
    response = await site.client.get("/en/feeds/proposals.atom")
    assert len(response.headers.getall("ETag")) == 1
    again = await site.get("/en/feeds/proposals.atom", **{"If-None-Match": response.headers["ETag"]})
    assert again.status == 304


async def test_who_was_signed_out_by_others_is_told_before_a_kept_page_is_shown(site: Site) -> None:
    await site.get("/en/proposals")
    secret = site.backend.sign_in(site.backend.account("delegate"))
    site.sign_in("head")
    path = "/delegation/people/a-delegate/revoke"
    await site.send(path, {"sure": "yes"}, path)
    site.keep(SESSION_COOKIE, secret)
    seen = await site.get("/en/proposals")
    assert seen.status == 403
    assert "Your access to this node was ended on" in seen.text
    assert (await site.get("/en/proposals")).status == 200


async def test_a_change_shows_within_its_time(site: Site) -> None:
    await site.get("/en/members")
    first = site.backend.all_members[0]
    site.backend.all_members = (replace(first, names={"en": "Renamed"}), *site.backend.all_members[1:])
    site.backend.clock += SECOND
    assert "Renamed" in (await site.get("/en/members")).text


def test_only_pages_that_there_are_may_be_kept() -> None:
    app = create_web(MemoryBackend(), WebSettings())
    there = {resource.canonical for resource in app.router.resources()}
    assert KEPT - there == set()
