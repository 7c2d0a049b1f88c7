"""What would this rule have given? The form, what it refuses, and that nothing comes of it but a page."""

import re
from dataclasses import replace
from urllib.parse import quote

import pytest
from multidict import MultiDict

from consensus.ballots import Fault
from consensus.rules.named import absolute_majority, concurrent_majorities, simple_majority, standards_enquiry
from consensus.rules.proportional import ApprovalSettings, EqualSharesSettings, PhragmenSettings
from consensus.rules.ranked import SchulzeSettings
from consensus.rules.registry import RuleSettings
from consensus.rules.score import ScoreSettings
from tests.support.web_content import round_numbered
from tests.unit.web.conftest import Site
from web.forms import read
from web.try_rules import TryForm, typed_as

REGIONS = ("africa", "arab-states")


def path(site: Site, number: int, asked: str = "") -> str:
    return f"/desk/try/{round_numbered(site.backend, number).summary.id}{asked}"


@pytest.mark.parametrize("asked", ["/desk/try", None])
async def test_it_is_for_the_secretariat(site: Site, asked: str | None) -> None:
    assert (await site.get(asked or path(site, 17))).location == "/sign-in"
    site.sign_in("delegate")
    assert (await site.get(asked or path(site, 17))).status == 403


async def test_the_desk_leads_to_every_certified_round(site: Site) -> None:
    site.sign_in("secretariat")
    assert 'href="/desk/try"' in (await site.get("/desk")).text
    listed = re.findall(r'href="(/desk/try/[0-9a-f]+)"', (await site.get("/desk/try")).text)
    decided = [found.summary for found in site.backend.all_rounds.values() if found.outcome is not None]
    assert {summary.number for summary in decided} >= {13, 11, 17, 18}
    assert sorted(listed) == sorted(f"/desk/try/{summary.id}" for summary in decided)


async def test_the_form_starts_from_the_rule_of_the_round(site: Site) -> None:
    site.sign_in("secretariat")
    seen = await site.get(path(site, 17))
    assert seen.status == 200
    assert 'name="rule" value="equal-shares" checked' in seen.text
    assert 'value="most-approved" checked' in seen.text
    assert "As it was decided" not in seen.text
    vote = await site.get(path(site, 18))
    assert 'name="threshold" type="text" value="2/3"' in vote.text


async def test_another_rule_stands_beside_the_decision_and_is_none(site: Site) -> None:
    site.sign_in("secretariat")
    before = dict(site.backend.all_rounds)
    seen = await site.get(path(site, 17, "?rule=approval&ties=oldest"))
    assert "The certified outcome of this round stays what it is." in seen.text
    assert "The most approved topics were taken: 6." in seen.text
    assert "Guarantees to groups that are kept: 0 of 4." in seen.text
    assert site.backend.all_rounds == before
    assert site.backend.calls == []


async def test_a_vote_is_counted_again_with_other_settings(site: Site) -> None:
    site.sign_in("secretariat")
    seen = await site.get(path(site, 18, "?rule=threshold&threshold=4/5&base=yes%2Bno&abstentions=quorum_only"))
    assert "Not adopted: 18 of 25 members voting in favour." in seen.text
    assert "Adopted by 18 of 25 members voting." in seen.text, "the decision stands beside it"


@pytest.mark.parametrize(
    ("number", "asked", "said"),
    [
        (14, "?rule=instant-runoff", "Instant"),
        (13, "?rule=schulze&ties=lot", "Schulze"),
        (11, "?rule=score", "Score"),
        (18, "?rule=silence", "Silence"),
    ],
)
async def test_every_form_of_ballot_can_be_counted_again(site: Site, number: int, asked: str, said: str) -> None:
    site.sign_in("secretariat")
    assert (await site.get(path(site, number))).status == 200
    seen = await site.get(path(site, number, asked))
    assert seen.status == 200, seen.text
    assert said in seen.text
    assert "As it was decided" in seen.text
    assert seen.page.faults == []


