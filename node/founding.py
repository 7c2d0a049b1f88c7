"""Founding a federation: each founder's member entry, the charter drafted from them, and what a founder checks.

Functions over keys and values only; the commands do the reading and writing. Does not handle changes of the roll
after founding.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from consensus.ballots import Fault, Option, Question
from consensus.rules import registry
from node.keystore import NodeKeys
from node.policies import Policies
from protocol import charter
from protocol.canonical import sha256_hex
from protocol.charter import Charter, CharterFile, Timing
from protocol.errors import LocalError
from protocol.events.rounds import LIST_PROCEDURES, ProcedureName
from protocol.ids import FederationId, KeyId, MemberId
from protocol.keys import SigningKey
from protocol.policy import Procedure, TrackPolicy
from protocol.roll import KeyRing, Member, Roll, enrol

MEMBER_FILE_BYTES_MAX = 64 * 1024
POLICIES_FILE_BYTES_MAX = 1024 * 1024
SMALL_FEDERATION_TELLERS_MAX = 31
"""Up to so many members with a teller's key are all tellers unless the draft names some."""
_FINGERPRINT_GROUP = 4
_JOINERS = "\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}"
_FORMS = {
    "id": "a member id has 2 to 32 of a-z, 0-9 and -, such as ocean-institute",
    "country": "a country has two capital letters (ISO 3166), such as SN",
    "constituencies": "a constituency has 2 to 48 of a-z, 0-9 and -, such as west-africa",
    "names": 'a name stands behind its language, such as en="Ocean Institute"',
    "address": "an address has the form https://host or https://host:port",
}


class FoundingError(LocalError):
    """An entry, draft or charter can't be taken. One line with the cause and the remedy."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What an organisation says about itself."""

    id: str
    names: dict[str, str]
    country: str
    constituencies: tuple[str, ...]
    address: str


@dataclass(frozen=True, slots=True)
class FounderKeys:
    """All keys that a founder makes: those of its node, its root, and the root that may replace that one."""

    root: SigningKey
    next_root: SigningKey
    node: NodeKeys


def parse_policies(data: bytes) -> Policies:
    """Return the policies in JSON bytes. Raises FoundingError with the setting and the cause."""
    try:
        return Policies.model_validate_json(data)
    except ValidationError as error:
        raise FoundingError(f"policies: {_first_reason(error)}") from error


def with_grace(policies: Policies, grace_ms: int) -> Policies:
    """Return the policies with another time of grace. Raises FoundingError if it is beyond measure."""
    try:
        timing = Timing.model_validate({**policies.timing.model_dump(), "grace_ms": grace_ms})
    except ValidationError as error:
        raise FoundingError(_first_reason(error)) from error
    return policies.model_copy(update={"timing": timing})


def member_entry(profile: Profile, keys: FounderKeys) -> Member:
    """Return an organisation's entry for the roll, each key's possession proven. Raises FoundingError."""
    signers = [(keys.node.node, "node"), (keys.node.teller, "teller")]
    member, root = MemberId(profile.id), keys.root.key
    value: dict[str, object] = {
        "id": profile.id,
        "names": profile.names,
        "country": profile.country,
        "constituencies": tuple(sorted(profile.constituencies)),
        "root": root,
        "next_root": root_hash(keys.next_root.key),
        "keys": tuple(enrol(member, root, key, role) for key, role in signers if key),  # type: ignore[arg-type]
        "address": profile.address,
    }
    try:
        return Member.model_validate(value)
    except ValidationError as error:
        raise FoundingError(_first_reason(error)) from error


def root_hash(root: KeyId) -> str:
    """Return the commitment to a root key that may come next."""
    return sha256_hex(bytes.fromhex(root))


def member_bytes(member: Member) -> bytes:
    """Return a member entry as the JSON file that goes to the drafter."""
    return member.model_dump_json(indent=2).encode() + b"\n"


def parse_member(data: bytes) -> Member:
    """Return the member entry in a file's bytes. Raises FoundingError."""
    try:
        return Member.model_validate_json(data)
    except ValidationError as error:
        raise FoundingError(f"not a member entry: {_first_reason(error)}") from error


@dataclass(frozen=True, slots=True)
class Draft:
    """What a charter is drafted from. Without tellers named, all members of a small federation are."""

    names: dict[str, str]
    members: tuple[Member, ...]
    secretariat: tuple[str, ...]
    tellers: tuple[str, ...]
    policies: Policies
    reference: str
    founded: int
    """Milliseconds since 1970-01-01 UTC."""


def draft_charter(draft: Draft) -> CharterFile:
    """Return the unsigned charter. Raises FoundingError if its parts don't fit together."""
    try:
        document = Charter(
            v=1,
            names=draft.names,
            founded=draft.founded,
            roll=_roll(draft),
            long=draft.policies.long,
            short=draft.policies.short,
            timing=draft.policies.timing,
            reference=draft.reference,
        )
    except ValidationError as error:
        raise FoundingError(_first_reason(error)) from error
    check_rules(document)
    return charter.draft(document)


