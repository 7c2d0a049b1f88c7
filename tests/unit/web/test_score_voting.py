"""Scoring without JavaScript: scores, review, cast, receipt, and what the page of the outcome says."""

import re

import pytest

from consensus.ballots import ScoreBallot
from consensus.rules.score import Criterion, ScoreSettings
from tests.support.web_content import make_round, round_numbered
from tests.unit.web.conftest import Site


@pytest.fixture
def path(site: Site) -> str:
    site.sign_in("delegate")
    return "/rounds/" + round_numbered(site.backend, 22).summary.id


def scores(**given: str) -> dict[str, str]:
    return {f"score-{name.replace('_', '-')}": score for name, score in given.items()}


async def test_scores_from_choice_to_receipt(site: Site, path: str) -> None:
    chosen = await site.get(path)
    assert chosen.text.count("<select") == 4 * 5
    typed = scores(t1_impact="4", t1_equity="0", t3_impact="2", t2_equity="")
    review = await site.send(path + "/review", typed, path)
    assert "You do not score:</strong> 2, 4" in review.text
    assert review.page.faults == []
    assert site.backend.calls == []
    form = dict(re.findall(r'name="(score-[\w-]+)" value="(\d+)"', review.text))
    assert form == {name: score for name, score in typed.items() if score}
    cast = await site.send(path + "/cast", {**form, "mandate": "yes"}, path)
    assert (cast.status, cast.location) == (303, path + "/receipt")
    assert site.backend.calls[0][3] == ScoreBallot(scores={"impact": {"t1": 4, "t3": 2}, "equity": {"t1": 0}})
    receipt = await site.get(path + "/receipt")
    assert "Your scores" in receipt.text
    assert receipt.page.faults == []
    again = await site.get(path)
    assert again.text.count(" selected>") == 3


@pytest.mark.parametrize("wrong", ["5", "-1", "high", "1.5"])
async def test_a_score_off_the_scale_is_pointed_out_at_its_field(site: Site, path: str, wrong: str) -> None:
    seen = await site.send(path + "/review", scores(t1_impact="1", t2_impact=wrong), path)
    assert seen.status == 422
    assert 'href="#field-score-t2-impact"' in seen.text
    assert seen.page.faults == []
    assert (await site.send(path + "/cast", {**scores(t2_impact=wrong), "mandate": "yes"}, path)).status == 422
    assert site.backend.calls == []


async def test_abstaining_scores_nothing(site: Site, path: str) -> None:
    review = await site.send(path + "/review", {**scores(t1_impact="1"), "abstain": "1"}, path)
    assert "You abstain on all topics" in review.text
    await site.send(path + "/cast", {"mandate": "yes"}, path)
    assert site.backend.calls[0][3] == ScoreBallot(scores={})


async def test_a_long_scale_is_typed(site: Site) -> None:
    site.sign_in("delegate")
    path = "/rounds/" + round_numbered(site.backend, 23).summary.id
    assert "<select" not in (await site.get(path)).text
    await site.send(path + "/cast", {**scores(t1_impact="20"), "mandate": "yes"}, path)
    assert site.backend.calls[0][3] == ScoreBallot(scores={"impact": {"t1": 20}})


async def test_criteria_of_a_charter_are_named_by_their_ids(site: Site) -> None:
    site.sign_in("delegate")
    settings = ScoreSettings(criteria=(Criterion(id="early-use", weight=3), Criterion(id="<b>")))
    found = make_round(site.backend, 62, "open", round_numbered(site.backend, 22).options, settings)
    seen = await site.get(f"/rounds/{found.summary.id}")
    assert "Early use" in seen.text
    assert "&lt;b&gt;" in seen.text
    assert "Early use (weight 3)" in seen.text


async def test_the_outcome_shows_means_and_agreement(site: Site) -> None:
    found = round_numbered(site.backend, 11)
    seen = await site.get(f"/rounds/{found.summary.id}")
    assert "Options in order of their mean scores: 5." in seen.text
    assert "1 option that too few members scored" in seen.text
    assert re.search(r"<strong>\d(\.\d+)?</strong></td><td class=\"figure\">\d+ %</td>", seen.text)
    assert re.search(r'<bdi dir="ltr">1: \d/\d/\d/\d/\d(; \d: \d/\d/\d/\d/\d)*</bdi>', seen.text)
    assert "How far the scorers agreed" in seen.text
