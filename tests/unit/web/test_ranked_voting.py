"""Ranking without JavaScript: places, review, cast, receipt, and what the pages of the outcome say."""

import re

import pytest

from consensus.ballots import RankedBallot
from consensus.rules.counting import PositiveShare
from consensus.rules.ranked import RunoffSettings, SchulzeSettings
from tests.support.web_content import make_round, round_numbered
from tests.unit.web.conftest import Site


@pytest.fixture
def path(site: Site) -> str:
    site.sign_in("delegate")
    return "/rounds/" + round_numbered(site.backend, 21).summary.id


def places(**given: str) -> dict[str, str]:
    return {f"place-{option}": place for option, place in given.items()}


async def test_a_ranking_from_choice_to_receipt(site: Site, path: str) -> None:
    chosen = await site.get(path)
    assert chosen.text.count("data-place") == 5
    typed = places(t1="3", t2="", t3="1", t4="3", t5="")
    review = await site.send(path + "/review", typed, path)
    assert "Your order of the options" in review.text
    assert "Below all of these, level with each other:</strong> 2, 5" in review.text
    assert review.page.faults == []
    assert site.backend.calls == []
    form = dict(re.findall(r'name="(place-\w+)" value="(\d+)"', review.text))
    assert form == places(t3="1", t1="2", t4="2"), "numbers that nobody used leave no gap"
    cast = await site.send(path + "/cast", {**form, "mandate": "yes"}, path)
    assert (cast.status, cast.location) == (303, path + "/receipt")
    assert site.backend.calls[0][3] == RankedBallot(tiers=(("t3",), ("t1", "t4")))
    receipt = await site.get(path + "/receipt")
    assert "level with each other" in receipt.text
    assert receipt.page.faults == []
    again = await site.get(path)
    assert 'id="field-place-t4" value="2"' in again.text


@pytest.mark.parametrize("wrong", ["0", "-1", "1.5", "first", "1000", "²"])
async def test_a_place_that_is_no_number_is_pointed_out_at_its_field(site: Site, path: str, wrong: str) -> None:
    seen = await site.send(path + "/review", places(t1="1", t2=wrong), path)
    assert seen.status == 422
    assert 'href="#field-place-t2"' in seen.text
    assert 'id="field-place-t1" value="1"' in seen.text
    assert seen.page.faults == []
    assert (await site.send(path + "/cast", {**places(t2=wrong), "mandate": "yes"}, path)).status == 422
    assert site.backend.calls == []


async def test_digits_of_any_script_are_places(site: Site, path: str) -> None:
    await site.send(path + "/cast", {**places(t1="٢", t2="١"), "mandate": "yes"}, path)
    assert site.backend.calls[0][3] == RankedBallot(tiers=(("t2",), ("t1",)))


async def test_abstaining_ranks_nothing(site: Site, path: str) -> None:
    review = await site.send(path + "/review", {**places(t1="1"), "abstain": "1"}, path)
    assert "You abstain on all topics" in review.text
    assert "place-" not in review.text
    await site.send(path + "/cast", {"mandate": "yes"}, path)
    assert site.backend.calls[0][3] == RankedBallot(tiers=())


async def test_going_back_keeps_the_places(site: Site, path: str) -> None:
    seen = await site.send(path + "/choose", places(t3="2"), path)
    assert 'id="field-place-t3" value="2"' in seen.text


async def test_an_option_of_another_round_is_not_taken(site: Site, path: str) -> None:
    for step in ("/review", "/cast"):
        seen = await site.send(path + step, {**places(t1="1", zz="2"), "mandate": "yes"}, path)
        assert seen.status == 422
        assert "The form names an option that is not in this round." in seen.text
        assert 'id="field-place-t1" value="1"' in seen.text
    assert site.backend.calls == []


async def test_the_mandate_has_to_be_confirmed(site: Site, path: str) -> None:
    seen = await site.send(path + "/cast", places(t1="1"), path)
    assert seen.status == 422
    assert 'name="place-t1" value="1"' in seen.text
    assert site.backend.calls == []


async def test_the_outcome_shows_the_order_and_every_pair(site: Site) -> None:
    found = round_numbered(site.backend, 14)
    seen = await site.get(f"/rounds/{found.summary.id}")
    assert found.outcome is not None
    assert found.outcome.ranking is not None
    winner = next(option for option in found.options if option.id == found.outcome.ranking.winner)
    assert f"{winner.text.title}</bdi></h1>" in seen.text
    assert "First of 5 options by the Schulze method." in seen.text
    assert "Every two options compared" in seen.text
    table = seen.text[seen.text.index('<table class="pairs">') :]
    figures = [re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r'<td class="figure">(.*?)</td>', table)]
    votes = [row.votes for row in found.outcome.ranking.pairwise]
    assert figures[:25] == ["–" if at == column else str(votes[at][column]) for at in range(5) for column in range(5)]
    assert re.search(r'<bdi dir="ltr">\d( (=|&gt;) \d)+</bdi>', seen.text), "the roll call names options by number"


async def test_a_long_order_shows_the_first_pairs_only(site: Site) -> None:
    found = round_numbered(site.backend, 10)
    seen = await site.get(f"/rounds/{found.summary.id}")
    assert "The first 12 options." in seen.text
    ranking = seen.text.partition('id="others"')[0]
    assert ranking.count('<tr><td class="quiet">') == len(found.options) == 14


async def test_a_run_off_is_shown_count_by_count(site: Site) -> None:
    few = await site.get(f"/rounds/{round_numbered(site.backend, 13).summary.id}")
    assert "First of 5 options by instant run-off." in few.text
    assert few.text.count('<th scope="col" class="figure">Count ') == 4
    assert few.text.count('<span class="quiet small block">eliminated</span>') == 4
    many = await site.get(f"/rounds/{round_numbered(site.backend, 12).summary.id}")
    assert "2 earlier counts" in many.text
    assert many.text.count('<th scope="col" class="figure">Count ') == 11
    assert 'class="figure">Count 3<' in many.text


@pytest.mark.parametrize("settings", [SchulzeSettings(), RunoffSettings()])
async def test_a_round_without_any_ranking(site: Site, settings: SchulzeSettings | RunoffSettings) -> None:
    options = round_numbered(site.backend, 14).options
    found = make_round(site.backend, 60, "certified", options, settings, {"silver-estuary": RankedBallot(tiers=())})
    seen = await site.get(f"/rounds/{found.summary.id}")
    assert "No option comes first: no ballot ranked any." in seen.text
    assert seen.page.faults == []


async def test_a_ranked_round_without_quorum(site: Site) -> None:
    options = round_numbered(site.backend, 14).options
    settings = SchulzeSettings(quorum=PositiveShare(numerator=1, denominator=1))
    found = make_round(site.backend, 61, "certified", options, settings, {"silver-estuary": RankedBallot(tiers=())})
    seen = await site.get(f"/rounds/{found.summary.id}")
    assert "Not decided: no quorum." in seen.text
    assert seen.page.faults == []
