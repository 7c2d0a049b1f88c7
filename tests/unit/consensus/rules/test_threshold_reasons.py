"""The reasons of a vote: verdict first, then what was counted, then each condition by its own code."""

import pytest

from consensus.ballots import ChoiceBallot, Option, Question
from consensus.outcome import ConditionCode, Uncounted
from consensus.rules.counting import at_least
from consensus.rules.named import majority_of_members_present, simple_majority, standards_enquiry
from consensus.rules.registry import evaluate
from consensus.rules.threshold import ThresholdSettings
from consensus.rules.threshold_reasons import condition_reason, left_out_reasons


def codes(settings: ThresholdSettings, votes: str) -> list[str]:
    """The codes when members vote yes, no, unreasoned no or abstain by their initials."""
    choices = {"y": ("yes", None), "n": ("no", "Costs."), "u": ("no", None), "a": ("abstain", None)}
    ballots = {
        f"m{number}": ChoiceBallot.model_validate({"choice": choices[vote][0], "reason": choices[vote][1]})
        for number, vote in enumerate(votes)
    }
    question = Question(options=(Option(id="text"),))
    return [step.code for step in evaluate(question, settings, ballots, dict.fromkeys(ballots, ())).reasons]


@pytest.mark.parametrize(
    ("settings", "votes", "expected"),
    [
        (simple_majority(), "yyn", ["adopted_exactly", "counted_votes", "participation_met", "threshold_met_yes_no"]),
        (simple_majority(), "yyyn", ["adopted_exactly", "counted_votes", "participation_met", "threshold_met_yes_no"]),
        (simple_majority(), "yyy", ["adopted", "counted_votes", "participation_met", "threshold_met_yes_no"]),
        (
            majority_of_members_present(),
            "yya",
            ["adopted_exactly", "counted_votes", "abstentions_against", "participation_met", "threshold_met_present"],
        ),
        (
            standards_enquiry(),
            "yyyynnu",
            [
                "not_adopted_despite_votes",
                "counted_votes",
                "left_out_reason_missing",
                "participation_met",
                "threshold_met_valid",
                "ceiling_exceeded",
            ],
        ),
    ],
)
def test_the_steps_of_an_explanation(settings: ThresholdSettings, votes: str, expected: list[str]) -> None:
    assert codes(settings, votes) == expected


@pytest.mark.parametrize(
    ("code", "met", "missed"),
    [
        ("quorum", "quorum_met", "quorum_missed"),
        ("threshold", "threshold_met_yes_no", "threshold_missed_yes_no"),
        ("weight", "weight_met", "weight_missed"),
        ("constituency", "constituency_met", "constituency_missed"),
        ("minimum_in_favour", "minimum_met", "minimum_missed"),
    ],
)
def test_a_condition_has_a_code_for_each_end(code: ConditionCode, met: str, missed: str) -> None:
    assert condition_reason(at_least(code, 2, 3, 2), "yes+no").code == met
    step = condition_reason(at_least(code, 1, 3, 2), "yes+no")
    assert (step.code, step.parameters) == (missed, {"have": 1, "base": 3, "bound": 2})


def test_a_constituency_is_named() -> None:
    step = condition_reason(at_least("constituency", 1, 3, 2, constituency="north"))
    assert step.parameters["constituency"] == "north"


def test_left_out_ballots_have_a_reason_each() -> None:
    steps = left_out_reasons((Uncounted(code="wrong_form", count=2),))
    assert [(step.code, step.parameters) for step in steps] == [("left_out_wrong_form", {"count": 2})]
