"""The check of a full proof, step by step: from the federation's fingerprint to the agenda that follows.

Nothing in the file is believed but what the steps before have shown. Pure: no file, no clock, no network. What it
can't show is said by whoever prints the result: whether the register has grown since, and who the members are.
"""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import TypeVar

from consensus.agenda import AgendaDocument, parse_agenda
from consensus.agreement.quorum import Quorum
from consensus.agreement.statements import Statement, statement_of
from consensus.proof.format import FullProof, JsonObject, ProofAgenda, ProofEvent, ProofFormError, read_proof
from consensus.proof.rounds import Recount
from consensus.proof.standing import Standing, standing_of
from consensus.proof.steps import StepError
from consensus.recounting import draft_objection, follows
from consensus.rulings import Rulings
from protocol import canonical, limits
from protocol.canonical import sha256_hex
from protocol.charter import Charter, CharterError, CharterFile
from protocol.envelope import open_verified, pae
from protocol.errors import LocalError, Rejection, RemoteError
from protocol.events.consultation import AgendaDraft
from protocol.events.tellers import Precommit
from protocol.ids import FederationId, MemberId, RecordId
from protocol.roll import KeyRing
from protocol.steps import Result, Step

_T = TypeVar("_T")
_ROLL = 0
_RECORD_FIELDS = frozenset({"body", "federation", "height", "kind", "prev", "roll", "v"})


@dataclass(frozen=True, slots=True)
class Proven:
    """What a full proof shows once every step holds."""

    charter: Charter
    federation: FederationId
    height: int
    """Of the newest record in the proof."""
    time_ms: int
    """When it was signed, by the tellers' clocks: the middle one of their words."""
    signers: int
    """How many tellers signed it."""
    standing: Standing
    recounted: tuple[RecordId, ...]
    """Rounds that were counted again; the other closings are taken on the tellers' word."""
    agendas: tuple[AgendaDocument, ...]
    """Versions of the agenda that were rebuilt."""


@dataclass(frozen=True, slots=True)
class Checked:
    """The steps that were taken, the failed one last, and what is proven if none failed."""

    steps: tuple[Step, ...]
    proven: Proven | None

    @property
    def failure(self) -> Step | None:
        """The step that failed, or None."""
        return None if self.proven is not None else self.steps[-1]


def check_full_proof(data: bytes, fingerprint: str) -> Checked:
    """Return what a full proof's file shows to whoever knows the federation's fingerprint, 64 hex digits."""
    check = _Check(fingerprint.lower())
    try:
        proven = check.run(data)
    except _StoppedError:
        proven = None
    return Checked(tuple(check.steps), proven)


class _StoppedError(Exception):
    """A step failed; nothing after it is looked at."""


