"""Receipt files: each step of a check, what is refused where, and what a closing says of a genuine one."""

import json
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consensus.agreement.statements import statement_of
from consensus.ballots import ApprovalBallot
from consensus.receipts import Closed, Report, Scene, check, file_bytes, parse_file, round_of
from protocol import limits
from protocol.envelope import Envelope, Verified
from protocol.ids import EventId, MemberId, RecordId
from tests.support.builders import Federation, ballot_body, build_federation, hash_of, receipt_body, round_spec

ROUND = RecordId(hash_of("round"))
FEDERATION = build_federation(4)
SPEC = round_spec(number=7)


@dataclass
class Case:
    """A ballot of member 1 with receipts of some tellers."""

    federation: Federation = field(default_factory=lambda: FEDERATION)
    ballot: Verified = field(init=False)
    receipts: list[Envelope] = field(init=False)

    def __post_init__(self) -> None:
        self.ballot = self.federation.writer(1).write(ballot_body(ROUND))
        body = receipt_body(ROUND, [self.ballot.id])
        self.receipts = [self.federation.writer(n, "teller").write(body).envelope for n in range(3)]

    @property
    def member(self) -> MemberId:
        return self.ballot.event.member

    def data(self) -> bytes:
        return file_bytes(self.federation.id, self.ballot.envelope, ROUND, self.receipts)

    def scene(self, closed: Closed | None = None, **changes: Any) -> Scene:
        known = Scene(
            federation=self.federation.id,
            ring=self.federation.ring,
            number=7,
            spec=SPEC,
            entitled=frozenset(member.id for member in self.federation.members),
            closed=closed,
            received=None,
        )
        return replace(known, **changes)

    def closed(self, *listing: int, counted: Verified | None = None, **changes: Any) -> Closed:
        """Return a closing whose seals are those of three tellers; these of them list the ballot."""
        tellers = [self.federation.member(n).id for n in range(3)]
        last = counted or self.ballot
        known = Closed(
            height=9,
            signers=3,
            listings={t: frozenset({self.ballot.id} if n in listing else ()) for n, t in enumerate(tellers)},
            counted={self.member: statement_of(last)},
            void=frozenset(),
            contents={self.member: ApprovalBallot(approves=("option-0",))},
        )
        return replace(known, **changes)


def told(report: Report) -> list[tuple[str, str]]:
    return [(step.name, step.verdict) for step in report.steps]


PASSED = [(name, "pass") for name in ("file", "federation", "round", "ballot", "member", "receipts")]


# SPEC 6.52: "The ballot is included if the seals named by the closing list it as 6.10 asks"
def test_a_counted_ballot_passes_every_step() -> None:
    case = Case()
    report = check(case.data(), case.scene(case.closed(0, 1, 2)))
    assert told(report) == [*PASSED, ("closing", "pass"), ("included", "pass"), ("counted", "pass")]
    assert (report.conclusion, report.ballot, report.member) == ("counted", case.ballot.id, case.member)
    assert report.counted_as == ApprovalBallot(approves=("option-0",))
    assert report.content == {"form": "approval", "approves": ["option-0"]}


def test_before_the_closing_nothing_more_can_be_told() -> None:
    report = check(Case().data(), Case().scene())
    assert told(report) == [*PASSED, ("closing", "wait")]
    assert report.conclusion == "waiting"


def test_the_file_leads_back_to_what_was_put_in() -> None:
    case = Case()
    file = parse_file(case.data())
    assert (file.federation, file.round, file.ballot, list(file.receipts)) == (
        case.federation.id, ROUND, case.ballot.envelope, case.receipts,
    )  # fmt: skip
    assert round_of(case.data()) == ROUND
    assert round_of(b"{}") is None
    assert "DSSE" in json.loads(case.data())["how_to_check"]


def test_too_few_receipts_are_told_and_are_no_failure() -> None:
    case = Case()
    case.receipts = case.receipts[:1] * 3
    report = check(case.data(), case.scene())
    step = report.steps[5]
    assert (step.name, step.verdict, step.facts["received"], step.facts["needed"]) == ("receipts", "note", 1, 3)


def edited(data: bytes, edit: Any) -> bytes:
    value = json.loads(data)
    edit(value)
    return json.dumps(value).encode()


def flipped(text: str) -> str:
    return ("A" if text[20] != "A" else "B").join((text[:20], text[21:]))


def set_in(*path: Any, to: Any) -> Any:
    def edit(value: Any) -> None:
        for key in path[:-1]:
            value = value[key]
        value[path[-1]] = to(value[path[-1]]) if callable(to) else to

    return edit


@pytest.mark.parametrize(
    ("step", "edit"),
    [
        ("file", set_in("format", to="other")),
        ("file", set_in("version", to=2)),
        ("file", set_in("ballot", to=None)),
        ("file", set_in("ballot", "signatures", to=[])),
        ("file", set_in("ballot", "payload", to="%%%")),
        ("file", set_in("receipts", to={})),
        ("file", set_in("receipts", to=lambda receipts: receipts * 200)),
        ("federation", set_in("federation", to="f" * 64)),
        ("ballot", set_in("ballot", "signatures", 0, "sig", to=flipped)),
        ("ballot", set_in("round", to="a" * 64)),
        ("ballot", set_in("ballot", "payloadType", to="application/vnd.comitia.receipt.v1+json")),
        ("receipts", set_in("receipts", 1, "signatures", 0, "sig", to=flipped)),
        ("receipts", set_in("receipts", 0, "payloadType", to="application/vnd.comitia.ballot.v1+json")),
    ],
)
def test_an_altered_file_is_refused_at_the_step_that_failed(step: str, edit: Any) -> None:
    case = Case()
    report = check(edited(case.data(), edit), case.scene(case.closed(0, 1, 2)))
    assert (report.conclusion, report.steps[-1].name, report.steps[-1].verdict) == ("refused", step, "fail")
    assert all(each.verdict == "pass" for each in report.steps[:-1])


