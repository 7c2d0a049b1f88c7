"""Checks a node's whole store against the charter, from nothing but the charter: what is stored is not believed.

1. Each event's signature, canonical form and schema hold, its key may say it, and it is found under what it says.
2. Each chain is gap-free, and its head is where the store says it is.
3. Each fork proof holds, and nothing of the key counts from there on.
4. Each text is the one that its event names; each erasure was its author's or the secretariat's.
5. The register: see audit_register.py.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from node.exchange import texts_beside
from node.offline import OfflineNode
from node.storage import events as store
from node.storage import rows, texts
from node.storage.database import Connection
from node.storage.rows import EventRow
from node.storage.texts import TextRow
from node.transaction import CURRENT_ROLL
from protocol.canonical import sha256_hex
from protocol.chain import Head, prove_fork
from protocol.envelope import Envelope, Verified, open_verified, reopen_verified
from protocol.errors import LocalError, Rejection, RemoteError
from protocol.events.consultation import Erasure
from protocol.ids import EventId, KeyId

_ROWS_AT_ONCE = 500
_TEXTS_AT_ONCE = 100

Progress = Callable[[int, int], None]
"""Is called with how many events are done and how many there are."""


class AuditError(LocalError):
    """The first thing in the store that doesn't hold. One line that names it."""


@dataclass(slots=True)
class Audited:
    """What was checked so far, and holds."""

    events: int = 0
    chains: int = 0
    forks: int = 0
    texts_held: int = 0
    texts_erased: int = 0
    texts_missing: int = 0
    records: int = 0
    rounds_closed: int = 0
    agendas: int = 0
    cosignatures: int = 0
    cosignatures_wrong: list[str] = field(default_factory=list)
    """Those that aren't of this register's log, each in words: a teller's fault, not the store's."""


