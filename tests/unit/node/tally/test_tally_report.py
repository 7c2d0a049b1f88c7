"""What is printed of an outcome, for people and for machines."""

import json
from pathlib import Path

from consensus.outcome import explain
from consensus.rules.named import simple_majority
from consensus.rules.proportional import ApprovalSettings, EqualSharesSettings
from consensus.rules.ranked import SchulzeSettings
from consensus.rules.score import Criterion, ScoreSettings
from node.tally.case import Case
from node.tally.counting import count, count_all
from node.tally.reading import read_case
from node.tally.report import as_json, case_lines, compared_lines, result_lines, settings_words

VECTORS = Path(__file__).parents[3] / "vectors" / "tally"


def case_of(name: str) -> Case:
    return read_case(name, (VECTORS / name).read_bytes())


def test_a_selection_in_order_with_prices_ties_and_why() -> None:
    case = case_of("garden.pb")
    result = count(case, EqualSharesSettings())
    lines = list(result_lines(case, result))
    assert lines[:2] == ["rule      equal-shares", "outcome   selected"]
    assert "   1. p1 Beehives  cost 30, supporters 6, shares, 5 each, level with p2, p3, p4" in lines
    assert "   3. p5 Swings  cost 30, supporters 4, shares, 15/2 each, level with p6" in lines
    assert "      left over: 10 of 100" in lines
    assert explain(result.outcome) in lines
    assert sum(line.startswith("fairness  ") for line in lines) == 4
    assert lines[-1].endswith(" CPU seconds")


def test_a_ranking_in_order() -> None:
    case = case_of("ports.toc")
    result = count(case, SchulzeSettings())
    assert list(result_lines(case, result))[3:6] == [
        "   1. 1 North port  ahead of 2, behind 0",
        "   2. 2 South port  ahead of 0, behind 1, level with 3",
        "   3. 3 East port  ahead of 0, behind 1, level with 2",
    ]
    assert next(compared_lines(case, [result])).endswith(" s  1 > 2 > 3")


def test_scores_in_order() -> None:
    data = b"""{"rule": {"rule": "score", "criteria": [{"id": "equity"}]}, "options": {"a": 0, "b": 0},
        "electorate": {"m": [], "n": []},
        "ballots": {"m": {"equity": {"a": 1, "b": 4}}, "n": {"equity": {"a": 2}}}}"""
    case = read_case("s.json", data)
    result = count(case, ScoreSettings(criteria=(Criterion(id="equity"),)))
    assert list(result_lines(case, result))[3:5] == [
        "   1. b  mean 4, scored by 1",
        "   2. a  mean 3/2, scored by 2",
    ]


def test_a_vote_on_one_text_has_no_list_and_no_fairness() -> None:
    case = case_of("proxies.json")
    lines = list(result_lines(case, count(case, simple_majority())))
    assert lines[1] == "outcome   adopted"
    assert not any(line.startswith("fairness") or "left over" in line for line in lines)


def test_what_a_file_holds_and_how_it_was_taken() -> None:
    lines = list(case_lines("lunch.cat", read_case("lunch.cat", (VECTORS / "lunch.cat").read_bytes(), 2)))
    assert lines[:3] == [
        "file      lunch.cat",
        "question  4 options, capacity 2",
        "ballots   9 of 9 entitled members, form approval",
    ]
    assert lines[3].startswith("note      what stands in the first category (Yes)")


def test_rules_side_by_side_say_who_chose_what_and_where_that_was_unfair() -> None:
    case = case_of("garden.pb")
    results = list(count_all(case, None))
    lines = list(compared_lines(case, results))
    assert lines[-1].split() == ["p5", *("." if result.settings.rule == "approval" else "x" for result in results),
                                 "Swings"]  # fmt: skip
    (unfair,) = [line for line in lines if line.startswith("approval ")]
    assert "not kept: " in unfair
    assert "p6" not in "\n".join(lines), "an option that no rule chose"


def test_settings_in_words() -> None:
    assert settings_words(ApprovalSettings()) == "approval"
    assert settings_words(simple_majority()) == "threshold base=yes+no threshold=1/2 strict=true"
    assert settings_words(EqualSharesSettings(completion=())) == "equal-shares completion=[]"


def test_json_holds_the_whole_outcome() -> None:
    case = case_of("garden.pb")
    result = count(case, ApprovalSettings())
    value = json.loads(json.dumps(as_json("garden.pb", case, [result])))
    assert (value["file"], value["form"], value["options"], value["ballots"]) == ("garden.pb", "approval", 6, 10)
    (found,) = value["results"]
    assert found["outcome"] == result.outcome.model_dump(mode="json")
    assert found["explanation"] == explain(result.outcome)
    assert found["settings"] == {"rule": "approval", "ties": "oldest", "chair": None, "quorum": None}
    assert [finding["holds"] for finding in found["fairness"]["findings"]] == [False] * 4
