"""Federations, members and chains of signed events, the same for the same seed.

build_federation() founds a federation whose every key follows from the seed; writer() continues a member's chain;
the functions below make the bodies that events carry. Nothing is random and no clock is read: a chain's events are
one second apart, from `EPOCH_MS` on.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pydantic import BaseModel, JsonValue

from protocol import canonical, limits
from protocol.charter import Charter, CharterFile, Timing, draft
from protocol.envelope import Envelope, Verified, pae, seal
from protocol.events import deliberation, discussion, kinds
from protocol.events.consultation import (
    AgendaDraft,
    Endorsement,
    Erasure,
    Position,
    Proposal,
    TextRef,
    Topic,
    TopicEnding,
    Track,
)
from protocol.events.rounds import Ballot, OpenRequest, Option, ProcedureName, Question, Reminder, RoundSpec
from protocol.events.tellers import Cosignature, Precommit, Prevote, Receipt, RecordProposal, Seal
from protocol.ids import EventId, FederationId, KeyId, MemberId, RecordId, TextHash
from protocol.keys import SigningKey
from protocol.policy import Portion, Procedure, Support, TrackPolicy
from protocol.register import OpenBody, OpenRecord, Record, record_id
from protocol.roll import EnrolledKey, KeyRing, KeyRole, Member, Roll, enrol
from protocol.texts import Document, document_bytes, text_ref

EPOCH_MS = 1_767_225_600_000
"""2026-01-01 00:00 UTC, when every built federation is founded."""
CONSTITUENCIES = ("africa", "americas", "asia", "europe")
SIMPLE_MAJORITY: dict[str, JsonValue] = {
    "rule": "threshold",
    "base": "yes+no",
    "threshold": {"numerator": 1, "denominator": 2},
    "strict": True,
}
EQUAL_SHARES: dict[str, JsonValue] = {"rule": "equal-shares"}

KIND_OF: dict[type[BaseModel], str] = {
    Proposal: "proposal",
    Endorsement: "endorsement",
    Position: "position",
    Topic: "topic",
    Erasure: "erasure",
    AgendaDraft: "agenda-draft",
    TopicEnding: "topic-ending",
    Reminder: "reminder",
    deliberation.Screening: "screening",
    deliberation.Revision: "revision",
    deliberation.Amendment: "amendment",
    deliberation.AmendmentEndorsement: "amendment-endorsement",
    deliberation.AmendmentAnswer: "amendment-answer",
    deliberation.ObjectionAnswer: "objection-answer",
    deliberation.Withdrawal: "withdrawal",
    deliberation.TakeOver: "take-over",
    deliberation.ConsultationCall: "consultation-call",
    deliberation.Disposition: "disposition",
    deliberation.Yielding: "yielding",
    deliberation.MergeAnswer: "merge-answer",
    discussion.Comment: "comment",
    discussion.Translation: "translation",
    OpenRequest: "open-request",
    Ballot: "ballot",
    Receipt: "receipt",
    Seal: "seal",
    RecordProposal: "record-proposal",
    Prevote: "prevote",
    Precommit: "precommit",
    Cosignature: "cosignature",
}
"""The kind of event that carries a body, for callers that don't want to name both."""


def hash_of(*words: object) -> str:
    """Return a made-up SHA-256, 64 hex digits, that these words name."""
    return hashlib.sha256(" ".join(str(word) for word in words).encode()).hexdigest()


def signing_key(*words: object) -> SigningKey:
    """Return the key that these words name."""
    return SigningKey(bytes.fromhex(hash_of("key", *words)))


@dataclass(frozen=True, slots=True)
class BuiltMember:
    """A member with all its secret keys."""

    id: MemberId
    root: SigningKey
    next_root: SigningKey
    node: SigningKey
    teller: SigningKey | None
    """None if the member is no teller."""
    entry: Member
    """What stands on the roll."""

    def key(self, role: KeyRole) -> SigningKey:
        """Return the node's or the teller's key. Raises ValueError where there is none."""
        if role == "node":
            return self.node
        if self.teller is None:
            raise ValueError(f"{self.id} has no teller key")
        return self.teller


