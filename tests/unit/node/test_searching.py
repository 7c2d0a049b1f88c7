"""What a node finds: proposals, topics and the agenda in force, by words alone and with the topics worker."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from statistics import mean

import pytest
import pytest_asyncio

from consensus.ballots import ApprovalBallot
from node.clock import SystemClock
from node.commands import rebuild
from node.config import Layout
from node.demo_content import load_demo_content
from node.searching import Search
from tests.support.builders import EQUAL_SHARES, SIMPLE_MAJORITY, build_federation
from tests.support.told_proposals import Told, node_with
from tests.support.until import until, until_answered
from tests.unit.node.test_service import Desk, desk_with
from web import ports
from web.discussion_port import TranslationInput
from web.explorer_views import SearchQuery

FEDERATION = build_federation(5, tellers=1)


class Finder(Desk):
    """A desk at which somebody looks for things."""

    @property
    def search(self) -> Search:
        return self.service._parts.search

    async def found(self, text: str, **wanted: object) -> list[tuple[str, str]]:
        """Return what is found now, the index being up to date."""
        await self.search.refresh()
        return await self.shown(text, **wanted)

    async def shown(self, text: str, **wanted: object) -> list[tuple[str, str]]:
        results = await self.service.search(SearchQuery(text, **wanted))  # type: ignore[arg-type]
        return [(hit.kind, hit.id) for hit in results.hits]

    async def write(self, title: str, body: str, lang: str = "en", track: str = "long") -> str:
        urgency = "It can't wait." if track == "short" else ""
        typed = ports.ProposalInput(track, lang, title, body, urgency, (3, 6), 20)  # type: ignore[arg-type]
        return await self.service.submit(self.account("delegate"), typed)


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Finder]:
    async with desk_with(tmp_path, EQUAL_SHARES, SIMPLE_MAJORITY) as desk:
        yield Finder(desk.node, desk.me, desk.where)


async def test_proposals_topics_and_the_agenda_are_found_by_their_words(desk: Finder) -> None:
    rivers = await desk.write("Clean rivers", "Gauges along every tributary.")
    warning = await desk.write("早期预警", "为沿海城市建立洪水预警系统。", "zh", "short")
    office = desk.account("secretariat")
    topic = await desk.service.name_topic(
        office, ports.TopicInput("long", "fr", "Les rivières", "Tout ce qui coule.", (6,), 25, (rivers,))
    )
    assert await desk.found("tributary") == [("proposal", rivers)]
    assert await desk.found("洪水") == [("proposal", warning)]
    assert await desk.found("rivieres") == [("topic", topic)]
    assert await desk.found("rivieres", kind="proposal") == []
    assert await desk.found("洪水", track="long") == []
    opened = await desk.opened(topic, rivers, track="long")
    await desk.service.cast(desk.account("delegate"), opened.id, ApprovalBallot(approves=("o1",)))
    await desk.certified(opened.id)
    await desk.service.draft_agenda(office)
    await until(lambda: 1 in desk.node.teller.agendas, "the agenda is certified")
    assert sorted(await desk.found("rivières")) == [("agenda", "1/1"), ("topic", topic)]
    results = await desk.service.search(SearchQuery("rivières", kind="agenda"))
    (hit,) = results.hits
    assert (hit.title, hit.lang, hit.track, hit.goals, hit.why) == ("Les rivières", "fr", "long", (6,), "words")
    assert (results.total, results.pages, results.by_meaning) == (1, 1, False)


async def test_a_hit_says_what_it_is_and_marks_the_words(desk: Finder) -> None:
    proposal = await desk.write("Clean rivers", "We ask for gauges along every tributary, and for open data.")
    await desk.search.refresh()
    (hit,) = (await desk.service.search(SearchQuery("GAUGES data"))).hits
    assert (hit.kind, hit.id, hit.title, hit.member, hit.track, hit.goals) == (
        "proposal", proposal, "Clean rivers", desk.me, "long", (3, 6),
    )  # fmt: skip
    assert [piece for piece, is_hit in hit.excerpt if is_hit] == ["gauges", "data"]
    assert hit.time <= desk.service.now()


async def test_what_is_new_is_found_in_a_moment(desk: Finder) -> None:
    proposal = await desk.write("Clean rivers", "Gauges along every tributary.")

    async def is_found() -> bool:
        return await desk.shown("tributary") == [("proposal", proposal)]

    await until_answered(is_found, "a new proposal is found")


async def test_the_text_in_force_is_found_and_the_one_before_it_is_not(desk: Finder) -> None:
    proposal = await desk.write("Clean rivers", "Gauges along every tributary.")
    assert await desk.found("tributary") == [("proposal", proposal)]
    view = await desk.service.proposal(proposal)
    assert view is not None
    typed = ports.ActInput(
        "revise", title="Clean lakes", body="Buoys.", minutes=20, base=view.course.versions[-1].event
    )
    await desk.service.act(desk.account("delegate"), proposal, typed)
    await desk.node.stages.refresh()
    assert await desk.shown("tributary") == [("proposal", proposal)] or await desk.shown("buoys")
    assert await desk.found("buoys") == [("proposal", proposal)]
    assert await desk.found("tributary") == []


async def test_an_erased_text_is_gone_from_answers_at_once_and_from_the_file_after(desk: Finder) -> None:
    proposal = await desk.write("Zyzzyvarivers", "Gauges along every abracadabratributary.")
    index = Layout(desk.where).words
    assert await desk.found("abracadabratributary") == [("proposal", proposal)]
    assert b"abracadabratributary" in index.read_bytes()
    await desk.service.erase_text(desk.account("delegate"), proposal, "personal-data")
    assert await desk.shown("abracadabratributary") == []
    assert await desk.found("zyzzyvarivers") == []
    assert b"abracadabratributary" not in index.read_bytes()
    assert b"zyzzyvarivers" not in index.read_bytes()


async def test_a_translation_is_found_while_its_original_stands(desk: Finder) -> None:
    rivers = await desk.write("Clean rivers", "Gauges along every tributary.")
    view = await desk.service.proposal(rivers)
    assert view is not None
    delegate, typed = desk.account("delegate"), TranslationInput("ar", "أنهار نظيفة", "مقاييس على كل رافد.", "")
    made = await desk.service.discussion.translate(delegate, view.text.hash, typed)
    assert await desk.found("رافد") == [("translation", made)]
    assert await desk.found("رافد", kind="proposal") == []
    await desk.service.erase_text(delegate, rivers, "abuse")
    assert await desk.shown("رافد") == []
    assert await desk.found("رافد") == []


async def test_pages_hold_what_they_should(desk: Finder) -> None:
    ids = {await desk.write(f"River {number}", "Gauges.") for number in range(5)}
    await desk.search.refresh()
    pages = [await desk.service.search(SearchQuery("gauges", page=page, per_page=2)) for page in (1, 2, 3, 4)]
    assert [(len(page.hits), page.total, page.pages) for page in pages] == [(2, 5, 3), (2, 5, 3), (1, 5, 3), (0, 5, 3)]
    assert {hit.id for page in pages for hit in page.hits} == ids
    odd = await desk.service.search(SearchQuery("gauges", page=-3, per_page=10**9))
    assert len(odd.hits) == 5
    assert len((await desk.service.search(SearchQuery("gauges", per_page=0))).hits) == 1


@pytest.mark.parametrize(
    "rubbish", ["", "  ", "🎉", '"', "((((", "—!?", "\x00", "' OR 1=1 --", "NEAR(a b)", "x" * 10_000]
)
async def test_rubbish_finds_nothing_and_breaks_nothing(desk: Finder, rubbish: str) -> None:
    proposal = await desk.write("Clean rivers", "Gauges.")
    await desk.search.refresh()
    results = await desk.service.search(SearchQuery(rubbish))
    assert (results.hits, results.total, results.pages) == ((), 0, 1)
    assert await desk.shown("gauges") == [("proposal", proposal)]


async def test_the_index_outlives_the_node_and_is_made_anew_where_it_is_missing(tmp_path: Path) -> None:
    told = [Told(0, SystemClock().now() - 5_000, "Clean rivers", "Gauges.")]
    async with node_with(FEDERATION, told, tmp_path, SystemClock()) as node:
        search = node.service._parts.search
        await search.refresh()
        held = await search._index.texts()
        assert len(held) == 1
    assert Layout(tmp_path).words.exists()
    await asyncio.to_thread(rebuild.run, tmp_path)
    assert not Layout(tmp_path).words.exists()
    async with node_with(FEDERATION, (), tmp_path, SystemClock()) as node:
        search = node.service._parts.search
        assert await search._index.texts() == {}
        await search.refresh()
        assert await search._index.texts() == held


async def test_what_is_meant_is_found_in_other_languages(tmp_path: Path) -> None:
    """The demonstration's fifty proposals: a matter's title in each language finds the matter in all of them."""
    content, now = load_demo_content(), SystemClock().now()
    told = [
        Told(each.member, now - 10_000 + at, each.title, each.text, each.lang, each.goals, each.track)
        for at, each in enumerate(content.proposals)
    ]
    matter_of = {each.title: each.matter for each in content.proposals}
    lang_of = {each.title: each.lang for each in content.proposals}
    async with node_with(FEDERATION, told, tmp_path, SystemClock(), with_topics=True) as node:

        async def is_ready() -> bool:
            return (await node.service.search(SearchQuery("water"))).by_meaning and bool(await node.service.groups())

        await until_answered(is_ready, "meanings are compared", 120)
        await node.service._parts.search.refresh()
        recall, abroad = [], []
        for matter in content.matters:
            wanted = {title for title, slug in matter_of.items() if slug == matter.slug}
            for lang, title in matter.title.items():
                results = await node.service.search(SearchQuery(title, per_page=10))
                hits = {hit.title for hit in results.hits} & wanted
                recall.append(len(hits) / len(wanted))
                others = {each for each in wanted if lang_of[each] != lang}
                abroad += [len(hits & others) / len(others)] if others else []
        assert results.by_meaning
        print(f"\nrecall@10 {mean(recall):.3f}, in other languages {mean(abroad):.3f}")
        assert mean(recall) >= 0.9
        assert mean(abroad) >= 0.88
        terms = node.service._parts.explorer._terms
        await until(lambda: len(terms.of_text) == len(told), "the terms of all are known")
        nothing = await node.service.search(SearchQuery("asdfgh"))
        assert nothing.hits == ()
        assert nothing.by_meaning
