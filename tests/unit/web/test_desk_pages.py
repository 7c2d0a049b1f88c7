"""The secretariat's desk."""

import pytest

from tests.unit.web.conftest import Site
from web.ports import Refused, RoundInput


@pytest.mark.parametrize("path", ["/desk", "/desk/topic?group=A", "/desk/round"])
async def test_the_desk_is_the_secretariat_s(site: Site, path: str) -> None:
    assert (await site.get(path)).location == "/sign-in"
    site.sign_in("delegate", "operator")
    assert (await site.get(path)).status == 403


async def test_the_desk_names_who_has_not_voted(site: Site) -> None:
    site.sign_in("secretariat")
    text = (await site.get("/desk")).text
    assert "Not yet voted: 12" in text
    assert "Tellers' progress" in text
    assert "5 groups are suggested as topics." in text


async def test_a_group_becomes_a_topic(site: Site) -> None:
    site.sign_in("secretariat")
    form = await site.get("/desk/topic?group=A")
    assert 'value="Genomic early warning of epidemics"' in form.text
    proposals = [("proposals", key) for key in site.backend.all_groups[0].proposals]
    fields = [("track", "long"), ("lang", "en"), ("title", "Floods"), ("body", "About floods."), ("minutes", "40")]
    seen = await site.send("/desk/topic", [*fields, *proposals, ("goals", "13"), ("goals", "6")])
    assert (seen.status, seen.location) == (303, "/desk?done=topic")
    topic = site.backend.calls[0][2]
    assert topic.goals == (6, 13)
    assert list(topic.proposals) == sorted(topic.proposals)


async def test_a_topic_without_proposals_is_pointed_out(site: Site) -> None:
    site.sign_in("secretariat")
    seen = await site.send("/desk/topic", {"track": "long", "lang": "en", "title": "T", "body": "B", "minutes": "4"})
    assert seen.status == 422
    assert "Choose at least one proposal." in seen.text
    assert seen.page.faults == []


async def test_a_round_is_asked_for_in_the_chosen_order(site: Site) -> None:
    site.sign_in("secretariat")
    subjects = list(site.backend.all_topics)[:3]
    fields = [
        ("track", "long"),
        ("procedure", "prioritisation"),
        ("duration", "36"),
        ("unit", "hours"),
        ("capacity", ""),
    ]
    seen = await site.send("/desk/round", [*fields, *(("subjects", key) for key in subjects)])
    assert seen.location == "/desk?done=round"
    assert site.backend.calls[0][2] == RoundInput("long", "prioritisation", tuple(subjects), 36 * 3_600_000)


async def test_only_kinds_of_rounds_that_there_are_can_be_asked_for(site: Site) -> None:
    site.sign_in("secretariat")
    subject = next(iter(site.backend.all_proposals))
    fields = {"track": "short", "procedure": "tombola", "duration": "7", "unit": "days", "subjects": subject}
    seen = await site.send("/desk/round", fields)
    assert seen.status == 422
    assert "Choose what the round is for." in seen.text
    assert site.backend.calls == []


async def test_a_yes_or_no_rule_takes_one_text(site: Site) -> None:
    site.sign_in("secretariat")
    subjects = [("subjects", key) for key in list(site.backend.all_topics)[:2]]
    fields = [("track", "short"), ("procedure", "vote"), ("duration", "7"), ("unit", "days")]
    seen = await site.send("/desk/round", [*fields, *subjects])
    assert seen.status == 422
    assert seen.text.count(" checked>") >= 4, "what was ticked is kept"
    assert site.backend.calls == []


@pytest.mark.parametrize("procedure", ["consent", "vote"])
async def test_proxies_are_asked_for_one_text(site: Site, procedure: str) -> None:
    site.sign_in("secretariat")
    subject = next(iter(site.backend.all_proposals))
    fields = {"track": "short", "procedure": procedure, "duration": "3", "unit": "days"}
    fields |= {"subjects": subject, "proxies": "2"}
    assert (await site.send("/desk/round", fields)).location == "/desk?done=round"
    wanted = site.backend.calls[0][2]
    assert (wanted.procedure, wanted.proxies_per_holder) == (procedure, 2)


@pytest.mark.parametrize("proxies", ["-1", "21", "many", "1.5"])
async def test_a_number_of_proxies_that_cannot_be_is_pointed_out(site: Site, proxies: str) -> None:
    site.sign_in("secretariat")
    subject = next(iter(site.backend.all_proposals))
    fields = {"track": "short", "procedure": "consent", "duration": "3", "unit": "days", "subjects": subject}
    seen = await site.send("/desk/round", {**fields, "proxies": proxies})
    assert seen.status == 422
    assert "Give a whole number from 0 to 20." in seen.text
    assert seen.page.faults == []


async def test_a_round_that_cannot_be_opened_says_why_on_its_form(site: Site) -> None:
    site.sign_in("secretariat")
    subject = next(iter(site.backend.all_proposals))
    site.backend.refuse = Refused("rule-impossible", detail="No entitled member belongs to the constituency moon.")
    fields = {"track": "short", "procedure": "vote", "duration": "3", "unit": "days", "subjects": subject}
    seen = await site.send("/desk/round", fields)
    assert seen.status == 422
    assert "No entitled member belongs to the constituency moon." in seen.text
    assert subject in seen.text, "what was chosen is kept"
    assert seen.page.faults == []


async def test_competing_texts_go_into_one_round(site: Site) -> None:
    site.sign_in("secretariat")
    subjects = [("subjects", key) for key in list(site.backend.all_topics)[:2]]
    fields = [("track", "long"), ("procedure", "alternatives"), ("duration", "7"), ("unit", "days")]
    await site.send("/desk/round", [*fields, *subjects])
    asked = site.backend.calls[0][2]
    assert (asked.procedure, len(asked.subjects)) == ("alternatives", 2)
    seen = await site.send("/desk/round", [*fields, subjects[0]])
    assert seen.status == 422
    assert "A choice between alternatives needs at least two texts or topics." in seen.text


async def test_a_draft_or_why_there_is_none(site: Site) -> None:
    site.sign_in("secretariat")
    assert (await site.send("/desk/agenda", {}, "/desk")).location == "/desk?done=agenda"
    site.backend.refuse = Refused("nothing-new")
    seen = await site.send("/desk/agenda", {}, "/desk")
    assert seen.status == 409
    assert "The agenda in force already holds every certified outcome." in seen.text