class _Check:
    """One check: keeps its steps, and what they have shown."""

    def __init__(self, fingerprint: str) -> None:
        self.steps: list[Step] = []
        self._fingerprint = fingerprint

    def run(self, data: bytes) -> Proven:
        """Take all steps. Raises _StoppedError after one that fails."""
        proof = self._take("form", partial(_form, data))
        federation = self._take("fingerprint", partial(_fingerprint, proof, self._fingerprint))
        charter = self._take("founders", partial(_founders, proof))
        witness = _Witness(federation, KeyRing(charter.roll))
        ids = self._take("chain", partial(_chain, proof.records, federation))
        votes, standing = self._take("certificate", partial(_certificate, proof, ids, witness))
        rulings = Rulings(federation, charter, {}, standing.closings, standing.published)
        self._take_rounds(proof, standing, rulings, witness)
        agendas = self._take_agendas(proof.agendas, standing, rulings, witness)
        return Proven(
            charter=charter,
            federation=federation,
            height=len(proof.records),
            time_ms=statistics.median_low(vote.time for vote in votes),
            signers=len(votes),
            standing=standing,
            recounted=tuple(RecordId(each.round) for each in proof.rounds),
            agendas=agendas,
        )

    def _take(self, step: str, check: Callable[[], tuple[_T, str]], subject: str = "") -> _T:
        try:
            value, words = check()
        except StepError as error:
            self.steps.append(Step(step, Result.FAILED, str(error), subject))
            raise _StoppedError from error
        self.steps.append(Step(step, Result.OK, words, subject))
        return value

    def _take_rounds(self, proof: FullProof, standing: Standing, rulings: Rulings, witness: "_Witness") -> None:
        below = 0
        for each in proof.rounds:
            recount = Recount(each, standing, rulings, witness.statement, witness.quorum)
            named = self._take("seals", partial(recount.seals, below), each.round)
            included = self._take("inclusion", partial(recount.inclusion, named), each.round)
            ballots = self._take("ballots", partial(recount.ballots, included), each.round)
            self._take("tally", partial(recount.tally, ballots), each.round)
            below = standing.closed[RecordId(each.round)].height

    def _take_agendas(
        self, agendas: Sequence[ProofAgenda], standing: Standing, rulings: Rulings, witness: "_Witness"
    ) -> tuple[AgendaDocument, ...]:
        found: list[AgendaDocument] = []
        for each in agendas:
            below = found[-1].version if found else 0
            check = partial(_agenda, each, below, standing, rulings, witness)
            found.append(self._take("agenda", check, str(each.document.get("version"))))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class _Witness:
    """Turns a proof's events into statements once they hold."""

    federation: FederationId
    ring: KeyRing

    @property
    def quorum(self) -> Quorum:
        return Quorum.of(len(self.ring.tellers))

    def statement(self, event: ProofEvent, kind: str) -> Statement:
        """Return what an event of a kind states. Raises StepError if it does not hold, or its key may not say it."""
        if event.kind != kind:
            raise StepError(f"{event.id[:8]} is a {event.kind}, due is a {kind}")
        opened = open_verified(event.envelope(), self.federation)
        if isinstance(opened, Rejection):
            raise StepError(f"the {kind} {event.id[:8]} does not hold: {opened.reason}")
        said = opened.event
        reason = self.ring.objection(kind, said.member, said.key)
        if reason is not None:
            raise StepError(f"the {kind} {event.id[:8]}: {reason}")
        if said.roll != _ROLL:
            raise StepError(f"the {kind} {event.id[:8]} goes by roll {said.roll}, this federation has roll {_ROLL}")
        return statement_of(opened)


def _form(data: bytes) -> tuple[FullProof, str]:
    try:
        proof = read_proof(data)
    except ProofFormError as error:
        raise StepError(f"this is no full proof, or a damaged one: {error}") from error
    return proof, f"{len(data)} bytes, whole, {len(proof.records)} records of the register"


def _fingerprint(proof: FullProof, expected: str) -> tuple[FederationId, str]:
    federation = FederationId(sha256_hex(pae("charter", proof.charter_bytes)))
    if federation != expected:
        raise StepError(f"the charter in it is that of federation {federation}, not of {expected}")
    return federation, f"the charter in it has the fingerprint {federation}"


def _founders(proof: FullProof) -> tuple[Charter, str]:
    try:
        file = CharterFile(proof.charter_bytes, ())
        roots = [member.root for member in file.charter().roll.members]
        if len(roots) != len(proof.signatures):
            raise StepError(f"it holds {len(proof.signatures)} signatures, the charter has {len(roots)} founders")
        pairs = tuple(zip(roots, proof.signatures, strict=True))
        charter = CharterFile(proof.charter_bytes, pairs).verified()
    except CharterError as error:
        raise StepError(str(error)) from error
    return charter, f"signed by all {len(roots)} founders; {len(charter.roll.tellers)} of them are tellers"


def _chain(records: Sequence[JsonObject], federation: FederationId) -> tuple[list[RecordId], str]:
    """Return the records' ids. What they say is looked at once the tellers' signatures hold."""
    ids: list[RecordId] = []
    for height, record in enumerate(records, start=1):
        prev = ids[-1] if ids else federation
        reason = _misplaced(record, height, prev, federation)
        if reason is not None:
            raise StepError(f"record {height} {reason}")
        data = canonical.encode(record, depth=limits.FULL_PROOF_DEPTH_MAX)
        ids.append(RecordId(sha256_hex(pae(f"record-{record['kind']}", data))))
    return ids, f"{len(ids)} records, each on the one below"


