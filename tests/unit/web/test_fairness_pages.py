"""Fairness on pages: guarantees of an outcome, what other rules would have chosen, who was heard in an agenda."""

import json
import re

from consensus.ballots import Ballot
from consensus.rules.proportional import ApprovalSettings, PhragmenSettings
from consensus.rules.registry import RuleSettings
from tests.support.web_content import make_round, round_numbered
from tests.unit.web.conftest import Site
from web.ports import RoundView


def held_by(site: Site, settings: RuleSettings) -> RoundView:
    """The prioritisation's ballots counted by another rule, as a round of its own."""
    found = round_numbered(site.backend, 17)
    ballots: dict[str, Ballot] = {ballot.member: ballot.content for ballot in found.roll_call}
    return make_round(site.backend, 9, "certified", found.options, settings, ballots)


async def test_a_fair_outcome_says_so(site: Site) -> None:
    seen = await site.get(f"/rounds/{round_numbered(site.backend, 17).summary.id}")
    assert "Every guarantee to groups is kept." in seen.text
    assert seen.text.count("The rule keeps this whatever the ballots.") == 4


async def test_an_unfair_outcome_names_the_group_and_what_it_missed(site: Site) -> None:
    found = held_by(site, ApprovalSettings())
    seen = await site.get(f"/rounds/{found.summary.id}")
    assert "Guarantees to groups that are kept: 0 of 4." in seen.text
    assert "A group was left out: 10 members approve the topic Drought-tolerant crops and seeds" in seen.text
    wronged = [
        ballot.member
        for ballot in found.roll_call
        if ballot.content.form == "approval" and "t6" in ballot.content.approves
    ]
    shown = re.findall(r'<li><a href="/members/([\w-]+)">', seen.text)
    assert set(wronged) >= set(shown) > set()


async def test_every_rule_stands_beside_the_rule_of_the_round(site: Site) -> None:
    seen = await site.get(f"/rounds/{round_numbered(site.backend, 17).summary.id}")
    assert seen.text.count("the rule of this round") == 1
    for name in ("Equal shares alone", "Equal shares, then by waiting", "rule, passing over", "Approval counting"):
        assert name in seen.text
    row = next(row for row in re.findall(r"<tr.*?</tr>", seen.text) if "Guarantees to groups kept" in row)
    assert re.findall(r"<bdi>(\d/\d)</bdi>", row) == ["4/4"] * 6 + ["0/4"]


async def test_phragmens_outcome_is_told_in_its_own_words(site: Site) -> None:
    seen = await site.get(f"/rounds/{held_by(site, PhragmenSettings(when_full='stop', completion=())).summary.id}")
    assert seen.page.faults == []
    assert "Taken in turn, as their supporters had waited" in seen.text
    assert "Given to each by then" in seen.text
    assert "Paid by each" not in seen.text
    assert "Under equal shares" not in seen.text


async def test_ranked_rounds_show_what_the_other_ranked_rule_would_have_chosen(site: Site) -> None:
    seen = await site.get(f"/rounds/{round_numbered(site.backend, 14).summary.id}")
    assert "What each rule would have chosen" in seen.text
    assert seen.text.count("the rule of this round") == 1
    assert "Guarantees to groups kept" not in seen.text
    scores = await site.get(f"/rounds/{round_numbered(site.backend, 11).summary.id}")
    assert "What each rule would have chosen" not in scores.text, "there is no other rule for scores"


async def test_the_agenda_leads_to_who_was_heard(site: Site) -> None:
    assert 'href="/agenda/2/fairness"' in (await site.get("/")).text
    seen = await site.get("/agenda/2/fairness")
    assert "Share of the 16 proposals behind the agenda" in seen.text
    assert "guarantees to groups kept: 4 of 4" in seen.text
    assert (await site.get("/agenda/9/fairness")).status == 404


async def test_who_was_heard_comes_as_data_too(site: Site) -> None:
    seen = await site.get("/agenda/2/fairness.json")
    assert seen.headers["Content-Type"].startswith("application/json")
    assert seen.headers["Content-Disposition"] == 'attachment; filename="agenda-2-fairness.json"'
    data = json.loads(seen.text)
    assert data["agenda"] == 2
    overall = data["report"]["overall"]
    assert overall["members"] == len(site.backend.all_members)
    regions = {row["constituency"]: row["part"] for row in data["report"]["constituencies"]}
    assert sum(regions[name]["members"] for name in regions if name.startswith("income-")) == overall["members"]
    africa = regions["africa"] if "africa" in regions else regions["region-africa"]
    sources = await site.backend.agenda_sources(2)
    homes = {member.id: member.constituencies for member in site.backend.all_members}
    asked = [
        (source, member)
        for source in sources
        for member in source.voted
        if {"africa", "region-africa"}.intersection(homes[member])
    ]
    assert africa["minutes_asked"] == sum(source.minutes for source, _ in asked)
    assert africa["minutes_approved"] == sum(source.minutes for source, member in asked if member in source.in_favour)
    assert (await site.get("/agenda/9/fairness.json")).status == 404
