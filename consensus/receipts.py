"""Receipts of a ballot as a file, and the steps that check one: the ballot, its receipts, the closing, the count.

What a file is and how it is checked: SPEC.md 6.50 to 6.53. A file is a stranger's word until its step has passed; the
first step that fails ends the check. Does not handle where ballots and closings come from, or words for people.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import orjson

from consensus.agreement.quorum import Quorum
from consensus.agreement.statements import Statement
from consensus.ballots import Ballot as Content
from protocol import limits
from protocol.canonical import NotCanonicalError
from protocol.envelope import Envelope, Verified, from_dsse, open_verified, to_dsse
from protocol.errors import Rejection, RemoteError
from protocol.events.rounds import Ballot, RoundSpec
from protocol.events.tellers import Receipt
from protocol.ids import EventId, FederationId, MemberId, RecordId
from protocol.roll import KeyRing

FORMAT: Final = "comitia-receipt"
_HOW: Final = (
    "`ballot` and each of `receipts` is a DSSE envelope: an Ed25519 signature over the pre-authentication encoding. "
    "The ballot's key must be a node key of its member on the federation's roll, each receipt's a teller key. Each "
    "receipt must name this round and list the ballot's id, the SHA-256 of its pre-authentication encoding. Receipts "
    "of 2f+1 tellers prove that the ballot is in the round's certified closing. Any member's node checks this file "
    "on the round's page, under “Check a receipt”."
)
StepName = Literal["file", "federation", "round", "ballot", "member", "receipts", "closing", "included", "counted"]
Verdict = Literal["pass", "fail", "note", "wait"]
"""note: true, but not enough to be certain. wait: can't be told yet."""
Conclusion = Literal["counted", "not-counted", "waiting", "refused", "fault"]
"""fault: the receipts made it certain, and the closing lacks it: tellers broke their word."""
WhyNot = Literal["replaced", "void", "unreadable", "proxy"]


class ReceiptFileError(RemoteError):
    """The bytes are not a receipt file."""


@dataclass(frozen=True, slots=True)
class ReceiptFile:
    """A receipt file, nothing checked but its outline."""

    federation: str
    round: str
    ballot: Envelope
    receipts: tuple[Envelope, ...]