def check_rules(document: Charter) -> None:
    """Check that this program knows every rule of a charter and its roll can fulfil it. Raises FoundingError."""
    electorate: dict[str, tuple[str, ...]] = {member.id: member.constituencies for member in document.roll.members}
    for track, policy in (("long", document.long), ("short", document.short)):
        for name, procedure in policy.procedures.items():
            fault = _rule_fault(name, procedure, policy, electorate)
            if fault is not None:
                raise FoundingError(f"{track}.procedures.{name}.rule: {fault.detail}")


def _rule_fault(
    name: ProcedureName, procedure: Procedure, policy: TrackPolicy, electorate: dict[str, tuple[str, ...]]
) -> Fault | None:
    """Return why a procedure's rule can never decide what it is for, or None."""
    settings = registry.parse_settings(procedure.rule)
    if isinstance(settings, Fault):
        return settings
    if (registry.RULES[settings.rule].ballot_form == "choice") != (name not in LIST_PROCEDURES):
        asks = "a list" if name in LIST_PROCEDURES else "one text"
        return Fault("wrong_procedure", f"{settings.rule} can't decide a {name}, which asks about {asks}")
    options = tuple(Option(id=each) for each in ("one", "other")[: 1 + (name in LIST_PROCEDURES)])
    question = Question(options=options, capacity=policy.capacity_minutes)
    faults = registry.draft_faults(question, settings, electorate)
    return faults[0] if faults else None


def check_own_entry(document: Charter, own: Member) -> None:
    """Check that a charter holds a founder's entry exactly as it was sent. Raises FoundingError naming what differs."""
    found = next((member for member in document.roll.members if member.id == own.id), None)
    if found is None:
        raise FoundingError(f"the charter has no member {own.id}")
    for name in Member.model_fields:
        if getattr(found, name) != getattr(own, name):
            raise FoundingError(f"the charter's entry of {own.id} differs from your own in: {name}")


def check_join(document: Charter, keys: NodeKeys, *, is_teller: bool) -> MemberId:
    """Return whose node this is. Raises FoundingError if its keys are not on the roll as they must be."""
    ring = KeyRing(document.roll)
    holder = ring.holder(keys.node.key)
    if holder is None or holder.role != "node":
        raise FoundingError(f"the node key {keys.node.key[:8]} is not on this charter's roll: is it the right charter?")
    if not is_teller or holder.member not in document.roll.tellers:
        return holder.member
    if keys.teller is None:
        raise FoundingError(
            f"{holder.member} is a teller, but its teller key is not here: put it beside the node key, "
            "or set is_teller = false in node.toml if another process does the teller's work"
        )
    if ring.teller_keys.get(keys.teller.key) != holder.member:
        raise FoundingError(f"the teller key {keys.teller.key[:8]} is not the one that the roll has of {holder.member}")
    return holder.member


def check_fingerprint(file: CharterFile, expected: str) -> None:
    """Check that a charter has a fingerprint, however it was written. Raises FoundingError with both."""
    if file.federation != parse_fingerprint(expected):
        raise FoundingError(f"this is another charter: its fingerprint is {readable_fingerprint(file.federation)}")


def readable_fingerprint(federation: FederationId) -> str:
    """Return a federation's identity in groups of four digits, to be read aloud and compared."""
    return " ".join(
        federation[start : start + _FINGERPRINT_GROUP] for start in range(0, len(federation), _FINGERPRINT_GROUP)
    )


def parse_fingerprint(text: str) -> FederationId:
    """Return the identity in a fingerprint with spaces, colons, hyphens or capitals. Raises FoundingError."""
    digits = "".join(text.split()).replace(":", "").replace("-", "").lower()
    if len(digits) != 64 or not set(digits) <= set("0123456789abcdef"):
        raise FoundingError("a fingerprint has 64 hexadecimal digits")
    return FederationId(digits)


def printable(text: str) -> str:
    """Return a stranger's text fit for a terminal: one line, without control or direction characters."""
    return "".join("\N{REPLACEMENT CHARACTER}" if _is_control(char) else char for char in text)


def _roll(draft: Draft) -> Roll:
    ids = [member.id for member in draft.members]
    for name in sorted({one for one in ids if ids.count(one) > 1}):
        raise FoundingError(f"two entries are of the same member: {name}")
    return Roll(
        members=tuple(sorted(draft.members, key=lambda member: member.id)),
        tellers=_offices(draft.tellers or _tellers_by_default(draft.members)),
        secretariat=_offices(draft.secretariat),
    )


def _tellers_by_default(members: Sequence[Member]) -> tuple[MemberId, ...]:
    able = tuple(member.id for member in members if any(entry.role == "teller" for entry in member.keys))
    if not able:
        raise FoundingError("no entry has a teller key: at least one founder must make one (init without --no-teller)")
    if len(able) > SMALL_FEDERATION_TELLERS_MAX:
        raise FoundingError(f"{len(able)} members have a teller key: name the tellers with --teller")
    return able


def _offices(names: Iterable[str]) -> tuple[MemberId, ...]:
    return tuple(MemberId(name) for name in sorted(set(names)))


def _is_control(char: str) -> bool:
    return unicodedata.category(char)[0] == "C" and char not in _JOINERS


def _first_reason(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    message = "is not known" if first["type"] == "extra_forbidden" else first["msg"].removeprefix("Value error, ")
    if first["type"] == "string_pattern_mismatch":
        message = next((_FORMS[part] for part in reversed(first["loc"]) if part in _FORMS), message)
    return f"{where}: {message}" if where else message
