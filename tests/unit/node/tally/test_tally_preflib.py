"""PrefLib's files: what is taken, and each thing that is wrong with one with its line."""

from pathlib import Path

import pytest
from preflibtools.instances import CategoricalInstance, OrdinalInstance

from consensus.ballots import ApprovalBallot, RankedBallot
from node.tally.case import VOTERS_MAX, Case
from node.tally.faults import FormatError
from node.tally.preflib import parse_preflib

VECTORS = Path(__file__).parents[3] / "vectors" / "tally"
LUNCH = (VECTORS / "lunch.cat").read_text("utf-8")


def parsed(text: str, capacity: int | None = 2) -> Case:
    return parse_preflib(text.encode(), "cat", capacity)


def approvals(case: Case) -> list[set[str]]:
    return [set(ballot.approves) for ballot in case.ballots.values() if isinstance(ballot, ApprovalBallot)]


def test_the_first_category_is_what_is_approved_as_often_as_counted() -> None:
    case = parsed(LUNCH)
    assert approvals(case) == [{"1", "2"}] * 4 + [{"3"}] * 3 + [set(), {"1", "2", "3", "4"}]
    assert [(option.id, option.cost) for option in case.question.options] == [(str(n), 1) for n in range(1, 5)]
    assert (case.question.capacity, case.form) == (2, "approval")
    assert case.names == {"1": "Soup", "2": "Rice", "3": "Bread", "4": "Fruit"}
    assert "(Yes)" in case.remarks[0]


def test_it_is_what_the_reference_reader_takes() -> None:
    instance = CategoricalInstance()
    instance.parse_file(str(VECTORS / "lunch.cat"))
    taken = [
        {str(number) for number in preference[0]}
        for preference in instance.preferences
        for _ in range(instance.multiplicity[preference])
    ]
    assert sorted(map(sorted, approvals(parsed(LUNCH)))) == sorted(map(sorted, taken))
    assert parsed(LUNCH).names == {str(number): name for number, name in instance.alternatives_name.items()}


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("DATA TYPE: cat", "DATA TYPE: soc", 3, "data type is 'soc', not cat"),
        ("# NUMBER ALTERNATIVES: 4\n", "", 0, "no line # NUMBER ALTERNATIVES"),
        ("NUMBER ALTERNATIVES: 4", "NUMBER ALTERNATIVES: 0", 4, "1 to 10000 options"),
        ("NUMBER ALTERNATIVES: 4", "NUMBER ALTERNATIVES: 10001", 4, "1 to 10000 options"),
        ("NUMBER ALTERNATIVES: 4", "NUMBER ALTERNATIVES: four", 4, "whole number"),
        ("NUMBER VOTERS: 9", "NUMBER VOTERS: 10", 5, "10' voters, but its preferences count 9"),
        ("# NUMBER CATEGORIES: 2\n", "", 0, "no line # NUMBER CATEGORIES"),
        ("NUMBER CATEGORIES: 2", "NUMBER CATEGORIES: 1", 14, "the file has 1 categories, this line 2"),
        ("# TITLE", "# DATA TYPE: cat\n# TITLE", 4, "stands twice"),
        ("4: {1,2}", "4 {1,2}", 14, "a count, a colon"),
        ("4: {1,2}", "0: {1,2}", 14, "at least 1"),
        ("4: {1,2}", "-4: {1,2}", 14, "whole number"),
        ("4: {1,2}", "٤: {1,2}", 14, "whole number"),
        ("4: {1,2}", "4: {1,2", 14, "numbers in braces"),
        ("4: {1,2}", "4: {1,2}}", 14, "numbers in braces"),
        ("4: {1,2}", "4: {1,,2}", 14, "an alternative must be"),
        ("4: {1,2}", "4: {1,{2}}", 14, "numbers in braces"),
        ("4: {1,2}", "4: {1,9}", 14, "no alternative 9"),
        ("4: {1,2}", "4: {1,3}", 14, "stands twice"),
        ("4: {1,2}", "4: {1,2},", 14, "numbers in braces"),
        ("4: {1,2}", f"{VOTERS_MAX + 1}: {{1,2}}", 14, "at most"),
        ("4: {1,2}", "999999999999: {1,2}", 14, "at most"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(old: str, new: str, line: int, reason: str) -> None:
    assert old in LUNCH
    with pytest.raises(FormatError) as error:
        parsed(LUNCH.replace(old, new, 1))
    assert reason in error.value.reason
    assert abs(error.value.line - line) <= 1 if line else error.value.line == 0


def test_approvals_need_to_know_how_many_there_is_room_for() -> None:
    with pytest.raises(FormatError, match="give --capacity"):
        parsed(LUNCH, None)


@pytest.mark.parametrize(
    ("data_type", "order", "reason"),
    [
        ("soc", "1,2", "ranks all 3 alternatives, this line 2"),
        ("soc", "1,{2,3}", "no alternatives are level"),
        ("soi", "{1,2}", "no alternatives are level"),
        ("soi", "1,1", "stands twice"),
        ("toc", "{1,2}", "ranks all 3 alternatives"),
        ("toi", "{},1", "nothing between them"),
        ("toi", "1,4", "no alternative 4"),
        ("toi", "1;2", "numbers, or numbers in braces"),
    ],
)
def test_an_order_that_its_kind_of_file_does_not_have_is_refused(data_type: str, order: str, reason: str) -> None:
    text = f"# NUMBER ALTERNATIVES: 3\n1: {order}\n"
    with pytest.raises(FormatError) as error:
        parse_preflib(text.encode(), data_type, None)  # type: ignore[arg-type]
    assert reason in error.value.reason
    assert error.value.line == 2


@pytest.mark.parametrize(
    ("name", "tiers"),
    [
        ("ports.soc", [(("1",), ("2",), ("3",))] * 3 + [(("2",), ("3",), ("1",))] * 2),
        ("ports.soi", [(("1",),)] * 3 + [(("2",), ("3",))]),
        ("ports.toc", [(("1",), ("2", "3"))] * 2 + [(("1", "2", "3"),)]),
        ("ports.toi", [(("2", "3"),)] * 2 + [(("3",),)]),
    ],
)
def test_orders_are_rankings_and_what_the_reference_reader_takes(
    name: str, tiers: list[tuple[tuple[str, ...], ...]]
) -> None:
    case = parse_preflib((VECTORS / name).read_bytes(), name[-3:], None)  # type: ignore[arg-type]
    taken = [ballot.tiers for ballot in case.ballots.values() if isinstance(ballot, RankedBallot)]
    assert taken == tiers
    assert (case.form, case.names["2"]) == ("ranked", "South port")
    instance = OrdinalInstance()
    instance.parse_file(str(VECTORS / name))
    other = [
        tuple(tuple(sorted(map(str, level))) for level in order)
        for order in instance.orders
        for _ in range(instance.multiplicity[order])
    ]
    assert sorted(taken) == sorted(other)