class StoreAudit:
    """Checks events, chains, forks and texts."""

    def __init__(self, node: OfflineNode, done: Audited, progress: Progress) -> None:
        self._node = node
        self._done = done
        self._progress = progress
        self._total = 0
        self._reached: dict[KeyId, Head] = {}

    async def run(self) -> None:
        """Check all of it. Raises AuditError at the first thing that doesn't hold."""
        self._total = await self._node.database.read(store.count)
        await self._check_forks()
        await self._check_chains()
        await self._check_evidence()
        await self._check_texts()

    async def _check_forks(self) -> None:
        forked = {key: head.fork_at for key, head in self._heads().items() if head.fork_at is not None}
        for first, second in await self._node.database.read(store.forks):
            opened = [self._open(f"a fork proof of {first.key[:8]}", envelope) for envelope in (first, second)]
            try:
                proof = prove_fork(*opened)
            except RemoteError as error:
                raise AuditError(f"the fork proof of {first.key[:8]} does not hold: {error}") from error
            if forked.pop(proof.key, None) != proof.seq:
                raise AuditError(f"key {proof.key[:8]} is not held to have forked at {proof.seq}, which is proven")
            self._done.forks += 1
        if forked:
            raise AuditError(f"key {min(forked)[:8]} is held to have forked, without a proof")

    def _heads(self) -> dict[KeyId, Head]:
        frontier = self._node.ledger.frontier
        return {entry.key: frontier.head(entry.key) for entry in frontier.entries()}

    async def _check_chains(self) -> None:
        key, seq = "", -1
        while page := await self._node.database.read(partial(rows.chained, key=key, seq=seq, limit=_ROWS_AT_ONCE)):
            for row in page:
                self._check_next(row, self._check_event(row))
            await self._check_named(page)
            key, seq = page[-1].envelope.key, page[-1].envelope.seq
            self._progress(self._done.events, self._total)
        for held_key, held in self._heads().items():
            reached = self._reached.pop(held_key, Head(0, None))
            if (held.length, held.id) != (reached.length, reached.id):
                raise AuditError(
                    f"the chain of {held_key[:8]} has {reached.length} events, its head says {held.length}"
                )
        if self._reached:
            raise AuditError(f"the chain of {min(self._reached)[:8]} has no head")

    def _check_next(self, row: EventRow, verified: Verified) -> None:
        event = verified.event
        head = self._reached.get(event.key, Head(0, None))
        if (event.seq, event.prev) != (head.length, head.id):
            raise AuditError(f"{_name(row)} does not follow event {head.length - 1} of its chain")
        fork_at = self._node.ledger.frontier.head(event.key).fork_at
        if fork_at is not None and event.seq >= fork_at:
            raise AuditError(f"{_name(row)} counts, although its key has forked at {fork_at}")
        if event.seq == 0:
            self._done.chains += 1
        self._reached[event.key] = Head(event.seq + 1, verified.id)

    def _check_event(self, row: EventRow) -> Verified:
        verified = self._open(_name(row), row.envelope)
        event = verified.event
        reason = self._node.ring.objection(event.kind, event.member, event.key)
        if reason is not None:
            raise AuditError(f"{_name(row)}: {reason}")
        if event.roll != CURRENT_ROLL:
            raise AuditError(f"{_name(row)} goes by roll {event.roll}, which is not here")
        said = (verified.id, event.prev, event.member, event.time, store.subject_of(verified))
        if said != (row.id, row.prev, row.member, row.time, row.subject):
            raise AuditError(f"{_name(row)} is stored under something else than it says")
        self._done.events += 1
        return verified

    def _open(self, name: str, envelope: Envelope) -> Verified:
        opened = open_verified(envelope, self._node.federation)
        if isinstance(opened, Rejection):
            raise AuditError(f"{name} does not hold: {opened.kind.value}: {opened.reason}")
        return opened

    async def _check_named(self, page: Sequence[EventRow]) -> None:
        """Check that the texts that events name are kept track of, so that they come or are seen to be missing."""
        named = {digest: row for row in page for digest in texts_beside(reopen_verified(row.envelope).event)}
        known = await self._node.database.read(lambda c: {d for d in named if texts.is_expected(c, d)})
        for digest in sorted(named.keys() - known):
            raise AuditError(f"{_name(named[digest])} names text {digest[:8]}, which is not kept track of")

    async def _check_evidence(self) -> None:
        position = 0
        while page := await self._node.database.read(partial(rows.evidence, position=position, limit=_ROWS_AT_ONCE)):
            for row in page:
                self._check_event(row)
            position = page[-1].position
            self._progress(self._done.events, self._total)

    async def _check_texts(self) -> None:
        after = ""
        while page := await self._node.database.read(partial(_text_page, after=after)):
            for text in page:
                self._check_text(text)
            after = page[-1].row.hash

    def _check_text(self, text: "_Text") -> None:
        row, owner = text.row, text.owner
        if owner is None or row.hash not in texts_beside(owner.event) or owner.event.member != row.member:
            raise AuditError(f"text {row.hash[:8]} is no text of the event that it is said to belong to")
        if row.erased_by is not None:
            self._check_erasure(row, text.erasure)
            self._done.texts_erased += 1
        elif row.data is None:
            self._done.texts_missing += 1
        elif sha256_hex(row.data) != row.hash:
            raise AuditError(f"text {row.hash[:8]} of event {row.event[:8]} is not the one that was signed")
        else:
            self._done.texts_held += 1

    def _check_erasure(self, row: TextRow, erasure: Verified | None) -> None:
        body = None if erasure is None else erasure.event.body
        if erasure is None or not isinstance(body, Erasure) or body.text != row.hash or row.data is not None:
            raise AuditError(f"text {row.hash[:8]} is missing as if erased, but no erasure of it is here")
        if erasure.event.member != row.member and not self._node.ring.is_secretariat(erasure.event.member):
            raise AuditError(f"text {row.hash[:8]} was erased by {erasure.event.member}, who may not")


@dataclass(frozen=True, slots=True)
class _Text:
    """A text with the event that names it and the one that erased it. Both have been checked before."""

    row: TextRow
    owner: Verified | None
    erasure: Verified | None


def _text_page(connection: Connection, after: str) -> list[_Text]:
    found = []
    for digest in rows.text_hashes(connection, after, _TEXTS_AT_ONCE):
        row = texts.get(connection, digest)
        if row is not None:
            found.append(_Text(row, _event(connection, row.event), _event(connection, row.erased_by)))
    return found


def _event(connection: Connection, event: EventId | None) -> Verified | None:
    found = [] if event is None else store.by_ids(connection, [event])
    return reopen_verified(found[0]) if found else None


def _name(row: EventRow) -> str:
    return f"event {row.envelope.seq} of {row.member} ({row.envelope.kind}, key {row.envelope.key[:8]})"
