"""The paragraph of a ranked round: what was counted, what decided, and how near it was."""

import pytest

from consensus.ballots import Option, Question, RankedBallot
from consensus.outcome import Outcome, explain
from consensus.rules.ranked import RankedSettings, RunoffSettings, SchulzeSettings
from consensus.rules.registry import evaluate


def hold(ids: str, settings: RankedSettings, *written: str) -> Outcome:
    question = Question(options=tuple(Option(id=name) for name in ids))
    ballots = {
        f"m{voter}": RankedBallot(tiers=tuple(tuple(sorted(tier)) for tier in tiers.split()))
        for voter, tiers in enumerate(written)
    }
    return evaluate(question, settings, ballots, dict.fromkeys(ballots, ()))


def codes(outcome: Outcome) -> list[str]:
    return [step.code for step in outcome.reasons]


COUNTED = ["ranked_first", "counted_rankings", "participation_met"]
CYCLE = ["a b c"] * 4 + ["b c a"] * 3 + ["c a b"] * 2


@pytest.mark.parametrize(
    ("settings", "ballots", "expected"),
    [
        (SchulzeSettings(), ["a b c", "a c b"], ["schulze_pairs", "schulze_beats_all", "level_oldest"]),
        (SchulzeSettings(), CYCLE, ["schulze_pairs", "schulze_winning_votes", "schulze_lead"]),
        (SchulzeSettings(measure="margins"), CYCLE, ["schulze_pairs", "schulze_margins", "schulze_lead"]),
        (
            SchulzeSettings(ties="id"),
            ["a", "b"],
            ["schulze_pairs", "schulze_winning_votes", "schulze_level", "level_id"],
        ),
        (RunoffSettings(), CYCLE, ["runoff_method", "runoff_majority", "runoff_last"]),
        (RunoffSettings(), ["a", "b"], ["runoff_method", "runoff_last", "level_oldest"]),
    ],
)
def test_the_steps_of_an_explanation(settings: RankedSettings, ballots: list[str], expected: list[str]) -> None:
    assert codes(hold("abc", settings, *ballots)) == COUNTED + expected


def test_how_near_it_was_is_the_closest_comparison() -> None:
    outcome = hold("abc", SchulzeSettings(), "a b c", "a b c", "b a c")
    step = next(step for step in outcome.reasons if step.code == "schulze_beats_all")
    assert step.parameters == {"option": "a", "other": "b", "votes_for": 2, "votes_against": 1}


def test_half_the_votes_are_no_majority() -> None:
    outcome = hold("ab", RunoffSettings(), "a", "b")
    assert "runoff_majority" not in codes(outcome)


def test_a_majority_is_told_where_it_was_reached_first() -> None:
    outcome = hold("abcd", RunoffSettings(), "a", "a", "a", "b", "c", "d a")
    step = next(step for step in outcome.reasons if step.code == "runoff_majority")
    assert step.parameters == {"option": "a", "have": "4", "base": 6, "count": 2}


def test_the_explanation_is_one_paragraph_that_a_layperson_can_read() -> None:
    assert explain(hold("abc", RunoffSettings(), "a b", "ab", "b", "c a", "")) == (
        "Of 3 options, a comes first. Of 5 entitled members 5 cast a ballot; ballots that rank at least one option: 4. "
        "This rule asks for no quorum; members who took part: 5. Each ballot was one vote for its best option that was "
        "left, shared equally where several stood level; the option with the fewest votes was eliminated, and so on. "
        "In count 2, a had 2.5 of the 4 votes that still counted, more than half. In the last count a had 2.5 votes "
        "and b 1.5; ballots that ranked neither any more: 0."
    )
    assert explain(hold("abc", SchulzeSettings(), *CYCLE)) == (
        "Of 3 options, a comes first. Of 9 entitled members 9 cast a ballot; ballots that rank at least one option: 9. "
        "This rule asks for no quorum; members who took part: 9. Every two options were compared by how many ballots "
        "put one above the other; what a ballot leaves out stands below what it ranks. No option is ahead in every "
        "comparison, so chains of comparisons decide: a chain is as strong as the fewest ballots that won one of its "
        "comparisons, and the stronger chain between two options counts. Nearest to a is b: the chain from the first "
        "to the second has the strength 6, the chain back 5."
    )
