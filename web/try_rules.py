"""The form that tries a rule on a round of the past: what is ticked and typed becomes a rule's settings."""

import json
from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated, Any, ClassVar, Final

from pydantic import BeforeValidator, Field

from consensus.ballots import Fault
from consensus.rules.counting import RATIO_PART_MAX
from consensus.rules.registry import RULES, RuleSettings, parse_settings
from web.forms import Form, Line
from web.marking import N_

COMPLETIONS: Final = ("raised-shares", "phragmen", "most-approved")
_PLAIN: Final = frozenset(
    {"rule", "ties", "quorum", "when_full", "base", "threshold", "strict", "abstentions", "reasons_required"}
    | {"max_against", "min_in_favour", "chair"}
)
"""Settings that a field of the form holds in full; others stand in it as data."""
_MORE_CHARACTERS_MAX = 10_000


def _share(typed: object) -> object:
    """Return an exact share typed as 1/3, 2 or nothing."""
    if not isinstance(typed, str) or not typed.strip():
        return None
    whole, _, parts = typed.partition("/")
    share = Fraction(int(whole), int(parts or "1"))
    if not 0 <= share <= 1 or share.denominator > RATIO_PART_MAX:
        raise ValueError("no share of a whole")
    return share


def _exact(typed: object) -> object:
    try:
        return _share(typed)
    except ZeroDivisionError as error:
        raise ValueError("no share of a whole") from error


def _as_object(typed: object) -> object:
    """Return the object in typed JSON."""
    if not isinstance(typed, str) or not typed.strip():
        return {}
    if len(typed) > _MORE_CHARACTERS_MAX:
        raise ValueError("too long")
    try:
        return json.loads(typed)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


Exact = Annotated[Any, BeforeValidator(_exact)]
Name = Annotated[Line, Field(max_length=40)]


class TryForm(Form):
    """A rule and its settings, as far as they fit it."""

    MANY: ClassVar[frozenset[str]] = frozenset({"completion"})
    MESSAGES: ClassVar[Mapping[str, str]] = {
        "rule": N_("Choose a rule."),
        "quorum": N_("Write the quorum as an exact fraction, such as 1/3, or leave it empty."),
        "threshold": N_("Write the share needed as an exact fraction, such as 2/3."),
        "max_against": N_("Write the ceiling as an exact fraction, such as 1/4, or leave it empty."),
        "min_in_favour": N_("Give a whole number of 1 or more, or leave it empty."),
        "more": N_("Write further settings as a JSON object, or leave this empty."),
    }

    rule: Name
    ties: Name = "oldest"
    chair: Annotated[Line, Field(max_length=128)] = ""
    quorum: Exact = None
    completion: Annotated[tuple[Name, ...], Field(max_length=4)] = ()
    when_full: Name = "stop"
    base: Name = "yes+no"
    threshold: Exact = None
    strict: str = ""
    abstentions: Name = "quorum_only"
    reasons_required: str = ""
    max_against: Exact = None
    min_in_favour: Annotated[Annotated[int, Field(ge=1)] | None, BeforeValidator(lambda value: value or None)] = None
    concurrent: str = ""
    more: Annotated[dict[str, Any], BeforeValidator(_as_object)] = Field(default_factory=dict)

    def settings(self, constituencies: tuple[str, ...]) -> RuleSettings | Fault:
        """Return the rule's settings, or why they can't be any rule's. Fields that the rule doesn't have are left out.

        constituencies are those that a majority in each constituency asks for.
        """
        if self.rule not in RULES:
            return Fault("settings_impossible", "There is no such rule.")
        asked = {name: value for name, value in self._asked(constituencies).items() if self._has(name)}
        return parse_settings({**asked, **self.more, "rule": self.rule})

    def _has(self, name: str) -> bool:
        return name in RULES[self.rule].settings.model_fields

    def _asked(self, constituencies: tuple[str, ...]) -> dict[str, object]:
        simple = {"numerator": 1, "denominator": 2}
        in_each = {"constituencies": list(constituencies), "threshold": simple, "strict": True}
        return {
            "ties": self.ties,
            "chair": self.chair or None,
            "quorum": _parts(self.quorum),
            "completion": [name for name in COMPLETIONS if name in self.completion],
            "when_full": self.when_full,
            "base": self.base,
            "threshold": _parts(self.threshold) or simple,
            "strict": bool(self.strict),
            "abstentions": self.abstentions,
            "reasons_required": bool(self.reasons_required),
            "max_against": _parts(self.max_against),
            "min_in_favour": self.min_in_favour,
            "concurrent": in_each if self.concurrent and constituencies else None,
        }


def _parts(share: Fraction | None) -> dict[str, int] | None:
    return None if share is None else {"numerator": share.numerator, "denominator": share.denominator}


def typed_as(settings: RuleSettings) -> tuple[Mapping[str, str], Mapping[str, tuple[str, ...]]]:
    """Return a rule's settings as they would stand in the form, and what would be ticked."""
    values = settings.model_dump(mode="json")
    raw = {name: _written(value) for name, value in values.items() if name in _PLAIN and value not in (None, False)}
    rest = {name: value for name, value in values.items() if name not in {*_PLAIN, "completion"} and value is not None}
    if rest:
        raw["more"] = json.dumps(rest, indent=1)
    return raw, {"completion": tuple(values.get("completion") or ())}


def _written(value: object) -> str:
    if isinstance(value, dict) and set(value) == {"numerator", "denominator"}:
        return f"{value['numerator']}/{value['denominator']}"
    return "yes" if value is True else str(value)
