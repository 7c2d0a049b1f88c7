"""Comments, translations and stories at a node: what its own people say, and what others say from afar."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio
from pydantic import BaseModel

from consensus.ballots import ApprovalBallot
from node import files
from node.app import load_identity, running_node
from node.clock import SystemClock
from node.config import Layout, NodeConfig
from node.deliveries import Delivery
from node.keystore import NodeKeys
from node.storage import projections, texts
from protocol import limits
from protocol.envelope import Verified
from protocol.events.consultation import Erasure
from protocol.events.discussion import Comment, Translation
from protocol.ids import EventId, TextHash
from protocol.texts import text_ref
from tests.support.builders import ChainWriter, Federation, build_federation, document
from tests.support.until import until
from tests.unit.node.test_service import Desk, quick_charter
from web import ports
from web.discussion_port import CommentInput, CommentPage, TranslationInput
from web.ports import ActInput, Refused


class Office(Desk):
    """The secretariat's node; other members speak from afar."""

    writers: dict[int, ChainWriter]

    async def hears(self, member: int, body: BaseModel, *beside: bytes) -> Verified:
        """Have something arrive that another member says."""
        event = self.writers[member].write(body, time_ms=SystemClock().now())
        report = await self.node.ledger.take(Delivery("afar", [event.envelope], texts=list(beside)))
        assert not report.refused, report
        return event

    async def says(self, proposal: str, body: str, reply_to: str | None = None) -> str:
        said = CommentInput(reply_to, "en", body)
        return await self.service.discussion.say(self.account("delegate"), proposal, said)

    async def hears_comment(self, member: int, proposal: str, body: str, reply_to: str | None = None) -> Verified:
        data = document("", body)
        above = None if reply_to is None else EventId(reply_to)
        comment = Comment(subject=EventId(proposal), reply_to=above, text=text_ref(data, "fr"))
        return await self.hears(member, comment, data)

    async def text_of(self, proposal: str) -> str:
        view = await self.service.proposal(proposal)
        assert view is not None
        return view.text.hash

    async def talk(self, proposal: str, page: int = 1) -> CommentPage:
        return await self.service.discussion.comments(proposal, page)


@pytest_asyncio.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    built = build_federation(4, tellers=1)
    file = quick_charter(built)
    layout = Layout(tmp_path)
    files.write_new(layout.charter, file.to_bytes(), files.PUBLIC)
    me = built.member(0)
    identity = load_identity(layout, NodeKeys(node=me.node, teller=me.teller), is_teller=True)
    async with AsyncExitStack() as stack:
        config = NodeConfig(topics_worker=False, secure_cookies=False)
        node = await stack.enter_async_context(running_node(layout, config, identity, SystemClock()))
        found = Office(node, me.id, tmp_path)
        found.writers = {member: Federation(file, built.members).writer(member) for member in (1, 2, 3)}
        yield found


def shape(page: CommentPage) -> list[list[tuple[str, int]]]:
    """Return each thread as its words and levels from the top."""
    return [[(each.text.body, each.level) for each in (thread.first, *thread.replies)] for thread in page.threads]


async def test_the_newest_thread_comes_first_and_the_oldest_reply(office: Office) -> None:
    proposal = await office.propose("Clean wells")
    first = await office.says(proposal, "Who pays?")
    answer = await office.hears_comment(1, proposal, "The ministries.", first)
    await office.hears_comment(2, proposal, "All of them?", answer.id)
    await office.hears_comment(3, proposal, "Nobody.", first)
    await office.says(proposal, "A second thread")
    page = await office.talk(proposal)
    assert page.total == 5
    assert shape(page) == [
        [("A second thread", 0)],
        [("Who pays?", 0), ("The ministries.", 1), ("All of them?", 2), ("Nobody.", 1)],
    ]
    assert await office.service.discussion.comment_count(proposal) == 5
    newest = await office.service.discussion.latest_comments(proposal, 2)
    assert [each.text.body for each in newest] == ["A second thread", "Nobody."]


