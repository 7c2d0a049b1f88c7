"""The paragraph of a score round: what came first, what was counted, how near it was, how far scorers agreed."""

import pytest

from consensus.ballots import Option, Question, ScoreBallot
from consensus.outcome import Outcome, explain
from consensus.rules.registry import evaluate
from consensus.rules.score import Criterion, ScoreSettings

ONE = ScoreSettings(criteria=(Criterion(id="impact"),))
COUNTED = ["counted_scores", "participation_met"]


def hold(ids: str, *scores: dict[str, int], least: int = 1) -> Outcome:
    question = Question(options=tuple(Option(id=name) for name in ids))
    ballots = {f"m{voter}": ScoreBallot(scores={"impact": each}) for voter, each in enumerate(scores)}
    settings = ONE.model_copy(update={"least_scorers": least})
    return evaluate(question, settings, ballots, dict.fromkeys(ballots, ()))


@pytest.mark.parametrize(
    ("ids", "scores", "expected"),
    [
        ("ab", [{"a": 3, "b": 1}], ["scored_first", *COUNTED, "scored_method", "scored_next", "scored_agreement"]),
        ("a", [{"a": 3}], ["scored_first", *COUNTED, "scored_method", "scored_agreement"]),
        (
            "abc",
            [{"a": 3, "b": 3}],
            [
                "scored_first",
                *COUNTED,
                "scored_method",
                "scored_level",
                "level_oldest",
                "scored_too_few",
                "scored_agreement",
            ],
        ),
    ],
)
def test_the_steps_of_an_explanation(ids: str, scores: list[dict[str, int]], expected: list[str]) -> None:
    assert [step.code for step in hold(ids, *scores).reasons] == expected


def test_how_often_the_tie_order_decided() -> None:
    """Three level and two level: two decisions and one."""
    outcome = hold("abcde", {"a": 3, "b": 3, "c": 3, "d": 1, "e": 1})
    assert next(step for step in outcome.reasons if step.code == "level_oldest").parameters == {"count": 3}


def test_nothing_in_order_says_why() -> None:
    outcome = hold("ab", {"a": 3}, least=2)
    assert [step.code for step in outcome.reasons] == ["scored_nothing", *COUNTED, "scored_too_few"]


def test_the_explanation_is_one_paragraph_that_a_layperson_can_read() -> None:
    assert explain(hold("ab", {"a": 3, "b": 2}, {"a": 4, "b": 3}, {"a": 4, "b": 4})) == (
        "Of 2 options, a has the highest mean score: 3.67 of 4. Of 3 entitled members 3 cast a ballot; ballots that "
        "score at least one option: 3. This rule asks for no quorum; members who took part: 3. On each criterion an "
        "option has the mean of the scores that it was given, and these means count by the weights of the criteria; "
        "what a member left out counts neither for nor against. Next is b with 3; the difference is 0.67. How far the "
        "scorers agreed: on average 50 per cent of them gave an option the most common score."
    )
