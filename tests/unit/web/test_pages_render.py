"""Every page in every state and language: it answers, is well-formed, and holds no inline script or style."""

import re
from dataclasses import replace

import pytest

from tests.support.web_backend import MemoryBackend
from tests.support.web_content import round_numbered
from tests.support.web_discussion import told
from tests.unit.web.conftest import MakeSite, Site
from web.ports import Role

ALL: tuple[Role, ...] = ("delegate", "secretariat", "operator")


def paths(backend: MemoryBackend) -> list[str]:
    """Return the addresses of pages that anybody may read."""
    proposals = list(backend.all_proposals)[:2]
    rounds = list(backend.all_rounds)
    return [
        "/",
        "/?goal=6",
        "/proposals",
        "/proposals?goal=3&track=long",
        "/proposals?group=A&page=1",
        "/topics",
        "/topics?goal=6&written=ar&until=never",
        "/feeds",
        "/search",
        "/search?q=water",
        "/rounds",
        "/members",
        f"/members/{backend.all_members[4].id}",
        "/node",
        "/agenda/2/fairness",
        "/agenda/1/fairness",
        "/verify",
        "/sign-in",
        "/sign-in/abcdefgh12345678",
        *(f"/rounds/{found}" for found in rounds),
        *(f"/rounds/{found}/texts/{backend.all_rounds[found].options[0].id}" for found in rounds[:1]),
        *(f"/proposals/{proposal}" for proposal in proposals),
        *told_paths(backend),
    ]


def told_paths(backend: MemoryBackend) -> list[str]:
    """Return the addresses of what people say about texts; something is said if nothing was yet."""
    first, *_, other = backend.all_proposals
    thread = told(backend) if not backend.discussion.all_comments else next(iter(backend.discussion.all_comments))
    text, topic = backend.all_proposals[first].text.hash, next(iter(backend.all_topics))
    made = next(iter(backend.discussion.all_translations))
    return [
        f"/proposals/{first}/comments",
        f"/proposals/{other}/comments",
        f"/proposals/{first}/comments/{thread}",
        f"/proposals/{first}/versions",
        f"/texts/{text}",
        f"/texts/{text}?text=original",
        f"/texts/{made}",
        f"/texts/{backend.discussion.all_comments[thread].text.hash}",
        f"/topics/{topic}",
        "/agenda/2/changes",
    ]


def private_told_paths(backend: MemoryBackend) -> list[str]:
    """Return the addresses of the forms for comments, translations and erasures."""
    proposal, comment = next(iter(backend.all_proposals)), next(iter(backend.discussion.all_comments))
    text = backend.all_proposals[proposal].text.hash
    return [
        f"/proposals/{proposal}/comments/new",
        f"/proposals/{proposal}/comments/new?reply={comment}",
        f"/texts/{text}/translate",
        f"/texts/{text}/translate?into=ar",
        f"/texts/{backend.discussion.all_comments[comment].text.hash}/erase",
    ]


def desk_paths(backend: MemoryBackend) -> list[str]:
    """Return every page of the secretariat's desk, topics in a round and out of one."""
    topics = list(backend.all_topics)
    rounds = [round_numbered(backend, number).summary.id for number in (15, 16, 18, 19)]
    return [
        "/desk",
        "/desk/screening",
        "/desk/topics",
        "/desk/topics/new?group=A",
        "/desk/topics/split?group=A",
        *(f"/desk/topics/{topics[-1]}{act}" for act in ("", "/change", "/split", "/merge")),
        f"/desk/topics/{topics[0]}",
        "/desk/round",
        "/desk/round/subjects",
        "/desk/round/dates",
        *(f"/desk/rounds/{found}" for found in rounds),
        "/desk/objections",
        "/desk/agenda",
    ]


