"""Topics at the desk: named, changed, split, merged, given up."""

import pytest

from tests.unit.web.conftest import Site
from web.ports import TopicView


def free(site: Site, place: int = 0) -> TopicView:
    """Return a topic that no open round asks about, with several proposals."""
    asked = {
        option.subject
        for found in site.backend.all_rounds.values()
        if found.summary.state == "open"
        for option in found.options
    }
    found = [view for view in site.backend.all_topics.values() if view.id not in asked and len(view.proposals) > 1]
    return found[place]


def locked(site: Site) -> TopicView:
    return next(iter(site.backend.all_topics.values()))


def fields(topic: TopicView, **changes: str) -> list[tuple[str, str]]:
    typed = {"track": topic.track, "lang": "en", "title": "A better name", "body": "What it is about.", "minutes": "40"}
    return list((typed | changes).items())


async def test_a_group_becomes_a_topic(site: Site) -> None:
    site.sign_in("secretariat")
    form = await site.get("/desk/topics/new?group=A")
    assert 'value="Genomic early warning of epidemics"' in form.text
    proposals = [("proposals", key) for key in site.backend.all_groups[0].proposals]
    typed = [("track", "long"), ("lang", "en"), ("title", "Floods"), ("body", "About floods."), ("minutes", "40")]
    seen = await site.send("/desk/topics/new", [*typed, *proposals, ("goals", "13"), ("goals", "6")])
    assert (seen.status, seen.location) == (303, "/desk/topics?done=topic")
    topic = site.backend.calls[0][2]
    assert topic.goals == (6, 13)
    assert list(topic.proposals) == sorted(topic.proposals)


async def test_a_topic_without_proposals_is_pointed_out(site: Site) -> None:
    site.sign_in("secretariat")
    typed = {"track": "long", "lang": "en", "title": "T", "body": "B", "minutes": "4"}
    seen = await site.send("/desk/topics/new", typed)
    assert seen.status == 422
    assert "Choose at least one proposal." in seen.text
    assert seen.page.faults == []


async def test_a_topic_is_renamed_and_described_anew(site: Site) -> None:
    site.sign_in("secretariat")
    topic = free(site)
    form = await site.get(f"/desk/topics/{topic.id}/change")
    assert f'value="{topic.text.title}"' in form.text
    kept = [("proposals", each) for each in topic.proposals]
    seen = await site.send(f"/desk/topics/{topic.id}/change", [*fields(topic), *kept])
    assert seen.location == f"/desk/topics/{topic.id}?done=change"
    call, _, changed, wanted = site.backend.calls[0]
    assert (call, changed, wanted.title) == ("change_topic", topic.id, "A better name")
    assert wanted.proposals == tuple(sorted(topic.proposals))


async def test_a_topic_in_a_running_round_stays_as_it_is_and_says_why(site: Site) -> None:
    site.sign_in("secretariat")
    topic = locked(site)
    shown = await site.get(f"/desk/topics/{topic.id}")
    assert "Round 19 asks about this topic." in shown.text
    assert f'href="/desk/topics/{topic.id}/change"' not in shown.text
    kept = [("proposals", each) for each in topic.proposals]
    refused = await site.send(f"/desk/topics/{topic.id}/change", [*fields(topic), *kept])
    assert refused.status == 409
    assert "it stays as it is until the round closes" in refused.text
    assert 'value="A better name"' in refused.text, "what was typed is kept"
    assert refused.page.faults == []


async def test_some_proposals_are_split_off(site: Site) -> None:
    site.sign_in("secretariat")
    topic = free(site)
    moved, *rest = topic.proposals
    seen = await site.send(f"/desk/topics/{topic.id}/split", [*fields(topic), ("proposals", moved)])
    assert seen.location == f"/desk/topics/{topic.id}?done=split"
    _, _, split, kept, other = site.backend.calls[0]
    assert split == topic.id
    assert (kept.title, kept.proposals) == (topic.text.title, tuple(rest))
    assert (other.title, other.proposals) == ("A better name", (moved,))


