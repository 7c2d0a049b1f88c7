"""Counting a case: outcome and fairness are the rules' own, and every rule that fits is tried."""

from pathlib import Path

import pytest

from consensus.fairness.certificate import certify
from consensus.rules.proportional import ApprovalSettings, EqualSharesSettings
from consensus.rules.registry import RULES, evaluate
from node.tally.case import Case
from node.tally.counting import count, count_all
from node.tally.faults import TallyError
from node.tally.reading import read_case

VECTORS = Path(__file__).parents[3] / "vectors" / "tally"


def case_of(name: str) -> Case:
    return read_case(name, (VECTORS / name).read_bytes())


def test_an_outcome_with_its_fairness_and_time() -> None:
    case = case_of("garden.pb")
    fair, unfair = count(case, EqualSharesSettings()), count(case, ApprovalSettings())
    assert fair.outcome == evaluate(case.question, EqualSharesSettings(), case.ballots, case.electorate)
    assert fair.certificate is not None
    assert unfair.certificate is not None
    assert all(finding.holds for finding in fair.certificate.findings)
    assert not all(finding.holds for finding in unfair.certificate.findings)
    assert fair.cpu_seconds >= 0


def test_fairness_counts_who_was_voted_for_by_proxy() -> None:
    data = b"""{"options": {"x": 5, "y": 5}, "capacity": 5, "proxies_per_holder": 3, "rule": {"rule": "approval"},
        "electorate": {"a": [], "b": [], "c": [], "d": []},
        "ballots": {"a": ["x"], "b": "proxy: a", "c": "proxy: a", "d": ["y"]}}"""
    case = read_case("p.json", data)
    result = count(case, ApprovalSettings())
    assert result.certificate is not None
    assert result.certificate.voters == 4
    alone = certify(case.question, case.ballots, case.electorate, ["x"])
    assert alone.voters == 2


@pytest.mark.parametrize(("name", "form"), [("garden.pb", "approval"), ("proxies.json", "choice")])
def test_every_rule_of_the_form_is_tried(name: str, form: str) -> None:
    tried = {result.settings.rule for result in count_all(case_of(name), None)}
    assert tried == {rule for rule in RULES if RULES[rule].ballot_form == form}


def test_ties_by_a_lot_that_was_not_given_are_refused() -> None:
    with pytest.raises(TallyError, match="give --lot"):
        count(case_of("garden.pb"), ApprovalSettings(ties="lot"))
