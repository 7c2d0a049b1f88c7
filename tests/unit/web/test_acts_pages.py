"""Acts on a proposal in the pages: who is offered what, the forms, and what a form that isn't whole says."""

from typing import get_args

import pytest

from consensus.lifecycle import OFFICE_ACTS, TABLE, Stage
from protocol.events.rounds import ProcedureName
from tests.unit.web.conftest import Site
from web.course_words import ACTS, OFFERS, PROCEDURES, STAGES, place_of
from web.ports import ActInput, Refused


def busy(site: Site) -> str:
    return next(iter(site.backend.all_proposals))


def path(site: Site, act: str) -> str:
    return f"/proposals/{busy(site)}/acts/{act}"


async def test_a_visitor_reads_the_course_and_is_offered_nothing(site: Site) -> None:
    text = (await site.get(f"/proposals/{busy(site)}")).text
    for words in (
        "in consultation", "declined by the sponsor", "enough for a vote of its own", "The period", "Not answered yet.",
        "History: 5 steps", "without effect: before the notice was over", "Would consolidate", "<ins>", "2 versions",
    ):  # fmt: skip
        assert words in text or words == "The period", words
    assert "What you can do" not in text
    assert "/acts/" not in text


async def test_a_delegate_and_the_office_are_offered_what_is_theirs(site: Site) -> None:
    site.sign_in("delegate")
    text = (await site.get(f"/proposals/{busy(site)}")).text
    assert path(site, "amend") in text
    assert path(site, "accept-amendment") in text
    assert path(site, "answer-objection") in text
    assert path(site, "join") in text
    assert path(site, "call") not in text
    site.sign_in("secretariat")
    text = (await site.get(f"/proposals/{busy(site)}")).text
    assert path(site, "call") in text
    assert path(site, "amend") not in text


@pytest.mark.parametrize("act", sorted(OFFERS))
async def test_each_act_has_a_page_for_those_whose_it_is(site: Site, act: str) -> None:
    assert (await site.get(path(site, act))).status == 303, "first sign in"
    site.sign_in("operator")
    assert (await site.get(path(site, act))).status == 403
    site.sign_in("delegate" if act in OFFICE_ACTS else "secretariat")
    assert (await site.get(path(site, act))).status == 403, "this one is the other's"
    site.sign_in("secretariat" if act in OFFICE_ACTS else "delegate")
    seen = await site.get(path(site, act))
    assert seen.status == 200
    assert "<form" in seen.text


async def test_an_amendment_is_signed_from_the_text_as_it_stands(site: Site) -> None:
    site.sign_in("delegate")
    view = site.backend.all_proposals[busy(site)]
    fields = {
        "title": "Another title", "body": "Another text.", "reasons": "It is better.", "lang": "zh", "other": "",
        "base": view.course.versions[-1].event,
    }  # fmt: skip
    assert (await site.send(path(site, "amend"), fields)).location == f"/proposals/{busy(site)}"
    typed = site.backend.calls[0][3]
    assert isinstance(typed, ActInput)
    assert (typed.act, typed.title, typed.body, typed.reasons) == ("amend", *list(fields.values())[:3])
    assert (typed.base, typed.lang) == (fields["base"], "zh")


@pytest.mark.parametrize(
    ("act", "fields", "words"),
    [
        ("amend", {"title": "T", "body": "B"}, "Give your reasons."),
        ("revise", {"title": "", "body": "B"}, "Give the proposal a title."),
        ("return", {"reasons": ""}, "Give your reasons."),
        ("answer-objection", {"other": "b1" * 32, "reasons": "So"}, "Choose what the answer comes to."),
        ("duplicate", {"other": "that one"}, "Name the other proposal by its address or identifier."),
        ("call", {"days": "0"}, "Give a whole number of days from 1 to 400."),
        ("call", {"days": "5", "lang": "tlh"}, "Choose the language of the text."),
    ],
)
async def test_a_form_that_is_not_whole_keeps_what_was_typed(
    site: Site, act: str, fields: dict[str, str], words: str
) -> None:
    site.sign_in("delegate", "secretariat")
    seen = await site.send(path(site, act), fields)
    assert seen.status == 422
    assert words in seen.text
    assert site.backend.calls == []


async def test_the_address_of_another_proposal_will_do(site: Site) -> None:
    site.sign_in("delegate")
    other = list(site.backend.all_proposals)[3]
    await site.send(path(site, "duplicate"), {"other": f"https://node.example/zh/proposals/{other}/"})
    assert site.backend.calls[0][3].other == other


async def test_what_is_out_of_turn_says_so(site: Site) -> None:
    site.sign_in("delegate")
    site.backend.refuse = Refused("not-now")
    seen = await site.send(path(site, "withdraw"), {"reasons": ""})
    assert seen.status == 409
    assert "This cannot be done at the stage that the proposal is in" in seen.text


async def test_a_consolidated_text_names_what_it_would_take_the_place_of(site: Site) -> None:
    site.sign_in("delegate")
    first, second = list(site.backend.all_proposals)[:2]
    seen = await site.get(f"/proposals/new?merges={first}&merges={second}&merges=nonsense")
    assert "Write a consolidated text" in seen.text
    assert seen.text.count('name="merges"') == 2
    fields = [("track", "long"), ("title", "Both"), ("body", "Both in one."), ("lang", "en"), ("minutes", "20")]
    fields += [("no_goal", "1"), ("merges", second), ("merges", first), ("action", "submit")]
    assert (await site.send("/proposals/new", fields)).status == 303
    assert site.backend.calls[0][2].merges == tuple(sorted((first, second)))
    seen = await site.send("/proposals/new", [*fields[:-3], ("merges", first), ("action", "submit")])
    assert seen.status == 422


async def test_proposals_are_listed_by_stage(site: Site) -> None:
    seen = await site.get("/proposals")
    assert "?stage=consulting" in seen.text
    assert (await site.get("/proposals?stage=lapsed")).text.count("No proposal fits this choice.") == 1
    assert (await site.get("/proposals?stage=nonsense")).status == 200


def test_every_stage_act_and_procedure_has_words() -> None:
    assert set(STAGES) == {"", *get_args(Stage)}
    assert set(PROCEDURES) == set(get_args(ProcedureName))
    assert all(0 <= place_of(stage) <= 4 for stage in STAGES)
    plain = {line.act for line in TABLE if line.who not in ("tellers",)} | {"publish", "long-term agenda"}
    assert plain <= set(ACTS)
