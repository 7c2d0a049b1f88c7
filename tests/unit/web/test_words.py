"""Decisions, reasons, rules and refusals in words."""

import string

import pytest

from consensus.comparison import applicable_rules
from consensus.fairness.sentences import FAIRNESS_SENTENCES
from consensus.outcome import Reason
from consensus.rules.counting import PositiveShare
from consensus.rules.named import (
    absolute_majority,
    concurrent_majorities,
    simple_majority,
    standards_enquiry,
    two_thirds_present_and_voting,
)
from consensus.rules.proportional import ApprovalSettings, EqualSharesSettings, PhragmenSettings
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
from web.rule_words import members_to_carry, settings_words, variant_name

HALF = PositiveShare(numerator=1, denominator=2)


@pytest.fixture(scope="module")
def backend() -> MemoryBackend:
    return MemoryBackend()


@pytest.mark.parametrize("lang", ["en", "zh", "fr", "ru", "es", "ar", "pt"])
@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_every_reason_has_its_sentence(languages: Languages, lang: str, code: str) -> None:
    language = languages.find(lang)
    assert language is not None
    names = [name for _, name, _, _ in string.Formatter().parse(SENTENCES[code]) if name]
    parameters: dict[str, int | str] = dict.fromkeys(names, 7)
    names_of = {"constituency": "africa", "option": "t1", "other": "t2", "member": "m1", "members": "m1, m2"}
    reason = Reason(code=code, parameters={**parameters, **names_of})
    words = reason_words(language, reason, {"t1": "Floods", "t2": "Droughts"}, {"m1": "Baobab", "m2": "Cedar"})
    assert "{" not in words
    assert not {"t1", "t2", "m1", "m2"} & set(words.replace(",", " ").replace(".", " ").split())
    if "{constituency}" in SENTENCES[code]:
        assert constituency_name(language, "africa") in words


@pytest.mark.parametrize("lang", ["en", "zh", "fr", "ru", "es", "ar", "pt"])
@pytest.mark.parametrize("code", sorted(FAIRNESS_SENTENCES))
def test_every_finding_about_fairness_has_its_sentence(languages: Languages, lang: str, code: str) -> None:
    language = languages.find(lang)
    assert language is not None
    parameters: dict[str, int | str] = {"members": 4, "option": "t1", "owed": 2, "got": 1, "cost": 30}
    words = reason_words(language, Reason(code=code, parameters=parameters), {"t1": "Floods"})
    assert "{" not in words
    assert ("Floods" in words) == code.endswith("_fails")


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
    ended = settings_words(english, PhragmenSettings(), 67, 240)
    assert ended.name == "Phragmén's rule"
    assert "The first topic that no longer fits ends the count." in ended.sentences
    passed = settings_words(english, PhragmenSettings(when_full="skip", completion=()), 67, 240).sentences
    assert "Topics that no longer fit are passed over." in passed
    assert not any("left over" in sentence for sentence in passed)


def test_every_rule_and_variant_in_a_comparison_has_a_name_of_its_own(languages: Languages) -> None:
    for form in ("choice", "approval"):
        names = [variant_name(languages.default, settings) for settings in applicable_rules(form)]
        assert len(set(names)) == len(names)


def test_an_item_says_what_brought_it_in(languages: Languages, backend: MemoryBackend) -> None:
    found = round_numbered(backend, 17).outcome
    assert found is not None
    assert found.selection is not None
    first = found.selection.chosen[0]
    for how, said in (
        ("raised-shares", "Their shares, raised alike for all"),
        ("phragmen", "Its supporters had waited longest"),
    ):
        chosen = (first.model_copy(update={"how": how}),)
        outcome = found.model_copy(update={"selection": found.selection.model_copy(update={"chosen": chosen})})
        assert item_decision(languages.default, outcome, first.option).rest.startswith(said)


def test_rankings_and_scores_say_how_they_are_decided(languages: Languages) -> None:
    english = languages.default
    schulze = settings_words(english, SchulzeSettings(ties="lot", quorum=HALF), 67, 0)
    assert schulze.name == "Schulze method"
    assert "Where options are exactly level, a public lot drawn after the close decides." in schulze.sentences
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
