"""A certified round as a file: counting it again with comitia tally gives the certified outcome."""

import json
from dataclasses import replace

import pytest

from consensus.ballots import Ballot, ChoiceBallot, ProxyBallot
from consensus.rules.counting import Circumstances
from consensus.rules.named import simple_majority
from consensus.rules.registry import evaluate
from node.tally.comitia_json import parse_comitia_json
from node.tally.counting import count
from node.tally.settings import settings_for
from tests.support.web_content import make_round, round_numbered
from tests.unit.web.conftest import Site


async def test_every_certified_round_comes_out_the_same_when_counted_again(site: Site) -> None:
    certified = [found for found in site.backend.all_rounds.values() if found.outcome is not None]
    assert len(certified) > 2
    for found in certified:
        seen = await site.get(f"/rounds/{found.summary.id}/ballots.json")
        assert seen.status == 200
        assert seen.headers["Content-Disposition"] == f'attachment; filename="round-{found.summary.number}.json"'
        case = parse_comitia_json(seen.text.encode())
        assert count(case, settings_for(case, "", "", ())).outcome == found.outcome


async def test_proxies_stand_in_it_as_they_were_given(site: Site) -> None:
    option = round_numbered(site.backend, 20).options[0]
    a, b, c, d = (member.id for member in site.backend.all_members[:4])
    votes: dict[str, Ballot] = {a: ChoiceBallot(choice="yes"), b: ChoiceBallot(choice="yes")}
    found = make_round(site.backend, 41, "certified", (option,), simple_majority(), votes)
    by_proxy = tuple(replace(view, holder=a) if view.member == b else view for view in found.roll_call)
    over_cap = replace(by_proxy[0], member=c, content=ProxyBallot(holder=a), holder="")
    spec = found.spec.model_copy(update={"proxies_per_holder": 1})
    site.backend.all_rounds[found.summary.id] = replace(
        found, spec=spec, roll_call=(*by_proxy, over_cap), unreadable=(d,)
    )
    value = json.loads((await site.get(f"/rounds/{found.summary.id}/ballots.json")).text)
    assert value["ballots"][b] == {"form": "proxy", "holder": a}
    assert value["ballots"][d] is None
    case = parse_comitia_json(json.dumps(value).encode())
    outcome = count(case, settings_for(case, "", "", ())).outcome
    expected = evaluate(
        case.question, simple_majority(), case.ballots, case.electorate, Circumstances(proxies_per_holder=1)
    )
    assert outcome == expected
    assert {entry.code: entry.count for entry in outcome.uncounted} == {"not_a_ballot": 1, "proxy_over_cap": 1}
    assert (outcome.counts.in_favour, outcome.proxies) == (2, 1)


@pytest.mark.parametrize("number", [19, 20])
async def test_an_open_round_gives_nothing_away(site: Site, number: int) -> None:
    found = round_numbered(site.backend, number)
    assert (await site.get(f"/rounds/{found.summary.id}/ballots.json")).status == 404
