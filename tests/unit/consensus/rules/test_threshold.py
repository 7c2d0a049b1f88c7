"""The threshold rule: refusals when drafted, what is counted, and how it explains itself."""

import pytest

from consensus.ballots import ApprovalBallot, ChoiceBallot, Fault, Option, Question
from consensus.outcome import Outcome, explain
from consensus.rules.counting import Ballots, Circumstances, PositiveShare, Share
from consensus.rules.named import concurrent_majorities, simple_majority, two_thirds_present_and_voting
from consensus.rules.registry import evaluate, parse_settings
from consensus.rules.threshold import MemberWeight, ThresholdSettings, Weighted, threshold_faults

TEXT = Question(options=(Option(id="text"),))
HALF = {"numerator": 1, "denominator": 2}
PLAIN = {"rule": "threshold", "base": "yes+no", "threshold": HALF, "strict": True}
YES, NO, ABSTAIN = (ChoiceBallot.model_validate({"choice": choice}) for choice in ("yes", "no", "abstain"))


def entitled(count: int) -> dict[str, tuple[str, ...]]:
    return {f"m{number}": () for number in range(count)}


def hold(settings: ThresholdSettings, votes: list[ChoiceBallot], count: int) -> Outcome:
    return evaluate(TEXT, settings, {f"m{number}": vote for number, vote in enumerate(votes)}, entitled(count))


@pytest.mark.parametrize(
    ("changed", "cause"),
    [
        ({"threshold": {"numerator": 4, "denominator": 3}}, "more than the whole"),
        ({"threshold": {"numerator": 1, "denominator": 0}}, "denominator"),
        ({"threshold": {"numerator": -1, "denominator": 2}}, "numerator"),
        ({"threshold": 0.5}, "threshold"),
        ({"threshold": {"numerator": 1.0, "denominator": 2}}, "numerator"),
        ({"threshold": {"numerator": 1, "denominator": 1}}, "more than all"),
        ({"threshold": {"numerator": 0, "denominator": 1}, "strict": False}, "whatever nobody is for"),
        ({"quorum": {"numerator": 3, "denominator": 2}}, "more than the whole"),
        ({"quorum": {"numerator": 0, "denominator": 2}}, "asks for nothing"),
        ({"abstentions": "against"}, "take the base valid"),
        ({"abstentions": "ignored"}, "abstentions"),
        ({"base": "everybody"}, "base"),
        ({"min_in_favour": 0}, "min_in_favour"),
        ({"strict": 1}, "strict"),
        ({"surprise": 1}, "surprise"),
        ({"concurrent": {"constituencies": [], "threshold": HALF, "strict": True}}, "constituencies"),
        ({"concurrent": {"constituencies": ["a", "a"], "threshold": HALF, "strict": True}}, "listed twice"),
        (
            {
                "concurrent": {
                    "constituencies": ["a"],
                    "threshold": {"numerator": 1, "denominator": 1},
                    "strict": True,
                }
            },
            "the constituencies' threshold would have to be more than all",
        ),
        (
            {"weighted": {"weights": [{"member": "a", "weight": 0}], "threshold": HALF, "strict": True}},
            "weight",
        ),
        (
            {
                "weighted": {
                    "weights": [{"member": "a", "weight": 1}, {"member": "a", "weight": 2}],
                    "threshold": HALF,
                    "strict": True,
                    "blocking_minority": None,
                }
            },
            "two weights",
        ),
    ],
)
def test_settings_that_cannot_work_are_refused_with_the_cause(changed: dict[str, object], cause: str) -> None:
    assert isinstance(parse_settings(PLAIN), ThresholdSettings)
    fault = parse_settings({**PLAIN, **changed})
    assert isinstance(fault, Fault)
    assert cause in fault.detail


def weighted(*members: str) -> Weighted:
    weights = tuple(MemberWeight(member=member, weight=1) for member in members)
    half = PositiveShare(numerator=1, denominator=2)
    return Weighted(weights=weights, threshold=half, strict=True, blocking_minority=None)


