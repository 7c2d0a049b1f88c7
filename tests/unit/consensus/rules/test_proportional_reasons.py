"""The reasons of a selection: what was taken and how, where topics were level, and what came next."""

import pytest

from consensus.ballots import ApprovalBallot, Option, Question
from consensus.outcome import Reason
from consensus.rules.proportional import ApprovalSettings, EqualSharesSettings
from consensus.rules.registry import RuleSettings, evaluate

TOPICS = Question(
    options=tuple(Option(id=name, cost=cost) for name, cost in (("a", 6), ("b", 6), ("c", 3), ("d", 1))), capacity=12
)
COUNTED = ["counted_approvals", "participation_met"]


def steps(settings: RuleSettings, *approvals: str) -> tuple[Reason, ...]:
    ballots = {f"m{voter}": ApprovalBallot(approves=tuple(letters)) for voter, letters in enumerate(approvals)}
    return evaluate(TOPICS, settings, ballots, dict.fromkeys(ballots, ())).reasons


@pytest.mark.parametrize(
    ("settings", "approvals", "expected"),
    [
        (EqualSharesSettings(), ["ab", "ab"], ["selected", *COUNTED, "equal_shares_whole", "ties_oldest"]),
        (
            EqualSharesSettings(completion=()),
            ["a", "a", "a", "b", "b"],
            ["selected", *COUNTED, "equal_shares", "next_not_paid_for"],
        ),
        (
            EqualSharesSettings(),
            ["a", "b", "c"],
            ["selected", *COUNTED, "equal_shares_whole", "completed_most_approved", "ties_oldest", "next_no_room"],
        ),
        (
            EqualSharesSettings(completion=()),
            ["a", "b", "c"],
            ["selected", *COUNTED, "equal_shares_whole", "next_not_paid_for"],
        ),
        (
            ApprovalSettings(),
            ["ac", "b", "ac"],
            ["selected", *COUNTED, "approval_counting", "ties_oldest", "next_no_room"],
        ),
        (
            EqualSharesSettings(completion=()),
            ["a", "c", "a", "b", "b"],
            ["selected_nothing", *COUNTED, "equal_shares", "next_not_paid_for"],
        ),
        (EqualSharesSettings(), [""], ["selected_nothing", *COUNTED]),
    ],
)
def test_the_steps_of_an_explanation(settings: RuleSettings, approvals: list[str], expected: list[str]) -> None:
    assert [step.code for step in steps(settings, *approvals)] == expected


def test_what_came_next_is_the_most_approved_that_had_support() -> None:
    last = steps(ApprovalSettings(), "ac", "b", "ac")[-1]
    assert last.parameters == {"option": "b", "supporters": 1, "cost": 6, "unspent": 3}
