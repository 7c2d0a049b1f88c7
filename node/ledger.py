"""The one place where events enter the store: those that this node signs and those that others send.

One task works through what is queued, batch after batch: all that has gathered meanwhile becomes one transaction, so
that a single event is on disk at once and a thousand cost little more. The order is always: check, persist, then tell
the listeners, who send and apply. What this node signs is signed inside that order, so its chain can't fork.

Checks run cheap first: size, key on the roll, known id, signature, canonical form and schema, place in the chain.
"""

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Protocol, cast

from node.clock import Clock
from node.deliveries import Batch, Delivery, Draft, Incoming, Job, Own, Report
from node.refusals import Refusals
from node.storage import events as store
from node.storage.database import Connection, Database
from node.transaction import CURRENT_ROLL, Ground, Transaction
from protocol import limits
from protocol.chain import ForkProof, prove_fork
from protocol.envelope import Envelope, Verified, open_verified
from protocol.errors import ComitiaError, LocalError, Rejection, RejectionKind, RemoteError
from protocol.events import kinds
from protocol.frontier import Frontier
from protocol.ids import EventId, FederationId
from protocol.roll import KeyRing

_LOG = logging.getLogger(__name__)
_BATCH_EVENTS_MAX = 2_000
_INLINE_VERIFY_MAX = 6
_RECENT_IDS = 50_000


class Stopped(ComitiaError):
    """The node is shutting down; nothing was stored."""


class Listener(Protocol):
    """Is told, in order and at once, what has been stored."""

    def __call__(self, batch: Batch, /) -> None:
        """Take note. Must not block."""
        ...


