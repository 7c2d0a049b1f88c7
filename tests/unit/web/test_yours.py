"""What needs a member, its drafts, and the dates that everybody can read."""

import pytest

from tests.support.web_attention import some_dates, some_needs
from tests.unit.web.conftest import Site
from web.drafts_port import Written


async def test_it_is_where_one_lands_after_signing_in(site: Site) -> None:
    site.backend.links["long-enough-token"] = site.backend.account("delegate")
    seen = await site.send("/sign-in/long-enough-token", {})
    assert (seen.status, seen.location) == (303, "/account/begin"), "who comes by a link chooses a means first"
    page = await site.get("/yours")
    assert '<a href="/yours" aria-current="page">For you</a>' in page.text


async def test_it_is_for_people_who_have_signed_in(site: Site) -> None:
    seen = await site.get("/yours")
    assert (seen.status, seen.location) == (303, "/sign-in")
    assert "For you" not in (await site.get("/")).text


@pytest.mark.parametrize("lang", ["en", "ar", "zh"])
async def test_every_kind_of_need_stands_there_with_what_to_do(site: Site, lang: str) -> None:
    site.backend.attention.more = some_needs(site.backend)
    site.sign_in("delegate")
    seen = await site.get(f"/{lang}/yours")
    assert seen.page.faults == []
    first = next(iter(site.backend.all_proposals))
    for path in (
        f"/acts/answer-objection?other={'b1' * 32}",
        "/endorse",
        "/acts/revise",
        "/acts/withdraw",
    ):
        assert f"/{lang}/proposals/{first}{path}" in seen.text
    assert seen.text.count('class="button"') == 1, "a page has one primary button"


async def test_the_words_say_until_when(site: Site) -> None:
    site.backend.attention.more = some_needs(site.backend)
    site.sign_in("delegate")
    text = (await site.get("/yours")).text
    assert "A round may decide from <strong>in 2 days</strong>" in text
    assert "asks for positions. Ends <strong>in 3 days</strong>" in text
    assert "Do you still stand behind it?" in text
    assert "Your objection stands until your member takes another position." in text


async def test_nothing_waits(empty_site: Site) -> None:
    empty_site.sign_in("delegate")
    seen = await empty_site.get("/yours")
    assert "Nothing waits for you." in seen.text
    assert "No date is set." in seen.text
    assert seen.page.faults == []


async def test_an_operator_reads_and_is_offered_no_act(site: Site) -> None:
    site.backend.attention.more = some_needs(site.backend)
    site.sign_in("operator")
    text = (await site.get("/yours")).text
    assert "Confirm the endorsement" not in text
    assert "/acts/" not in text.replace("/acts/answer-objection", "")
    assert 'class="button"' not in text


async def test_a_draft_is_listed_by_its_first_words_and_can_be_discarded(site: Site) -> None:
    site.sign_in("delegate")
    account = site.backend.account("delegate")
    fields = (("title", "<b>Wells</b> " + "x" * 200), ("body", "Second."))
    await site.backend.drafts.keep(account, "/proposals/new", fields, Written("t" * 20, "o" * 20, 0))
    seen = await site.get("/yours")
    assert "&lt;b&gt;Wells&lt;/b&gt;" in seen.text
    assert "x" * 80 not in seen.text
    gone = await site.send("/drafts/discard", {"draft_form": "/proposals/new", "back": "yours"}, "/yours")
    assert (gone.status, gone.location) == (303, "/yours")
    assert await site.backend.drafts.kept(account) == ()


async def test_dates_are_for_everybody_and_in_the_calendar(site: Site) -> None:
    site.backend.attention.dates = some_dates(site.backend)
    seen = await site.get("/dates")
    assert seen.page.faults == []
    for words in (
        "Round 1 of consultation ends",
        "From now on a round may decide",
        "Due for review",
        "Round 19 closes",
    ):
        assert words in seen.text
    calendar = (await site.get("/calendar.ics")).text.replace("\r\n ", "")
    assert "SUMMARY;LANGUAGE=en:Round 1 of consultation ends · ماء نظيف" in calendar
    assert calendar.count("Round 19 closes") == 0, "a round is one event, from opening to close"
    uids = [line for line in calendar.splitlines() if line.startswith("UID:")]
    assert len(uids) == len(set(uids))
    assert "/dates" in (await site.get("/feeds")).text
