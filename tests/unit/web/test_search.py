"""Searching: what is found, why, and what is said where nothing can be."""

from dataclasses import replace

import pytest

from tests.unit.web.conftest import Site
from web.explorer_views import SearchHit
from web.forms import QUERY_CHARACTERS_MAX
from web.pages.search import address_of


async def test_what_can_be_searched_is_said_before_one_types(site: Site) -> None:
    seen = await site.get("/search")
    assert seen.status == 200
    assert "Type words or a sentence, in any language." in seen.text
    assert seen.page.faults == []


async def test_hits_of_every_kind_lead_to_what_they_are(site: Site) -> None:
    seen = await site.get("/search?q=water")
    assert seen.page.faults == []
    assert "<mark>water</mark>" in seen.text
    assert "found by its words" in seen.text
    assert "found by words and meaning" in seen.text
    assert "found by its meaning" in seen.text
    assert "Item 6 of agenda version 2" in seen.text
    topic = next(topic for topic in site.backend.all_topics.values() if topic.text.title.startswith("Water"))
    assert f'href="/topics/{topic.id}"' in seen.text
    assert f'id="topic-{topic.id}"' in (await site.get("/topics")).text
    assert 'href="/agenda/2#item-6"' in seen.text
    assert 'id="item-6"' in (await site.get("/agenda/2")).text


async def test_a_text_keeps_its_language_and_direction(site: Site) -> None:
    seen = await site.get("/search?q=water")
    assert '<p class="excerpt" lang="ar" dir="rtl">' in seen.text
    assert '<bdi lang="ar" dir="rtl">' in seen.text


async def test_filters_and_pages_stay_in_the_address(site: Site) -> None:
    text = (await site.get("/search?q=water&kind=topic&track=long")).text
    assert 'name="kind" value="topic"' in text
    assert 'name="track" value="long"' in text
    assert "/search?q=water&amp;track=long" in text, "a link that takes the kind away keeps the rest"
    assert "Proposal</p>" not in text
    pages = await site.get("/search?q=e")
    assert 'href="/search?q=e&amp;page=2"' in pages.text
    assert "There is no such page." in (await site.get("/search?q=e&page=999")).text


async def test_nothing_found_says_what_to_do(site: Site) -> None:
    seen = await site.get("/search?q=zzzzqqqq")
    assert "Nothing was found" in seen.text
    assert "Try fewer or other words." in seen.text
    assert "Search everything" in (await site.get("/search?q=zzzzqqqq&kind=topic")).text


async def test_where_meanings_cannot_be_compared_it_is_said(site: Site) -> None:
    assert "Only words could be compared" not in (await site.get("/search?q=water")).text
    site.backend.is_comparing_meanings = False
    assert "Only words could be compared" in (await site.get("/search?q=water")).text


async def test_a_search_that_is_too_long_is_kept_and_explained(site: Site) -> None:
    fits, long = "x" * QUERY_CHARACTERS_MAX, "x" * (QUERY_CHARACTERS_MAX + 1)
    assert (await site.get(f"/search?q={fits}")).status == 200
    seen = await site.get(f"/search?q={long}")
    assert seen.status == 422
    assert "Shorten it to 300 characters." in seen.text
    assert long in seen.text
    assert seen.page.faults == []


@pytest.mark.parametrize("typed", ["%00%01", "%20%20", "%0A"])
async def test_nothing_but_blanks_is_no_search(site: Site, typed: str) -> None:
    assert "Type words or a sentence" in (await site.get(f"/search?q={typed}")).text


async def test_markup_in_a_search_and_in_what_it_finds_stays_text(site: Site) -> None:
    key, view = next(iter(site.backend.all_proposals.items()))
    hostile = "<script>alert(1)</script> water"
    site.backend.all_proposals[key] = replace(
        view, text=replace(view.text, body=hostile), summary=replace(view.summary, title=hostile)
    )
    seen = await site.get("/search?q=%3Cscript%3E")
    assert "<script>alert" not in seen.text
    assert "<mark>&lt;script&gt;</mark>" in seen.text
    assert seen.page.faults == []


async def test_unknown_filters_are_left_out(site: Site) -> None:
    seen = await site.get("/search?q=water&kind=person&track=medium&page=x")
    assert seen.status == 200
    assert "<mark>water</mark>" in seen.text


def test_every_kind_has_an_address() -> None:
    hit = SearchHit("agenda", "3/S1", "en", "T", (), "words", 0)
    assert address_of(hit) == "/agenda/3#item-S1"
    assert address_of(replace(hit, kind="topic", id="ab")) == "/topics/ab"
    assert address_of(replace(hit, kind="translation", id="cd")) == "/texts/cd"
    assert address_of(replace(hit, kind="proposal", id="ab")) == "/proposals/ab"