@pytest.mark.parametrize(
    ("question", "settings", "codes"),
    [
        (TEXT, simple_majority(), []),
        (Question(options=(Option(id="a"), Option(id="b"))), simple_majority(), ["one_option"]),
        (TEXT, concurrent_majorities(simple_majority(), ("east", "moon")), ["unknown_constituency"]),
        (TEXT, simple_majority().model_copy(update={"min_in_favour": 3}), ["minimum_out_of_reach"]),
        (TEXT, simple_majority().model_copy(update={"weighted": weighted("a", "b")}), []),
        (TEXT, simple_majority().model_copy(update={"weighted": weighted("a")}), ["weight_missing"]),
        (
            TEXT,
            simple_majority().model_copy(update={"weighted": weighted("a", "b", "c")}),
            ["weight_of_stranger"],
        ),
        (
            TEXT,
            simple_majority().model_copy(
                update={"weighted": weighted("a", "b").model_copy(update={"blocking_minority": 3})}
            ),
            ["blocking_minority_out_of_reach"],
        ),
    ],
)
def test_a_round_that_cannot_work_is_refused_when_drafted(
    question: Question, settings: ThresholdSettings, codes: list[str]
) -> None:
    faults = threshold_faults(question, settings, {"a": ("east",), "b": ("west",)})
    assert [fault.code for fault in faults] == codes


@pytest.mark.parametrize(
    ("votes", "status", "verdict", "decided"),
    [
        ({"m0": YES, "m1": NO}, "adopted", "adopted_casting_vote", "casting_vote_for"),
        ({"m0": NO, "m1": YES}, "not_adopted", "not_adopted_short", "casting_vote_against"),
        ({"m0": ABSTAIN, "m1": YES, "m2": NO}, "not_adopted", "not_adopted_short", "threshold_missed_yes_no"),
        ({"m1": YES, "m2": NO}, "not_adopted", "not_adopted_short", "threshold_missed_yes_no"),
        ({"m0": Fault("not_a_ballot", "x"), "m1": YES, "m2": NO}, "not_adopted", "not_adopted_short", None),
        ({"m0": NO, "m1": YES, "m2": YES}, "adopted", "adopted_exactly", "threshold_met_yes_no"),
        ({"m0": YES, "m1": NO, "m2": NO}, "not_adopted", "not_adopted_short", "threshold_missed_yes_no"),
    ],
)
def test_a_casting_vote_decides_an_exact_tie_and_nothing_else(
    votes: Ballots, status: str, verdict: str, decided: str | None
) -> None:
    settings = ThresholdSettings.model_validate({**PLAIN, "casting_vote": "m0"})
    outcome = evaluate(TEXT, settings, votes, entitled(4))
    assert outcome.status == status
    assert outcome.reasons[0].code == verdict
    assert decided is None or outcome.reasons[-1].code == decided
    assert (outcome.margin >= 0) == (status == "adopted")
    without = evaluate(TEXT, settings.model_copy(update={"casting_vote": None}), votes, entitled(4))
    if "casting_vote" not in {condition.code for condition in outcome.conditions}:
        assert outcome == without


def test_a_casting_vote_overrides_no_other_condition() -> None:
    settings = ThresholdSettings.model_validate({**PLAIN, "casting_vote": "m0", "min_in_favour": 2})
    outcome = evaluate(TEXT, settings, {"m0": YES, "m1": NO}, entitled(4))
    assert outcome.status == "not_adopted"
    assert "casting vote of m0 in favour decided" in explain(outcome)


@pytest.mark.parametrize(("threshold", "strict"), [((2, 3), True), ((1, 2), False), ((1, 3), True)])
def test_a_casting_vote_needs_a_rule_that_can_tie(threshold: tuple[int, int], strict: bool) -> None:
    share = {"numerator": threshold[0], "denominator": threshold[1]}
    fault = parse_settings({**PLAIN, "threshold": share, "strict": strict, "casting_vote": "m0"})
    assert isinstance(fault, Fault)
    assert "a casting vote decides a tie" in fault.detail
    assert isinstance(
        parse_settings({**PLAIN, "threshold": {"numerator": 3, "denominator": 6}, "strict": True, "casting_vote": "m"}),
        ThresholdSettings,
    )


def test_a_casting_vote_of_somebody_without_a_vote_is_refused_when_drafted() -> None:
    settings = simple_majority().model_copy(update={"casting_vote": "stranger"})
    assert [fault.code for fault in threshold_faults(TEXT, settings, entitled(2))] == ["casting_vote_of_stranger"]


def test_ballots_that_cannot_be_counted_are_listed_by_reason() -> None:
    settings = ThresholdSettings(
        base="cast", threshold=Share(numerator=1, denominator=2), strict=True, reasons_required=True
    )
    ballots: Ballots = {
        "m0": YES,
        "m1": YES,
        "m2": NO,
        "m3": ApprovalBallot(approves=("text",)),
        "m4": Fault("not_a_ballot", "choice: Field required"),
        "stranger": NO,
        "passer-by": YES,
    }
    outcome = evaluate(TEXT, settings, ballots, entitled(6))
    assert [(entry.code, entry.count) for entry in outcome.uncounted] == [
        ("not_a_ballot", 1),
        ("not_entitled", 2),
        ("reason_missing", 1),
        ("wrong_form", 1),
    ]
    assert (outcome.counts.cast, outcome.counts.valid, outcome.counts.base) == (5, 2, 5)
    assert outcome.status == "not_adopted"


