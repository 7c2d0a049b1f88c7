"""Decisions, reasons, rules and refusals in words."""

import pytest

from consensus.outcome import Reason
from consensus.rules.counting import PositiveShare
from consensus.rules.named import (
    absolute_majority,
    concurrent_majorities,
    simple_majority,
    standards_enquiry,
    two_thirds_present_and_voting,
)
from consensus.rules.proportional import ApprovalSettings, EqualSharesSettings
from consensus.rules.ranked import RunoffSettings, SchulzeSettings
from consensus.rules.score import Criterion, ScoreSettings
from consensus.rules.sentences import SENTENCES
from tests.support.web_backend import MemoryBackend
from tests.support.web_content import round_numbered
from web.constituencies import constituency_name, ordered, shown
from web.decisions import decision, item_decision, reason_words
from web.i18n import Languages
from web.ports import Refused
from web.refusals import REFUSAL_CODES, refusal_status, refusal_words
from web.rule_words import members_to_carry, settings_words

HALF = PositiveShare(numerator=1, denominator=2)


@pytest.fixture(scope="module")
def backend() -> MemoryBackend:
    return MemoryBackend()


@pytest.mark.parametrize("lang", ["en", "zh", "ar"])
@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_every_reason_has_its_sentence(languages: Languages, lang: str, code: str) -> None:
    language = languages.find(lang)
    assert language is not None
    names = ("margin", "missing", "entitled", "cast", "in_favour", "against", "abstain", "count", "have", "bound",
             "base", "chosen", "options", "spent", "capacity", "voters", "numerator", "denominator", "share",
             "supporters", "cost", "unspent", "votes_for", "votes_against", "percent")  # fmt: skip
    parameters: dict[str, int | str] = dict.fromkeys(names, 7)
    reason = Reason(code=code, parameters={**parameters, "constituency": "africa", "option": "t1", "other": "t2"})
    words = reason_words(language, reason, {"t1": "Floods", "t2": "Droughts"})
    assert "{" not in words
    assert "t1" not in words
    assert "t2" not in words
    if "{constituency}" in SENTENCES[code]:
        assert constituency_name(language, "africa") in words


@pytest.mark.parametrize("code", sorted(REFUSAL_CODES | {"never-heard-of"}))
def test_every_refusal_says_what_was_kept_and_what_to_do(languages: Languages, code: str) -> None:
    refused = Refused(code, late_ms=12_000, detail="d", reason="r")
    words = refusal_words(languages.default, refused)
    assert words.happened
    assert words.kept
    assert words.remedy
    assert "%(" not in words.happened + words.kept + words.remedy
    assert 400 <= refusal_status(refused) < 600
    assert refusal_words(languages.default, Refused(code)).happened, "parameters may be missing"


def test_a_decision_says_the_result_first(languages: Languages, backend: MemoryBackend) -> None:
    vote = round_numbered(backend, 18).outcome
    assert vote is not None
    assert decision(languages.default, vote).result == "Adopted by 18 of 25 members voting."
    shares = round_numbered(backend, 17).outcome
    assert shares is not None
    assert decision(languages.default, shares).result == "Paid for by their supporters' equal shares: 5."
    assert item_decision(languages.default, shares, "t11").rest.startswith("It had the most supporters")
    assert item_decision(languages.default, shares, "").result == "Selected in a prioritisation."


def test_rules_carry_the_numbers_they_take_today(languages: Languages) -> None:
    english = languages.default
    words = settings_words(english, two_thirds_present_and_voting(HALF), 67, 0)
    assert words.name == "Two-thirds majority"
    assert "If all 67 members vote yes or no, that takes 45 in favour." in words.sentences
    assert "The quorum is 34 of 67 members." in words.sentences
    assert settings_words(english, simple_majority(), 67, 0).name == "Simple majority"
    assert settings_words(english, absolute_majority(), 67, 0).name == "Absolute majority"
    enquiry = settings_words(english, standards_enquiry(), 67, 0).sentences
    assert "A vote against counts only with a reason." in enquiry
    assert "At most one quarter of the same votes may be against." in enquiry
    regions = settings_words(english, concurrent_majorities(simple_majority(), ("africa", "arab-states")), 67, 0)
    assert regions.sentences[-1].endswith("Africa and Arab States.")
    shares = settings_words(english, EqualSharesSettings(), 67, 240).sentences
    assert "3 min 35 s if all 67 vote" in shares[1]
    assert settings_words(english, ApprovalSettings(), 67, 240).name == "Approval counting"


def test_rankings_and_scores_say_how_they_are_decided(languages: Languages) -> None:
    english = languages.default
    schulze = settings_words(english, SchulzeSettings(ties="lot", quorum=HALF), 67, 0)
    assert schulze.name == "Schulze method"
    assert "Where options are exactly level, a public lot drawn from the ballots decides." in schulze.sentences
    assert schulze.sentences[-1] == "The quorum is 34 of 67 members."
    margins = settings_words(english, SchulzeSettings(measure="margins"), 67, 0)
    assert set(margins.sentences) ^ set(schulze.sentences) >= {schulze.sentences[2], margins.sentences[2]}
    runoff = settings_words(english, RunoffSettings(), 67, 0)
    assert runoff.name == "Instant run-off"
    assert "Where several options stand level on a ballot, each has an equal part of its vote." in runoff.sentences
    criteria = (Criterion(id="equity", weight=2), Criterion(id="early-use"))
    score = settings_words(english, ScoreSettings(criteria=criteria, maximum=7, least_scorers=3), 67, 0)
    assert score.sentences[0] == (
        "Members score each option from 0 to 7 on these criteria: Equity (weight 2) and Early use (weight 1)."
    )
    assert "An option is in order only if 3 members scored it on each criterion." in score.sentences


def test_a_decision_of_a_ranking_says_how_near_it_was(languages: Languages, backend: MemoryBackend) -> None:
    english = languages.default
    schulze, runoff, scores = (round_numbered(backend, number).outcome for number in (14, 13, 11))
    assert schulze is not None
    assert runoff is not None
    assert scores is not None
    assert decision(english, schulze).rest == "In its closest comparison 10 ballots put it above and 11 below."
    assert item_decision(english, schulze, "t5") == decision(english, schulze)
    assert decision(english, runoff).rest == "In the last count it had 13 votes against 10."
    assert decision(english, scores).rest == "The highest is 1.4 of 4."
    assert item_decision(english, scores, "t4").result == "Mean score 1.25 of 4."
    assert item_decision(english, scores, "t4").rest == "Place 4 of 5."
    assert item_decision(english, scores, "") == decision(english, scores)


@pytest.mark.parametrize(("cost", "needed"), [(45, 13), (60, 17), (25, 7), (240, 67), (0, 0)])
def test_how_many_members_carry_a_topic(cost: int, needed: int) -> None:
    """The figures of the design's ballot: 240 minutes, 67 members."""
    assert members_to_carry(cost, 240, 67) == needed


def test_constituencies_stand_in_one_order(languages: Languages) -> None:
    mixed = ("income-high", "zone-b", "latin-america-caribbean", "africa")
    assert ordered(mixed) == ("africa", "latin-america-caribbean", "income-high", "zone-b")
    assert shown(mixed) == ("africa", "latin-america-caribbean")
    assert shown(("zone-b", "zone-a")) == ("zone-a", "zone-b")
    assert constituency_name(languages.default, "zone-b") == "Zone b"
