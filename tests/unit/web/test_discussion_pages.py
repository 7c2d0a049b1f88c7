"""Pages of comments, translations, topics and changed agendas: what readers see, and what forms do."""

import re
from dataclasses import replace

import pytest

from tests.support.web_discussion import told
from tests.unit.web.conftest import Site
from tests.unit.web.test_live import part
from web.discussion_port import CommentInput, TranslationInput
from web.ports import Refused

BIDI = "\u202eoverride\u2066\u2067 \u200f"
MARKUP = '<script>alert("x")</script><img src=x onerror=alert(1)>'


def first(site: Site) -> str:
    return next(iter(site.backend.all_proposals))


def english(site: Site) -> str:
    """Return a proposal in English."""
    return next(key for key, view in site.backend.all_proposals.items() if view.text.lang == "en")


def said(site: Site, proposal: str, body: str, reply_to: str | None = None, lang: str = "en") -> str:
    member = site.backend.all_members[1].id
    return site.backend.discussion.add_comment(member, proposal, CommentInput(reply_to, lang, body)).id


async def test_a_comment_is_signed_and_led_to(site: Site) -> None:
    site.sign_in("delegate")
    proposal = first(site)
    path = f"/proposals/{proposal}/comments/new"
    seen = await site.send(path, {"body": "Who pays?\r\n\r\nAnd when?", "lang": "fr"}, path)
    assert seen.status == 303
    call = site.backend.calls[-1]
    assert call[2:] == (proposal, CommentInput(None, "fr", "Who pays?\n\nAnd when?"))
    comment = next(iter(site.backend.discussion.all_comments))
    assert seen.location == f"/proposals/{proposal}/comments/{comment}#c-{comment}"
    text = (await site.get(f"/proposals/{proposal}")).text
    assert f'id="c-{comment}"' in text
    assert '<div class="prose" lang="fr" dir="ltr">\n<p>Who pays?</p>\n<p>And when?</p>' in text


async def test_a_reply_shows_what_it_answers_and_stands_below_it(site: Site) -> None:
    site.sign_in("delegate")
    proposal = first(site)
    above = said(site, proposal, "من يدفع؟", lang="ar")
    path = f"/proposals/{proposal}/comments/new?reply={above}"
    form = await site.get(path)
    assert '<div class="prose" lang="ar" dir="rtl">' in form.text
    await site.send(path, {"body": "The ministries.", "lang": "en"}, path)
    assert site.backend.calls[-1][3].reply_to == above
    text = (await site.get(f"/proposals/{proposal}/comments")).text
    assert re.search(r'comment-level-0" id="c-' + above + r'".*comment-level-1"', text, re.DOTALL)


async def test_a_reply_to_another_proposal_s_comment_is_not_offered(site: Site) -> None:
    site.sign_in("delegate")
    here, elsewhere = list(site.backend.all_proposals)[:2]
    above = said(site, elsewhere, "Elsewhere")
    assert (await site.get(f"/proposals/{here}/comments/new?reply={above}")).status == 403
    assert (await site.get(f"/proposals/{here}/comments/new?reply={'ab' * 32}")).status == 404
    assert (await site.get(f"/proposals/{here}/comments/{above}")).status == 404
    assert (await site.get(f"/proposals/{'ab' * 32}/comments")).status == 404


async def test_only_delegates_are_offered_forms(site: Site) -> None:
    proposal = first(site)
    said(site, proposal, "Who pays?")
    text = (await site.get(f"/proposals/{proposal}")).text
    assert "/comments/new" not in text
    assert (await site.get(f"/proposals/{proposal}/comments/new")).location == "/sign-in"
    site.sign_in("operator")
    assert (await site.get(f"/proposals/{proposal}/comments/new")).status == 403


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("", "Write the comment."),
        ("   \n ", "Write the comment."),
        ("水" * 34_000, "Shorten the comment to 5,000 characters."),
        ("\U0001f30d" * 4_900, "The comment has too many bytes to be signed."),
        (MARKUP * 200, "Shorten the comment to 5,000 characters."),
    ],
)
async def test_a_comment_that_can_not_be_signed_is_kept_and_explained(site: Site, body: str, words: str) -> None:
    site.sign_in("delegate")
    path = f"/proposals/{first(site)}/comments/new"
    seen = await site.send(path, {"body": body, "lang": "en"}, path)
    assert seen.status == 422
    assert seen.text.count(words) == 2
    assert "<script>alert" not in seen.text
    assert body.strip().replace("<", "&lt;").replace(">", "&gt;").replace('"', "&#34;") in seen.text
    assert site.backend.calls == []


