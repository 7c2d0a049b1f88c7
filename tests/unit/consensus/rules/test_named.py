"""Named settings decide as their names say, vote by vote around the line."""

import pytest

from consensus.ballots import ChoiceBallot, Option, Question
from consensus.rules import named
from consensus.rules.registry import evaluate
from consensus.rules.threshold import MemberWeight, ThresholdSettings


def status(settings: ThresholdSettings, votes: str, regions: dict[int, str] | None = None) -> str:
    """The status when each member votes so: y, n (with a reason), u (no without one), a (abstain) or . (absent)."""
    choices = {"y": "yes", "n": "no", "u": "no", "a": "abstain"}
    ballots = {
        f"m{number}": ChoiceBallot.model_validate(
            {"choice": choices[vote], "reason": "Because." if vote == "n" else None}
        )
        for number, vote in enumerate(votes)
        if vote != "."
    }
    electorate = {
        f"m{number}": (regions[number],) if regions and number in regions else () for number in range(len(votes))
    }
    return evaluate(Question(options=(Option(id="text"),)), settings, ballots, electorate).status


@pytest.mark.parametrize(
    ("settings", "adopted", "not_adopted"),
    [
        (named.simple_majority(), "yynaaa...", "yynn..."),
        (named.two_thirds_present_and_voting(), "yynaaa", "yyynn"),
        (named.majority_of_members_present(), "yyyna..", "yyna.."),
        (named.absolute_majority(), "yyy..", "yyy..."),
        (named.standards_enquiry(), "yyynuuuaaa", "yyyynn"),
        (named.standards_enquiry(), "yyyyyyyyynnn", "yyyyyyyynnna"),
    ],
)
def test_the_line_runs_where_the_name_says(settings: ThresholdSettings, adopted: str, not_adopted: str) -> None:
    assert status(settings, adopted) == "adopted"
    assert status(settings, not_adopted) == "not_adopted"


def test_double_majority_needs_both_and_four_to_block() -> None:
    weights = tuple(MemberWeight(member=f"m{number}", weight=1) for number in range(1, 10))
    settings = named.double_majority((MemberWeight(member="m0", weight=91), *weights))
    assert status(settings, "yyyyyynnnn") == "adopted"
    assert status(settings, "yyyyynnnnn") == "not_adopted"
    assert status(settings, "nyyyyyynnn") == "not_adopted"
    assert status(settings, "nyyyyyyynn") == "adopted"


def test_concurrent_majorities_ask_each_constituency() -> None:
    settings = named.concurrent_majorities(named.two_thirds_present_and_voting(), ("north", "south"))
    regions = {0: "north", 1: "north", 2: "north", 3: "north", 4: "south", 5: "south"}
    assert status(settings, "yyyyyn", regions) == "not_adopted"
    assert status(settings, "yyynyy", regions) == "adopted"
