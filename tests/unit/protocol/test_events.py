"""Headers and bodies of events: what each kind takes, what it refuses, and kinds that nobody knows yet."""

import json
from typing import Any

import pytest

from protocol import limits
from protocol.envelope import Envelope, Verified, open_verified
from protocol.errors import Rejection, RejectionKind
from protocol.events import kinds
from protocol.events.consultation import is_ascending
from protocol.events.kinds import KINDS, SECRETARIAT_KINDS, TELLER_KINDS, UnknownEvent
from tests.support.builders import build_federation, forge, hash_of

FED = build_federation(2)
NODE = FED.member(0).node
ID = [hash_of("event", index) for index in range(1_000)]
ASCENDING = sorted(ID)
TEXT: dict[str, Any] = {"sha256": hash_of("text"), "size": 10, "lang": "en"}
OPTION: dict[str, Any] = {"id": "a", "subject": ID[0], "text": TEXT, "minutes": 5}
SPEC: dict[str, Any] = {
    "number": 0,
    "track": "long",
    "procedure": "vote",
    "question": {"options": [OPTION], "capacity_minutes": 60},
    "rule": {"rule": "equal-shares"},
    "roll": 0,
    "opens": 1,
    "closes": 2,
    "may_change": True,
    "hide_running": False,
    "proxies_per_holder": 2,
}
BODIES: dict[str, dict[str, Any]] = {
    "proposal": {
        "track": "long",
        "text": TEXT,
        "goals": [1, 17],
        "suggested": {"classifier": "ab" * 32, "goals": [3]},
        "minutes": 5,
        "vector": None,
        "merges": ASCENDING[:2],
    },
    "endorsement": {"proposal": ID[0], "endorses": True},
    "position": {"proposal": ID[0], "stance": "concern", "reasons": TEXT},
    "topic": {
        "replaces": None,
        "track": "short",
        "text": TEXT,
        "goals": [3],
        "minutes": 1,
        "proposals": ASCENDING[:3],
    },
    "erasure": {"text": hash_of("text"), "ground": "court-order"},
    "agenda-draft": {"version": 1, "document": hash_of("text"), "size": 10, "order": None},
    "topic-ending": {"topic": ID[0], "into": ID[1]},
    "reminder": {"round": hash_of("round"), "members": ["north", "south"]},
    "screening": {"proposal": ID[0], "verdict": "returned", "reasons": TEXT},
    "revision": {"proposal": ID[0], "base": hash_of("text"), "text": TEXT, "minutes": 5},
    "amendment": {"proposal": ID[0], "base": hash_of("text"), "text": TEXT, "reasons": TEXT},
    "amendment-endorsement": {"proposal": ID[0], "amendment": ID[1], "endorses": True},
    "amendment-answer": {"proposal": ID[0], "amendment": ID[1], "accepts": False, "reasons": TEXT},
    "objection-answer": {"proposal": ID[0], "objection": ID[1], "answer": "dismissed", "reply": TEXT},
    "withdrawal": {"proposal": ID[0], "reasons": None},
    "take-over": {"proposal": ID[0]},
    "consultation-call": {"proposal": ID[0], "number": 1, "until": 5, "question": None},
    "disposition": {"proposal": ID[0], "step": "referred", "reasons": TEXT},
    "yielding": {"proposal": ID[0], "to": ID[1], "why": "duplicate"},
    "merge-answer": {"proposal": ID[0], "into": ID[1], "joins": True},
    "comment": {"subject": ID[0], "reply_to": ID[1], "text": TEXT},
    "translation": {"of": hash_of("original"), "subject": ID[0], "text": TEXT},
    "open-request": {"spec": SPEC},
    "ballot": {
        "round": hash_of("round"),
        "content": {"form": "choice"},
        "replaces": None,
        "delegate": "ana",
        "authorisation": None,
    },
    "receipt": {"round": hash_of("round"), "ballots": ASCENDING[:2]},
    "seal": {"round": hash_of("round"), "count": 2, "listing": hash_of("list"), "ballots": ASCENDING[:2]},
    "record-proposal": {"height": 1, "view": 0, "valid_view": -1, "value": hash_of("record"), "record": {"v": 1}},
    "prevote": {"height": 1, "view": 0, "value": None},
    "precommit": {"height": 1, "view": 0, "value": hash_of("record")},
    "cosignature": {"height": 1, "root": hash_of("root"), "time": 1_767_225_600, "signature": "a" * 128},
}


