"""One batch of the ledger on the store's writing thread: placed, signed and written as one transaction."""

from dataclasses import dataclass

from node.deliveries import Batch, Incoming, Job, Own, Report
from node.storage import events as store
from node.storage import locks, projections, texts
from node.storage.database import Connection
from protocol.canonical import sha256_hex
from protocol.chain import ForkProof, Head, Link, Place, place, prove_fork
from protocol.envelope import Verified, decode_signed, open_verified, seal
from protocol.errors import ComitiaError, LocalError, Rejection, RejectionKind
from protocol.events import consultation
from protocol.events.kinds import Event
from protocol.frontier import Frontier
from protocol.ids import EventId, FederationId, KeyId
from protocol.roll import KeyRing
from protocol.texts import texts_of

CURRENT_ROLL = 0


@dataclass(frozen=True, slots=True)
class Ground:
    """What a transaction stands on: the state of the ledger before it."""

    federation: FederationId
    ring: KeyRing
    frontier: Frontier
    position: int
    needed: frozenset[EventId]
    now: int


class Transaction:
    """Places, signs and writes one batch, on the store's writing thread."""

    def __init__(self, ground: Ground, jobs: list[Job]) -> None:
        self._ground = ground
        self._jobs = jobs
        self._batch = Batch(position=ground.position)
        self._fresh: dict[tuple[KeyId, int], Verified] = {}
        self._seen: set[EventId] = set()

    def carry_out(self, connection: Connection) -> Batch:
        """Do all of it and return what changed. Raises StoreError, and then nothing has."""
        batch = self._batch
        for job in self._jobs:
            if isinstance(job, Own):
                self._sign(connection, job)
            else:
                for proof in job.proofs:
                    self._take_proof(connection, proof, job.report)
                for verified in job.opened:
                    self._place(connection, verified, job.report)
        first = batch.position + 1
        store.insert(connection, batch.accepted, first, self._ground.now, chained=True)
        batch.position += len(batch.accepted)
        if batch.evidence:
            store.insert(connection, batch.evidence, batch.position + 1, self._ground.now, chained=False)
            batch.position += len(batch.evidence)
        self._record_forks(connection)
        store.save_heads(connection, batch.heads.items())
        self._texts(connection)
        projections.update(connection, batch.accepted, first, batch.forks)
        return batch

    def _head(self, key: KeyId) -> Head:
        return self._batch.heads.get(key) or self._ground.frontier.head(key)

    def _sign(self, connection: Connection, job: Own) -> None:
        draft = job.draft
        head = self._head(draft.signer.key)
        holder = self._ground.ring.holder(draft.signer.key)
        try:
            if head.fork_at is not None or holder is None:
                raise LocalError(f"key {draft.signer.key[:8]} has forked or is not on the roll; enrol a new key")
            event = Event(
                v=1,
                federation=self._ground.federation,
                member=holder.member,
                key=draft.signer.key,
                seq=head.length,
                prev=head.id,
                roll=CURRENT_ROLL,
                time=self._ground.now,
                refs=tuple(sorted(set(draft.refs))),
                kind=draft.kind,
                body=draft.body,
            )
            verified = seal(event, draft.signer)
            again = decode_signed(verified.envelope, self._ground.federation)
            if isinstance(again, Rejection):
                raise LocalError(f"refused to sign what others would refuse: {again.reason}")
            reason = self._ground.ring.objection(draft.kind, holder.member, draft.signer.key)
            if reason is not None:
                raise LocalError(f"refused to sign what others would refuse: {reason}")
            if draft.lock is not None:
                locks.hold(connection, *draft.lock)
        except ComitiaError as error:
            job.error = error
            return
        self._accept(again)
        job.sealed = again

    def _accept(self, verified: Verified) -> None:
        event = verified.event
        self._batch.accepted.append(verified)
        self._fresh[event.key, event.seq] = verified
        self._seen.add(verified.id)
        head = self._head(event.key)
        self._batch.heads[event.key] = Head(event.seq + 1, verified.id, head.fork_at)

    def _place(self, connection: Connection, verified: Verified, report: Report) -> None:
        event = verified.event
        if verified.id in self._seen:
            report.duplicates += 1
            return
        head = self._head(event.key)
        held = self._held(connection, event.key, event.seq) if event.seq < head.length else None
        where = place(head, verified, held)
        match where:
            case Place.NEXT:
                self._accept(verified)
                report.accepted.append(verified)
            case Place.KNOWN:
                report.duplicates += 1
            case Place.GAP:
                report.gaps[event.key] = head.length
                reason = f"event {event.seq} of {event.member} before {head.length}"
                report.refused.append(Rejection(RejectionKind.ORPHAN, reason))
            case Place.FORK:
                self._fork(connection, verified, report)
                report.accepted.append(verified)
            case Place.DIVERGED | Place.AFTER_FORK:
                self._beside_the_chain(connection, verified, report, where)

    def _beside_the_chain(self, connection: Connection, verified: Verified, report: Report, where: Place) -> None:
        if store.is_stored(connection, verified.id):
            report.duplicates += 1
            return
        if verified.id in self._ground.needed:
            self._seen.add(verified.id)
            self._batch.evidence.append(verified)
        elif where is Place.AFTER_FORK:
            key = verified.event.key
            report.refused.append(Rejection(RejectionKind.FORKED_KEY, f"key {key[:8]} has forked"))
        if where is Place.DIVERGED and verified.event.prev is not None:
            report.diverged.append(verified.event.prev)

    def _held(self, connection: Connection, key: KeyId, seq: int) -> Link | None:
        fresh = self._fresh.get((key, seq))
        if fresh is not None:
            return Link(fresh.id, fresh.event.prev)
        return store.link(connection, key, seq)

    def _fork(self, connection: Connection, verified: Verified, report: Report) -> None:
        key, seq = verified.event.key, verified.event.seq
        held = self._fresh.get((key, seq))
        if held is None:
            envelope = store.at(connection, key, seq)
            opened = None if envelope is None else open_verified(envelope, self._ground.federation)
            if not isinstance(opened, Verified):
                raise LocalError(f"event {seq} of {key[:8]} is damaged in the store; rebuild it from peers")
            held = opened
        self._take_proof(connection, prove_fork(held, verified), report)
        self._seen.add(verified.id)
        self._batch.evidence.append(verified)

    def _take_proof(self, connection: Connection, proof: ForkProof, report: Report) -> None:
        head = self._head(proof.key)
        if head.fork_at is not None and head.fork_at <= proof.seq:
            return
        self._batch.forks.append(proof)
        last = head.id
        if head.length > proof.seq:
            held = self._held(connection, proof.key, proof.seq)
            last = None if held is None else held.prev
        length = min(head.length, proof.seq)
        self._batch.heads[proof.key] = Head(length, last, proof.seq)
        before = proof.first.event.prev
        if length == proof.seq and last != before and before is not None:
            report.diverged.append(before)

    def _record_forks(self, connection: Connection) -> None:
        for proof in self._batch.forks:
            store.save_fork(connection, proof)

    def _texts(self, connection: Connection) -> None:
        texts.expect(connection, [(v, *ref) for v in self._batch.accepted for ref in texts.refs_of(v.event)])
        for verified in self._batch.accepted:
            if isinstance(verified.event.body, consultation.Erasure):
                self._erase(connection, verified, verified.event.body)
        for job in self._jobs:
            if isinstance(job, Own):
                beside = [text.data for text in job.draft.texts] if job.sealed is not None else []
                if job.sealed is not None and job.draft.listing is not None:
                    beside.append(job.draft.listing)
            else:
                beside = list(job.delivery.texts)
            for data in beside:
                self._keep_text(connection, job, data)
        self._erase_late(connection)
        for job in self._jobs:
            if isinstance(job, Incoming):
                job.report.missing_texts = self._missing_texts(connection, job.report)

    def _missing_texts(self, connection: Connection, report: Report) -> list[str]:
        wanted = {digest for verified in report.accepted for digest, _, _ in texts.refs_of(verified.event)}
        return texts.missing_among(connection, list(wanted.difference(self._batch.texts)))

    def _keep_text(self, connection: Connection, job: Job, data: bytes) -> None:
        digest = sha256_hex(data)
        if texts.fill(connection, digest, data):
            self._batch.texts[digest] = data
        elif isinstance(job, Incoming) and not texts.is_expected(connection, digest):
            job.report.refused.append(Rejection(RejectionKind.UNWANTED_TEXT, f"text {digest[:8]}, named by no event"))

    def _erase(self, connection: Connection, verified: Verified, body: consultation.Erasure) -> None:
        member, digest = verified.event.member, body.text
        may = self._ground.ring.is_secretariat(member) or texts.is_named_by(connection, digest, member)
        if may and texts.erase(connection, digest, verified.id, verified.event.time):
            self._batch.texts.pop(digest, None)
            self._batch.erased.append(digest)

    def _erase_late(self, connection: Connection) -> None:
        """Apply erasures that came before the events whose texts they erase."""
        named = [digest for verified in self._batch.accepted for digest in texts_of(verified.event)]
        for envelope in store.erasures_of(connection, named):
            erasure = decode_signed(envelope, self._ground.federation)
            if isinstance(erasure, Verified) and isinstance(erasure.event.body, consultation.Erasure):
                self._erase(connection, erasure, erasure.event.body)