@pytest.mark.parametrize("lang", ["en", "zh", "fr", "ru", "es", "ar", "pt"])
@pytest.mark.parametrize("who", ["anybody", "everything"])
async def test_every_page_is_well_formed(site: Site, lang: str, who: str) -> None:
    asked = paths(site.backend)
    if who == "everything":
        site.sign_in(*ALL)
        asked += [
            "/node/peers",
            "/node/refused",
            "/node/log",
        ]
        asked += ["/proposals/new", *desk_paths(site.backend), "/desk/try"]
        prioritisation, vote = (round_numbered(site.backend, number).summary.id for number in (17, 18))
        asked += [f"/desk/try/{prioritisation}", f"/desk/try/{prioritisation}?rule=phragmen&ties=lot&when_full=skip"]
        asked += [f"/desk/try/{vote}", f"/desk/try/{vote}?rule=threshold&threshold=3/4&base=entitled&concurrent=yes"]
        asked += [f"/proposals/{next(iter(site.backend.all_proposals))}/erase", *private_told_paths(site.backend)]
    for path in asked:
        seen = (
            await site.get(f"/{lang}{path}" if path[1] != "?" else f"/{lang}{path[1:]}")
            if path != "/"
            else (await site.get(f"/{lang}"))
        )
        assert seen.status == 200, path
        assert seen.page.faults == [], path
        assert seen.page.lang == lang
        assert seen.page.dir == ("rtl" if lang == "ar" else "ltr")
        assert not re.search(r"<script(?![^>]*\bsrc=)", seen.text), path
        assert "<style" not in seen.text


async def test_links_keep_the_language_of_the_address(site: Site) -> None:
    seen = await site.get("/zh/proposals")
    targets = re.findall(r'href="(/[^"]*)"', seen.text)
    languages = tuple(f"/{code}" for code in ("zh", "en", "fr", "ru", "es", "ar", "pt"))
    elsewhere = [target for target in targets if not target.startswith(("/static", *languages))]
    assert targets
    assert elsewhere == []


async def test_an_empty_federation_says_what_will_be_there(empty_site: Site) -> None:
    assert "No agenda has been published yet." in (await empty_site.get("/")).text
    assert "No proposal has been submitted yet." in (await empty_site.get("/proposals")).text
    assert "No round has been opened yet." in (await empty_site.get("/rounds")).text
    assert (await empty_site.get("/topics")).page.faults == []
    empty_site.sign_in("secretariat")
    assert "No group waits to become a topic." in (await empty_site.get("/desk")).text


async def test_the_agenda_shows_decisions_and_its_certificate(site: Site) -> None:
    text = (await site.get("/")).text
    assert "Certified at height 215 by 5 of 7 tellers" in text
    assert "Approved by 15 of 28 members voting." in text
    assert "Adopted by 18 of 25 members voting." in text
    assert "Needed in favour: 17." in text


async def test_a_goal_filter_keeps_the_numbers_of_items(site: Site) -> None:
    every = await site.get("/")
    some = await site.get("/?goal=6")
    numbers = re.findall(r'class="item-number">(\w+)<', some.text)
    assert 0 < len(numbers) < len(re.findall(r'class="item-number">', every.text))
    assert "Showing goal 6, 5 items." in some.text
    assert numbers == ["1", "3", "5", "6", "S1"]


async def test_an_older_agenda_says_so(site: Site) -> None:
    seen = await site.get("/agenda/1")
    assert "Agenda, version 1" in seen.text
    assert (await site.get("/agenda/9")).status == 404


async def test_a_certified_prioritisation_shows_who_was_heard(site: Site) -> None:
    seen = await site.get(f"/rounds/{round_numbered(site.backend, 17).summary.id}")
    assert "Under equal shares the gap between the most and the least heard is 89 minutes" in seen.text
    assert "under plain counting it would be 220" in seen.text
    assert seen.text.count('<td class="middle"><span class="tag tag-full">taken</span>') == 6
    assert "Void, because two different ballots were signed in one place" in seen.text


async def test_a_stalled_round_names_the_absent_tellers(site: Site) -> None:
    seen = await site.get(f"/rounds/{round_numbered(site.backend, 16).summary.id}")
    assert "5 tellers are needed. Not heard from: Silver Estuary Society" in seen.text