def event(kind: str, body: Any, /, **header: Any) -> Envelope:
    """Return a signed event around any body and header; a field given as ... is left out."""
    value = {
        "v": 1,
        "federation": FED.id,
        "member": FED.member(0).id,
        "key": NODE.key,
        "seq": 0,
        "prev": None,
        "roll": 0,
        "time": 1,
        "refs": [],
        "kind": kind,
        "body": body,
    } | header
    seq = value["seq"] if type(value["seq"]) is int else 0
    return forge(NODE, kind, {name: inner for name, inner in value.items() if inner is not ...}, seq)


def opened(envelope: Envelope) -> Verified:
    result = open_verified(envelope, FED.id)
    assert isinstance(result, Verified), result.reason
    return result


def refused(envelope: Envelope) -> str:
    result = open_verified(envelope, FED.id)
    assert isinstance(result, Rejection), "it was taken"
    assert result.kind is RejectionKind.BAD_SCHEMA, result
    return result.reason


def body_with(kind: str, path: str, value: Any) -> dict[str, Any]:
    """Return a kind's example with what stands at a dotted path replaced, or left out for ...."""
    body: dict[str, Any] = json.loads(json.dumps(BODIES[kind]))
    *parents, last = path.split(".")
    inner: Any = body
    for name in parents:
        inner = inner[int(name)] if isinstance(inner, list) else inner[name]
    if value is ...:
        del inner[last]
    else:
        inner[last] = value
    return body


def test_there_is_an_example_of_every_kind() -> None:
    assert BODIES.keys() == KINDS.keys()


# SPEC 2.16: "`body` is an object whose fields the kind decides"
@pytest.mark.parametrize("kind", KINDS)
def test_the_example_of_each_kind_is_taken_as_its_model(kind: str) -> None:
    verified = opened(event(kind, BODIES[kind]))
    assert type(verified.event) is KINDS[kind]
    assert verified.event.model_dump(mode="json")["body"] == BODIES[kind]


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, body in BODIES.items() for name in body])
def test_no_field_of_a_body_may_be_missing(kind: str, name: str) -> None:
    assert f"body.{name}: Field required" in refused(event(kind, body_with(kind, name, ...)))


@pytest.mark.parametrize("kind", KINDS)
def test_no_field_may_be_added_to_a_known_body(kind: str) -> None:
    assert "Extra inputs" in refused(event(kind, BODIES[kind] | {"further": 1}))


@pytest.mark.parametrize("kind", [*KINDS, "never-heard-of"])
@pytest.mark.parametrize("body", [None, 1, "text", [], True])
def test_a_body_is_an_object(kind: str, body: object) -> None:
    assert f"{kind}: body" in refused(event(kind, body))


