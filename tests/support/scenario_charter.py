"""The head of a scenario file: members, offices, and the charter's settings, made into a founded federation."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from pydantic import ValidationError

from node.policies import Policies, default_policies
from protocol import limits
from protocol.canonical import sha256_hex
from protocol.charter import Charter, Timing, draft
from protocol.events.rounds import ProcedureName
from protocol.ids import FederationId, MemberId
from protocol.policy import Portion, Procedure, Support, TrackPolicy
from protocol.roll import EnrolledKey, Member, Roll, enrol
from tests.support.builders import EPOCH_MS, BuiltMember, Federation, hash_of, signing_key, track_policy
from tests.support.scenario_phrases import DAY, HOUR, MINUTE
from tests.support.scenario_rules import rule_of
from tests.support.scenario_script import Block, Line, ScriptError

PROCEDURES: Final[Mapping[str, ProcedureName]] = {
    "an inclusion by silence": "inclusion",
    "an inclusion vote": "inclusion-vote",
    "a waiver vote": "waiver",
    "a prioritisation": "prioritisation",
    "a scoring": "scoring",
    "a call for consent": "consent",
    "a vote": "vote",
    "a choice of alternatives": "alternatives",
    "an amendment vote": "amendment",
    "a ratification": "ratification",
    "a review": "review",
}
"""Kinds of rounds in words."""
_NAMED: Final = {words.split(" ", 1)[1]: name for words, name in PROCEDURES.items()}
_UNITS: Final = {"day": DAY, "hour": HOUR, "minute": MINUTE}


class NamedFederation(Federation):
    """A federation of which lots don't depend on every setting of its charter: its id is always the same."""

    @cached_property
    def id(self) -> FederationId:
        """The federation's identity."""
        return FederationId(hash_of("the federation of all scenarios"))


@dataclass(frozen=True, slots=True)
class Founded:
    """A federation, and the keys of those who are not on its roll."""

    federation: Federation
    strangers: tuple[BuiltMember, ...]


@dataclass(slots=True)
class _Head:
    members: dict[str, set[str]] = field(default_factory=dict)
    secretariat: list[str] = field(default_factory=list)
    tellers: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    charter: str = "default"
    grace_ms: int = HOUR
    settings: list[tuple[Line, str, str, str]] = field(default_factory=list)


def found(block: Block) -> Founded:
    """Return the federation that the first block describes. Raises ScriptError."""
    if block.heading.text != "federation":
        raise ScriptError(block.heading, "the first block describes the federation and begins with that word")
    head = _Head()
    for line in block.steps:
        _read(head, line)
    if not head.members or not head.secretariat:
        raise ScriptError(block.heading, "a federation has members and a secretariat")
    tellers = head.tellers or sorted(head.members)
    built = {name: _member(name, held, is_teller=name in tellers) for name, held in head.members.items()}
    policies = _policies(head, frozenset().union(*head.members.values()))
    members = tuple(built[name] for name in sorted(built))
    file = draft(_charter(head, members, tellers, policies))
    for member in members:
        file = file.signed(member.root)
    strangers = tuple(_member(name, {"nowhere"}, is_teller=False) for name in head.strangers)
    return Founded(NamedFederation(file, members), strangers)


def _read(head: _Head, line: Line) -> None:
    name, separator, value = line.text.partition(": ")
    if not separator:
        raise ScriptError(line, "a line of the federation is a name, a colon and a value")
    if name.startswith("members of "):
        for member in value.split(", "):
            head.members.setdefault(member, set()).add(name.removeprefix("members of "))
    elif name in ("secretariat", "tellers", "not on the roll"):
        listed = {"secretariat": head.secretariat, "tellers": head.tellers, "not on the roll": head.strangers}[name]
        listed += sorted(value.split(", "))
    elif name == "charter":
        head.charter = value
    elif name == "grace":
        head.grace_ms = _duration(line, value)
    elif name.startswith(("long-term ", "short-term ")):
        track, setting = name.split(" ", 1)
        head.settings.append((line, track.removesuffix("-term"), setting, value))
    else:
        raise ScriptError(line, "the federation has no such setting")


def _member(name: str, constituencies: set[str], *, is_teller: bool) -> BuiltMember:
    member = MemberId(name)
    root, next_root, node, teller = (signing_key("scenario", name, role) for role in ("root", "next", "node", "teller"))
    entries: tuple[EnrolledKey, ...] = (enrol(member, root.key, node, "node"),)
    if is_teller:
        entries += (enrol(member, root.key, teller, "teller"),)
    entry = Member(
        id=member,
        names={"en": name},
        country="CH",
        constituencies=tuple(sorted(constituencies)),
        root=root.key,
        next_root=sha256_hex(bytes.fromhex(next_root.key)),
        keys=entries,
        address="",
    )
    return BuiltMember(member, root, next_root, node, teller if is_teller else None, entry)