def test_a_round_that_is_not_here_ends_the_check() -> None:
    report = check(Case().data(), Case().scene(spec=None))
    assert told(report)[-1] == ("round", "fail")


def test_a_stranger_s_ballot_is_refused_at_its_member() -> None:
    case = Case()
    stranger = build_federation(4, seed=99).writer(1)
    stranger.federation = case.federation.id
    ballot = stranger.write(ballot_body(ROUND))
    report = check(file_bytes(case.federation.id, ballot.envelope, ROUND, ()), case.scene())
    assert told(report)[-1] == ("member", "fail")


def test_a_member_that_may_not_vote_is_refused() -> None:
    case = Case()
    assert told(check(case.data(), case.scene(entitled=frozenset())))[-1] == ("member", "fail")


def test_a_receipt_for_another_ballot_or_by_no_teller_is_refused() -> None:
    case = Case()
    other = case.federation.writer(0, "teller").write(receipt_body(ROUND, [hash_of("another")])).envelope
    case.receipts = [*case.receipts, other]
    report = check(case.data(), case.scene())
    assert (told(report)[-1], report.steps[-1].facts["place"]) == (("receipts", "fail"), 4)
    by_node = case.federation.writer(0).write(receipt_body(ROUND, [case.ballot.id])).envelope
    case.receipts = [by_node]
    assert told(check(case.data(), case.scene()))[-1] == ("receipts", "fail")


# SPEC 6.53: "Receipts of 2f+1 tellers with a closing that lacks the ballot prove a fault"
def test_a_certain_ballot_that_the_closing_lacks_accuses_those_who_left_it_out() -> None:
    case = Case()
    report = check(case.data(), case.scene(case.closed(0)))
    assert (report.conclusion, told(report)[-1]) == ("fault", ("included", "fail"))
    assert report.accused == tuple(sorted(case.federation.member(n).id for n in (1, 2)))


def test_a_late_ballot_is_told_by_how_much() -> None:
    case = Case()
    case.receipts = []
    scene = case.scene(case.closed(), received=SPEC.closes + 90_000)
    report = check(case.data(), scene)
    assert (report.conclusion, report.accused) == ("not-counted", ())
    assert report.steps[-1].facts["late_ms"] == 90_000
    in_time = check(case.data(), case.scene(case.closed(), received=SPEC.closes - 1))
    assert "late_ms" not in in_time.steps[-1].facts


def test_a_replaced_ballot_names_the_one_in_its_place() -> None:
    case = Case()
    writer = case.federation.writer(1)
    writer.events = [case.ballot]
    later = writer.write(ballot_body(ROUND, {"form": "approval", "approves": []}))
    report = check(case.data(), case.scene(case.closed(0, 1, 2, counted=later)))
    assert (report.conclusion, report.steps[-1].facts["why"]) == ("not-counted", "replaced")
    assert report.steps[-1].facts["by"] == later.id
    assert report.counted_as is None


@pytest.mark.parametrize(
    ("changes", "why"),
    [({"void": None, "counted": {}}, "void"), ({"contents": {}}, "unreadable")],
)
def test_a_void_or_unreadable_ballot_says_so(changes: dict[str, Any], why: str) -> None:
    case = Case()
    if "void" in changes:
        changes = {**changes, "void": frozenset({case.member})}
    report = check(case.data(), case.scene(case.closed(0, 1, 2, **changes)))
    assert (report.conclusion, report.steps[-1].facts["why"]) == ("not-counted", why)


def test_a_file_keeps_to_its_limit() -> None:
    case = Case()
    ids = [EventId(hash_of("other", n)) for n in range(700)]
    long = case.federation.writer(3, "teller").write(receipt_body(ROUND, [case.ballot.id, *ids])).envelope
    case.receipts = [*case.receipts, *([long] * 30)]
    data = case.data()
    assert len(data) <= limits.RECEIPT_FILE_BYTES_MAX
    assert set(case.receipts[:3]) <= set(parse_file(data).receipts)
    assert check(b"{" + b" " * limits.RECEIPT_FILE_BYTES_MAX + b"}", case.scene()).steps[0].verdict == "fail"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.binary(max_size=200))
def test_any_bytes_are_answered(data: bytes) -> None:
    assert check(data, Case().scene()).conclusion == "refused"


@given(st.sampled_from(["federation", "round", "ballot", "receipts"]), _JSON)
def test_any_value_in_any_field_is_refused(name: str, value: Any) -> None:
    case = Case()
    genuine = json.loads(case.data())
    if genuine[name] == value or (name == "receipts" and value == []):
        return
    data = json.dumps({**genuine, name: value}).encode()
    assert check(data, case.scene(case.closed(0, 1, 2))).conclusion == "refused"


@given(st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_no_changed_byte_of_the_ballot_passes(place: int, change: int) -> None:
    case = Case()
    payload = bytearray(case.ballot.envelope.payload)
    payload[place % len(payload)] ^= change
    altered = replace(case.ballot.envelope, payload=bytes(payload))
    data = file_bytes(case.federation.id, altered, ROUND, case.receipts)
    assert check(data, case.scene()).conclusion == "refused"