NOT_BY_THE_MODEL: list[tuple[str, str, Any]] = [
    # SPEC 2.30: "a list of at most GOALS_MAX goals"
    # SPEC 2.27: "A track is"
    ("proposal", "track", "middle"),
    ("proposal", "goals", [2, 1]),
    ("proposal", "goals", [1, 1]),
    # SPEC 2.26: "A goal is `int(1..17)`, a Sustainable Development Goal; a list of goals ascends, each once"
    ("proposal", "goals", [0]),
    ("proposal", "goals", [18]),
    ("proposal", "goals", ["1"]),
    ("proposal", "goals", [True]),
    ("proposal", "suggested", {"classifier": "ab" * 32, "goals": [2, 1]}),
    ("proposal", "suggested", {"classifier": "ab", "goals": [2]}),
    ("proposal", "suggested", [2]),
    # SPEC 2.29: "Minutes are `int(0..AGENDA_MINUTES_MAX)`"
    ("proposal", "minutes", -1),
    ("proposal", "minutes", limits.AGENDA_MINUTES_MAX + 1),
    ("proposal", "minutes", "5"),
    ("proposal", "vector", {"model": ID[0], "values": "A" * (limits.VECTOR_CHARACTERS_MAX + 1)}),
    ("proposal", "vector", {"model": ID[0], "values": "not base64!"}),
    ("proposal", "vector", {"model": "x", "values": ""}),
    # SPEC 2.28: "`size` (`int(1..TEXT_BYTES_MAX)`) and `lang` (a language tag"
    ("proposal", "text.size", 0),
    ("proposal", "text.size", limits.TEXT_BYTES_MAX + 1),
    ("proposal", "text.lang", "english"),
    ("proposal", "text.lang", "en-"),
    ("proposal", "text.lang", "en\n"),
    ("proposal", "text.sha256", ID[0].upper()),
    ("proposal", "text.sha256", ID[0] + "\n"),
    ("proposal", "text.sha256", ID[0][1:]),
    # SPEC 2.31: "`endorses`, true to co-sponsor it and false to take that back"
    ("endorsement", "endorses", 1),
    ("endorsement", "endorses", "true"),
    ("endorsement", "proposal", None),
    # SPEC 2.32: "`stance`, one of `support`, `conditional`, `concern`, `objection`"
    ("position", "stance", "Support"),
    # SPEC 2.33: "1 to TOPIC_PROPOSALS_MAX event ids in ascending order, each once"
    ("topic", "proposals", []),
    ("topic", "proposals", [ASCENDING[1], ASCENDING[0]]),
    ("topic", "proposals", [ASCENDING[0], ASCENDING[0]]),
    ("topic", "proposals", ASCENDING[: limits.TOPIC_PROPOSALS_MAX + 1]),
    ("topic", "goals", [2, 1]),
    ("topic", "minutes", 0),
    # SPEC 2.34: "one of `court-order`, `personal-data`, `abuse`, `withdrawn-by-author`"
    ("erasure", "ground", "because"),
    # SPEC 2.35: "`version`, a positive; `document`, the hash of the agenda's document; `size`, a natural"
    ("agenda-draft", "version", 0),
    ("agenda-draft", "size", -1),
    # SPEC 2.35: "null or a list of 1 to AGENDA_ORDER_MAX event ids"
    ("agenda-draft", "order", []),
    ("agenda-draft", "order", ASCENDING[:1] * (limits.AGENDA_ORDER_MAX + 1)),
    # SPEC 2.67: "`topic`, the id of a topic; `into`, null or the id of the topic that its proposals went into"
    ("topic-ending", "topic", None),
    ("topic-ending", "into", "elsewhere"),
    # SPEC 2.68: "1 to REMINDER_MEMBERS_MAX ids of members in ascending order, each once"
    ("reminder", "members", []),
    ("reminder", "members", ["south", "north"]),
    ("reminder", "members", ["north", "north"]),
    ("reminder", "members", ["North"]),
    ("reminder", "members", [f"member-{at:04}" for at in range(limits.REMINDER_MEMBERS_MAX + 1)]),
    # SPEC 2.36: "`spec`, a round's specification (2.37)"
    ("open-request", "spec", None),
    # SPEC 2.37: "`opens` and `closes` (times, `closes` the later)"
    ("open-request", "spec.closes", 1),
    ("open-request", "spec.closes", 0),
    ("open-request", "spec.may_change", 1),
    # SPEC 2.37: "`proxies_per_holder` (`int(0..PROXIES_PER_HOLDER_MAX)`)"
    ("open-request", "spec.proxies_per_holder", -1),
    ("open-request", "spec.proxies_per_holder", limits.PROXIES_PER_HOLDER_MAX + 1),
    ("open-request", "spec.proxies_per_holder", True),
    ("open-request", "spec.rule", []),
    # SPEC 2.38: "1 to OPTIONS_MAX options with different ids"
    ("open-request", "spec.question.options", []),
    ("open-request", "spec.question.options", [OPTION, OPTION]),
    ("open-request", "spec.question.options.0.id", ""),
    ("open-request", "spec.question.options.0.id", "-a"),
    ("open-request", "spec.question.options.0.id", "A"),
    ("open-request", "spec.question.options.0.id", "a" * 65),
    # SPEC 2.39: "`authorisation`, null in this version"
    ("ballot", "authorisation", {}),
    ("ballot", "content", []),
    ("ballot", "delegate", "a" * 65),
    ("ballot", "delegate", "Ana"),
    ("ballot", "replaces", ""),
    # SPEC 2.40: "1 to RECEIPT_BALLOTS_MAX event ids in ascending order, each once"
    ("receipt", "ballots", []),
    ("receipt", "ballots", [ASCENDING[1], ASCENDING[0]]),
    ("receipt", "ballots", ASCENDING[: limits.RECEIPT_BALLOTS_MAX + 1]),
    # SPEC 2.41: "a list of event ids in ascending order, each once and as many as `count`, or null"
    ("seal", "count", 3),
    ("seal", "count", 1),
    ("seal", "count", limits.SEAL_BALLOTS_MAX + 1),
    ("seal", "ballots", [ASCENDING[1], ASCENDING[0]]),
    # SPEC 2.42: "`ballots` is null if and only if `count` is greater than SEAL_INLINE_BALLOTS_MAX"
    ("seal", "ballots", None),
    # SPEC 2.43: "`height`, a natural; `view`, `int(0..1000000)`; `valid_view`, `int(-1..1000000)`"
    ("record-proposal", "view", -1),
    ("record-proposal", "view", 1_000_001),
    ("record-proposal", "valid_view", -2),
    ("record-proposal", "value", None),
    ("record-proposal", "record", "x"),
    # SPEC 2.44: "`value`, the id of a record or null for none"
    ("prevote", "height", -1),
    ("prevote", "view", 1_000_001),
    ("prevote", "value", ""),
    # SPEC 2.45: "Kind `precommit`: the fields of `prevote`"
    ("precommit", "value", "x"),
    # SPEC 2.70: "`time`, a natural, seconds since 1970-01-01 UTC by the teller's clock; `signature`, hex(64)"
    ("cosignature", "height", -1),
    ("cosignature", "root", "x"),
    ("cosignature", "time", -1),
    ("cosignature", "signature", "a" * 64),
    # SPEC 2.30: "`merges`, at most MERGED_PROPOSALS_MAX event ids in ascending order, each once"
    ("proposal", "merges", [ASCENDING[1], ASCENDING[0]]),
    ("proposal", "merges", ASCENDING[: limits.MERGED_PROPOSALS_MAX + 1]),
    # SPEC 2.46: "`verdict`, one of `admissible`, `inadmissible`, `returned`"
    ("screening", "verdict", "lovely"),
    # SPEC 2.47: "`base`, the hash of the text that it replaces"
    ("revision", "base", None),
    ("revision", "minutes", 0),
    # SPEC 2.48: "`text` and `reasons`, text references, the first to the whole text as it would read"
    ("amendment", "reasons", None),
    # SPEC 2.49: "`amendment`, an event id; `endorses`, true or false"
    ("amendment-endorsement", "endorses", 1),
    # SPEC 2.50: "`accepts`, true or false"
    ("amendment-answer", "accepts", None),
    # SPEC 2.51: "`answer`, one of `addressed`, `accommodated`, `dismissed`"
    ("objection-answer", "answer", "ignored"),
    ("objection-answer", "reply", None),
    # SPEC 2.52: "`reasons`, a text reference or null"
    ("withdrawal", "reasons", "because"),
    # SPEC 2.53: "Kind `take-over`: `proposal`"
    ("take-over", "proposal", ""),
    # SPEC 2.54: "`number`, `int(1..CONSULTATION_CALLS_MAX)`; `until`, a time"
    ("consultation-call", "number", 0),
    ("consultation-call", "number", limits.CONSULTATION_CALLS_MAX + 1),
    ("consultation-call", "until", -1),
    # SPEC 2.55: "`step`, one of `adjourned`, `referred`, `resumed`"
    ("disposition", "step", "lost"),
    # SPEC 2.56: "`why`, `duplicate` or `superseded`"
    ("yielding", "why", "tired"),
    # SPEC 2.57: "`joins`, true or false"
    ("merge-answer", "joins", "yes"),
    # SPEC 2.58: "An event of a kind from 2.46 to 2.57 is valid whatever it says of a proposal"
    ("merge-answer", "into", None),
    # SPEC 2.59: "`text`, a text reference whose `size` is at most COMMENT_BYTES_MAX"
    ("comment", "text.size", limits.COMMENT_BYTES_MAX + 1),
    ("comment", "reply_to", ""),
    ("comment", "subject", None),
    # SPEC 2.60: "`text`, a text reference whose `sha256` is another: the same text in another language"
    ("translation", "of", hash_of("text")),
    ("translation", "of", "x"),
    ("translation", "subject", None),
    ("open-request", "spec.procedure", "tombola"),
    ("precommit", "view", -1),
]