async def test_deep_replies_hang_on_the_last_level(office: Office) -> None:
    proposal = await office.propose("Clean wells")
    said: str | None = None
    for number in range(limits.COMMENT_LEVELS_MAX + 4):
        said = await office.says(proposal, f"answer {number}", said)
    ((first, *replies),) = shape(await office.talk(proposal))
    assert first == ("answer 0", 0)
    assert [level for _, level in replies] == [1, 2, 3, 3, 3, 3]
    assert [words for words, _ in replies] == [f"answer {number}" for number in range(1, 7)]


async def test_a_reply_that_comes_first_waits_as_a_thread_of_its_own(office: Office) -> None:
    proposal = await office.propose("Clean wells")
    data, reply_data = document("", "The comment"), document("", "The reply")
    late = office.writers[1].write(Comment(subject=EventId(proposal), reply_to=None, text=text_ref(data, "en")))
    reply = Comment(subject=EventId(proposal), reply_to=late.id, text=text_ref(reply_data, "en"))
    await office.hears(2, reply, reply_data)
    page = await office.talk(proposal)
    assert (page.threads[0].first.level, page.threads[0].first.reply_to) == (0, late.id)
    await office.node.ledger.take(Delivery("afar", [late.envelope], texts=[data]))
    assert shape(await office.talk(proposal)) == [[("The comment", 0), ("The reply", 1)]]