def _charter(head: _Head, members: tuple[BuiltMember, ...], tellers: list[str], policies: Policies) -> Charter:
    roll = Roll(
        members=tuple(member.entry for member in members),
        tellers=tuple(MemberId(name) for name in sorted(tellers)),
        secretariat=tuple(MemberId(name) for name in head.secretariat),
    )
    timing = Timing(grace_ms=head.grace_ms, receipt_window_ms=1_000, view_ms=10_000, stall_ms=DAY)
    names = {"en": "Federation of a scenario"}
    return Charter(
        v=1,
        names=names,
        founded=EPOCH_MS,
        roll=roll,
        long=policies.long,
        short=policies.short,
        timing=timing,
        reference="",
    )


def _policies(head: _Head, constituencies: frozenset[str]) -> Policies:
    presets: dict[str, Callable[[], Policies]] = {
        "default": default_policies,
        "default with a majority in each constituency": lambda: default_policies(constituencies),
        "without formalities": _without_formalities,
    }
    if head.charter not in presets:
        raise ScriptError(Line("charter", 0, head.charter), "there is no charter by this name")
    policies = presets[head.charter]()
    tracks: dict[str, TrackPolicy] = {"long": policies.long, "short": policies.short}
    for line, track, setting, value in head.settings:
        tracks[track] = _changed(line, tracks[track], setting, value)
    return policies.model_copy(update=dict(tracks))


def _without_formalities() -> Policies:
    policy = track_policy(voting_ms=HOUR, capacity_minutes=60)
    return Policies(long=policy, short=policy, timing=default_policies().timing)


def _changed(line: Line, policy: TrackPolicy, setting: str, value: str) -> TrackPolicy:
    if setting in _NAMED:
        return _with_procedure(line, policy, _NAMED[setting], value)
    if setting not in _SETTINGS:
        raise ScriptError(line, "a track has no such setting")
    name, read = _SETTINGS[setting]
    try:
        return TrackPolicy.model_validate({**dict(policy), name: read(line, value)})
    except ValidationError as error:
        raise ScriptError(line, str(error.errors()[0]["msg"])) from error


def _with_procedure(line: Line, policy: TrackPolicy, name: ProcedureName, value: str) -> TrackPolicy:
    procedures = dict(policy.procedures)
    if value == "none":
        procedures.pop(name, None)
    else:
        procedures[name] = _procedure(line, procedures.get(name), value)
    return policy.model_copy(update={"procedures": procedures})


def _procedure(line: Line, before: Procedure | None, value: str) -> Procedure:
    """Return a kind of round from a rule and what may stand beside it, all separated by semicolons."""
    voting_ms = before.voting_ms if before else HOUR
    proxies = before.proxies_per_holder if before else limits.PROXIES_PER_HOLDER_MAX
    rule = []
    for part in (part.strip() for part in value.split(";")):
        if part.startswith("open for at least "):
            voting_ms = _duration(line, part.removeprefix("open for at least "))
        elif match := re.fullmatch(r"(\d+) prox(?:y|ies)", part):
            proxies = int(match[1])
        else:
            rule.append(part)
    return Procedure(rule=rule_of(line, "; ".join(rule)), voting_ms=voting_ms, proxies_per_holder=proxies)


def _duration(line: Line, value: str) -> int:
    match = re.fullmatch(r"(\d+) (day|hour|minute)s?", value)
    if match is None:
        raise ScriptError(line, "a duration is a number of days, hours or minutes")
    return int(match[1]) * _UNITS[match[2]]


def _support(line: Line, value: str) -> Support:
    match = re.fullmatch(r"(\d+)/(\d+) of members(?: from (\d+) constituenc(?:y|ies))?", value)
    if match is None:
        raise ScriptError(line, "support is like: 1/10 of members from 2 constituencies")
    members = Portion(numerator=int(match[1]), denominator=int(match[2]))
    return Support(members=members, constituencies=int(match[3] or 0))


def _yes_or_no(line: Line, value: str) -> bool:
    if value not in ("yes", "no"):
        raise ScriptError(line, "this setting is yes or no")
    return value == "yes"


def _minutes(line: Line, value: str) -> int:
    return _duration(line, value) // MINUTE


_SETTINGS: Final[Mapping[str, tuple[str, Callable[[Line, str], Any]]]] = {
    "screening": ("screening", _yes_or_no),
    "endorsement": ("endorsement", _support),
    "time for endorsements": ("endorsing_ms", _duration),
    "notice": ("notice_ms", _duration),
    "support for an amendment": ("amendment", _support),
    "reviewed after": ("review_ms", _duration),
    "ends unless confirmed within": ("sunset_ms", _duration),
    "must be ratified": ("ratification", _yes_or_no),
    "capacity": ("capacity_minutes", _minutes),
}
SETTING_WORDS: Final = (*_SETTINGS, *_NAMED)
