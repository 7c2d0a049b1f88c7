"""Ballots and questions: what is taken, and what is refused with which reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from consensus.ballots import (
    ApprovalBallot,
    Ballot,
    ChoiceBallot,
    Fault,
    Option,
    ProxyBallot,
    Question,
    RankedBallot,
    Scale,
    ScoreBallot,
    ballot_fault,
    parse_ballot,
    parse_ballots,
    parse_question,
)
from protocol import canonical

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    "content",
    [
        {"form": "choice", "choice": "yes", "reason": None},
        {"form": "choice", "choice": "no", "reason": "Too early."},
        {"form": "choice", "choice": "abstain", "reason": None},
        {"form": "approval", "approves": []},
        {"form": "approval", "approves": ["a", "b", "c"]},
        {"form": "proxy", "holder": "member-001"},
        {"form": "proxy", "holder": None},
        {"form": "ranked", "tiers": []},
        {"form": "ranked", "tiers": [["b"], ["a", "c"]]},
        {"form": "score", "scores": {}},
        {"form": "score", "scores": {"equity": {"a": 0, "b": 100}, "impact": {"a": 3}}},
    ],
)
def test_a_ballot_is_its_own_canonical_json(content: dict[str, object]) -> None:
    ballot = parse_ballot(canonical.decode(canonical.encode(content)))
    assert not isinstance(ballot, Fault)
    assert ballot.model_dump(mode="json") == content


@pytest.mark.parametrize(
    "content",
    [
        None,
        [],
        "yes",
        {},
        {"choice": "yes"},
        {"form": "choice"},
        {"form": "choice", "choice": "maybe", "reason": None},
        {"form": "choice", "choice": True, "reason": None},
        {"form": "choice", "choice": "yes", "reason": None, "weight": 2},
        {"form": "choice", "choice": "no", "reason": "x" * 2_001},
        {"form": "ranking", "ranks": []},
        {"form": "proxy"},
        {"form": "proxy", "holder": ""},
        {"form": "proxy", "holder": "a b"},
        {"form": "proxy", "holder": ["a"]},
        {"form": "proxy", "holder": "a", "choice": "yes"},
        {"form": "ranked"},
        {"form": "ranked", "tiers": ["a"]},
        {"form": "ranked", "tiers": [["a"], ["b a"]]},
        {"form": "ranked", "tiers": {"1": ["a"]}},
        {"form": "score", "scores": []},
        {"form": "score", "scores": {"impact": {}}},
        {"form": "score", "scores": {"impact": {"a": -1}}},
        {"form": "score", "scores": {"impact": {"a": 101}}},
        {"form": "score", "scores": {"impact": {"a": True}}},
        {"form": "score", "scores": {"impact": {"a": 1.0}}},
        {"form": "score", "scores": {"impact": {"a": None}}},
        {"form": "score", "scores": {"": {"a": 1}}},
        {"form": "score", "scores": {f"c{number}": {"a": 1} for number in range(21)}},
        {"form": "approval", "approves": "a"},
        {"form": "approval", "approves": ["b", "a"]},
        {"form": "approval", "approves": ["a", "a"]},
        {"form": "approval", "approves": [1]},
        {"form": "approval", "approves": [""]},
        {"form": "approval", "approves": ["a b"]},
        {"form": "approval", "approves": ["\ud800"]},
        {"form": "approval", "approves": ["a\n"]},
    ],
)
def test_what_is_no_ballot_is_a_fault(content: object) -> None:
    fault = parse_ballot(content)
    assert isinstance(fault, Fault)
    assert fault.code == "not_a_ballot"
    assert fault.detail


@pytest.mark.parametrize(
    ("tiers", "cause"),
    [
        ([["a"], [], ["b"]], "place 2 is empty: a ranking has no holes"),
        ([[]], "place 1 is empty"),
        ([["a"], ["b"], ["a"]], "option a is ranked twice"),
        ([["c", "b"]], "the options at place 1 must ascend by id, each once"),
        ([["a"], ["b", "b"]], "the options at place 2 must ascend by id, each once"),
    ],
)
def test_a_malformed_ranking_says_why(tiers: list[list[str]], cause: str) -> None:
    fault = parse_ballot({"form": "ranked", "tiers": tiers})
    assert isinstance(fault, Fault)
    assert cause in fault.detail


@given(json_values)
def test_no_value_raises(value: object) -> None:
    every = Fault | ChoiceBallot | ApprovalBallot | ProxyBallot | RankedBallot | ScoreBallot
    assert isinstance(parse_ballot(value), every)
    assert isinstance(parse_question(value), Fault | Question)


@pytest.mark.parametrize(
    ("ballot", "form", "code"),
    [
        (ChoiceBallot(choice="yes"), "choice", None),
        (ChoiceBallot(choice="yes"), "approval", "wrong_form"),
        (ApprovalBallot(approves=("a", "b")), "approval", None),
        (ApprovalBallot(approves=()), "approval", None),
        (ApprovalBallot(approves=("a", "z")), "approval", "unknown_option"),
        (ApprovalBallot(approves=("a",)), "choice", "wrong_form"),
        (ProxyBallot(holder="a"), "choice", "wrong_form"),
        (RankedBallot(tiers=(("b",), ("a",))), "ranked", None),
        (RankedBallot(tiers=()), "ranked", None),
        (RankedBallot(tiers=(("a",), ("z",))), "ranked", "unknown_option"),
        (RankedBallot(tiers=(("a",),)), "approval", "wrong_form"),
        (ScoreBallot(scores={"equity": {"a": 3, "b": 0}}), "score", None),
        (ScoreBallot(scores={}), "score", None),
        (ScoreBallot(scores={"equity": {"z": 1}}), "score", "unknown_option"),
        (ScoreBallot(scores={"beauty": {"a": 1}}), "score", "unknown_criterion"),
        (ScoreBallot(scores={"equity": {"a": 4}}), "score", "score_too_high"),
        (Fault("not_a_ballot", "x"), "choice", "not_a_ballot"),
    ],
)
def test_a_ballot_answers_the_question_or_says_why_not(ballot: Ballot | Fault, form: str, code: str | None) -> None:
    fault = ballot_fault(ballot, form, frozenset({"a", "b"}), Scale(frozenset({"equity", "impact"}), 3))
    assert (fault and fault.code) == code


def test_a_blank_reason_is_none() -> None:
    assert not ChoiceBallot(choice="no", reason=" \n").has_reason
    assert ChoiceBallot(choice="no", reason="Costs.").has_reason


def test_ballots_are_frozen() -> None:
    ballot = ChoiceBallot(choice="yes")
    with pytest.raises(ValidationError):
        ballot.choice = "no"  # type: ignore[misc]


def test_many_contents_are_parsed_one_by_one() -> None:
    parsed = parse_ballots({"a": {"form": "choice", "choice": "yes", "reason": None}, "b": 7})
    assert parsed["a"] == ChoiceBallot(choice="yes")
    assert isinstance(parsed["b"], Fault)


@pytest.mark.parametrize(
    ("value", "cause"),
    [
        ({"options": [], "capacity": 10}, "options"),
        ({"options": [{"id": "a", "cost": 1}, {"id": "a", "cost": 2}], "capacity": 10}, "listed twice"),
        ({"options": [{"id": "a", "cost": 11}], "capacity": 10}, "costs 11, more than the capacity of 10"),
        ({"options": [{"id": "a", "cost": -1}], "capacity": 10}, "options.0.cost"),
        ({"options": [{"id": "a", "cost": 1.0}], "capacity": 10}, "options.0.cost"),
        ({"options": [{"id": "a", "cost": True}], "capacity": 10}, "options.0.cost"),
        ({"options": [{"id": "a", "cost": 1}], "capacity": 10**12}, "capacity"),
    ],
)
def test_an_impossible_question_is_refused_with_its_cause(value: object, cause: str) -> None:
    fault = parse_question(value)
    assert isinstance(fault, Fault)
    assert fault.code == "question_impossible"
    assert cause in fault.detail


def test_a_question_keeps_the_frozen_order() -> None:
    question = Question(options=(Option(id="z"), Option(id="a")))
    assert question.option_ids == ("z", "a")
    assert parse_question(question.model_dump(mode="json")) == question
