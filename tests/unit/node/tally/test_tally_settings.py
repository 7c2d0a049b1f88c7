"""Settings from the command line: where they start, what goes over what, and what is refused."""

from pathlib import Path

import pytest

from consensus.rules.consent import ConsensusSettings
from consensus.rules.counting import PositiveShare
from consensus.rules.proportional import ApprovalSettings, EqualSharesSettings
from consensus.rules.registry import RuleSettings
from consensus.rules.threshold import ThresholdSettings
from node.tally.case import Case
from node.tally.faults import TallyError
from node.tally.reading import read_case
from node.tally.settings import NAMED, rules_for, settings_for

VECTORS = Path(__file__).parents[3] / "vectors" / "tally"


def case_of(name: str) -> Case:
    return read_case(name, (VECTORS / name).read_bytes())


GARDEN = case_of("garden.pb")
PROXIES = case_of("proxies.json")
THIRD = PositiveShare(numerator=1, denominator=3)


def test_the_rule_of_the_file_is_the_default() -> None:
    settings = settings_for(PROXIES, "", "", ())
    assert isinstance(settings, ThresholdSettings)
    assert (settings.base, settings.strict) == ("yes+no", True)


def test_what_the_file_says_is_the_start_only_for_its_own_rule() -> None:
    changed = settings_for(PROXIES, "threshold", "", ("base=entitled",))
    assert isinstance(changed, ThresholdSettings)
    assert (changed.base, changed.strict) == ("entitled", True)
    assert settings_for(PROXIES, "consensus", "", ()) == ConsensusSettings()


@pytest.mark.parametrize(
    ("rule", "as_json", "single", "settings"),
    [
        ("equal-shares", "", ("quorum=1/3",), EqualSharesSettings(quorum=THIRD)),
        ("equal-shares", '{"completion": []}', (), EqualSharesSettings(completion=())),
        ("equal-shares", "", ('completion=["phragmen"]',), EqualSharesSettings(completion=("phragmen",))),
        ("approval", '{"ties": "lot"}', ("ties=id",), ApprovalSettings(ties="id")),
        ("approval", "", ("ties=chair", "chair=v3"), ApprovalSettings(ties="chair", chair="v3")),
        ("approval", '{"quorum": {"numerator": 1, "denominator": 2}}', ("quorum=none",), ApprovalSettings()),
        ("approval", "", ("quorum.numerator=1", "quorum.denominator=3"), ApprovalSettings(quorum=THIRD)),
    ],
)
def test_single_settings_go_over_json(rule: str, as_json: str, single: tuple[str, ...], settings: RuleSettings) -> None:
    assert settings_for(GARDEN, rule, as_json, single) == settings


@pytest.mark.parametrize("name", NAMED)
def test_thresholds_by_the_names_they_are_known_by(name: str) -> None:
    assert settings_for(PROXIES, name, "", ()) == NAMED[name]
    changed = settings_for(PROXIES, name, "", ("reasons_required=true",))
    assert changed == NAMED[name].model_copy(update={"reasons_required": True})


@pytest.mark.parametrize(
    ("rule", "as_json", "single", "reason"),
    [
        ("", "", (), "the file names no rule: take --rule with one of equal-shares, "),
        ("coin", "", (), "there is no rule 'coin'"),
        ("threshold", "", (), "threshold.base"),
        ("silence", "", (), "counts ballots of the form choice, and the file holds the form approval"),
        ("approval", "{", (), "--settings is no JSON"),
        ("approval", "[]", (), "--settings is a JSON object"),
        ("approval", "[" * 100_000, (), "--settings is no JSON"),
        ("approval", "", ("quorum",), "a setting is NAME=VALUE"),
        ("approval", "", ("=1",), "a setting is NAME=VALUE"),
        ("approval", "", ("quorum=3/2",), "more than the whole"),
        ("approval", "", ("quorum=1/0",), "denominator"),
        ("approval", "", ("quorum=0.5",), "quorum"),
        ("approval", "", ("surprise=1",), "surprise"),
        ("approval", "", ("rule.name=1",), "rule holds no settings of its own"),
        ("approval", "", ("ties=[",), "is no JSON"),
        ("approval", "", ("ties=chair",), "no member is named as chair"),
        ("approval", "", ("ties=chair", "chair=me"), "isn't entitled to vote"),
    ],
)
def test_what_cannot_be_set_is_said(rule: str, as_json: str, single: tuple[str, ...], reason: str) -> None:
    with pytest.raises(TallyError) as error:
        settings_for(GARDEN, rule, as_json, single)
    assert reason in str(error.value)


def test_rules_are_offered_for_the_form_of_the_ballots() -> None:
    assert {"equal-shares", "phragmen", "approval"} <= set(rules_for("approval"))
    assert {"threshold", "silence", "consensus", *NAMED} <= set(rules_for("choice"))
    assert rules_for("song") == ()
