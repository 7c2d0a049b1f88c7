"""A rule's settings from the command line: a name, a JSON object, and single settings over it."""

import json
import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from consensus.ballots import Fault
from consensus.rules import named
from consensus.rules.registry import RULES, RuleSettings, draft_faults, parse_settings
from consensus.rules.threshold import ThresholdSettings
from node.tally.case import Case, shown
from node.tally.faults import TallyError

NAMED: Final[Mapping[str, ThresholdSettings]] = MappingProxyType(
    {
        "simple-majority": named.simple_majority(),
        "two-thirds": named.two_thirds_present_and_voting(),
        "majority-of-members-present": named.majority_of_members_present(),
        "absolute-majority": named.absolute_majority(),
        "standards-enquiry": named.standards_enquiry(),
    }
)
"""Settings of the threshold rule that have a name of their own."""

_FRACTION: Final = re.compile(r"([0-9]{1,12})/([0-9]{1,12})")
_WHOLE: Final = re.compile(r"-?[0-9]{1,12}")
_CONSTANTS: Final[Mapping[str, object]] = MappingProxyType({"true": True, "false": False, "null": None, "none": None})


def settings_for(case: Case, rule: str, as_json: str, single: Sequence[str]) -> RuleSettings:
    """Return the settings of a rule that can count a case. Raises TallyError with the reason if there are none.

    What the file says of the same rule is the start, then comes the JSON object, then each NAME=VALUE.
    """
    value = _start(case, rule)
    value.update(_object(as_json))
    for pair in single:
        _put(value, pair)
    settings = parse_settings(value)
    if isinstance(settings, Fault):
        raise TallyError(f"rule {value['rule']}: {settings.detail}")
    check_rule(case, settings)
    return settings


def check_rule(case: Case, settings: RuleSettings) -> None:
    """Raise TallyError if a rule can't count a case."""
    form = RULES[settings.rule].ballot_form
    if form != case.form:
        fitting = ", ".join(rules_for(case.form))
        raise TallyError(
            f"rule {settings.rule} counts ballots of the form {form}, and the file holds the form {case.form}; "
            f"rules for these: {fitting or 'none'}"
        )
    for fault in draft_faults(case.question, settings, case.electorate):
        raise TallyError(f"rule {settings.rule}: {fault.detail}")


def rules_for(form: str) -> tuple[str, ...]:
    """Return the names of the rules that count a form of ballot."""
    named_rules = tuple(NAMED) if form == RULES["threshold"].ballot_form else ()
    return (*(name for name, rule in RULES.items() if rule.ballot_form == form), *named_rules)


def _start(case: Case, rule: str) -> dict[str, object]:
    if rule in NAMED:
        return NAMED[rule].model_dump(mode="json")
    of_file = dict(case.rule or {})
    wanted = rule or str(of_file.get("rule", ""))
    if wanted not in RULES:
        said = f"there is no rule {shown(wanted)}" if wanted else "the file names no rule"
        raise TallyError(f"{said}: take --rule with one of {', '.join(rules_for(case.form)) or ', '.join(RULES)}")
    return of_file if of_file.get("rule") == wanted else {"rule": wanted}


def _object(as_json: str) -> dict[str, object]:
    if not as_json:
        return {}
    try:
        value = json.loads(as_json)
    except (ValueError, RecursionError) as error:
        raise TallyError(f"--settings is no JSON: {error}") from error
    if not isinstance(value, dict):
        raise TallyError('--settings is a JSON object of settings, such as {"strict": true}')
    return value


def _put(value: dict[str, object], pair: str) -> None:
    """Set what NAME=VALUE says; dots in the name lead into objects."""
    name, equals, written = pair.partition("=")
    if not equals or not name:
        raise TallyError(f"--set {shown(pair)}: a setting is NAME=VALUE, such as quorum=1/3")
    *parents, last = name.strip().split(".")
    inner = value
    for parent in parents:
        found = inner.setdefault(parent, {})
        if not isinstance(found, dict):
            raise TallyError(f"--set {shown(pair)}: {parent} holds no settings of its own")
        inner = found
    inner[last] = _value(written.strip())


def _value(written: str) -> object:
    fraction = _FRACTION.fullmatch(written)
    if fraction:
        return {"numerator": int(fraction[1]), "denominator": int(fraction[2])}
    if _WHOLE.fullmatch(written):
        return int(written)
    if written in _CONSTANTS:
        return _CONSTANTS[written]
    if written.startswith(("[", "{")):
        try:
            return json.loads(written)
        except (ValueError, RecursionError) as error:
            raise TallyError(f"--set {shown(written)} is no JSON: {error}") from error
    return written