@dataclass(frozen=True, slots=True)
class Closed:
    """What a certified closing says, as the one who checks knows it."""

    height: int
    signers: int
    listings: Mapping[MemberId, frozenset[EventId]]
    """Teller: the ballots that its named seal lists."""
    counted: Mapping[MemberId, Statement]
    void: frozenset[MemberId]
    contents: Mapping[MemberId, Content]
    """What went into the outcome, of each member; a proxy as its holder's ballot."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Against what a file is checked. spec and closed are those of the round that the file names, if they are here."""

    federation: FederationId
    ring: KeyRing
    number: int
    spec: RoundSpec | None
    entitled: frozenset[MemberId]
    closed: Closed | None
    received: int | None
    """When the ballot reached the one who checks, if it did."""

    @property
    def quorum(self) -> Quorum:
        """The counts of this roll's tellers."""
        return Quorum.of(len(self.ring.tellers))


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a check. facts are what its words need: counts, times, ids, members, reasons."""

    name: StepName
    verdict: Verdict
    facts: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Report:
    """What a check came to."""

    steps: tuple[Step, ...]
    conclusion: Conclusion
    ballot: EventId | None = None
    member: MemberId | None = None
    content: Mapping[str, object] | None = None
    """What the ballot says, once its signature has been checked."""
    counted_as: Content | None = None
    accused: tuple[MemberId, ...] = ()
    """Tellers that gave a receipt and left the ballot out of their seal."""


def file_bytes(federation: FederationId, ballot: Envelope, round_id: str, receipts: Sequence[Envelope]) -> bytes:
    """Return a receipt file with the ballot and as many of the receipts, in their order, as the limit lets in."""
    value: dict[str, object] = {
        "format": FORMAT,
        "version": 1,
        "federation": federation,
        "round": round_id,
        "how_to_check": _HOW,
        "ballot": to_dsse(ballot),
        "receipts": [],
    }
    kept: list[object] = []
    size = len(_dump(value))
    for receipt in receipts:
        dsse = to_dsse(receipt)
        size += 2 * len(_dump(dsse))
        if size > limits.RECEIPT_FILE_BYTES_MAX:
            break
        kept.append(dsse)
    return _dump({**value, "receipts": kept})


def _dump(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2)


def parse_file(data: bytes) -> ReceiptFile:
    """Return the file in some bytes, nothing checked but its outline. Raises ReceiptFileError with the reason."""
    if len(data) > limits.RECEIPT_FILE_BYTES_MAX:
        raise ReceiptFileError(f"{len(data)} bytes are over the limit of {limits.RECEIPT_FILE_BYTES_MAX}")
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise ReceiptFileError(f"not JSON: {error}") from error
    if not isinstance(value, dict) or value.get("format") != FORMAT or value.get("version") != 1:
        raise ReceiptFileError("not a receipt file of version 1")
    receipts = value.get("receipts")
    if not isinstance(receipts, list) or len(receipts) > limits.TELLERS_MAX:
        raise ReceiptFileError("its receipts are no list, or too many")
    try:
        ballot = from_dsse(value.get("ballot"))
        envelopes = tuple(from_dsse(each) for each in receipts)
    except NotCanonicalError as error:
        raise ReceiptFileError(str(error)) from error
    return ReceiptFile(str(value.get("federation")), str(value.get("round")), ballot, envelopes)


def check(data: bytes, scene: Scene) -> Report:
    """Return what a file is worth, step by step; the first step that fails is the last one."""
    try:
        file = parse_file(data)
    except ReceiptFileError as error:
        return _refused([], Step("file", "fail", {"detail": str(error)}))
    return _Check(file, scene).run()


def _refused(steps: list[Step], last: Step) -> Report:
    return Report((*steps, last), "refused")


class _Check:
    """One check under way. Each step stands on those before it."""

    def __init__(self, file: ReceiptFile, scene: Scene) -> None:
        self._file = file
        self._scene = scene
        self._steps: list[Step] = [Step("file", "pass", {"receipts": len(file.receipts)})]

    def run(self) -> Report:
        file, scene = self._file, self._scene
        if file.federation != scene.federation:
            return _refused(self._steps, Step("federation", "fail", {"federation": file.federation[:64]}))
        self._passed("federation")
        if scene.spec is None:
            return _refused(self._steps, Step("round", "fail", {"round": file.round[:64]}))
        self._passed("round", number=scene.number)
        opened = self._open(file.ballot, "ballot")
        body = opened if isinstance(opened, str) else opened.event.body
        if isinstance(opened, str) or not isinstance(body, Ballot):
            return _refused(self._steps, Step("ballot", "fail", {"detail": str(body)}))
        self._passed("ballot", ballot=opened.id, time=opened.event.time)
        return self._of_member(opened, body)

    def _passed(self, name: StepName, **facts: str | int) -> None:
        self._steps.append(Step(name, "pass", facts))

    def _open(self, envelope: Envelope, kind: str) -> Verified | str:
        """Return a signed event of a kind about this round, or why it is none."""
        if envelope.kind != kind:
            return f"kind {envelope.kind}"
        opened = open_verified(envelope, self._scene.federation)
        if isinstance(opened, Rejection):
            return f"{opened.kind.value}: {opened.reason}"
        if getattr(opened.event.body, "round", None) != self._file.round:
            return "of another round"
        return opened

    def _of_member(self, ballot: Verified, body: Ballot) -> Report:
        event = ballot.event
        reason = self._scene.ring.objection(event.kind, event.member, event.key)
        if reason is None and event.member not in self._scene.entitled:
            reason = "not entitled"
        if reason is not None:
            return _refused(self._steps, Step("member", "fail", {"member": event.member, "detail": reason}))
        self._passed("member", member=event.member)
        found = self._receipts(ballot)
        if isinstance(found, Step):
            return _refused(self._steps, found)
        needed = self._scene.quorum.certain_receipts
        facts = {"received": len(found), "needed": needed, "tellers": len(self._scene.ring.tellers)}
        self._steps.append(Step("receipts", "pass" if len(found) >= needed else "note", facts))
        return self._closing(ballot, body, found)

    def _receipts(self, ballot: Verified) -> set[MemberId] | Step:
        """Return the tellers whose receipts hold, or the step that failed at the first receipt that doesn't."""
        found: set[MemberId] = set()
        for place, envelope in enumerate(self._file.receipts, start=1):
            opened = self._open(envelope, "receipt")
            if isinstance(opened, str):
                return Step("receipts", "fail", {"place": place, "detail": opened})
            event = opened.event
            reason = self._scene.ring.objection(event.kind, event.member, event.key)
            if reason is None and not (isinstance(event.body, Receipt) and ballot.id in event.body.ballots):
                reason = "it does not list the ballot"
            if reason is not None:
                return Step("receipts", "fail", {"place": place, "detail": reason})
            found.add(event.member)
        return found

    def _closing(self, ballot: Verified, body: Ballot, receipts: set[MemberId]) -> Report:
        closed, quorum = self._scene.closed, self._scene.quorum
        if closed is None:
            self._steps.append(Step("closing", "wait"))
            return self._report("waiting", ballot, body)
        self._passed("closing", height=closed.height, signers=closed.signers, tellers=quorum.tellers)
        listing = [teller for teller, ballots in closed.listings.items() if ballot.id in ballots]
        facts: dict[str, str | int] = {
            "listed": len(listing), "named": len(closed.listings), "needed": quorum.inclusion
        }  # fmt: skip
        if len(listing) >= quorum.inclusion:
            self._passed("included", **facts)
            return self._counted(ballot, body, closed)
        self._steps.append(Step("included", "fail", facts | self._lateness(ballot)))
        if len(receipts) < quorum.certain_receipts:
            return self._report("not-counted", ballot, body)
        accused = tuple(
            teller
            for teller in sorted(receipts & closed.listings.keys() - set(listing))
            if len(closed.listings[teller]) < limits.SEAL_BALLOTS_MAX
        )
        return self._report("fault" if accused else "not-counted", ballot, body, accused=accused)

    def _lateness(self, ballot: Verified) -> dict[str, str | int]:
        """Return by how much a ballot came late here, or was signed late, if it was."""
        closes = self._scene.spec.closes if self._scene.spec is not None else 0
        came = self._scene.received if self._scene.received is not None else ballot.event.time
        return {"late_ms": came - closes} if came > closes else {}

    def _counted(self, ballot: Verified, body: Ballot, closed: Closed) -> Report:
        member = ballot.event.member
        last = closed.counted.get(member)
        if member in closed.void or last is None:
            return self._not_counted("void", ballot, body)
        if last.id != ballot.id:
            return self._not_counted("replaced", ballot, body, by=last.id, time=last.time)
        if member not in closed.contents:
            why: WhyNot = "proxy" if body.content.get("form") == "proxy" else "unreadable"
            return self._not_counted(why, ballot, body)
        self._passed("counted")
        return self._report("counted", ballot, body, counted_as=closed.contents[member])

    def _not_counted(self, why: WhyNot, ballot: Verified, body: Ballot, **facts: str | int) -> Report:
        self._steps.append(Step("counted", "fail", {"why": why, **facts}))
        return self._report("not-counted", ballot, body)

    def _report(self, conclusion: Conclusion, ballot: Verified, body: Ballot, **more: object) -> Report:
        return Report(
            steps=tuple(self._steps),
            conclusion=conclusion,
            ballot=ballot.id,
            member=ballot.event.member,
            content=body.content,
            **more,  # type: ignore[arg-type]
        )


def round_of(data: bytes) -> RecordId | None:
    """Return the round that a file says it is about, or None if it is no receipt file."""
    try:
        return RecordId(parse_file(data).round)
    except ReceiptFileError:
        return None


def ballot_of(data: bytes) -> EventId | None:
    """Return the id of the ballot in a file, or None if it is no receipt file."""
    try:
        return parse_file(data).ballot.id
    except ReceiptFileError:
        return None
