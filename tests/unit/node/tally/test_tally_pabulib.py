"""PaBuLib's .pb files: what is taken, and each thing that is wrong with one with its line."""

from pathlib import Path

import pytest
from pabutools.election.pabulib import parse_pabulib_from_string

from consensus.ballots import ApprovalBallot, RankedBallot
from node.tally.case import Case
from node.tally.faults import FormatError
from node.tally.pabulib import parse_pabulib

VECTORS = Path(__file__).parents[3] / "vectors" / "tally"
GARDEN = (VECTORS / "garden.pb").read_text("utf-8")


def parsed(text: str) -> Case:
    return parse_pabulib(text.encode())


def test_projects_budget_and_votes() -> None:
    case = parsed(GARDEN)
    assert [(option.id, option.cost) for option in case.question.options] == [(f"p{n}", 30) for n in range(1, 7)]
    assert (case.question.capacity, case.form) == (100, "approval")
    assert case.names["p2"] == "Benches; by the pond"
    assert case.names["p6"] == 'A pond for "frogs"'
    assert case.ballots["v1"] == ApprovalBallot(approves=("p1", "p2", "p3", "p4"))
    assert case.ballots["v10"] == ApprovalBallot(approves=("p5", "p6"))
    assert case.electorate.keys() == case.ballots.keys()


def test_it_is_what_the_reference_reader_takes() -> None:
    instance, profile = parse_pabulib_from_string(GARDEN)
    case = parsed(GARDEN)
    assert {option.id: option.cost for option in case.question.options} == {p.name: int(p.cost) for p in instance}
    assert case.question.capacity == instance.budget_limit
    taken = [set(ballot.approves) for ballot in case.ballots.values() if isinstance(ballot, ApprovalBallot)]
    assert taken == [{project.name for project in ballot} for ballot in profile]


def test_decimals_are_counted_in_the_smallest_unit_that_makes_all_whole() -> None:
    text = GARDEN.replace("budget;100", "budget;100,5").replace("p1;30;", "p1;30.25;")
    case = parsed(text)
    assert case.question.capacity == 402
    assert [option.cost for option in case.question.options][:2] == [121, 120]
    assert any("parts of 1/4" in remark for remark in case.remarks)


def test_numbers_that_do_not_agree_are_remarked_on() -> None:
    case = parsed(GARDEN.replace("num_votes;10", "num_votes;11"))
    assert "META says num_votes 11, but the file holds 10" in case.remarks


def test_windows_lines_a_byte_order_mark_and_blank_lines_change_nothing() -> None:
    other = "\ufeff" + GARDEN.replace("\n", "\r\n").replace("VOTES\r\n", "\r\nVOTES\r\n")
    assert parsed(other) == parsed(GARDEN)


def test_a_vote_of_nothing_is_a_blank_ballot() -> None:
    assert parsed(GARDEN.replace("9;32;p5,p6", "9;32;")).ballots["v9"] == ApprovalBallot(approves=())
    assert parsed(GARDEN.replace("9;32;p5,p6", "9;32;none")).ballots["v9"] == ApprovalBallot(approves=())


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("META\n", "", 1, "must begin with META"),
        ("budget;100", "budget;lots", 5, "an amount such as"),
        ("budget;100", "budget;-5", 5, "an amount such as"),
        ("budget;100", "budget;1e9", 5, "an amount such as"),
        ("budget;100", "budget;", 2, "META has no budget"),
        ("budget;100", "budget;10", 0, "more than the capacity of 10"),
        ("budget;100", "budget;9999999999", 0, "capacity"),
        ("vote_type;approval", "vote_type;cumulative", 0, "'cumulative' aren't read"),
        ("vote_type;approval", "vote_type;choose-1", 19, "names one project"),
        ("num_votes;10", "num_votes;ten", 7, "whole number"),
        ("PROJECTS\n", "", 0, "no part PROJECTS"),
        ("VOTES\n", "", 0, "no part VOTES"),
        ("VOTES\n", "PROJECTS\n", 17, "a second part PROJECTS"),
        ("project_id;cost;name", "project_id;price;name", 11, "no column cost"),
        ("voter_id;age;vote", "voter_id;age;choice", 19, "no column vote"),
        ("p2;30;", "p1;30;", 13, "project p1 is listed twice"),
        ("p2;30;", "p 2;30;", 13, "without spaces, not 'p 2'"),
        ("p2;30;", "p2;;", 13, "the cost of project p2"),
        ("p2;30;", "p2;١٢;", 13, "the cost of project p2"),
        ("7;30;p5,p6", "7;30;p5,p9", 26, "there is no project 'p9'"),
        ("7;30;p5,p6", "7;30;p5,p5", 26, "stands twice in one vote"),
        ("7;30;p5,p6", "6;30;p5,p6", 26, "voter '6' has two ballots"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(old: str, new: str, line: int, reason: str) -> None:
    assert old in GARDEN
    with pytest.raises(FormatError) as error:
        parsed(GARDEN.replace(old, new, 1))
    assert reason in error.value.reason
    assert abs(error.value.line - line) <= 1 if line else error.value.line == 0


def test_a_file_that_is_no_text_says_where() -> None:
    with pytest.raises(FormatError) as error:
        parse_pabulib(b"META\nkey;value\n\xff\xfe")
    assert (error.value.line, error.value.reason) == (3, "the file isn't in UTF-8")


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(FormatError, match="no part META"):
        parse_pabulib(b"")


def test_votes_in_order_are_rankings() -> None:
    case = parse_pabulib((VECTORS / "harbour.pb").read_bytes())
    assert case.form == "ranked"
    assert [ballot.tiers for ballot in case.ballots.values() if isinstance(ballot, RankedBallot)] == [
        (("quay",), ("light",)), (("crane",),), (),
    ]  # fmt: skip
    assert [(option.id, option.cost) for option in case.question.options] == [("crane", 17), ("quay", 25), ("light", 4)]
