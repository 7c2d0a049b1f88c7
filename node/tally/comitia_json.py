"""Comitia's own JSON: what a worked example in consensus/RULES.md holds, so that any of them can be tried.

`options` are ids with their costs, `capacity` what there is; without options the question is one text. `electorate`
names each member with its constituencies, `ballots` what members sent: a ballot's content as it is signed, or one of
its short forms: `yes`, `no`, `abstain`, `no: with a reason`, `proxy: member`, `withdrawn`, a list of approved options,
a ranking such as `a > b = c`, or scores by criterion and option. `rule` holds a rule's settings, `present` who was
recorded as present without a ballot, `proxies_per_holder` for how many others a member may vote, `lot` the lot in
hexadecimal, `names` the options' titles. An `outcome` and `fairness` are passed over.
"""

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, NoReturn

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from consensus.ballots import COST_MAX, OPTIONS_MAX, Ballot, Fault, Id, ProxyBallot, describe, parse_ballot
from consensus.rules.counting import Circumstances
from consensus.rules.registry import RULES
from node.tally.case import Case, check_voters, question_of, shown
from node.tally.faults import FormatError
from protocol import limits

_ONE_TEXT: Final = {"text": 0}
_RANKS: Final = re.compile(r" [>=] ")
_WORDS: Final = frozenset({"yes", "no", "abstain"})


class _File(BaseModel):
    """The fields of a file."""

    model_config = ConfigDict(extra="forbid", strict=True)

    rule: dict[str, Any] | None = None
    options: Annotated[dict[Id, Annotated[int, Field(ge=0, le=COST_MAX)]], Field(max_length=OPTIONS_MAX)] = _ONE_TEXT
    capacity: Annotated[int, Field(ge=0, le=COST_MAX)] = 0
    electorate: dict[Id, list[Id]]
    ballots: dict[Id, Any]
    present: list[Id] = []
    proxies_per_holder: Annotated[int, Field(ge=0, le=limits.PROXIES_PER_HOLDER_MAX)] = 0
    lot: Annotated[str, Field(pattern=r"^([0-9a-f]{2}){0,64}\z")] | None = None
    names: dict[Id, str] = {}
    outcome: Any = None
    fairness: Any = None


def parse_comitia_json(data: bytes) -> Case:
    """Return the case in Comitia's JSON. Raises FormatError; a ballot that can't be counted is none of its causes."""
    file = _validated(_json(data))
    check_voters(max(len(file.electorate), len(file.ballots)), 0)
    rule = RULES.get(str(file.rule.get("rule"))) if file.rule else None
    form = rule.ballot_form if rule else ""
    ballots = {member: parse_ballot(ballot_content(written, form)) for member, written in file.ballots.items()}
    return Case(
        question=question_of(file.options.items(), file.capacity),
        electorate={member: tuple(names) for member, names in file.electorate.items()},
        ballots=ballots,
        form=form or _form(file, ballots),
        names=file.names,
        rule=file.rule,
        circumstances=Circumstances(
            present=frozenset(file.present),
            lot=None if file.lot is None else bytes.fromhex(file.lot),
            proxies_per_holder=file.proxies_per_holder,
        ),
    )


def ballot_content(written: object, form: str = "") -> object:
    """Return a ballot's content from its short form; whatever else is written stays as it is.

    form is the one that the file's rule counts, if it names one: then any words may be a ranking.
    """
    if isinstance(written, list):
        return {"form": "approval", "approves": written}
    if isinstance(written, dict) and "form" not in written:
        return {"form": "score", "scores": written}
    if not isinstance(written, str):
        return written
    word, _, more = written.partition(": ")
    if word in _WORDS:
        return {"form": "choice", "choice": word, "reason": more or None}
    if word == "proxy" or written == "withdrawn":
        return {"form": "proxy", "holder": more or None}
    if form == "ranked" or _RANKS.search(written):
        tiers = [tier.split(" = ") for tier in written.split(" > ") if tier]
        return {"form": "ranked", "tiers": [sorted(tier) for tier in tiers]}
    return written


def _json(data: bytes) -> object:
    try:
        return json.loads(data, object_pairs_hook=_each_key_once, parse_constant=_no_number)
    except FormatError:
        raise
    except json.JSONDecodeError as error:
        raise FormatError(error.lineno, f"this is no JSON: {error.msg}") from error
    except (ValueError, RecursionError) as error:
        raise FormatError(0, "this is no JSON that can be read: it nests too deeply, or isn't in UTF-8") from error


def _each_key_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for place, key in enumerate(keys) if key in keys[:place])
        raise FormatError(0, f"the key {shown(twice)} stands twice in one object")
    return found


def _no_number(word: str) -> NoReturn:
    raise FormatError(0, f"{word} is no number of JSON")


def _validated(value: object) -> _File:
    try:
        return _File.model_validate(value)
    except ValidationError as error:
        raise FormatError(0, describe(error)) from error


def _form(file: _File, ballots: Mapping[str, Ballot | Fault]) -> str:
    """Return the form of the ballots of a file that names no rule."""
    forms = {ballot.form for ballot in ballots.values() if not isinstance(ballot, Fault | ProxyBallot)}
    if len(forms) > 1:
        raise FormatError(0, f"the ballots are of several forms, {' and '.join(sorted(forms))}: name a rule")
    return forms.pop() if forms else ("choice" if len(file.options) == 1 else "approval")