@dataclass(frozen=True)
class Federation:
    """A founded federation with everybody's keys."""

    file: CharterFile
    """Signed by every founder."""
    members: tuple[BuiltMember, ...]
    """In the order of the roll."""

    @cached_property
    def charter(self) -> Charter:
        """The charter, its signatures checked."""
        return self.file.verified()

    @cached_property
    def id(self) -> FederationId:
        """The federation's identity."""
        return self.file.federation

    @cached_property
    def roll(self) -> Roll:
        """The first roll."""
        return self.charter.roll

    @cached_property
    def ring(self) -> KeyRing:
        """Who may sign what."""
        return KeyRing(self.roll)

    @property
    def tellers(self) -> tuple[BuiltMember, ...]:
        """The members that are tellers, in the order of the roll."""
        return tuple(member for member in self.members if member.id in self.roll.tellers)

    @property
    def secretariat(self) -> BuiltMember:
        """The first member that holds the office of secretariat."""
        return self.member(self.roll.secretariat[0])

    def member(self, which: int | str) -> BuiltMember:
        """Return a member by its place on the roll or by its id."""
        if isinstance(which, int):
            return self.members[which]
        return next(member for member in self.members if member.id == which)

    def writer(self, which: int | str = 0, role: KeyRole = "node") -> "ChainWriter":
        """Return the writer of a member's empty node or teller chain."""
        member = self.member(which)
        return ChainWriter(self.id, member.id, member.key(role))


@dataclass
class ChainWriter:
    """Seals the next events of one key's chain. Keeps what it wrote in `events`."""

    federation: FederationId
    member: MemberId
    signer: SigningKey
    roll: int = 0
    events: list[Verified] = field(default_factory=list)

    @property
    def key(self) -> KeyId:
        """The chain's key."""
        return self.signer.key

    @property
    def length(self) -> int:
        """How many events the chain has."""
        return len(self.events)

    @property
    def head(self) -> EventId | None:
        """The id of the last event."""
        return self.events[-1].id if self.events else None

    def write(
        self,
        body: BaseModel | dict[str, JsonValue],
        *,
        kind: str | None = None,
        refs: Iterable[str] = (),
        time_ms: int | None = None,
    ) -> Verified:
        """Seal the next event. The kind follows from a model as body; an unknown kind's body is a dict."""
        event = seal(self._event(body, kind, refs, time_ms), self.signer)
        self.events.append(event)
        return event

    def write_proposals(self, count: int, *, words: str = "proposal") -> list[Verified]:
        """Seal that many proposals, each with a text of its own."""
        return [self.write(proposal_body(proposal_text(f"{words} {self.member} {self.length}"))) for _ in range(count)]

    def branch(self, length: int) -> "ChainWriter":
        """Return a writer that goes its own way after the first events: what it writes forks the chain."""
        return ChainWriter(self.federation, self.member, self.signer, self.roll, self.events[:length])

    def _event(
        self,
        body: BaseModel | dict[str, JsonValue],
        kind: str | None,
        refs: Iterable[str],
        time_ms: int | None,
    ) -> kinds.Event:
        name = kind or KIND_OF[type(body)]  # type: ignore[index]
        model = kinds.KINDS.get(name, kinds.UnknownEvent)
        return model(
            v=1,
            federation=self.federation,
            member=self.member,
            key=self.key,
            seq=self.length,
            prev=self.head,
            roll=self.roll,
            time=EPOCH_MS + self.length * 1_000 if time_ms is None else time_ms,
            refs=tuple(sorted(EventId(ref) for ref in refs)),
            kind=name,
            body=body,  # type: ignore[arg-type]
        )


def build_federation(
    members: int = 5,
    tellers: int | None = None,
    seed: int = 0,
    *,
    secretariat: Sequence[int] = (0,),
    grace_ms: int = 1_000,
    voting_ms: int = 10_000,
    policies: Mapping[str, TrackPolicy] = {},
) -> Federation:
    """Return a founded federation of members `member-001`, `member-002` and so on.

    The first `tellers` members are tellers (all, if not said); the ones in `secretariat` hold that office. policies
    are those of the tracks `long` and `short` where they differ from what lets everything through.
    """
    count = members if tellers is None else tellers
    built = tuple(_build_member(index, seed, is_teller=index < count) for index in range(members))
    roll = Roll(
        members=tuple(member.entry for member in built),
        tellers=tuple(member.id for member in built[:count]),
        secretariat=tuple(sorted(built[index].id for index in secretariat)),
    )
    charter = _build_charter(roll, seed, grace_ms, voting_ms).model_copy(update=dict(policies))
    unsigned = draft(charter)
    message = pae("charter", unsigned.payload)
    signatures = sorted((member.root.key, member.root.sign(message)) for member in built)
    return Federation(CharterFile(unsigned.payload, tuple(signatures)), built)