async def test_comments_are_refused_for_what_is_not_here_and_beyond_the_limit(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    proposal, other = await office.propose("Clean wells"), await office.propose("Clean air")
    with pytest.raises(Refused, match="unknown-proposal"):
        await office.says("ab" * 32, "To nobody")
    with pytest.raises(Refused, match="unknown-comment"):
        await office.says(proposal, "To nobody", "cd" * 32)
    elsewhere = await office.says(other, "Elsewhere")
    with pytest.raises(Refused, match="unknown-comment"):
        await office.says(proposal, "To another proposal's", elsewhere)
    with pytest.raises(Refused, match="not-delegate"):
        await office.service.discussion.say(office.account("operator"), proposal, CommentInput(None, "en", "No"))
    stranger = office.account("delegate", member="member-002")
    with pytest.raises(Refused, match="foreign-member"):
        await office.service.discussion.say(stranger, proposal, CommentInput(None, "en", "No"))
    with pytest.raises(Refused, match="text-too-long"):
        await office.says(proposal, "水" * 6_000)
    monkeypatch.setattr(limits, "COMMENTS_PER_MEMBER_MAX", 1)
    with pytest.raises(Refused, match="too-many-comments"):
        await office.says(other, "One too many")
    assert (await office.talk(proposal)).total == 0


async def test_a_comment_changes_no_stage_and_folds_nothing(office: Office) -> None:
    # SPEC 2.66: "Comments and translations decide nothing: a proposal's stage does not depend on them"
    proposal = await office.propose("Clean wells")
    await office.node.stages.refresh()
    before = await office.service.proposal(proposal)
    await office.says(proposal, "A remark")
    assert await office.node.stages._database.read(lambda c: projections.touched(c, 10)) == []
    after = await office.service.proposal(proposal)
    assert before is not None
    assert after is not None
    assert after.course == before.course


async def test_a_comment_is_erased_by_its_member_or_the_office_and_by_nobody_else(office: Office) -> None:
    proposal = await office.propose("Clean wells")
    own = await office.says(proposal, "Ours")
    theirs = await office.hears_comment(1, proposal, "Theirs")
    discussion = office.service.discussion
    found = {each.id: each.text.hash for each in await discussion.latest_comments(proposal, 5)}
    with pytest.raises(Refused, match="not-own-text"):
        await discussion.erase(office.account("delegate"), found[theirs.id], "abuse")
    await discussion.erase(office.account("delegate"), found[own], "withdrawn-by-author")
    await discussion.erase(office.account("secretariat"), found[theirs.id], "abuse")
    with pytest.raises(Refused, match="text-erased"):
        await discussion.erase(office.account("secretariat"), found[theirs.id], "abuse")
    shown = {each.id: each.text for each in await discussion.latest_comments(proposal, 5)}
    assert {each.state for each in shown.values()} == {"erased"}
    assert shown[theirs.id].erased_ground == "abuse"
    assert await office.node.stages._database.read(lambda c: texts.data_of(c, found.values())) == {}


async def test_a_stranger_s_erasure_of_a_comment_does_nothing(office: Office) -> None:
    proposal = await office.propose("Clean wells")
    await office.says(proposal, "Ours")
    (comment,) = await office.service.discussion.latest_comments(proposal, 1)
    await office.hears(2, Erasure(text=TextHash(comment.text.hash), ground="abuse"))
    (again,) = await office.service.discussion.latest_comments(proposal, 1)
    assert again.text.state == "held"


async def test_a_text_longer_than_its_comment_says_is_not_shown(office: Office) -> None:
    # SPEC 8.10: "A text longer than the reference that brings it along as a comment or translation says is not shown"
    proposal = await office.propose("Clean wells")
    data = document("", "long " * 3_000)
    honest = text_ref(data, "en")
    lie = honest.model_copy(update={"size": 10})
    await office.hears(1, Comment(subject=EventId(proposal), reply_to=None, text=lie), data)
    with_size = Translation(of=TextHash("ab" * 32), subject=EventId(proposal), text=honest)
    await office.hears(2, with_size, data)
    (thread,) = (await office.talk(proposal)).threads
    assert thread.first.text.state == "missing"


async def test_a_thread_is_paged_and_finds_the_page_of_a_comment(office: Office) -> None:
    proposal = await office.propose("Clean wells")
    first = await office.says(proposal, "Begin")
    replies = [await office.says(proposal, f"reply {number}", first) for number in range(103)]
    (begun,) = (await office.talk(proposal)).threads
    assert (len(begun.replies), begun.total) == (10, 103)
    page = await office.service.discussion.thread(replies[-1], None)
    assert page is not None
    assert (page.page, page.pages) == (2, 2)
    assert [each.text.body for each in page.thread.replies] == ["reply 100", "reply 101", "reply 102"]
    start = await office.service.discussion.thread(replies[0], None)
    assert start is not None
    assert (start.page, len(start.thread.replies)) == (1, 100)
    assert await office.service.discussion.thread("ab" * 32, None) is None


async def test_a_translation_is_preferred_in_the_reader_s_language_and_replaced_by_a_later_one(office: Office) -> None:
    proposal = await office.propose("Clean wells")
    text, discussion = await office.text_of(proposal), office.service.discussion
    delegate = office.account("delegate")
    await discussion.translate(delegate, text, TranslationInput("ar", "آبار", "نص", ""))
    made = await discussion.translate(delegate, text, TranslationInput("ar", "آبار نظيفة", "نص أفضل", ""))
    reading = await discussion.reading(text, "ar")
    assert reading is not None
    assert reading.chosen is not None
    assert (reading.chosen.text.title, reading.chosen.mark.member, reading.chosen.original_lang) == (
        "آبار نظيفة", office.me, "en",
    )  # fmt: skip
    assert [mark.text for mark in reading.marks] == [made]
    assert (reading.place.about, reading.place.subject, reading.place.is_current) == ("proposal", proposal, True)
    in_english = await discussion.reading(text, "en")
    assert in_english is not None
    assert in_english.chosen is None
    titles = await discussion.readings([text, "", "ab" * 32], "ar")
    assert {key: each.text.title for key, each in titles.items()} == {text: "آبار نظيفة"}
    own = await discussion.reading(made, "ar")
    assert own is not None
    assert own.of is not None
    assert (own.of.title, own.place.kind, own.place.subject) == ("Clean wells", "translation", proposal)


async def test_translations_of_others_count_beside_and_the_author_s_own_comes_first(office: Office) -> None:
    proposal = await office.propose("Clean wells")
    text, discussion = await office.text_of(proposal), office.service.discussion
    await discussion.translate(office.account("delegate"), text, TranslationInput("fr", "Des puits", "Texte", ""))
    for member, lang in ((1, "fr"), (2, "zh-Hant"), (3, "en-GB")):
        data = document(f"by {member}", "Text")
        body = Translation(of=TextHash(text), subject=EventId(proposal), text=text_ref(data, lang))
        await office.hears(member, body, data)
    reading = await discussion.reading(text, "fr")
    assert reading is not None
    assert [(mark.lang, mark.member == office.me) for mark in reading.marks] == [
        ("fr", True), ("fr", False), ("zh-Hant", False),
    ]  # fmt: skip
    assert reading.chosen is not None
    assert reading.chosen.text.title == "Des puits"
    chinese = await discussion.reading(text, "zh")
    assert chinese is not None
    assert chinese.chosen is not None
    assert chinese.chosen.text.title == "by 2"


async def test_the_erasure_of_an_original_hides_its_translations(office: Office) -> None:
    # SPEC 8.9: "While a text is erased, no translation of it is shown"
    proposal = await office.propose("Clean wells")
    text, discussion = await office.text_of(proposal), office.service.discussion
    delegate = office.account("delegate")
    made = await discussion.translate(delegate, text, TranslationInput("ar", "آبار", "نص", ""))
    await office.service.erase_text(delegate, proposal, "personal-data")
    reading = await discussion.reading(text, "ar")
    assert reading is not None
    assert (reading.original.state, reading.marks, reading.chosen) == ("erased", (), None)
    assert await discussion.readings([text], "ar") == {}
    assert await discussion.reading(made, "ar") is None
    with pytest.raises(Refused, match="text-erased"):
        await discussion.translate(delegate, text, TranslationInput("fr", "Des puits", "Texte", ""))
    await discussion.erase(delegate, made, "personal-data")


async def test_translations_are_refused_into_the_same_language_and_of_what_is_no_text(office: Office) -> None:
    proposal = await office.propose("Clean wells")
    text, discussion = await office.text_of(proposal), office.service.discussion
    with pytest.raises(Refused, match="same-language"):
        await discussion.translate(office.account("delegate"), text, TranslationInput("en", "A", "B", ""))
    with pytest.raises(Refused, match="unknown-text"):
        await discussion.translate(office.account("delegate"), "ab" * 32, TranslationInput("fr", "A", "B", ""))
    with pytest.raises(Refused, match="not-delegate"):
        await discussion.translate(office.account("operator"), text, TranslationInput("fr", "A", "B", ""))


async def test_a_translation_of_an_older_version_says_so(office: Office) -> None:
    proposal = await office.propose("Clean wells")
    text, discussion = await office.text_of(proposal), office.service.discussion
    delegate = office.account("delegate")
    await discussion.translate(delegate, text, TranslationInput("ar", "آبار", "نص", ""))
    change = ActInput("revise", title="Cleaner wells", body="Another text.", minutes=20)
    await office.service.act(delegate, proposal, change)
    await office.node.stages.refresh()
    old, new = await discussion.reading(text, "ar"), await discussion.reading(await office.text_of(proposal), "ar")
    assert old is not None
    assert new is not None
    assert (old.place.is_current, new.place.is_current) == (False, True)
    assert old.chosen is not None
    assert new.chosen is None


async def test_a_topic_tells_its_story_and_agendas_what_changed(office: Office) -> None:
    proposals = [await office.propose(f"Proposal {number}") for number in range(2)]
    topics = []
    for number, proposal in enumerate(proposals):
        wanted = ports.TopicInput("long", "en", f"Topic {number}", "About it.", (3,), 20, (proposal,))
        topics.append(await office.service.name_topic(office.account("secretariat"), wanted))
    for number, topic in enumerate(topics, start=1):
        opened = await office.opened(topic, track="long")
        await office.service.cast(office.account("delegate"), opened.id, ApprovalBallot(approves=("o1",)))
        await office.certified(opened.id)
        await office.service.draft_agenda(office.account("secretariat"))
        await until(lambda number=number: max(office.node.teller.agendas, default=0) >= number, "published")  # type: ignore[misc]
    story = await office.service.discussion.topic(topics[0])
    assert story is not None
    assert ([version.text.title for version in story.versions], len(story.rounds)) == (["Topic 0"], 1)
    assert await office.service.discussion.topic(proposals[0]) is None
    changes = await office.service.discussion.agenda_changes(1, 2)
    assert changes is not None
    assert [(item.after, item.text.title, item.subject_kind) for item in changes.added] == [("2", "Topic 1", "topic")]
    assert (changes.dropped, changes.renumbered, changes.unchanged) == ((), (), 1)
    back = await office.service.discussion.agenda_changes(2, 1)
    assert back is not None
    assert [(item.before, item.why) for item in back.dropped] == [("2", "unknown")]
    assert await office.service.discussion.agenda_changes(1, 3) is None
