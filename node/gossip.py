"""One conversation with a peer: drives a SyncSession over a connection. Persist, send, apply.

It reads packets and hands what they bring to the ledger and the register, answers questions from the store, and passes
on at once what has just been stored, whoever it came from. Dialled and accepted connections behave the same, so a node
behind NAT, which only dials out, gets and gives everything.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from node.asked import Asked
from node.clock import Clock
from node.deliveries import Batch, Delivery, Report
from node.ledger import Ledger
from node.refusals import Refusals
from node.register import Entry, Register, Taken
from node.serving import Serving
from node.storage import events as store
from node.storage import texts
from node.storage.database import Connection, Database
from protocol import limits, sync
from protocol.chain import Head
from protocol.errors import RejectionKind, RemoteError
from protocol.frontier import Frontier, Want
from protocol.ids import KeyId
from protocol.sync import PeerLeft, SyncSession
from protocol.texts import texts_of

_LOG = logging.getLogger(__name__)
_FEW_EVENTS = 256
_PACKETS_AT_ONCE = 64
_INBOX_PACKETS = 256
_INBOX_BYTES_MAX = 8 * 1024 * 1024
_OUTBOX_BYTES_MAX = 64 * 1024 * 1024
_STATE_EVERY_SECONDS = 5.0
_STATE_BACKOFF_MAX = 12
_HANDSHAKE_SECONDS = 10.0


class Wire(Protocol):
    """A connection that carries packets both ways."""

    async def send(self, packet: bytes) -> None:
        """Send one packet; wait while the other side is slow. Raises OSError once the connection is gone."""
        ...

    async def receive(self) -> bytes | None:
        """Return the next packet, or None once the connection is closed."""
        ...

    async def close(self) -> None:
        """Close the connection."""
        ...


@dataclass(slots=True)
class PeerState:
    """What is known of a peer, for the operator."""

    address: str
    is_outbound: bool
    member: str | None = None
    is_connected: bool = False
    last_heard: int | None = None
    events_in: int = 0
    events_out: int = 0
    last_error: str = ""
    claims: dict[KeyId, int] | None = None
    """How long the peer said that chains are which were shorter here; None before the two have compared."""
    height: int = 0
    """The register's height by the peer's word."""
    is_in_step: bool = False
    """Whether at the last exchange both sides held the same."""

    def lag(self, frontier: Frontier) -> int | None:
        """Return how many events the peer has and this node lacks; None before the two have compared."""
        if self.claims is None:
            return None
        return sum(max(0, length - frontier.head(key).length) for key, length in self.claims.items())


@dataclass(frozen=True, slots=True)
class Shared:
    """What all conversations of a node share."""

    database: Database
    ledger: Ledger
    register: Register
    refusals: Refusals
    clock: Clock
    asked: Asked
    store_name: str
    own_keys: frozenset[KeyId]


class Conversation:
    """One connection to one peer, from hello to its end.

    on_compared is called once this node holds as much of its own chains as the peer says that there is, on_met with
    the peer's member once that is proven.
    """

    def __init__(
        self,
        shared: Shared,
        session: SyncSession,
        wire: Wire,
        state: PeerState,
        on_compared: Callable[[], None],
        on_met: Callable[[str], None],
    ) -> None:
        self.state = state
        self.session = session
        self._shared = shared
        self._wire = wire
        self._inbox: asyncio.Queue[bytes | None] = asyncio.Queue(_INBOX_PACKETS)
        self._inbox_bytes = 0
        self._inbox_has_room = asyncio.Event()
        self._sending = asyncio.Lock()
        self._too_slow = asyncio.Event()
        self._due = asyncio.Event()
        self._due.set()
        self._claims: dict[KeyId, int] = {}
        self._serving = Serving(
            shared.database, shared.register, shared.ledger.ring, session, self._flush, self._note_sent
        )
        self._has_said_forks = False
        self._has_said_conflict = False
        self._states_sent = 0
        self._unequal_states = 0
        self._state_digest = ""
        self._on_compared = on_compared
        self._on_met = on_met
        self._has_compared = False

    async def run(self) -> None:
        """Hold the conversation until either side ends it. Raises RemoteError if the peer broke the protocol."""
        tasks = [
            asyncio.create_task(self._read(), name="peer-read"),
            asyncio.create_task(self._work(), name="peer-work"),
            asyncio.create_task(self._write(), name="peer-write"),
            asyncio.create_task(self._serving.run(), name="peer-serve"),
            asyncio.create_task(self._repeat_state(), name="peer-state"),
            asyncio.create_task(self._watch_pace(), name="peer-pace"),
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        except RemoteError as error:
            if not isinstance(error, PeerLeft):
                self.session.send_error(str(error))
            raise
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if self.session.peer is not None:
                self._shared.asked.forget_peer(self.key)
            self.state.is_connected = False
            self.state.is_in_step = False
            with suppress(OSError, asyncio.TimeoutError):
                async with asyncio.timeout(1):
                    await self._flush()
                    await self._wire.close()

    async def end(self) -> None:
        """End the conversation from this side."""
        await self._wire.close()

    def push(self, batch: Batch) -> None:
        """Pass on what has just been stored."""
        if self.session.peer is None:
            return
        for proof in batch.forks:
            self.session.send_fork(proof.first.envelope, proof.second.envelope)
        wanted: set[str] = set()
        for verified in batch.accepted:
            if self.session.send_event(verified.envelope):
                self.state.events_out += 1
                wanted.update(texts_of(verified.event))
        self._serving.push_texts(wanted, batch.texts)
        if self.session.queued_bytes > _OUTBOX_BYTES_MAX:
            self._too_slow.set()
        self._due.set()

    def push_record(self, entry: Entry) -> None:
        """Pass on a certificate."""
        if self.session.peer is not None:
            self.session.send_record(entry.data)
            self._due.set()

    async def send_conflict(self) -> None:
        """Publish two certificates that contradict each other, if there are any; once in a conversation."""
        if self._shared.register.conflict is None or self.session.peer is None or self._has_said_conflict:
            return
        self._has_said_conflict = True
        for certificate in await self._shared.register.conflicting():
            self.session.send_record(certificate)
        self._due.set()

    def ask_texts(self, hashes: Iterable[str]) -> None:
        """Ask this peer for texts or listings that are missing here."""
        now = self._shared.clock.now()
        some = islice(hashes, limits.WANTED_TEXTS_MAX)
        self.session.ask_texts([digest for digest in some if self._shared.asked.may_ask_text(digest, self.key, now)])
        self._due.set()

    def _ask_texts_of_sender(self, hashes: list[str]) -> None:
        """Ask for texts of events that this peer has just sent: it is the likeliest to have them, whoever was asked."""
        for digest in hashes:
            self._shared.asked.note_text(digest, self.key, self._shared.clock.now())
        self.session.ask_texts(hashes)

    def ask_events(self, ids: Iterable[str]) -> None:
        """Ask this peer for single events."""
        self.session.ask_events(list(ids)[: limits.WANTED_TEXTS_MAX])
        self._due.set()

    def _note_sent(self, events: int) -> None:
        self.state.events_out += events

    async def _flush(self) -> None:
        """Send what is due. Once the connection is gone that is dropped, and reading on ends the conversation."""
        async with self._sending:
            try:
                for packet in self.session.bytes_to_send():
                    await self._wire.send(packet)
            except OSError as error:
                self.state.last_error = f"{type(error).__name__}: {error}"[:200]

    async def _read(self) -> None:
        """Read on until the connection ends, never further ahead of the work than memory may hold."""
        while (packet := await self._wire.receive()) is not None:
            self.state.last_heard = self._shared.clock.now()
            self._inbox_bytes += len(packet)
            await self._inbox.put(packet)
            while self._inbox_bytes > _INBOX_BYTES_MAX:
                self._inbox_has_room.clear()
                await self._inbox_has_room.wait()
        await self._inbox.put(None)
        await asyncio.Event().wait()

    async def _write(self) -> None:
        while True:
            await self._due.wait()
            self._due.clear()
            await self._flush()

    async def _watch_pace(self) -> None:
        """End the conversation once more waits to be sent than memory may hold: the peer will catch up later."""
        await self._too_slow.wait()
        raise RemoteError("the peer takes what it is sent too slowly")

    async def _work(self) -> None:
        try:
            async with asyncio.timeout(_HANDSHAKE_SECONDS):
                while self.session.peer is None:
                    if not await self._take_packets():
                        return
        except TimeoutError as error:
            raise RemoteError(f"the peer has not proven who it is within {_HANDSHAKE_SECONDS:g} seconds") from error
        while await self._take_packets():
            pass

    async def _take_packets(self) -> bool:
        """Take what has come, as one delivery where it is events; return whether the connection still stands."""
        packets = [await self._inbox.get()]
        while len(packets) < _PACKETS_AT_ONCE and not self._inbox.empty():
            packets.append(self._inbox.get_nowait())
        self._inbox_bytes -= sum(len(packet) for packet in packets if packet is not None)
        self._inbox_has_room.set()
        gathered = sync.EventsSeen()
        for packet in packets:
            if packet is None:
                await self._take_events(gathered)
                return False
            for output in self.session.receive(packet):
                if isinstance(output, sync.EventsSeen):
                    gathered.envelopes.extend(output.envelopes)
                    gathered.texts.extend(output.texts)
                    gathered.listings.extend(output.listings)
                else:
                    await self._take_events(gathered)
                    gathered = sync.EventsSeen()
                    await self._answer(output)
        await self._take_events(gathered)
        if self.session.queued_bytes > _OUTBOX_BYTES_MAX:
            self._too_slow.set()
        self._due.set()
        return True

    async def _take_events(self, seen: sync.EventsSeen) -> None:
        if not seen.envelopes and not seen.texts and not seen.listings:
            return
        self.state.events_in += len(seen.envelopes)
        delivery = Delivery(self.name, seen.envelopes, [*seen.texts, *seen.listings])
        self._follow_up(await self._shared.ledger.take(delivery))

    @property
    def key(self) -> KeyId:
        """The key that the peer has proven to hold. Only once it has."""
        assert self.session.peer is not None
        return self.session.peer.key

    @property
    def name(self) -> str:
        """What the operator calls this peer."""
        return self.state.member or self.state.address

    def _follow_up(self, report: Report) -> None:
        now = self._shared.clock.now()
        for verified in report.accepted:
            self._shared.asked.forget_chain(verified.event.key)
        held_up = any(refusal.kind is not RejectionKind.ORPHAN for refusal in report.refused)
        wants = [
            Want(key, start)
            for key, start in report.gaps.items()
            if not held_up and self._shared.asked.may_ask_chain(key, self.key, now)
        ]
        self.session.send_wants(wants)
        self.session.ask_events(list(report.diverged))
        self._ask_texts_of_sender(report.missing_texts)
        self._check_claims()

    def _note_compared(self) -> None:
        if not self._has_compared:
            self._has_compared = True
            self._on_compared()

    def _check_claims(self) -> None:
        """Say so once this node holds as much of its own chains as the peer says that there is."""
        frontier = self._shared.ledger.frontier
        if all(_reaches(frontier.head(key), length) for key, length in self._claims.items()):
            self._note_compared()

    async def _ask_missing_texts(self) -> None:
        self.ask_texts(await self._shared.database.read(lambda c: texts.missing(c, limits.WANTED_TEXTS_MAX)))

    async def _answer(self, output: sync.Output) -> None:  # one arm per kind of question
        match output:
            case sync.Authenticated():
                self.state.member, self.state.is_connected = output.member, True
                self._on_met(output.member)
                await self._send_state()
            case sync.StateSeen():
                await self._compare(output.state)
            case sync.FrontierSeen():
                self._compare_frontier(output)
            case sync.ChainsWanted():
                self._serving.want_chains(output.wants)
            case sync.TextsWanted():
                self._serving.want_texts(output.hashes)
            case sync.EventsWanted():
                self._serving.want_events(output.ids)
            case sync.RecordSeen():
                await self._take_record(output.data)
            case sync.RecordsWanted():
                self._serving.want_records(output.start)
            case sync.ForkSeen():
                delivery = Delivery(self.name, forks=[(output.first, output.second)])
                self._follow_up(await self._shared.ledger.take(delivery))
            case sync.EventsSeen():
                raise AssertionError("events are gathered before")

    async def _send_state(self) -> None:
        shared = self._shared
        cursor = None
        if self._states_sent == 0:
            cursor = await shared.database.read(lambda c: _cursor(c, self.key))
        self._states_sent += 1
        self._state_digest = shared.ledger.frontier.digest
        here = sync.Cursor(store=shared.store_name, position=shared.ledger.position)
        self.session.send_state(
            sync.State(here=here, digest=self._state_digest, height=shared.register.height, since=cursor)
        )
        self._due.set()

    async def _repeat_state(self) -> None:
        """Compare again whenever something may have been missed: soon at first, more rarely while nothing helps."""
        rounds = 0
        while True:
            await asyncio.sleep(_STATE_EVERY_SECONDS)
            if self.session.peer is None:
                continue
            rounds += 1
            is_same = self._shared.ledger.frontier.digest == self._state_digest and self.state.is_in_step
            if not is_same and rounds >= min(self._unequal_states, _STATE_BACKOFF_MAX):
                rounds = 0
                await self._send_state()
            await self._ask_missing_texts()

    async def _compare(self, theirs: sync.State) -> None:
        shared = self._shared
        self.state.height = theirs.height
        if theirs.height > shared.register.height:
            self.session.ask_records(shared.register.height + 1)
        await self.send_conflict()
        self.state.is_in_step = theirs.digest == shared.ledger.frontier.digest
        if self.state.is_in_step:
            self._unequal_states, self.state.claims = 0, {}
            self._note_compared()
            await shared.database.write(lambda c: _save_cursor(c, self.key, theirs.here))
            await self._ask_missing_texts()
            return
        self._unequal_states += 1
        await self._send_forks()
        await self._send_changes(theirs.since)

    async def _send_forks(self) -> None:
        if not self._has_said_forks:
            self._has_said_forks = True
            for first, second in await self._shared.database.read(store.forks):
                self.session.send_fork(first, second)

    async def _send_changes(self, since: sync.Cursor | None) -> None:
        """Send what changed behind a cursor: the events if they are few, else how far their chains reach."""
        shared = self._shared
        if since is None or since.store != shared.store_name or since.position > shared.ledger.position:
            self.session.send_frontier(shared.ledger.frontier.entries())
            return
        position = since.position
        if shared.ledger.position - position <= _FEW_EVENTS:
            for stored in await shared.database.read(lambda c: store.after(c, position, _FEW_EVENTS)):
                self.state.events_out += self.session.send_event(stored.envelope)
        keys = await shared.database.read(lambda c: store.keys_after(c, position))
        self.session.send_frontier(shared.ledger.frontier.entries(keys))

    def _compare_frontier(self, seen: sync.FrontierSeen) -> None:
        now = self._shared.clock.now()
        frontier = self._shared.ledger.frontier
        known = [entry for entry in seen.entries if self._shared.ledger.ring.holder(entry.key) is not None]
        wants = [want for want in frontier.wants(known) if self._shared.asked.may_ask_chain(want.key, self.key, now)]
        self.session.send_wants(wants)
        self.session.ask_events([entry.id for entry in frontier.suspects(known) if entry.id is not None])
        longer = {entry.key: entry.length for entry in known if entry.length > frontier.head(entry.key).length}
        self.state.claims = {**(self.state.claims or {}), **longer}
        self._claims |= {entry.key: entry.length for entry in known if entry.key in self._shared.own_keys}
        if seen.is_last:
            self._check_claims()

    async def _take_record(self, data: bytes) -> None:
        taken = await self._shared.register.take(self.name, data)
        if taken is Taken.AHEAD:
            self.session.ask_records(self._shared.register.height + 1)


def _reaches(head: Head, length: int) -> bool:
    return head.length >= length or head.is_complete


def _cursor(connection: Connection, peer: str) -> sync.Cursor | None:
    row = connection.row("SELECT name, position FROM cursors WHERE peer = $1", peer)
    return None if row is None else sync.Cursor(store=str(row[0]), position=int(row[1] or 0))


def _save_cursor(connection: Connection, peer: str, cursor: sync.Cursor) -> None:
    connection.execute(
        "INSERT INTO cursors (peer, name, position) VALUES ($1, $2, $3)"
        " ON CONFLICT (peer) DO UPDATE SET name = excluded.name, position = excluded.position",
        peer,
        cursor.store,
        cursor.position,
    )