async def test_a_chairs_ballot_breaks_ties_where_a_chair_is_named(site: Site) -> None:
    site.sign_in("secretariat")
    refused = await site.get(path(site, 17, "?rule=equal-shares&ties=chair"))
    assert refused.status == 422
    assert "no member is named as chair" in refused.text
    chair = site.backend.all_members[1].id
    assert (await site.get(path(site, 17, f"?rule=equal-shares&ties=chair&chair={chair}"))).status == 200


async def test_ties_go_by_the_lot_of_the_round(site: Site) -> None:
    site.sign_in("secretariat")
    assert (await site.get(path(site, 17, "?rule=phragmen&ties=lot"))).status == 200
    found = round_numbered(site.backend, 17)
    site.backend.all_rounds[found.summary.id] = replace(found, lot="")
    refused = await site.get(path(site, 17, "?rule=equal-shares&ties=lot"))
    assert refused.status == 422
    assert "This round holds nothing by which such ties could break." in refused.text


@pytest.mark.parametrize(
    "asked",
    [
        "?rule=",
        "?rule=lottery",
        "?rule=threshold",
        "?rule=equal-shares&quorum=4/3",
        "?rule=equal-shares&quorum=1/0",
        "?rule=equal-shares&quorum=-1/2",
        "?rule=equal-shares&quorum=half",
        "?rule=equal-shares&quorum=0",
        "?rule=equal-shares&ties=coin",
        "?rule=phragmen&completion=raised-shares",
        "?rule=phragmen&when_full=guess",
        "?rule=approval&more=" + quote("[1]"),
        "?rule=approval&more=" + quote("{"),
        "?rule=approval&more=" + "[" * 2000,
        "?rule=approval&more=" + quote('{"capacity": 5}'),
    ],
)
async def test_what_cannot_be_held_is_refused_with_a_reason(site: Site, asked: str) -> None:
    site.sign_in("secretariat")
    seen = await site.get(path(site, 17, asked))
    assert seen.status == 422
    assert 'role="alert"' in seen.text
    assert seen.page.faults == []


@pytest.mark.parametrize(
    "asked",
    ["?rule=threshold&threshold=1&strict=yes", "?rule=threshold&min_in_favour=500", "?rule=equal-shares"],
)
async def test_a_vote_refuses_what_it_cannot_hold(site: Site, asked: str) -> None:
    site.sign_in("secretariat")
    seen = await site.get(path(site, 18, asked))
    assert seen.status == 422
    assert 'role="alert"' in seen.text


@pytest.mark.parametrize("number", [19, 16])
async def test_a_round_without_an_outcome_has_nothing_to_try(site: Site, number: int) -> None:
    site.sign_in("secretariat")
    assert (await site.get(path(site, number))).status == 404


@pytest.mark.parametrize(
    "settings",
    [
        simple_majority(),
        absolute_majority(),
        standards_enquiry(),
        concurrent_majorities(simple_majority(), ("europe-north-america",)),
        EqualSharesSettings(completion=("raised-shares", "phragmen"), ties="lot"),
        PhragmenSettings(when_full="skip", completion=()),
        ApprovalSettings(ties="id"),
        PhragmenSettings(ties="chair", chair="m1"),
        SchulzeSettings(),
        ScoreSettings(maximum=20),
    ],
)
def test_a_rounds_own_settings_come_out_of_the_form_as_they_went_in(settings: RuleSettings) -> None:
    raw, many = typed_as(settings)
    fields: MultiDict[str] = MultiDict(raw)
    for name, values in many.items():
        for value in values:
            fields.add(name, value)
    typed = read(TryForm, fields)
    assert typed.form is not None, typed.faults
    assert typed.form.settings(REGIONS) == settings


def test_a_majority_in_each_region_names_the_regions() -> None:
    typed = read(TryForm, MultiDict({"rule": "threshold", "threshold": "1/2", "strict": "yes", "concurrent": "yes"}))
    assert typed.form is not None
    assert typed.form.settings(REGIONS) == concurrent_majorities(simple_majority(), REGIONS)


def test_further_settings_replace_those_above() -> None:
    typed = read(TryForm, MultiDict({"rule": "phragmen", "when_full": "stop", "more": '{"when_full": "skip"}'}))
    assert typed.form is not None
    settings = typed.form.settings(REGIONS)
    assert not isinstance(settings, Fault)
    assert settings == PhragmenSettings(when_full="skip", completion=())