def _misplaced(record: JsonObject, height: int, prev: str, federation: FederationId) -> str | None:
    if record.keys() != _RECORD_FIELDS or not isinstance(record["kind"], str) or not isinstance(record["body"], dict):
        return "has not the fields of a record"
    if not _is(record["v"], 1):
        return "is not of version 1"
    if record["federation"] != federation:
        return f"is of another federation, {str(record['federation'])[:8]}"
    if not _is(record["height"], height):
        return f"is for height {record['height']}"
    if record["prev"] != prev:
        return f"does not stand on the one below, {prev[:8]}"
    return None if _is(record["roll"], _ROLL) else f"goes by roll {record['roll']}, this federation has roll {_ROLL}"


def _is(value: object, due: int) -> bool:
    """Whether a value is this number, and not true or false."""
    return type(value) is int and value == due


def _certificate(
    proof: FullProof, ids: Sequence[RecordId], witness: _Witness
) -> tuple[tuple[list[Statement], Standing], str]:
    height, needed = len(ids), witness.quorum.votes
    votes = [witness.statement(vote, "precommit") for vote in proof.votes]
    for vote in votes:
        assert isinstance(vote.body, Precommit)
        if (vote.body.height, vote.body.value) != (height, ids[-1]):
            raise StepError(f"the vote of {vote.member} is for another record than the one at height {height}")
    _each_once([vote.member for vote in votes])
    if len(votes) < needed:
        raise StepError(f"{len(votes)} tellers signed, {needed} of {witness.quorum.tellers} are needed")
    if len({vote.body.view for vote in votes}) != 1:  # type: ignore[union-attr]
        raise StepError("the votes are of different views, which are never added up")
    words = f"{len(votes)} of {witness.quorum.tellers} tellers signed record {height}; {needed} are needed"
    return (votes, standing_of(proof.records, ids)), words


def _each_once(voters: Sequence[MemberId]) -> None:
    for before, voter in pairwise(voters):
        if before == voter:
            raise StepError(f"{voter} has more than one vote in it")
        if before > voter:
            raise StepError("the votes don't stand in the order of the roll")


def _agenda(
    each: ProofAgenda, below: int, standing: Standing, rulings: Rulings, witness: _Witness
) -> tuple[AgendaDocument, str]:
    data = canonical.encode(each.document, depth=limits.FULL_PROOF_DEPTH_MAX)
    version = each.document.get("version")
    body = standing.agendas.get(version) if type(version) is int and version > below else None
    if body is None:
        raise StepError(f"no record publishes a version {version} of the agenda, or it stands here out of turn")
    if (sha256_hex(data), len(data)) != (body.document, body.size):
        raise StepError(f"the document of version {body.version} is not the certified one, {body.document[:8]}")
    if each.draft.id != body.draft:
        raise StepError(f"the draft of version {body.version} is not the one that its record names, {body.draft[:8]}")
    draft = witness.statement(each.draft, "agenda-draft")
    objection = draft_objection(draft, body)
    if objection is not None:
        raise StepError(f"the record of version {body.version} {objection}")
    document = _document(data, standing.published[body.version].height, standing)
    assert isinstance(draft.body, AgendaDraft)
    if not follows(body, document.height, draft.body.order, rulings):
        raise StepError(f"version {body.version} is not what follows from the rounds that have closed")
    items = f"{len(document.items)} items, which follow from the closings up to height {document.height}"
    return document, f"version {document.version}: {items}"


def _document(data: bytes, published: int, standing: Standing) -> AgendaDocument:
    try:
        document = parse_agenda(data)
    except (RemoteError, LocalError) as error:
        raise StepError(str(error)) from error
    if document.height >= published or document.height not in standing.closings:
        raise StepError("its document names a height at which no round closed before it")
    return document