async def test_a_refused_comment_is_kept(site: Site) -> None:
    site.sign_in("delegate")
    path = f"/proposals/{first(site)}/comments/new"
    token = await site.token(path)
    site.backend.refuse = Refused("too-many-comments")
    seen = await site.post(path, {"body": "One too many", "lang": "en", "csrf": token})
    assert seen.status == 409
    assert "Your member has reached the number of comments that count on one proposal." in seen.text
    assert "One too many</textarea>" in seen.text


@pytest.mark.parametrize("lang", ["ar", "zh", "en"])
async def test_hostile_comments_stay_text_in_every_language(site: Site, lang: str) -> None:
    proposal = first(site)
    above = said(site, proposal, MARKUP + BIDI, lang=lang)
    said(site, proposal, f"{BIDI}\n\n{MARKUP}", above, lang=lang)
    for path in (
        f"/proposals/{proposal}",
        f"/proposals/{proposal}/comments",
        f"/proposals/{proposal}/comments/{above}",
    ):
        seen = await site.get(f"/{lang}{path}")
        assert seen.status == 200
        assert "<script>alert" not in seen.text
        assert "&lt;script&gt;" in seen.text
        assert seen.page.faults == [], path
    feed = await site.get(f"/proposals/{proposal}/comments.atom")
    assert "<script>alert" not in feed.text


async def test_comments_are_paged_and_a_comment_s_address_finds_its_page(site: Site) -> None:
    proposal = first(site)
    thread = said(site, proposal, "Begin")
    replies = [said(site, proposal, f"reply-{number}.", thread) for number in range(120)]
    for number in range(30):
        said(site, proposal, f"thread-{number}.")
    page = (await site.get(f"/proposals/{proposal}")).text
    assert ("thread-29." in page, "thread-19." in page) == (True, False)
    assert f"/proposals/{proposal}/comments?page=2" in page
    last = (await site.get(f"/proposals/{proposal}/comments?page=4")).text
    assert "The whole thread with its 120 replies" in last
    assert ("reply-9." in last, "reply-10." in last) == (True, False)
    found = (await site.get(f"/proposals/{proposal}/comments/{replies[-1]}")).text
    assert "reply-119." in found
    assert "Page 2 of 2" in found


async def test_an_open_page_is_told_of_new_comments(site: Site) -> None:
    proposal, other = list(site.backend.all_proposals)[:2]
    said(site, proposal, "Seen already")
    page = (await site.get(f"/proposals/{proposal}")).text
    path = f"/proposals/{proposal}/comments/events?seen=1"
    assert f'data-live="{path}"' in page
    async with site.client.get(path) as response:
        assert 'data-sentence=""' in await part(response)
        said(site, other, "Elsewhere")
        site.backend.announce("comment", other)
        said(site, proposal, "New")
        site.backend.announce("comment", proposal)
        assert 'data-sentence="1 new comment."' in await part(response)


async def test_the_feed_has_the_newest_comments(site: Site) -> None:
    proposal = first(site)
    said(site, proposal, "Who pays?")
    newest = said(site, proposal, "كلمة", lang="ar")
    seen = await site.get(f"/en/proposals/{proposal}/comments.atom")
    assert seen.headers["Content-Type"].startswith("application/atom+xml")
    assert seen.text.index("كلمة") < seen.text.index("Who pays?")
    assert f"/en/proposals/{proposal}/comments/{newest}#c-{newest}" in seen.text
    assert f"/proposals/{proposal}/comments.atom" in seen.text