def track_policy(*, voting_ms: int = 10_000, capacity_minutes: int = 60, **changes: Any) -> TrackPolicy:
    """Return a track's policy that lets everything through: no screening, no support asked, no notice, no review."""
    rules = {
        "waiver": SIMPLE_MAJORITY,
        "prioritisation": EQUAL_SHARES,
        "vote": SIMPLE_MAJORITY,
        "amendment": SIMPLE_MAJORITY,
        "ratification": SIMPLE_MAJORITY,
        "review": SIMPLE_MAJORITY,
    }
    nothing = Support(members=Portion(numerator=0, denominator=1), constituencies=0)
    given: dict[str, Any] = {
        "screening": False,
        "endorsement": nothing,
        "endorsing_ms": 0,
        "notice_ms": 0,
        "amendment": nothing,
        "review_ms": 0,
        "sunset_ms": 0,
        "ratification": False,
        "capacity_minutes": capacity_minutes,
        "procedures": {
            name: Procedure(rule=dict(rule), voting_ms=voting_ms, proxies_per_holder=limits.PROXIES_PER_HOLDER_MAX)
            for name, rule in rules.items()
        },
    }
    return TrackPolicy.model_validate({**given, **changes})


def build_chains(federation: Federation, events_each: int) -> list[Verified]:
    """Return proposals of every member's node, turn by turn: the first of each, then the second of each."""
    writers = [federation.writer(index) for index in range(len(federation.members))]
    return [writer.write_proposals(1)[0] for _ in range(events_each) for writer in writers]


def document(title: str = "A title", body: str = "A body.", urgency: str = "", salt: str | None = None) -> bytes:
    """Return the canonical bytes of a text; its salt follows from the title unless it is given."""
    salt = hash_of("salt", title)[:32] if salt is None else salt
    return document_bytes(Document(salt=salt, title=title, body=body, urgency=urgency))


def proposal_text(title: str = "A title", body: str = "A body.", urgency: str = "", lang: str = "en") -> TextRef:
    """Return a reference to the text of that title; document() with the same words gives its bytes."""
    return text_ref(document(title, body, urgency), lang)


def proposal_body(
    text: TextRef | None = None, *, track: Track = "long", goals: tuple[int, ...] = (3,), minutes: int = 10
) -> Proposal:
    """Return a proposal's body."""
    return Proposal(
        track=track, text=text or proposal_text(), goals=goals, suggested=None, minutes=minutes, vector=None, merges=()
    )


_PROCEDURES: dict[str, ProcedureName] = {
    "equal-shares": "prioritisation",
    "phragmen": "prioritisation",
    "approval": "prioritisation",
    "score": "prioritisation",
    "schulze": "alternatives",
    "instant-runoff": "alternatives",
}


def round_spec(
    subjects: Sequence[EventId] = (),
    *,
    number: int = 0,
    track: Track = "long",
    procedure: ProcedureName | None = None,
    rule: dict[str, JsonValue] | None = None,
    capacity_minutes: int = 60,
    opens: int = EPOCH_MS,
    closes: int = EPOCH_MS + 10_000,
    may_change: bool = True,
) -> RoundSpec:
    """Return a round's specification with one option, `option-0` and so on, for each subject; one if none is given."""
    chosen = subjects or (EventId(hash_of("subject")),)
    name = "equal-shares" if rule is None else str(rule.get("rule"))
    options = tuple(
        Option(id=f"option-{index}", subject=subject, text=proposal_text(f"option {index}"), minutes=10)
        for index, subject in enumerate(chosen)
    )
    return RoundSpec(
        number=number,
        track=track,
        procedure=procedure or _PROCEDURES.get(name, "vote"),
        question=Question(options=options, capacity_minutes=capacity_minutes),
        rule=dict(EQUAL_SHARES) if rule is None else rule,
        roll=0,
        opens=opens,
        closes=closes,
        may_change=may_change,
        hide_running=True,
        proxies_per_holder=0,
    )


