"""The RULES table: settings are read by name, travel as canonical JSON, and are refused before a round opens."""

import pytest

from consensus.ballots import ApprovalBallot, Ballot, ChoiceBallot, Fault, Option, Question, RankedBallot, ScoreBallot
from consensus.rules import named
from consensus.rules.consent import ConsensusSettings
from consensus.rules.counting import Ballots, PositiveShare, Share
from consensus.rules.proportional import ApprovalSettings, EqualSharesSettings, PhragmenSettings
from consensus.rules.ranked import RunoffSettings, SchulzeSettings
from consensus.rules.registry import (
    RULES,
    RuleSettings,
    answers_wrongly,
    draft_faults,
    evaluate,
    parse_settings,
    shares_capacity,
)
from consensus.rules.score import Criterion, ScoreSettings
from consensus.rules.silence import SilenceSettings
from consensus.rules.threshold import MemberWeight
from protocol import canonical

TEXT = Question(options=(Option(id="text"),))
TOPICS = Question(options=(Option(id="a", cost=5),), capacity=5)
QUORUM = PositiveShare(numerator=1, denominator=3)
EXAMPLES: tuple[RuleSettings, ...] = (
    named.simple_majority(QUORUM),
    named.two_thirds_present_and_voting(QUORUM),
    named.majority_of_members_present(QUORUM),
    named.absolute_majority(),
    named.standards_enquiry(QUORUM),
    named.double_majority((MemberWeight(member="m", weight=3),)),
    named.concurrent_majorities(named.simple_majority(), ("north", "south")),
    EqualSharesSettings(quorum=QUORUM),
    EqualSharesSettings(completion=(), ties="lot"),
    EqualSharesSettings(completion=("raised-shares", "phragmen", "most-approved")),
    PhragmenSettings(when_full="skip", quorum=QUORUM),
    ApprovalSettings(ties="id"),
    ApprovalSettings(ties="chair", chair="m"),
    named.simple_majority().model_copy(update={"casting_vote": "m"}),
    SilenceSettings(objections_to_break=2),
    ConsensusSettings(max_stand_asides=Share(numerator=1, denominator=4), quorum=QUORUM),
    SchulzeSettings(measure="margins", quorum=QUORUM),
    RunoffSettings(ties="lot"),
    ScoreSettings(criteria=(Criterion(id="equity", weight=3),), maximum=10, least_scorers=2),
)


@pytest.mark.parametrize("settings", EXAMPLES)
def test_settings_survive_a_canonical_record(settings: RuleSettings) -> None:
    data = canonical.encode({"rule": settings.model_dump(mode="json")})
    value = canonical.decode(data)
    assert isinstance(value, dict)
    assert parse_settings(value["rule"]) == settings


def test_the_table_is_keyed_by_the_name_in_the_settings() -> None:
    for name, rule in RULES.items():
        assert rule.settings.model_fields["rule"].default == name
    assert {settings.rule for settings in EXAMPLES} == set(RULES)


@pytest.mark.parametrize("value", [None, [], {}, {"rule": "lottery"}, {"rule": None}, {"base": "cast"}, "threshold"])
def test_what_is_no_rule_is_a_fault(value: object) -> None:
    fault = parse_settings(value)
    assert isinstance(fault, Fault)
    assert fault.code == "settings_impossible"


def test_a_round_is_refused_when_drafted() -> None:
    electorate: dict[str, tuple[str, ...]] = {"m": ()}
    assert draft_faults(TEXT, named.simple_majority(), electorate) == ()
    assert draft_faults(TOPICS, EqualSharesSettings(), electorate) == ()
    assert [fault.code for fault in draft_faults(TEXT, EqualSharesSettings(), electorate)] == ["no_capacity"]
    assert [fault.code for fault in draft_faults(TEXT, ApprovalSettings(), electorate)] == ["no_capacity"]
    for ranked in (SchulzeSettings(), RunoffSettings()):
        assert [fault.code for fault in draft_faults(TEXT, ranked, electorate)] == ["too_few_options"]
    assert [fault.code for fault in draft_faults(TEXT, ScoreSettings(least_scorers=2), electorate)] == [
        "too_many_scorers"
    ]
    assert [fault.code for fault in draft_faults(TEXT, named.simple_majority(), {})] == ["nobody_entitled"]


def test_a_ballot_is_measured_by_the_rule_of_its_round() -> None:
    score = ScoreSettings(criteria=(Criterion(id="equity"),), maximum=2)
    cases: tuple[tuple[Ballot, RuleSettings, str | None], ...] = (
        (RankedBallot(tiers=(("a",),)), SchulzeSettings(), None),
        (RankedBallot(tiers=(("z",),)), RunoffSettings(), "unknown_option"),
        (ChoiceBallot(choice="yes"), SchulzeSettings(), "wrong_form"),
        (ScoreBallot(scores={"equity": {"a": 2}}), score, None),
        (ScoreBallot(scores={"equity": {"a": 3}}), score, "score_too_high"),
        (ScoreBallot(scores={"impact": {"a": 1}}), score, "unknown_criterion"),
    )
    for ballot, settings, code in cases:
        fault = answers_wrongly(TOPICS, settings, ballot)
        assert (fault and fault.code) == code


def test_approvals_alone_share_a_capacity() -> None:
    shared = {settings.rule for settings in EXAMPLES if shares_capacity(settings)}
    assert shared == {"equal-shares", "phragmen", "approval"}


def test_each_rule_counts_its_form_of_ballot() -> None:
    ballots: Ballots = {
        "choice": ChoiceBallot(choice="yes"),
        "approval": ApprovalBallot(approves=("a",)),
        "ranked": RankedBallot(tiers=(("a",),)),
        "score": ScoreBallot(scores={"impact": {"a": 4}}),
    }
    settings: dict[str, RuleSettings] = {
        "threshold": named.simple_majority(),
        "equal-shares": EqualSharesSettings(),
        "phragmen": PhragmenSettings(),
        "approval": ApprovalSettings(),
        "silence": SilenceSettings(),
        "consensus": ConsensusSettings(),
        "schulze": SchulzeSettings(),
        "instant-runoff": RunoffSettings(),
        "score": ScoreSettings(),
    }
    for name, rule in RULES.items():
        for form, ballot in ballots.items():
            outcome = evaluate(TOPICS, settings[name], {"m": ballot}, {"m": ()})
            assert outcome.rule == name
            assert outcome.counts.valid == (form == rule.ballot_form)