async def test_a_deciding_round_counts_signatures(site: Site) -> None:
    seen = await site.get(f"/rounds/{round_numbered(site.backend, 15).summary.id}")
    assert "4 of 7 signatures" in seen.text


async def test_a_foreign_text_carries_its_language_and_direction(site: Site) -> None:
    arabic = next(view for view in site.backend.all_proposals.values() if view.text.lang == "ar")
    seen = await site.get(f"/proposals/{arabic.summary.id}")
    assert f'<bdi lang="ar" dir="rtl">{arabic.text.title}</bdi>' in seen.text
    assert '<div class="prose" lang="ar" dir="rtl">' in seen.text


async def test_outsiders_see_the_short_status(site: Site) -> None:
    assert "bad-signature" not in (await site.get("/node")).text
    site.sign_in("operator")
    assert "bad-signature" in (await site.get("/node")).text


@pytest.mark.parametrize("path", ["/nothing", "/proposals/" + "0" * 64, "/rounds/" + "0" * 64, "/members/nobody"])
async def test_what_is_not_there_gets_a_page_that_helps(site: Site, path: str) -> None:
    seen = await site.get(path)
    assert seen.status == 404
    assert "It may not have reached this node yet." in seen.text
    assert seen.page.faults == []


async def test_health_is_plain(site: Site) -> None:
    seen = await site.get("/health")
    assert (seen.status, seen.text) == (200, "ok\n")


async def test_the_first_page_is_light(site: Site) -> None:
    """Page, styles and script together stay under 100 kB as they travel."""
    total = 0
    seen = await site.get("/")
    for path in ["/", *re.findall(r'(?:href|src)="(/static/[^"]+)"', seen.text)]:
        async with site.client.session.get(
            site.client.make_url(path), headers={"Accept-Encoding": "gzip"}, auto_decompress=False
        ) as response:
            body = await response.read()
            assert response.status == 200
            total += len(body)
    assert total < 100_000, total


async def test_languages_follow_address_parameter_cookie_and_browser(site: Site) -> None:
    assert (await site.get("/", **{"Accept-Language": "de, zh-CN;q=0.8, en;q=0.5"})).page.lang == "zh"
    assert (await site.get("/", **{"Accept-Language": "xx"})).page.lang == "en"
    assert (await site.get("/?lang=ar")).page.dir == "rtl"
    assert (await site.get("/")).page.lang == "ar"
    assert (await site.get("/zh/rounds")).page.lang == "zh"
    assert (await site.get("/?lang=nonsense")).page.lang == "ar"


async def test_a_chosen_appearance_is_remembered(site: Site) -> None:
    assert 'data-theme="dark"' in (await site.get("/?theme=dark")).text
    assert 'data-theme="dark"' in (await site.get("/rounds")).text
    assert "data-theme" not in (await site.get("/?theme=auto")).text


async def test_cookies_are_for_tls_alone_where_asked(make_site: MakeSite) -> None:
    site = await make_site(secure_cookies=True)
    site.backend.links["one-time-token"] = site.backend.account("delegate")
    seen = await site.get("/sign-in/one-time-token")
    assert "Secure" in seen.headers["Set-Cookie"]
    assert "HttpOnly" in seen.headers["Set-Cookie"]
    assert seen.headers["Strict-Transport-Security"]


async def test_of_six_tellers_four_certify_and_five_seal(site: Site) -> None:
    """A quorum isn't 2f+1 where there aren't 3f+1 tellers."""
    found = round_numbered(site.backend, 15)
    path = f"/rounds/{found.summary.id}"
    site.backend.all_rounds[found.summary.id] = replace(found, marks=found.marks[:6])
    assert "4 signatures certify it." in (await site.get(path)).text
    sealing = replace(found, marks=found.marks[:6], summary=replace(found.summary, state="sealing"))
    site.backend.all_rounds[found.summary.id] = sealing
    assert "Once 5 have sealed, they decide." in (await site.get(path)).text
