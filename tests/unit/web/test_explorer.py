"""The explorer: its filter in the address, its parts, and what it says where there is nothing."""

import re
from dataclasses import replace

import pytest

from tests.support.web_content import DAY
from tests.unit.web.conftest import Site
from web.cluster_map import RINGS_MAX
from web.explorer_views import ExplorerFilter, ExplorerView, GroupView


class Asked:
    """Notes what the explorer asks the node for."""

    def __init__(self, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        self.filters: list[ExplorerFilter] = []
        self._explore = site.backend.explore
        monkeypatch.setattr(site.backend, "explore", self._noting)

    async def _noting(self, wanted: ExplorerFilter) -> ExplorerView:
        self.filters.append(wanted)
        return await self._explore(wanted)


@pytest.fixture
def asked(site: Site, monkeypatch: pytest.MonkeyPatch) -> Asked:
    return Asked(site, monkeypatch)


async def test_an_address_carries_the_whole_filter(site: Site, asked: Asked) -> None:
    seen = await site.get("/topics?track=long&goal=6&constituency=africa&written=fr&since=2026-10-01&until=2026-10-31")
    first = 1_790_812_800_000
    wanted = ExplorerFilter("long", 6, "africa", "fr", first, first + 31 * DAY)
    assert asked.filters[0] == wanted, "the last day is included"
    assert asked.filters[1] == replace(wanted, goal=None), "other goals keep their counts"
    assert seen.page.faults == []
    assert 'value="2026-10-31"' in seen.text
    for without in ("goal=6", "constituency=africa", "written=fr", "since=2026-10-01", "until=2026-10-31"):
        others = [part for part in re.findall(r'href="/topics\?([^"]*)"', seen.text) if without not in part]
        assert any("track=long" in part for part in others), without


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("goal=18", "Goal"),
        ("track=medium", "Track"),
        ("constituency=atlantis", "Constituency"),
        ("written=%3Cb%3E", "Language"),
        ("since=2026-02-30", "First day"),
        ("since=9999-99-99", "First day"),
        ("until=tomorrow", "Last day"),
        ("since=2026-11-02&until=2026-11-01", "First day and Last day"),
    ],
)
async def test_what_cannot_be_understood_is_left_out_and_said(site: Site, asked: Asked, query: str, field: str) -> None:
    seen = await site.get(f"/topics?{query}")
    assert seen.status == 200
    assert f"could not be understood: {field}." in seen.text
    assert asked.filters == [ExplorerFilter()]


async def test_facts_and_finding(site: Site) -> None:
    text = (await site.get("/topics")).text
    assert "50 in 7 languages, under" in text
    assert "Most proposals stand under goal 3, Good health: 18." in text
    assert "5 October 2026" in text


async def test_a_filter_that_lets_nothing_through(site: Site) -> None:
    seen = await site.get("/topics?since=2020-01-01&until=2020-01-02")
    assert seen.page.faults == []
    assert "No proposal fits this choice." in seen.text


async def test_map_and_table_have_the_same_groups_in_the_same_order(site: Site) -> None:
    text = (await site.get("/topics")).text
    drawn = re.findall(r'<text class="map-letter"[^>]*>([^<]+)<', text.split("chart-wide map")[1])
    listed = re.findall(r"<tr><td><strong>([^<]+)</strong></td>", text)
    assert drawn == listed == [group.id for group in site.backend.all_groups]
    assert text.count('href="/proposals?group=A"') >= 3, "two maps and the table"


async def test_more_groups_than_a_map_holds_are_paged(site: Site) -> None:
    one = site.backend.all_groups[0]
    site.backend.all_groups = tuple(replace(one, id=f"A{at}") for at in range(2 * RINGS_MAX + 1))
    seen = await site.get("/topics?page=3")
    assert "Page 3 of 3" in seen.text
    assert re.findall(r"<tr><td><strong>([^<]+)</strong></td>", seen.text) == [f"A{2 * RINGS_MAX}"]
    assert "Page 3 of 3" in (await site.get("/topics?page=99")).text