async def test_a_comment_is_erased_by_its_member_and_its_place_says_so(site: Site) -> None:
    site.sign_in("delegate")
    proposal = first(site)
    path = f"/proposals/{proposal}/comments/new"
    await site.send(path, {"body": "To be erased", "lang": "en"}, path)
    comment = next(iter(site.backend.discussion.all_comments.values()))
    form = f"/texts/{comment.text.hash}/erase"
    assert f'href="{form}"' in (await site.get(f"/proposals/{proposal}")).text
    assert (await site.send(form, {"ground": "withdrawn-by-author"}, form)).status == 422
    seen = await site.send(form, {"ground": "withdrawn-by-author", "sure": "yes"}, form)
    assert seen.location == f"/proposals/{proposal}/comments/{comment.id}#c-{comment.id}"
    text = (await site.get(f"/proposals/{proposal}")).text
    assert "To be erased" not in text
    assert "Ground: withdrawn by its author." in text


async def test_another_member_s_comment_is_erased_by_the_office_alone(site: Site) -> None:
    proposal = first(site)
    comment = site.backend.discussion.all_comments[said(site, proposal, "Theirs")]
    form = f"/texts/{comment.text.hash}/erase"
    site.sign_in("delegate")
    assert (await site.get(form)).status == 403
    assert form not in (await site.get(f"/proposals/{proposal}")).text
    site.sign_in("secretariat")
    assert (await site.get(form)).status == 200


async def test_a_translation_is_shown_to_its_readers_with_its_mark_and_the_original_a_link_away(site: Site) -> None:
    proposal = english(site)
    view = site.backend.all_proposals[proposal]
    typed = TranslationInput("ar", "عنوان مترجم", "نص مترجم", "عاجل" if view.text.urgency else "")
    member = site.backend.all_members[3]
    site.backend.discussion.add_translation(member.id, view.text.hash, typed)
    arabic = (await site.get(f"/ar/proposals/{proposal}")).text
    assert '<bdi lang="ar" dir="rtl">عنوان مترجم</bdi>' in arabic
    assert member.names["en"] in arabic
    assert f'href="/ar/proposals/{proposal}?text=original"' in arabic
    original = (await site.get(f"/ar/proposals/{proposal}?text=original")).text
    assert "نص مترجم" not in original
    assert view.text.title in original
    plain = (await site.get(f"/en/proposals/{proposal}")).text
    assert '<bdi lang="ar" dir="rtl">العربية</bdi>' in plain
    assert "عنوان مترجم" not in plain
    asked = (await site.get(f"/en/proposals/{proposal}?text=ar")).text
    assert (
        f'Translated by <bdi lang="en">{member.names["en"]}</bdi> from English. The original is what counts.' in asked
    )
    pages = [(await site.get(f"/ar/proposals?page={number}")).text for number in range(1, 6)]
    assert sum("عنوان مترجم" in page for page in pages) == 1


async def test_a_translation_is_signed_beside_its_original(site: Site) -> None:
    site.sign_in("delegate")
    view = site.backend.all_proposals[english(site)]
    path = f"/texts/{view.text.hash}/translate"
    form = await site.get(path + "?into=ar")
    assert 'class="side-by-side"' in form.text
    assert view.text.title in form.text
    assert '<option value="ar" selected>' in form.text
    assert '<option value="en"' not in form.text
    short = await site.send(path, {"lang": "ar", "title": "عنوان"}, path)
    assert short.status == 422
    assert short.text.count("Translate the text.") == 2
    assert 'value="عنوان"' in short.text
    seen = await site.send(path, {"lang": "ar", "title": "عنوان", "body": "نص", "urgency": "عاجل"}, path)
    made = next(iter(site.backend.discussion.all_translations))
    assert seen.location == f"/texts/{made}"
    again = (await site.get(path + "?into=ar")).text
    assert 'value="عنوان"' in again
    assert (await site.get(f"/texts/{made}")).status == 200
    assert (await site.get(f"/texts/{made}/translate")).status == 404
    refused = await site.send(path, {"lang": "en", "title": "T", "body": "B", "urgency": "U"}, path)
    assert refused.status == 422
    assert "The text is in this language already." in refused.text


