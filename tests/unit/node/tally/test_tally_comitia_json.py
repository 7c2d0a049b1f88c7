"""Comitia's own JSON: every worked example of RULES.md can be tried, and each thing that is wrong is said."""

import json
from typing import Any

import pytest

from consensus.ballots import ApprovalBallot, ChoiceBallot, Fault, ProxyBallot
from node.tally.comitia_json import ballot_content, parse_comitia_json
from node.tally.counting import count
from node.tally.faults import FormatError
from node.tally.settings import settings_for
from tests.unit.consensus.rules.test_worked_examples import examples, shown

MINIMAL: dict[str, Any] = {"electorate": {"a": []}, "ballots": {"a": "yes"}}


def parsed(**changed: Any) -> Any:
    return parse_comitia_json(json.dumps({**MINIMAL, **changed}).encode())


@pytest.mark.parametrize("number", range(len(examples())))
def test_a_worked_example_gives_what_is_written_under_it(number: int) -> None:
    example = examples()[number]
    case = parse_comitia_json(json.dumps(example).encode())
    outcome = count(case, settings_for(case, "", "", ())).outcome
    assert {name: shown(outcome, name) for name in example["outcome"]} == example["outcome"]


@pytest.mark.parametrize(
    ("written", "content"),
    [
        ("yes", {"form": "choice", "choice": "yes", "reason": None}),
        ("no: too: early", {"form": "choice", "choice": "no", "reason": "too: early"}),
        ("abstain", {"form": "choice", "choice": "abstain", "reason": None}),
        ("proxy: b", {"form": "proxy", "holder": "b"}),
        ("withdrawn", {"form": "proxy", "holder": None}),
        (["a", "b"], {"form": "approval", "approves": ["a", "b"]}),
        ("a > c = b", {"form": "ranked", "tiers": [["a"], ["b", "c"]]}),
        ({"equity": {"a": 3}}, {"form": "score", "scores": {"equity": {"a": 3}}}),
        ("perhaps", "perhaps"),
        (7, 7),
        ({"form": "choice"}, {"form": "choice"}),
    ],
)
def test_short_forms_of_ballots(written: object, content: object) -> None:
    assert ballot_content(written) == content


def test_under_a_ranked_rule_any_words_are_a_ranking() -> None:
    assert ballot_content("a", "ranked") == {"form": "ranked", "tiers": [["a"]]}
    assert ballot_content("", "ranked") == {"form": "ranked", "tiers": []}
    assert ballot_content("proxy: b", "ranked") == {"form": "proxy", "holder": "b"}


def test_everything_that_a_file_may_say() -> None:
    case = parsed(
        options={"z": 5, "a": 3},
        capacity=9,
        electorate={"m": ["north"], "n": []},
        ballots={"m": ["a", "z"], "n": "proxy: m", "x": 5},
        present=["n"],
        proxies_per_holder=2,
        lot="00ff",
        names={"z": "Zebras"},
        rule={"rule": "approval"},
        outcome={"status": "whatever"},
    )
    assert case.question.option_ids == ("z", "a"), "the order of the file is the frozen order"
    assert case.electorate == {"m": ("north",), "n": ()}
    assert case.ballots["m"] == ApprovalBallot(approves=("a", "z"))
    assert case.ballots["n"] == ProxyBallot(holder="m")
    assert isinstance(case.ballots["x"], Fault)
    assert (case.circumstances.lot, case.circumstances.proxies_per_holder) == (b"\x00\xff", 2)
    assert case.circumstances.present == {"n"}
    assert (case.form, case.names) == ("approval", {"z": "Zebras"})


def test_without_options_the_question_is_one_text() -> None:
    case = parsed()
    assert (case.question.option_ids, case.form) == (("text",), "choice")
    assert case.ballots == {"a": ChoiceBallot(choice="yes")}


def test_the_form_is_that_of_the_rule_or_of_the_ballots() -> None:
    assert parsed(ballots={}).form == "choice"
    assert parsed(ballots={}, options={"a": 1, "b": 1}, capacity=1).form == "approval"
    assert parsed(rule={"rule": "approval"}).form == "approval"
    with pytest.raises(FormatError, match="several forms, approval and choice"):
        parsed(ballots={"a": "yes", "b": ["x"]})


@pytest.mark.parametrize(
    ("data", "line", "reason"),
    [
        (b"", 1, "this is no JSON"),
        (b'{\n  "ballots": {},\n  oops\n}', 3, "this is no JSON"),
        (b"[1, 2]", 0, "valid dictionary"),
        (b"\xff", 0, "isn't in UTF-8"),
        (b"[" * 100_000, 0, "nests too deeply"),
        (b'{"a": ' * 100_000, 0, "nests too deeply"),
        (b'{"ballots": {"a": "yes", "a": "no"}}', 0, "the key 'a' stands twice"),
        (b'{"capacity": NaN}', 0, "NaN is no number"),
        (b'{"capacity": -Infinity}', 0, "-Infinity is no number"),
        (b'{"capacity": ' + b"9" * 5_000 + b"}", 0, "no JSON that can be read"),
        (b'{"ballots": {}}', 0, "electorate"),
        (b'{"ballots": {}, "electorate": {}, "surprise": 1}', 0, "surprise"),
    ],
)
def test_what_is_no_file_of_this_form_is_said(data: bytes, line: int, reason: str) -> None:
    with pytest.raises(FormatError) as error:
        parse_comitia_json(data)
    assert reason in error.value.reason
    assert error.value.line == line


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"options": {"a b": 1}}, "options"),
        ({"options": {"a": -1}}, "options"),
        ({"options": {"a": 1.5}}, "options"),
        ({"options": {"a": 2}, "capacity": 1}, "more than the capacity"),
        ({"options": {}}, "options"),
        ({"capacity": 10**10}, "capacity"),
        ({"electorate": {"a": "north"}}, "electorate"),
        ({"electorate": []}, "electorate"),
        ({"ballots": []}, "ballots"),
        ({"proxies_per_holder": 21}, "proxies_per_holder"),
        ({"proxies_per_holder": True}, "proxies_per_holder"),
        ({"lot": "xyz"}, "lot"),
        ({"present": "a"}, "present"),
        ({"rule": "threshold"}, "rule"),
    ],
)
def test_a_field_that_cannot_be_is_named(changed: dict[str, Any], reason: str) -> None:
    with pytest.raises(FormatError) as error:
        parsed(**changed)
    assert reason in error.value.reason