@pytest.mark.parametrize(("kind", "path", "value"), NOT_BY_THE_MODEL)
def test_what_a_body_may_not_say_is_refused_where_it_stands(kind: str, path: str, value: Any) -> None:
    assert refused(event(kind, body_with(kind, path, value))).startswith(f"{kind}: body")


@pytest.mark.parametrize(
    ("kind", "path", "value"),
    [
        ("proposal", "goals", list(range(1, 18))),
        ("proposal", "minutes", limits.AGENDA_MINUTES_MAX),
        ("proposal", "text.size", limits.TEXT_BYTES_MAX),
        ("proposal", "text.lang", "zh-Hans-CN"),
        ("proposal", "vector", {"model": ID[0], "values": "A" * limits.VECTOR_CHARACTERS_MAX}),
        ("topic", "proposals", ASCENDING[: limits.TOPIC_PROPOSALS_MAX]),
        ("topic", "replaces", ID[0]),
        ("open-request", "spec.proxies_per_holder", limits.PROXIES_PER_HOLDER_MAX),
        ("ballot", "delegate", ""),
        ("receipt", "ballots", ASCENDING[: limits.RECEIPT_BALLOTS_MAX]),
        ("record-proposal", "view", 1_000_000),
        ("comment", "text.size", limits.COMMENT_BYTES_MAX),
        ("comment", "reply_to", None),
    ],
)
def test_what_lies_at_a_limit_is_taken(kind: str, path: str, value: Any) -> None:
    opened(event(kind, body_with(kind, path, value)))