@pytest.mark.parametrize("takes", ["none", "all"])
async def test_a_split_leaves_something_on_both_sides(site: Site, takes: str) -> None:
    site.sign_in("secretariat")
    topic = free(site)
    moved = [("proposals", each) for each in topic.proposals] if takes == "all" else []
    seen = await site.send(f"/desk/topics/{topic.id}/split", [*fields(topic), *moved])
    assert seen.status == 422
    assert "Choose at least one proposal that goes into the new topic, and leave at least one." in seen.text
    assert site.backend.calls == []
    assert seen.page.faults == []


async def test_a_group_becomes_two_topics(site: Site) -> None:
    site.sign_in("secretariat")
    group = site.backend.all_groups[0]
    first = [("first_title", "One"), ("first_body", "About one."), ("proposals", group.proposals[0])]
    typed = [("track", "long"), ("lang", "en"), ("title", "Two"), ("body", "About two."), ("minutes", "40")]
    seen = await site.send(f"/desk/topics/split?group={group.id}", [*typed, *first])
    assert seen.location == "/desk/topics?done=two"
    one, two = (call[2] for call in site.backend.calls)
    assert (one.title, two.title) == ("One", "Two")
    assert two.proposals == (group.proposals[0],)
    assert set(one.proposals) == set(group.proposals[1:])
    nameless = await site.send(f"/desk/topics/split?group={group.id}", typed)
    assert nameless.status == 422
    assert "Give the topic a name." in nameless.text
    assert nameless.page.faults == []


async def test_two_topics_become_one(site: Site) -> None:
    site.sign_in("secretariat")
    topic, other = free(site), free(site, 1)
    form = await site.get(f"/desk/topics/{topic.id}/merge")
    assert f'value="{other.id}"' in form.text
    assert f'value="{locked(site).id}"' not in form.text, "a topic that a round asks about can't go into another"
    seen = await site.send(f"/desk/topics/{topic.id}/merge", [*fields(topic), ("other", other.id)])
    assert seen.location == f"/desk/topics/{topic.id}?done=merge"
    _, _, into, gone, wanted = site.backend.calls[0]
    assert (into, gone) == (topic.id, other.id)
    assert set(wanted.proposals) == {*topic.proposals, *other.proposals}
    without = await site.send(f"/desk/topics/{topic.id}/merge", fields(topic))
    assert without.status == 422
    assert "Choose the topic that goes into this one." in without.text


async def test_a_topic_is_given_up_only_with_a_tick(site: Site) -> None:
    site.sign_in("secretariat")
    topic = free(site)
    seen = await site.send(f"/desk/topics/{topic.id}/end", {}, "/desk/topics/new")
    assert seen.status == 422
    assert "Tick that you are sure" in seen.text
    seen = await site.send(f"/desk/topics/{topic.id}/end", {"sure": "yes"}, "/desk/topics/new")
    assert seen.location == "/desk/topics?done=end"
    assert site.backend.calls[0][0] == "end_topic"


async def test_a_topic_shows_its_history_and_who_joined_a_common_text(site: Site) -> None:
    site.sign_in("secretariat")
    text = (await site.get(f"/desk/topics/{free(site).id}")).text
    assert "Changed (without effect: a round asked about it)" in text
    for answer in ("joined", "stays out"):
        assert f'<span class="row-figure">{answer}</span>' in text
    assert "Taken out of it" in text
    assert "/proposals/new?track=long&amp;merges=" in text


@pytest.mark.parametrize("path", ["", "/change", "/split", "/merge"])
async def test_a_topic_that_is_not_here(site: Site, path: str) -> None:
    site.sign_in("secretariat")
    assert (await site.get(f"/desk/topics/{'0' * 64}{path}")).status == 404
    assert (await site.get("/desk/topics/split?group=none")).status == 404
