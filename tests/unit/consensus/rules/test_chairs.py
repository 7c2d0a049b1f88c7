"""The chair's member breaks ties in rankings and scores as in selections: with the ballot that counts for it."""

import pytest

from consensus.ballots import Ballot, ChoiceBallot, Fault, Option, ProxyBallot, Question, RankedBallot, ScoreBallot
from consensus.outcome import Outcome, explain
from consensus.rules.counting import NOTHING_ELSE, Ballots, Circumstances, Electorate
from consensus.rules.ranked import RunoffSettings, SchulzeSettings
from consensus.rules.registry import RuleSettings, draft_faults, evaluate, parse_settings
from consensus.rules.score import Criterion, ScoreSettings

QUESTION = Question(options=tuple(Option(id=name) for name in "abcd"))
ELECTORATE: Electorate = dict.fromkeys(("m0", "m1", "m2", "chair"), ())
CRITERIA = (Criterion(id="equity", weight=1), Criterion(id="impact", weight=3))
SCORE = ScoreSettings(criteria=CRITERIA, ties="chair", chair="chair")
RANKED: list[RuleSettings] = [SchulzeSettings(ties="chair", chair="chair"), RunoffSettings(ties="chair", chair="chair")]


def ranked(written: str) -> RankedBallot:
    return RankedBallot(tiers=tuple(tuple(tier.split("=")) for tier in written.split(">") if tier))


def scored(equity: dict[str, int], impact: dict[str, int]) -> ScoreBallot:
    return ScoreBallot(scores={"equity": equity, "impact": impact})


def order_of(outcome: Outcome) -> str:
    entries = outcome.ranking.order if outcome.ranking else outcome.scores.order if outcome.scores else ()
    return "".join(entry.option for entry in entries)


def hold(settings: RuleSettings, ballots: Ballots, circumstances: Circumstances = NOTHING_ELSE) -> Outcome:
    return evaluate(QUESTION, settings, ballots, ELECTORATE, circumstances)


@pytest.mark.parametrize("settings", RANKED)
def test_what_the_chair_leaves_level_goes_by_age(settings: RuleSettings) -> None:
    outcome = hold(settings, {"m0": ranked("a=b=c>d"), "m1": ranked("d>a=b=c"), "chair": ranked("")})
    order = order_of(outcome)
    assert order.index("a") < order.index("b") < order.index("c")


def test_two_against_two_goes_as_the_chair_ranks() -> None:
    ballots: Ballots = {"m0": ranked("a>b>c>d"), "chair": ranked("b>a>c>d")}
    for settings in RANKED:
        outcome = hold(settings, ballots)
        assert order_of(outcome) == "bacd"
        assert outcome.ranking is not None
        assert outcome.ranking.chair == "chair"
        assert "the order of chair, the chair's member, decided" in explain(outcome)
        assert order_of(hold(settings.model_copy(update={"ties": "oldest", "chair": None}), ballots)) == "abcd"


def test_level_means_go_by_the_weighted_sums_of_the_chair() -> None:
    ballots: Ballots = {
        "m0": scored({"a": 3, "b": 1, "c": 2}, {"a": 1, "b": 1, "c": 3}),
        "chair": scored({"a": 1, "b": 3, "c": 2}, {"a": 2, "b": 2, "c": 0}),
    }
    outcome = hold(SCORE, ballots)
    assert outcome.scores is not None
    assert order_of(outcome) == "bac"
    assert outcome.scores.order[0].tied_with == ("a", "c")
    assert outcome.scores.chair == "chair"
    assert "the order of chair, the chair's member, decided" in explain(outcome)
    assert order_of(hold(ScoreSettings(criteria=CRITERIA), ballots))[0] == "a"


@pytest.mark.parametrize(
    "of_chair",
    [
        None,
        Fault("not_a_ballot", "x"),
        ChoiceBallot(choice="yes"),
        RankedBallot(tiers=(("z",),)),
        ScoreBallot(scores={"equity": {"z": 1}}),
        ProxyBallot(holder=None),
    ],
)
@pytest.mark.parametrize("settings", [*RANKED, SCORE])
def test_without_a_ballot_that_counts_the_oldest_goes_first(
    settings: RuleSettings, of_chair: Ballot | Fault | None
) -> None:
    same = dict.fromkeys("abcd", 2)
    level: Ballot = scored(same, same) if settings.rule == "score" else ranked("a=b=c=d")
    ballots: dict[str, Ballot | Fault] = {"m0": level}
    if of_chair is not None:
        ballots["chair"] = of_chair
    outcome = hold(settings, ballots)
    assert order_of(outcome) == "abcd"
    assert "as the chair's member had no ballot that counts, the oldest was put first" in explain(outcome)


def test_a_chair_that_is_voted_for_by_proxy_breaks_ties_with_its_holders_ballot() -> None:
    ballots: Ballots = {"m0": ranked("a>b>c>d"), "m1": ranked("b>a>c>d"), "chair": ProxyBallot(holder="m1"),
                        "m2": ranked("a>b>c>d")}  # fmt: skip
    assert order_of(hold(RANKED[0], ballots, Circumstances(proxies_per_holder=1))) == "bacd"


@pytest.mark.parametrize("settings", [*RANKED, SCORE])
def test_a_chair_that_may_not_vote_or_is_not_named_is_refused_when_drafted(settings: RuleSettings) -> None:
    assert draft_faults(QUESTION, settings, ELECTORATE) == ()
    assert [fault.code for fault in draft_faults(QUESTION, settings, {"m0": ()})] == ["chair_not_entitled"]
    value = {**settings.model_dump(mode="json"), "chair": None}
    assert isinstance(parse_settings(value), Fault)