def test_a_long_seal_carries_the_hash_of_its_listing_only() -> None:
    longest = BODIES["seal"] | {"count": limits.SEAL_INLINE_BALLOTS_MAX}
    opened(event("seal", longest | {"ballots": ASCENDING[: limits.SEAL_INLINE_BALLOTS_MAX]}))
    too_long = BODIES["seal"] | {"count": limits.SEAL_INLINE_BALLOTS_MAX + 1}
    refused(event("seal", too_long | {"ballots": ASCENDING[: limits.SEAL_INLINE_BALLOTS_MAX + 1]}))
    opened(event("seal", too_long | {"ballots": None}))
    opened(event("seal", too_long | {"count": limits.SEAL_BALLOTS_MAX, "ballots": None}))
    opened(event("seal", BODIES["seal"] | {"count": 0, "ballots": []}))


# SPEC 2.5: "The payload has the fields `v`, `federation`, `member`, `key`, `seq`, `prev`, `roll`, `time`, `refs`"
@pytest.mark.parametrize(
    ("header", "value"),
    [
        # SPEC 2.6: "`v` is 1"
        ("v", 2),
        ("v", "1"),
        ("v", True),
        ("federation", "x"),
        ("federation", None),
        # SPEC 2.8: "2 to 32 characters of `a-z`, `0-9` and `-`, the first and the last not `-`"
        ("member", "a"),
        ("member", "-ab"),
        ("member", "ab-"),
        ("member", "Ab"),
        ("member", "ab\n"),
        ("member", "a" * 33),
        # SPEC 2.9: "`key` is the Ed25519 public key that signs, hex(32)"
        ("key", "x"),
        ("key", NODE.key.upper()),
        # SPEC 2.10: "`seq` is a natural"
        ("seq", -1),
        ("seq", True),
        ("seq", "0"),
        # SPEC 2.11: "`null` if and only if `seq` is 0"
        ("seq", 1),
        ("prev", ID[0]),
        # SPEC 2.12: "`roll` is the height of the register record whose roll the author goes by"
        ("roll", -1),
        ("roll", None),
        # SPEC 2.13: "`time` is the author's clock"
        ("time", -1),
        ("time", "now"),
        # SPEC 2.14: "a list of at most EVENT_REFS_MAX event ids in ascending order, each once"
        ("refs", None),
        ("refs", ["x"]),
        ("refs", [ASCENDING[1], ASCENDING[0]]),
        ("refs", [ASCENDING[0], ASCENDING[0]]),
        ("refs", ASCENDING[: limits.EVENT_REFS_MAX + 1]),
        ("kind", 1),
    ],
)
def test_what_a_header_may_not_say_is_refused(header: str, value: Any) -> None:
    refused(event("endorsement", BODIES["endorsement"], **{header: value}))