class Ledger:
    """The event store with its rules of entry."""

    def __init__(
        self, database: Database, federation: FederationId, ring: KeyRing, clock: Clock, refusals: Refusals
    ) -> None:
        self.federation = federation
        self.ring = ring
        self.frontier = Frontier({})
        self.position = 0
        self.needed: set[EventId] = set()
        """Events that others vouch for: taken even from a forked key."""
        self._database = database
        self._clock = clock
        self._refusals = refusals
        self._listeners: list[Listener] = []
        self._queue: asyncio.Queue[Job] = asyncio.Queue(maxsize=4_096)
        self._verifiers = ThreadPoolExecutor(2, thread_name_prefix="verify")
        self._recent: set[EventId] = set()
        self._older: set[EventId] = set()
        self._task: asyncio.Task[None] | None = None
        self._may_sign = asyncio.Event()

    async def start(self) -> None:
        """Load the heads and begin to work through the queue."""
        heads, self.position = await self._database.read(lambda c: (store.load_heads(c), store.last_position(c)))
        self.frontier = Frontier(heads)
        self._task = asyncio.create_task(self._run(), name="ledger")

    async def stop(self) -> None:
        """Finish the batch under way and stop; what is still queued is refused with Stopped."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        left = [self._queue.get_nowait() for _ in range(self._queue.qsize())]
        _fail(left, Stopped("the node is shutting down"))
        self._verifiers.shutdown(wait=False)

    def listen(self, listener: Listener) -> None:
        """Tell a listener of every batch from now on."""
        self._listeners.append(listener)

    def allow_signing(self) -> None:
        """Say that peers have been asked for this node's own heads, so that it may sign."""
        self._may_sign.set()

    @property
    def may_sign(self) -> bool:
        """Whether peers have been asked for this node's own heads."""
        return self._may_sign.is_set()

    async def signing_allowed(self) -> None:
        """Return once peers have been asked for this node's own heads."""
        await self._may_sign.wait()

    async def publish(self, draft: Draft) -> Verified:
        """Sign, store and announce a statement of one's own; return once it is on disk.

        Waits until peers have been asked for one's own heads. Raises LocalError if the key has forked.
        """
        await self._may_sign.wait()
        done: asyncio.Future[Verified] = asyncio.get_running_loop().create_future()
        await self._queue.put(Own(draft, done))
        return await done

    async def take(self, delivery: Delivery) -> Report:
        """Check and store what others sent; return once it is on disk."""
        done: asyncio.Future[Report] = asyncio.get_running_loop().create_future()
        await self._queue.put(Incoming(delivery, done))
        return await done

    async def _run(self) -> None:
        while True:
            jobs = [await self._queue.get()]
            size = _weight(jobs[0])
            while size < _BATCH_EVENTS_MAX and not self._queue.empty():
                jobs.append(self._queue.get_nowait())
                size += _weight(jobs[-1])
            try:
                await self._process(jobs)
            except ComitiaError as error:
                _fail(jobs, error)
            except asyncio.CancelledError:
                _fail(jobs, Stopped("the node is shutting down"))
                raise
            except Exception as error:  # noqa: BLE001 - a fault of ours in one batch must not stop all that follow
                _LOG.exception("ledger: a batch was not stored")
                _fail(jobs, LocalError(f"the node failed to store this: {type(error).__name__}"))

    async def _process(self, jobs: list[Job]) -> None:
        for job in jobs:
            if isinstance(job, Incoming):
                await self._open(job)
        if any(map(_brings_something, jobs)):
            await self._carry_out(jobs)
        for job in jobs:
            if isinstance(job, Incoming):
                self._refusals.note(job.delivery.source, job.report.refused)
            _settle(job)

    async def _carry_out(self, jobs: list[Job]) -> None:
        ground = Ground(
            self.federation, self.ring, self.frontier, self.position, frozenset(self.needed), self._clock.now()
        )
        work = Transaction(ground, jobs)
        self._apply(await asyncio.shield(self._database.write(work.carry_out)))

    def _apply(self, batch: Batch) -> None:
        for key, head in batch.heads.items():
            self.frontier.move(key, head)
        self.position = batch.position
        for verified in batch.accepted:
            self._remember(verified.id)
        self.needed.difference_update(verified.id for verified in batch.evidence)
        self.needed.difference_update(verified.id for verified in batch.accepted)
        if batch.accepted or batch.evidence or batch.forks or batch.texts or batch.erased:
            for listener in self._listeners:
                listener(batch)

    async def _open(self, job: Incoming) -> None:
        candidates = [envelope for envelope in job.delivery.envelopes if self._is_fresh(envelope, job.report)]
        fresh = await self._without_known(candidates, job.report)
        job.proofs = [proof for a, b in job.delivery.forks if (proof := self._proof(a, b, job.report)) is not None]
        now = self._clock.now()
        for result in await self._verify(fresh):
            refusal = result if isinstance(result, Rejection) else self._objection(result, now)
            if refusal is None:
                job.opened.append(cast("Verified", result))
            else:
                job.report.refused.append(refusal)

    def _is_fresh(self, envelope: Envelope, report: Report) -> bool:
        if len(envelope.payload) > kinds.payload_bytes_max(envelope.kind):
            report.refused.append(Rejection(RejectionKind.OVERSIZE, f"a {envelope.kind} over the limit"))
            return False
        if self.ring.holder(envelope.key) is None:
            report.refused.append(Rejection(RejectionKind.UNKNOWN_KEY, f"key {envelope.key[:8]} is not on the roll"))
            return False
        known = envelope.id
        if known in self._recent or known in self._older:
            report.duplicates += 1
            return False
        return True

    async def _without_known(self, envelopes: list[Envelope], report: Report) -> list[Envelope]:
        """Leave out what the chains hold already, at the cost of a look-up instead of a signature check."""
        old = [e for e in envelopes if e.seq < self.frontier.head(e.key).length]
        if not old:
            return envelopes
        known = await self._database.read(lambda c: {e.id for e in old if _holds(c, e)})
        report.duplicates += len(known)
        return [e for e in envelopes if e.id not in known]

    def _proof(self, first: Envelope, second: Envelope, report: Report) -> ForkProof | None:
        opened = [open_verified(envelope, self.federation) for envelope in (first, second)]
        for result in opened:
            if isinstance(result, Rejection):
                report.refused.append(result)
                return None
        a, b = cast("list[Verified]", opened)
        if self.ring.holder(a.event.key) is None:
            report.refused.append(Rejection(RejectionKind.UNKNOWN_KEY, f"a fork of {a.event.key[:8]}, not on the roll"))
            return None
        try:
            return prove_fork(a, b)
        except RemoteError as error:
            report.refused.append(Rejection(RejectionKind.MISMATCH, str(error)))
            return None

    async def _verify(self, envelopes: list[Envelope]) -> list[Verified | Rejection]:
        federation = self.federation
        if len(envelopes) <= _INLINE_VERIFY_MAX:
            return [open_verified(envelope, federation) for envelope in envelopes]
        middle = len(envelopes) // 2
        loop = asyncio.get_running_loop()
        halves = await asyncio.gather(
            *(
                loop.run_in_executor(self._verifiers, _open_all, half, federation)
                for half in (envelopes[:middle], envelopes[middle:])
            )
        )
        return halves[0] + halves[1]

    def _objection(self, verified: Verified, now: int) -> Rejection | None:
        event = verified.event
        reason = self.ring.objection(event.kind, event.member, event.key)
        if reason is not None:
            return Rejection(RejectionKind.NOT_ALLOWED, reason)
        if event.roll != CURRENT_ROLL:
            return Rejection(RejectionKind.ORPHAN, f"goes by the roll of height {event.roll}, which is not here")
        if event.time > now + limits.FUTURE_SKEW_MS:
            return Rejection(RejectionKind.FUTURE_TIME, f"dated {(event.time - now) // 1000} seconds ahead")
        return None

    def _remember(self, event: EventId) -> None:
        self._recent.add(event)
        if len(self._recent) > _RECENT_IDS:
            self._older, self._recent = self._recent, set()


def _settle(job: Job) -> None:
    """Answer whoever waits for a job; nobody does if the conversation that brought it has ended meanwhile."""
    if job.done.done():
        return
    if isinstance(job, Incoming):
        job.done.set_result(job.report)
    elif job.sealed is not None:
        job.done.set_result(job.sealed)
    else:
        job.done.set_exception(job.error or LocalError("not signed"))


def _fail(jobs: Sequence[Job], error: ComitiaError) -> None:
    for job in jobs:
        if not job.done.done():
            job.done.set_exception(error)


def _open_all(envelopes: list[Envelope], federation: FederationId) -> list[Verified | Rejection]:
    return [open_verified(envelope, federation) for envelope in envelopes]


def _holds(connection: Connection, envelope: Envelope) -> bool:
    held = store.link(connection, envelope.key, envelope.seq)
    return held is not None and held.id == envelope.id


def _brings_something(job: Job) -> bool:
    """Whether a job may change the store: duplicates and what was refused don't."""
    return isinstance(job, Own) or bool(job.opened or job.proofs or job.delivery.texts)


def _weight(job: Job) -> int:
    return 1 if isinstance(job, Own) else max(1, len(job.delivery.envelopes))