def test_each_constituency_is_reported_whether_asked_or_not() -> None:
    electorate = {"m0": ("north", "islands"), "m1": ("north",), "m2": ("south",), "m3": ()}
    outcome = evaluate(TEXT, simple_majority(), {"m0": YES, "m2": NO}, electorate)
    seen = {
        entry.constituency: (entry.tally.entitled, entry.tally.in_favour, entry.tally.against)
        for entry in outcome.constituencies
    }
    assert seen == {"islands": (1, 1, 0), "north": (2, 1, 0), "south": (1, 0, 1)}


def test_only_the_constituencies_named_have_a_say() -> None:
    electorate = {"m0": ("north",), "m1": ("north",), "m2": ("south",)}
    settings = concurrent_majorities(simple_majority(), ("north",))
    outcome = evaluate(TEXT, settings, {"m0": YES, "m1": YES, "m2": NO}, electorate)
    assert outcome.status == "adopted"
    assert [condition.constituency for condition in outcome.conditions] == [None, None, "north"]


@pytest.mark.parametrize("base", ["cast", "valid", "yes+no", "present"])
def test_a_quorum_of_abstainers_adopts_nothing(base: str) -> None:
    settings = ThresholdSettings.model_validate(
        {"base": base, "threshold": Share(numerator=2, denominator=3), "strict": False}
    )
    outcome = hold(settings, [ABSTAIN, ABSTAIN], 3)
    assert (outcome.status, outcome.counts.base, outcome.needed, outcome.margin) == ("not_adopted", 0, 1, -1)


@pytest.mark.parametrize(("abstentions", "status"), [("excluded", "no_quorum"), ("quorum_only", "adopted")])
def test_an_abstention_decides_a_quorum(abstentions: str, status: str) -> None:
    quorum = PositiveShare(numerator=1, denominator=2)
    settings = simple_majority(quorum).model_copy(update={"abstentions": abstentions})
    assert hold(settings, [YES, ABSTAIN], 4).status == status


def test_without_a_ballot_nothing_is_decided_even_without_a_quorum() -> None:
    outcome = hold(simple_majority(), [], 3)
    assert outcome.status == "no_quorum"
    assert "neither adopted nor rejected" in explain(outcome)
    assert evaluate(TEXT, simple_majority(), {}, {}).status == "no_quorum"


def test_silent_members_are_present() -> None:
    quorum = PositiveShare(numerator=1, denominator=1)
    circumstances = Circumstances(present=frozenset({"m1", "stranger"}))
    outcome = evaluate(TEXT, simple_majority(quorum), {"m0": YES}, entitled(2), circumstances)
    assert (outcome.status, outcome.quorum_present) == ("adopted", 2)


@pytest.mark.parametrize(
    ("votes", "paragraph"),
    [
        (
            [YES] * 5 + [NO] * 2 + [ABSTAIN],
            "The text is adopted with exactly the number of votes in favour that was needed. Of 9 entitled members 8 "
            "cast a ballot: 5 in favour, 2 against, 1 abstaining. Abstentions counted for the quorum, not for the "
            "majority. The quorum was met: members who took part: 8; needed: 5. Measured against the votes for and "
            "against (7), at least 5 in favour were needed, and 5 were.",
        ),
        (
            [YES] * 4 + [NO] * 3,
            "The text is not adopted; votes in favour missing to the number needed: 1. Of 9 entitled members 7 cast a "
            "ballot: 4 in favour, 3 against, 0 abstaining. The quorum was met: members who took part: 7; needed: 5. "
            "Measured against the votes for and against (7), at least 5 in favour were needed, but only 4 were.",
        ),
        (
            [YES] * 4,
            "Nothing was decided, because too few members took part; the text is neither adopted nor rejected. Of 9 "
            "entitled members 4 cast a ballot: 4 in favour, 0 against, 0 abstaining. The quorum was missed: members "
            "who took part: 4; needed: 5.",
        ),
    ],
)
def test_the_explanation_says_what_was_counted_needed_decided_and_how_near(
    votes: list[ChoiceBallot], paragraph: str
) -> None:
    settings = two_thirds_present_and_voting(PositiveShare(numerator=1, denominator=2))
    assert explain(hold(settings, votes, 9)) == paragraph
