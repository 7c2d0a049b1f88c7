"""Score rounds: settings, blanks, too few scorers, ties, and agreement as it is published."""

from fractions import Fraction

import pytest

from consensus.ballots import Fault, Option, Question, ScoreBallot
from consensus.outcome import Outcome, ScoreTable
from consensus.rules.counting import Circumstances
from consensus.rules.registry import draft_faults, evaluate, parse_settings
from consensus.rules.score import USUAL_CRITERIA, Criterion, ScoreSettings
from consensus.ties import by_lot

ONE = ScoreSettings(criteria=(Criterion(id="impact"),))
TWO = ScoreSettings(criteria=(Criterion(id="equity", weight=3), Criterion(id="impact")))


def hold(settings: ScoreSettings, *scores: dict[str, dict[str, int]], ids: str = "abc", **more: bytes) -> Outcome:
    question = Question(options=tuple(Option(id=name) for name in ids))
    ballots = {f"m{voter}": ScoreBallot(scores=each) for voter, each in enumerate(scores)}
    return evaluate(question, settings, ballots, dict.fromkeys(ballots, ()), Circumstances(lot=more.get("lot")))


def table_of(outcome: Outcome) -> ScoreTable:
    assert outcome.scores is not None
    return outcome.scores


def order(outcome: Outcome) -> str:
    return "".join(entry.option for entry in table_of(outcome).order)


def test_the_usual_criteria_count_alike() -> None:
    settings = parse_settings({"rule": "score"})
    assert isinstance(settings, ScoreSettings)
    assert [(criterion.id, criterion.weight) for criterion in settings.criteria] == [(c, 1) for c in USUAL_CRITERIA]


def test_weights_count() -> None:
    outcome = hold(TWO, {"equity": {"a": 0, "b": 1}, "impact": {"a": 4, "b": 0}})
    assert order(outcome) == "ab"
    assert [entry.mean and entry.mean.fraction for entry in table_of(outcome).order] == [1, Fraction(3, 4)]


def test_what_is_left_out_is_in_no_mean() -> None:
    outcome = hold(ONE, {"impact": {"a": 3}}, {"impact": {"a": 4, "b": 4}}, {})
    assert order(outcome) == "ba"
    assert outcome.counts.abstain == 1
    assert table_of(outcome).order[1].criteria[0].scorers == 2


def test_an_option_that_too_few_scored_is_not_in_order_but_shown() -> None:
    settings = ONE.model_copy(update={"least_scorers": 2})
    outcome = hold(settings, {"impact": {"a": 3, "b": 4}}, {"impact": {"a": 3}})
    assert order(outcome) == "a"
    assert [(entry.option, entry.mean, entry.scorers) for entry in table_of(outcome).too_few] == [
        ("b", None, 1),
        ("c", None, 0),
    ]
    assert table_of(outcome).too_few[0].criteria[0].mean is not None


def test_ties_go_where_the_settings_say() -> None:
    level = {"impact": dict.fromkeys("zak", 2)}
    assert order(hold(ONE, level, ids="zak")) == "zak"
    assert order(hold(ONE.model_copy(update={"ties": "id"}), level, ids="zak")) == "akz"
    drawn = hold(ONE.model_copy(update={"ties": "lot"}), level, ids="zak", lot=b"x")
    assert order(drawn) == "".join(by_lot("zak", b"x"))
    first = table_of(drawn).order[0]
    assert (first.tied, first.tied_with) == (2, tuple(order(drawn)[1:]))


def test_agreement_is_the_share_that_gave_the_most_common_score_averaged_over_the_criteria() -> None:
    """Of four scorers two agree on equity and three on impact, as the method's guidelines count it."""
    given = [(0, 4), (1, 4), (1, 4), (2, 0)]
    outcome = hold(TWO, *({"equity": {"a": equity}, "impact": {"a": impact}} for equity, impact in given))
    agreement = table_of(outcome).order[0].agreement
    assert agreement is not None
    assert agreement.fraction == (Fraction(2, 4) + Fraction(3, 4)) / 2
    assert table_of(outcome).agreement == agreement


def test_nobody_and_nothing() -> None:
    nobody = hold(ONE)
    assert (nobody.status, nobody.scores) == ("no_quorum", None)
    nothing = hold(ONE, {})
    assert (nothing.status, order(nothing), table_of(nothing).agreement) == ("selected", "", None)


def test_ballots_off_the_scale_are_left_out() -> None:
    outcome = hold(ONE, {"impact": {"a": 5}}, {"beauty": {"a": 1}}, {"impact": {"x": 1}}, {"impact": {"a": 1}})
    assert {entry.code for entry in outcome.uncounted} == {"score_too_high", "unknown_criterion", "unknown_option"}
    assert (outcome.counts.cast, outcome.counts.valid) == (4, 1)


@pytest.mark.parametrize(
    "value",
    [
        {"criteria": []},
        {"criteria": [{"id": "impact", "weight": 0}]},
        {"criteria": [{"id": "impact", "weight": -1}]},
        {"criteria": [{"id": "impact", "weight": 1.5}]},
        {"criteria": [{"id": "impact"}, {"id": "impact"}]},
        {"criteria": [{"id": f"c{number}"} for number in range(21)]},
        {"maximum": 0},
        {"maximum": 101},
        {"least_scorers": 0},
        {"ties": "coin"},
    ],
)
def test_settings_that_cannot_work_are_refused(value: dict[str, object]) -> None:
    assert isinstance(parse_settings({"rule": "score", **value}), Fault)


def test_impossible_rounds_are_refused_when_drafted() -> None:
    few = Question(options=(Option(id="a"),))
    many = Question(options=tuple(Option(id=f"option-{number}") for number in range(300)))
    electorate: dict[str, tuple[str, ...]] = {"m0": (), "m1": ()}
    assert draft_faults(few, ONE, electorate) == ()
    greedy = ONE.model_copy(update={"least_scorers": 3})
    assert [fault.code for fault in draft_faults(few, greedy, electorate)] == ["too_many_scorers"]
    assert [fault.code for fault in draft_faults(many, ScoreSettings(), electorate)] == ["ballot_too_large"]


def test_the_usual_round_of_three_hundred_options_fits_into_a_ballot() -> None:
    """Options are named o1, o2 and so on where rounds are drafted."""
    usual = Question(options=tuple(Option(id=f"o{number}") for number in range(1, 301)))
    assert draft_faults(usual, ScoreSettings(), {"m": ()}) == ()