@pytest.mark.parametrize(
    "header",
    [
        {"member": "ab", "seq": 2**53 - 1, "prev": ID[0], "roll": 2**53 - 1, "time": 2**53 - 1},
        {"member": "a" * 32, "refs": ASCENDING[: limits.EVENT_REFS_MAX]},
    ],
)
def test_a_header_at_its_limits_is_taken(header: dict[str, Any]) -> None:
    opened(event("endorsement", BODIES["endorsement"], **header))


# SPEC 10.1: "it is stored, forwarded byte for byte"
# SPEC 10.2: "takes its place in its key's chain like any other"
@pytest.mark.parametrize("kind", ["poll", "ab", "a" * limits.KIND_CHARACTERS_MAX])
def test_an_unknown_kind_is_kept_byte_for_byte(kind: str) -> None:
    body = {"any": ["thing", {"goes": None}], "n": -(2**53) + 1}
    envelope = event(kind, body, seq=3, prev=ID[0])
    verified = opened(envelope)
    assert type(verified.event) is UnknownEvent
    assert verified.event.body == body
    assert verified.envelope is envelope
    assert (verified.event.seq, verified.event.prev) == (3, ID[0])


# SPEC 2.15: "`kind` is 2 to 40 characters of `a-z` and `-`, the first and the last not `-`"
def test_an_unknown_kind_obeys_the_rules_of_headers() -> None:
    refused(event("poll", {}, seq=1))
    refused(event("poll", {}, refs=[ASCENDING[1], ASCENDING[0]]))
    refused(event("poll", {}, kind="p"))


def test_size_limits_by_kind() -> None:
    small = {kind for kind in [*KINDS, "never-heard-of"] if kinds.payload_bytes_max(kind) == 16 * 1024}
    assert small == {"ballot", "prevote", "precommit"}
    assert kinds.payload_bytes_max("never-heard-of") == 64 * 1024


def test_offices_cover_known_kinds_only_and_no_kind_twice() -> None:
    assert KINDS.keys() > TELLER_KINDS | SECRETARIAT_KINDS
    assert not TELLER_KINDS & SECRETARIAT_KINDS


def test_ascending_means_each_greater_than_the_one_before() -> None:
    assert is_ascending(())
    assert is_ascending((1,))
    assert is_ascending(("a", "b", "c"))
    assert not is_ascending((1, 1))
    assert not is_ascending((1, 3, 2))