async def test_what_rises_with_its_figures_and_its_chance(site: Site) -> None:
    text = (await site.get("/topics")).text
    rows = text.split('id="rising"')[1].split("</tbody>")[0]
    assert "2 → 13" in rows
    assert "by chance less than once in 1,000 times" in rows
    assert rows.count("short-term candidate") == 2
    assert rows.count("watch") == 2
    assert '<bdi lang="ar" dir="rtl">تملح الآبار</bdi>' in rows
    assert "/search?q=cendres+volcaniques" in rows
    assert "0, 0, 0, 1, 0, 0, 1, 1, 2, 3, 3, 5" in rows, "the bars' numbers can be heard"
    assert "Submit on the short-term track" not in rows
    site.sign_in("delegate")
    assert "/proposals/new?track=short" in (await site.get("/topics")).text
    form = (await site.get("/proposals/new?track=short")).page.forms[-1]
    assert form["track"] == ["short"]


async def test_of_much_that_rises_the_surest_stand_and_the_rest_is_counted(site: Site) -> None:
    site.backend.all_rising = site.backend.all_rising[:1] * 15
    rows = (await site.get("/topics")).text.split('id="rising"')[1]
    assert rows.count("short-term candidate") == 12
    assert "3 more rise less surely." in rows


async def test_where_nothing_rises_it_is_said(site: Site) -> None:
    site.backend.all_rising = ()
    assert "Nothing is rising: no goal, group or term" in (await site.get("/topics")).text


async def test_voices_outline_quiet_goals_only_where_there_is_enough(site: Site) -> None:
    text = (await site.get("/topics")).text
    assert "voice-quiet" in text
    assert "Low income: 6% of members and 0% of proposals" in text
    few = (await site.get("/topics?written=pt")).text
    assert "voice-quiet" not in few
    assert "There are too few proposals to say whose voice is missing." in few


async def test_an_empty_explorer_says_what_will_be_there(empty_site: Site) -> None:
    seen = await empty_site.get("/topics")
    assert seen.page.faults == []
    for words in (
        "No proposal has been submitted yet.",
        "Groups appear here once",
        "What becomes more frequent",
        "Which constituencies propose",
        "The secretariat has not named a topic yet.",
    ):
        assert words in seen.text


@pytest.mark.parametrize(
    "title",
    ['<script>alert("x")</script>', "\u202e\u2067evil\u202e " * 20, "x" * 10_000, "word " * 2_000, "\U0001f600" * 60],
    ids=["markup", "overrides", "10-kB-word", "10-kB-words", "emoji"],
)
async def test_hostile_labels_stay_text(site: Site, title: str) -> None:
    every: list[GroupView] = [replace(group, label={"en": title}) for group in site.backend.all_groups]
    site.backend.all_groups = tuple(every)
    site.backend.all_rising = tuple(replace(item, name=title) for item in site.backend.all_rising[1:3])
    for path in ("/topics", "/ar/topics"):
        seen = await site.get(path)
        assert seen.status == 200
        assert "<script>alert" not in seen.text
        assert seen.page.faults == []


async def test_a_label_is_the_representative_s_title_where_there_is_none(site: Site) -> None:
    group = site.backend.all_groups[0]
    title = site.backend.all_proposals[group.representative].summary.title
    site.backend.all_groups = (replace(group, label={}), replace(group, label={}, id="B", representative="0" * 64))
    text = (await site.get("/topics")).text
    assert title in text.split('id="groups"')[1]
    assert "Group B" in text


async def test_the_author_s_goals_stand_first_and_a_different_suggestion_is_shown(site: Site) -> None:
    key, view = next(iter(site.backend.all_proposals.items()))
    words = "Suggested from the text; the sponsor chose otherwise:"
    assert words not in (await site.get(f"/proposals/{key}")).text
    site.backend.all_proposals[key] = replace(view, suggested=(1, 17))
    text = (await site.get(f"/proposals/{key}")).text
    assert words in text
    assert text.index(f'g{view.summary.goals[0]}">') < text.index(words)


async def test_the_explorer_is_light(site: Site) -> None:
    async with site.client.session.get(
        site.client.make_url("/topics"), headers={"Accept-Encoding": "gzip"}, auto_decompress=False
    ) as response:
        body = await response.read()
    assert len(body) < 40_000
