"""The made-up federation of a simulation: names, keys, a round, and a tally that shows exactly what was counted."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache

from consensus.agreement.ports import Tally
from consensus.agreement.settings import Bench
from consensus.agreement.statements import Statement
from protocol import canonical
from protocol.canonical import sha256_hex
from protocol.events.consultation import AgendaDraft, TextRef
from protocol.events.rounds import Ballot, Option, Question, RoundSpec
from protocol.ids import EventId, FederationId, KeyId, MemberId, RecordId, TextHash
from protocol.register import OpenBody, OpenRecord, record_id

FEDERATION = FederationId(sha256_hex(b"the simulated federation"))
SECRETARIAT = MemberId("secretariat")
VOTERS = tuple(MemberId(f"voter-{at}") for at in range(4))


def teller_name(at: int) -> MemberId:
    return MemberId(f"teller-{at}")


def key_of(name: str) -> KeyId:
    return KeyId(sha256_hex(f"key of {name}".encode()))


@cache
def bench_of(tellers: int) -> Bench:
    names = tuple(teller_name(at) for at in range(tellers))
    return Bench(FEDERATION, 0, names, {key_of(name): name for name in names}, frozenset({SECRETARIAT}))


def round_spec(closes: int, number: int = 0) -> RoundSpec:
    text = TextRef(sha256=TextHash(sha256_hex(b"the text")), size=8, lang="en")
    option = Option(id="text", subject=EventId(sha256_hex(b"the proposal")), text=text, minutes=0)
    return RoundSpec(
        number=number,
        track="short",
        procedure="vote",
        question=Question(options=(option,), capacity_minutes=0),
        rule={"rule": "threshold"},
        roll=0,
        opens=0,
        closes=closes,
        may_change=True,
        hide_running=True,
        proxies_per_holder=0,
    )


@cache
def open_record(closes: int) -> tuple[OpenRecord, RecordId]:
    """The record that opens the simulated round at height 1, for runs that don't begin with a request."""
    record = OpenRecord(
        v=1,
        federation=FEDERATION,
        height=1,
        prev=RecordId(FEDERATION),
        roll=0,
        kind="open",
        body=OpenBody(request=EventId(sha256_hex(b"the request")), spec=round_spec(closes)),
    )
    return record, record_id(record)


def outcome_of(counted: Mapping[MemberId, EventId]) -> str:
    return hashlib.sha256(canonical.encode(dict(counted))).hexdigest()


class SimulatedRules:
    """Rules under which everything is allowed and the outcome is the hash of who was counted with what."""

    def check_spec(self, spec: RoundSpec) -> None:
        return None

    def check_agenda(self, draft: AgendaDraft) -> None:
        return None

    def is_entitled(self, spec: RoundSpec, member: MemberId) -> bool:
        return member in VOTERS

    def tally(
        self, round_id: RecordId, spec: RoundSpec, counted: Mapping[MemberId, Statement], seals: Sequence[EventId]
    ) -> Tally:
        return Tally({"counted": len(counted)}, outcome_of({m: ballot.id for m, ballot in counted.items()}))


def ballot_body(round_id: RecordId, choice: str, replaces: EventId | None = None) -> Ballot:
    return Ballot(round=round_id, content={"choice": choice}, replaces=replaces, delegate="", authorisation=None)
