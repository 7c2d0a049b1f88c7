"""Decision rules in the words of scenario files, as the data that a charter lays down."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from pydantic import JsonValue

from consensus.rules import named
from consensus.rules.consent import ConsensusSettings
from consensus.rules.proportional import ApprovalSettings, EqualSharesSettings, PhragmenSettings
from consensus.rules.ranked import RunoffSettings, SchulzeSettings
from consensus.rules.score import ScoreSettings
from consensus.rules.silence import SilenceSettings
from tests.support.scenario_script import Line, ScriptError

RULES: Final[Mapping[str, Any]] = {
    "simple majority": named.simple_majority(),
    "two thirds present and voting": named.two_thirds_present_and_voting(),
    "majority of members present": named.majority_of_members_present(),
    "absolute majority": named.absolute_majority(),
    "standards enquiry": named.standards_enquiry(),
    "silence": SilenceSettings(),
    "consensus": ConsensusSettings(),
    "equal shares": EqualSharesSettings(),
    "phragmen": PhragmenSettings(),
    "approval counting": ApprovalSettings(),
    "schulze": SchulzeSettings(),
    "instant run-off": RunoffSettings(),
    "scores": ScoreSettings(),
}
"""Rules by name, each with its usual settings."""


def _fraction(words: str) -> dict[str, JsonValue]:
    numerator, denominator = words.split("/")
    return {"numerator": int(numerator), "denominator": int(denominator)}


def _names(words: str) -> list[JsonValue]:
    return [*re.split(r", | and ", words)]


def _pairs(words: str, key: str) -> list[JsonValue]:
    pairs = [part.rsplit(" ", 1) for part in re.split(r", | and ", words)]
    return [{key: name, "weight": int(weight)} for name, weight in pairs]


def _by_weight(share: str, weights: str, least: str | None) -> dict[str, JsonValue]:
    return {
        "weights": _pairs(weights, "member"),
        "threshold": _fraction(share),
        "strict": False,
        "blocking_minority": None if least is None else int(least),
    }


_F: Final = r"(\d+/\d+)"
_CHANGES: Final[Mapping[str, tuple[str, Callable[..., dict[str, JsonValue]]]]] = {
    "at least FRACTION of BASE": (
        rf"at least {_F} of (cast|valid|yes\+no|present|entitled)",
        lambda share, base: {"threshold": _fraction(share), "base": base, "strict": False},
    ),
    "more than FRACTION of BASE": (
        rf"more than {_F} of (cast|valid|yes\+no|present|entitled)",
        lambda share, base: {"threshold": _fraction(share), "base": base, "strict": True},
    ),
    "quorum FRACTION": (rf"quorum {_F}", lambda share: {"quorum": _fraction(share)}),
    "abstentions are left out": (r"abstentions are left out", lambda: {"abstentions": "excluded"}),
    "abstentions count for the quorum": (
        r"abstentions count for the quorum",
        lambda: {"abstentions": "quorum_only"},
    ),
    "abstentions count against": (r"abstentions count against", lambda: {"abstentions": "against"}),
    "votes against need reasons": (r"votes against need reasons", lambda: {"reasons_required": True}),
    "reasons are optional": (r"reasons are optional", lambda: {"reasons_required": False}),
    "at most FRACTION against": (rf"at most {_F} against", lambda share: {"max_against": _fraction(share)}),
    "at least NUMBER in favour": (r"at least (\d+) in favour", lambda count: {"min_in_favour": int(count)}),
    "a majority in each of NAMES": (
        r"a majority in each of (.+)",
        lambda names: {"concurrent": {"constituencies": _names(names), "threshold": _fraction("1/2"), "strict": True}},
    ),
    "FRACTION by weight (NAME NUMBER, …)": (
        rf"{_F} by weight \(([^)]+)\)",
        lambda share, weights: {"weighted": _by_weight(share, weights, None)},
    ),
    "FRACTION by weight (NAME NUMBER, …) which at least NUMBER can block": (
        rf"{_F} by weight \(([^)]+)\) which at least (\d+) can block",
        lambda share, weights, least: {"weighted": _by_weight(share, weights, least)},
    ),
    "casting vote of NAME": (r"casting vote of ([a-z0-9-]+)", lambda name: {"casting_vote": name}),
    "broken by NUMBER objections": (r"broken by (\d+) objections?", lambda n: {"objections_to_break": int(n)}),
    "support of FRACTION": (rf"support of {_F}", lambda share: {"support": _fraction(share)}),
    "at most FRACTION stand aside": (rf"at most {_F} stand aside", lambda s: {"max_stand_asides": _fraction(s)}),
    "unspent time stays unspent": (r"unspent time stays unspent", lambda: {"completion": []}),
    "unspent time by raised shares": (
        r"unspent time by raised shares",
        lambda: {"completion": ["raised-shares", "most-approved"]},
    ),
    "unspent time by phragmen": (r"unspent time by phragmen", lambda: {"completion": ["phragmen"]}),
    "ties to the oldest": (r"ties to the oldest", lambda: {"ties": "oldest"}),
    "ties by lot": (r"ties by lot", lambda: {"ties": "lot"}),
    "ties by the chair NAME": (r"ties by the chair ([a-z0-9-]+)", lambda name: {"ties": "chair", "chair": name}),
    "strength by margins": (r"strength by margins", lambda: {"measure": "margins"}),
    "on CRITERION NUMBER, …": (r"on (.+)", lambda words: {"criteria": _pairs(words, "id")}),
    "scores up to NUMBER": (r"scores up to (\d+)", lambda maximum: {"maximum": int(maximum)}),
    "at least NUMBER scorers": (r"at least (\d+) scorers?", lambda least: {"least_scorers": int(least)}),
}
"""What may stand behind a rule's name, as the README words it."""

CHANGE_WORDS: Final = tuple(_CHANGES)


def rule_of(line: Line, words: str) -> dict[str, JsonValue]:
    """Return a rule's settings from its name and its changes, separated by semicolons. Raises ScriptError."""
    name, *changes = (part.strip() for part in words.split(";"))
    if name not in RULES:
        raise ScriptError(line, f"there is no rule by the name '{name}'")
    rule: dict[str, JsonValue] = RULES[name].model_dump(mode="json")
    for change in changes:
        rule |= _change(line, change)
    return rule


def _change(line: Line, words: str) -> dict[str, JsonValue]:
    for pattern, make in _CHANGES.values():
        match = re.fullmatch(pattern, words)
        if match is not None:
            return make(*match.groups())
    raise ScriptError(line, f"a rule has no setting '{words}'")