def ballot_body(round_id: str, content: dict[str, JsonValue] | None = None, replaces: EventId | None = None) -> Ballot:
    """Return a ballot's body; without content, an approval of the first option."""
    return Ballot(
        round=RecordId(round_id),
        content={"form": "approval", "approves": ["option-0"]} if content is None else content,
        replaces=replaces,
        delegate="delegate",
        authorisation=None,
    )


def receipt_body(round_id: str, ballots: Iterable[str]) -> Receipt:
    """Return a receipt's body for ballots in any order."""
    return Receipt(round=RecordId(round_id), ballots=tuple(sorted(EventId(ballot) for ballot in ballots)))


def seal_body(round_id: str, ballots: Iterable[str], *, inline: bool = True) -> Seal:
    """Return a seal's body for ballots in any order."""
    ids = tuple(sorted(EventId(ballot) for ballot in ballots))
    listing = canonical.sha256_hex(bytes.fromhex("".join(ids)))
    return Seal(round=RecordId(round_id), count=len(ids), listing=listing, ballots=ids if inline else None)


def open_record(federation: FederationId, request: EventId, spec: RoundSpec, height: int = 1) -> OpenRecord:
    """Return the record that opens a round, right after the charter or a made-up predecessor."""
    prev = RecordId(federation) if height == 1 else RecordId(hash_of("record", height - 1))
    return OpenRecord(
        v=1,
        federation=federation,
        height=height,
        prev=prev,
        roll=0,
        kind="open",
        body=OpenBody(request=request, spec=spec),
    )


def record_proposal_body(record: Record, view: int = 0, valid_view: int = -1) -> RecordProposal:
    """Return the body that puts a record forward."""
    return RecordProposal(
        height=record.height,
        view=view,
        valid_view=valid_view,
        value=record_id(record),
        record=record.model_dump(mode="json"),
    )


def text_hash(*words: object) -> TextHash:
    """Return a made-up hash of a text."""
    return TextHash(hash_of("text", *words))


def _build_member(index: int, seed: int, *, is_teller: bool) -> BuiltMember:
    name = MemberId(f"member-{index + 1:03d}")
    root, next_root, node, teller = (signing_key(seed, name, role) for role in ("root", "next", "node", "teller"))
    entries: tuple[EnrolledKey, ...] = (enrol(name, root.key, node, "node"),)
    if is_teller:
        entries += (enrol(name, root.key, teller, "teller"),)
    entry = Member(
        id=name,
        names={"en": f"Member {index + 1}", "fr": f"Membre {index + 1}"},
        country="CH",
        constituencies=(CONSTITUENCIES[index % len(CONSTITUENCIES)],),
        root=root.key,
        next_root=canonical.sha256_hex(bytes.fromhex(next_root.key)),
        keys=entries,
        address="",
    )
    return BuiltMember(name, root, next_root, node, teller if is_teller else None, entry)


def _build_charter(roll: Roll, seed: int, grace_ms: int, voting_ms: int) -> Charter:
    return Charter(
        v=1,
        names={"en": "Alliance of Examples"},
        founded=EPOCH_MS,
        roll=roll,
        long=track_policy(voting_ms=voting_ms, capacity_minutes=60),
        short=track_policy(voting_ms=voting_ms, capacity_minutes=0),
        timing=Timing(grace_ms=grace_ms, receipt_window_ms=100, view_ms=500, stall_ms=60_000),
        reference=f"built from seed {seed}",
    )


def forge(signer: SigningKey, kind: str, payload: bytes | dict[str, JsonValue], seq: int = 0) -> Envelope:
    """Return an envelope whose signature holds, around a payload that nothing has checked."""
    data = payload if isinstance(payload, bytes) else canonical.encode(payload)
    return Envelope(kind, signer.key, seq, signer.sign(pae(kind, data)), data)
