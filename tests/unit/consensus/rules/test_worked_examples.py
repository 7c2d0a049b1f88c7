"""RULES.md: every worked example is run, and every rule has one."""

import json
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from consensus.ballots import Fault, Question, parse_ballots, parse_question
from consensus.comparison import fairness_of
from consensus.fairness.certificate import AXIOMS
from consensus.outcome import Outcome, Ranking, ScoreTable, explain
from consensus.rules.counting import Ballots, Circumstances, Electorate
from consensus.rules.registry import RULES, draft_faults, evaluate, parse_settings

PAGE = Path(__file__).parents[4] / "consensus" / "RULES.md"
BLOCK = re.compile(r"^```json\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def examples() -> list[dict[str, Any]]:
    return [json.loads(block) for block in BLOCK.findall(PAGE.read_text("utf-8"))]


def ballot_content(written: str | list[str] | dict[str, object], form: str) -> dict[str, object]:
    if isinstance(written, list):
        return {"form": "approval", "approves": written}
    if isinstance(written, dict):
        return {"form": "score", "scores": written}
    if form == "ranked":
        return {"form": "ranked", "tiers": [tier.split(" = ") for tier in written.split(" > ") if tier]}
    choice, _, reason = written.partition(": ")
    if choice in ("proxy", "withdrawn"):
        return {"form": "proxy", "holder": reason or None}
    return {"form": "choice", "choice": choice, "reason": reason or None}


def question_of(example: dict[str, Any]) -> Question:
    options = example.get("options", {"text": 0})
    question = parse_question(
        {
            "options": [{"id": name, "cost": cost} for name, cost in options.items()],
            "capacity": example.get("capacity", 0),
        }
    )
    assert isinstance(question, Question)
    return question


def electorate_of(example: dict[str, Any]) -> Electorate:
    return {member: tuple(names) for member, names in example["electorate"].items()}


def ballots_of(example: dict[str, Any]) -> Ballots:
    form = RULES[example["rule"]["rule"]].ballot_form
    return parse_ballots({member: ballot_content(written, form) for member, written in example["ballots"].items()})


def run(example: dict[str, Any]) -> Outcome:
    question = question_of(example)
    settings = parse_settings(example["rule"])
    assert not isinstance(settings, Fault), settings
    electorate, ballots = electorate_of(example), ballots_of(example)
    assert draft_faults(question, settings, electorate) == ()
    circumstances = Circumstances(
        present=frozenset(example.get("present", ())), proxies_per_holder=example.get("proxies_per_holder", 0)
    )
    return evaluate(question, settings, ballots, electorate, circumstances)


def shown(outcome: Outcome, name: str) -> object:
    if name == "uncounted":
        return {entry.code: entry.count for entry in outcome.uncounted}
    if name in ("chosen", "prices", "unspent"):
        assert outcome.selection is not None
        return {
            "chosen": [entry.option for entry in outcome.selection.chosen],
            "prices": [
                entry.price and str(Fraction(entry.price.numerator, entry.price.denominator))
                for entry in outcome.selection.chosen
            ],
            "unspent": outcome.selection.unspent,
        }[name]
    if name == "objectors":
        return list(outcome.objectors)
    if outcome.ranking is not None and name != "status":
        return shown_ranking(outcome.ranking)[name]
    if outcome.scores is not None and name != "status":
        return shown_scores(outcome.scores)[name]
    return getattr(outcome, name)


def shown_ranking(ranking: Ranking) -> dict[str, object]:
    return {
        "order": [entry.option for entry in ranking.order],
        "wins": [entry.wins for entry in ranking.order],
        "level_with": [list(entry.level_with) for entry in ranking.order],
        "lead": ranking.lead and [ranking.lead.other, ranking.lead.path, ranking.lead.back],
        "eliminated": [runoff.eliminated.option for runoff in ranking.runoffs],
        "votes": [[str(entry.votes.fraction) for entry in runoff.standings] for runoff in ranking.runoffs],
        "exhausted": [runoff.exhausted for runoff in ranking.runoffs],
    }


def shown_scores(table: ScoreTable) -> dict[str, object]:
    return {
        "order": [entry.option for entry in table.order],
        "means": [entry.mean and str(entry.mean.fraction) for entry in table.order],
        "agreements": [entry.agreement and str(entry.agreement.fraction) for entry in table.order],
        "too_few": [entry.option for entry in table.too_few],
    }


@pytest.mark.parametrize("number", range(len(examples())))
def test_a_worked_example_comes_out_as_written(number: int) -> None:
    example = examples()[number]
    outcome = run(example)
    assert {name: shown(outcome, name) for name in example["outcome"]} == example["outcome"], explain(outcome)


def fairness(example: dict[str, Any], outcome: Outcome) -> dict[str, object]:
    certificate = fairness_of(question_of(example), ballots_of(example), electorate_of(example), outcome)
    assert certificate is not None
    return {
        finding.axiom: "holds"
        if finding.witness is None
        else finding.witness.model_dump(mode="json", include={"option", "members", "owed", "got"})
        for finding in certificate.findings
    }


@pytest.mark.parametrize("number", [at for at, example in enumerate(examples()) if "fairness" in example])
def test_a_worked_example_is_as_fair_as_written(number: int) -> None:
    example = examples()[number]
    assert fairness(example, run(example)) == example["fairness"]


def test_every_guarantee_is_shown_kept_and_broken() -> None:
    shown_as = {
        (axiom, found == "holds") for example in examples() for axiom, found in example.get("fairness", {}).items()
    }
    assert shown_as == {(axiom, kept) for axiom in AXIOMS for kept in (True, False)}


def test_every_rule_has_a_worked_example() -> None:
    assert {example["rule"]["rule"] for example in examples()} == set(RULES)


def test_every_setting_of_a_rule_is_on_the_page() -> None:
    page = PAGE.read_text("utf-8")
    for rule in RULES.values():
        for name in rule.settings.model_fields:
            assert f'"{name}"' in page, name