async def test_a_translation_of_an_older_version_is_offered_as_such(site: Site) -> None:
    view = site.backend.all_proposals[first(site)]
    old = view.course.versions[0].text
    typed = TranslationInput("ar", "عنوان قديم", "نص قديم", "")
    site.backend.discussion.add_translation(site.backend.all_members[3].id, old.hash, typed)
    text = (await site.get(f"/en/proposals/{first(site)}?text=ar")).text
    assert "has translated an earlier version of this text into Arabic." in text
    assert f'href="/en/texts/{old.hash}"' in text
    assert "نص قديم" not in text
    shown = (await site.get(f"/ar/texts/{old.hash}")).text
    assert "نص قديم" in shown
    assert "This is not the version of the text that is in force." in (await site.get(f"/en/texts/{old.hash}")).text


async def test_the_versions_of_a_text_say_what_each_changed(site: Site) -> None:
    seen = await site.get(f"/proposals/{first(site)}/versions")
    assert "<del>" in seen.text
    assert "Version 2, in force" in seen.text
    assert f'href="/proposals/{first(site)}/versions"' in (await site.get(f"/proposals/{first(site)}")).text


async def test_frozen_texts_and_ballots_show_translations_marked(site: Site) -> None:
    topic = next(iter(site.backend.all_topics.values()))
    site.backend.discussion.add_translation(
        site.backend.me, topic.text.hash, TranslationInput("ar", "موضوع", "نص الموضوع", "")
    )
    found = next(each for each in site.backend.all_rounds.values() if each.options[0].subject == topic.id)
    frozen = (await site.get(f"/ar/rounds/{found.summary.id}/texts/{found.options[0].id}")).text
    assert "نص الموضوع" in frozen
    assert "?text=original" in frozen
    site.sign_in("delegate")
    opened = next(each for each in site.backend.all_rounds.values() if each.summary.state == "open")
    assert "موضوع" in (await site.get(f"/ar/rounds/{opened.summary.id}")).text


async def test_a_topic_tells_its_story(site: Site) -> None:
    told(site.backend)
    topic = next(iter(site.backend.all_topics.values()))
    text = (await site.get(f"/topics/{topic.id}")).text
    for proposal in topic.proposals:
        assert f'href="/proposals/{proposal}"' in text
    assert "Approved by" in text
    assert "Certified at height" in text
    assert "Item 5 of agenda version 2" in text
    assert "2 versions of the text" in text
    assert (await site.get(f"/topics/{'ab' * 32}")).status == 404
    agenda = (await site.get("/")).text
    linked = [item.subject for item in site.backend.agendas[-1].long]
    assert all(f'href="/topics/{subject}"' in agenda for subject in linked)


async def test_a_proposal_tells_what_became_of_it(site: Site) -> None:
    voted = next(key for key, view in site.backend.all_proposals.items() if view.rounds)
    text = (await site.get(f"/proposals/{voted}")).text
    assert "Adopted by 18 of 25 members voting." in text
    assert "In favour, of those voting in each constituency" in text
    assert "Item S1 of agenda version 2" in text


async def test_what_changed_between_agendas_says_why(site: Site) -> None:
    seen = await site.get("/agenda/2/changes")
    assert "What changed from version 1 to version 2" in seen.text
    assert 'href="/agenda/2/changes"' in (await site.get("/")).text
    discussion = site.backend.discussion
    found = await discussion.agenda_changes(1, 2)
    assert found is not None
    item = replace(found.added[0], before="4", after="", round="")
    dropped = (
        replace(item, why="sunset"),
        replace(item, why="rejected", round=next(iter(site.backend.all_rounds))),
        replace(item, why="lapsed", into="7"),
        replace(item, why="unknown"),
    )
    moved = replace(item, before="3", after="2")
    discussion.changes[1, 2] = replace(found, dropped=dropped, renumbered=(moved,), decided_anew=(moved,))
    text = (await site.get("/agenda/2/changes")).text
    for words in (
        "Ended by itself", "Rejected by a later round.", "Lapsed:", "All its proposals stand in item 7 now.",
        "does not tell why", "From 3 to 2", "Decided anew",
    ):  # fmt: skip
        assert words in text
    for path in ("/agenda/1/changes", "/agenda/9/changes"):
        assert (await site.get(path)).status == 404
