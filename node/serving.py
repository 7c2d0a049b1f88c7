"""What a peer asks for, answered from the store at the pace at which the peer takes it.

Questions are noted at once and answered by a task of its own, so that a peer that is slow to read never keeps this
node from reading what it sends. What is noted is bounded: chains by the roll, texts and events by a limit; what is
beyond it the peer asks for again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping

from node.register import Register
from node.storage import events as store
from node.storage import texts
from node.storage.database import Database
from protocol import limits
from protocol.envelope import Envelope
from protocol.frontier import Want
from protocol.ids import KeyId
from protocol.roll import KeyRing
from protocol.sync import SyncSession

_STREAM_EVENTS = 500
_STREAM_BYTES = 700_000
_SINGLES_AT_ONCE = 64
_TEXTS_AT_ONCE = 64
_RECORDS_AT_ONCE = 16


class Serving:
    """What is still to be sent to one peer. Texts that aren't here when asked for follow when they come."""

    def __init__(
        self,
        database: Database,
        register: Register,
        ring: KeyRing,
        session: SyncSession,
        flush: Callable[[], Awaitable[None]],
        note_sent: Callable[[int], None],
    ) -> None:
        self._database = database
        self._register = register
        self._ring = ring
        self._session = session
        self._flush = flush
        self._note_sent = note_sent
        self._chains: dict[KeyId, int] = {}
        self._texts: dict[str, None] = {}
        self._events: dict[str, None] = {}
        self._records_from: int | None = None
        self._absent: dict[str, None] = {}
        self._due = asyncio.Event()

    def want_chains(self, wants: Iterable[Want]) -> None:
        """Note that the peer asks for chains. Those of strangers are nothing that could be here."""
        for want in wants:
            if self._ring.holder(want.key) is not None:
                self._chains[want.key] = want.start
        self._due.set()

    def want_texts(self, hashes: Iterable[str]) -> None:
        """Note that the peer asks for texts."""
        self._note(self._texts, hashes)

    def want_events(self, ids: Iterable[str]) -> None:
        """Note that the peer asks for single events."""
        self._note(self._events, ids)

    def want_records(self, start: int) -> None:
        """Note that the peer asks for the register from a height on."""
        self._records_from = max(1, start)
        self._due.set()

    def push_texts(self, wanted: Iterable[str], came: Mapping[str, bytes]) -> None:
        """Send texts that have just come: those that go with what is sent, and those that the peer asked for before."""
        for digest in {*wanted, *(self._absent.keys() & came.keys())} & came.keys():
            self._absent.pop(digest, None)
            self._send_text(came[digest])

    def _note(self, noted: dict[str, None], wanted: Iterable[str]) -> None:
        for name in wanted:
            if len(noted) >= limits.WANTED_TEXTS_MAX:
                break
            noted[name] = None
        self._due.set()

    async def run(self) -> None:
        """Answer until cancelled: certificates first, then single events, chains, texts."""
        while True:
            await self._due.wait()
            self._due.clear()
            while await self._send_some():
                await self._flush()

    async def _send_some(self) -> bool:
        """Send one part of what is due; return whether there was any."""
        if self._records_from is not None:
            await self._send_records(self._records_from)
        elif self._events:
            await self._send_singles(_take(self._events, _SINGLES_AT_ONCE))
        elif self._chains:
            await self._send_chains()
        elif self._texts:
            await self._send_texts(_take(self._texts, _TEXTS_AT_ONCE))
        else:
            return False
        return True

    async def _send_records(self, start: int) -> None:
        entries = await self._register.since(start, _RECORDS_AT_ONCE)
        if self._records_from == start:
            self._records_from = entries[-1].height + 1 if len(entries) == _RECORDS_AT_ONCE else None
        for entry in entries:
            self._session.send_record(entry.data)

    async def _send_singles(self, ids: list[str]) -> None:
        for envelope in await self._database.read(lambda c: store.by_ids(c, ids)):
            self._session.send_single(envelope)

    async def _send_chains(self) -> None:
        """Send the next part of the chains that were asked for, tellers' first."""
        order = sorted(self._chains.items(), key=lambda item: (item[0] not in self._ring.teller_keys, item[0]))
        part = [Want(key, start) for key, start in order]
        found = await self._database.read(lambda c: store.chains(c, part, _STREAM_EVENTS, _STREAM_BYTES))
        self._note_sent(sum(self._session.send_event(envelope) for envelope in found))
        self._advance(found, part)

    def _advance(self, sent: list[Envelope], part: list[Want]) -> None:
        """Note how far each chain has been sent; those before the last one sent are finished, unless asked for anew."""
        last = sent[-1].key if sent else None
        for want in part:
            is_same = self._chains.get(want.key) == want.start
            if want.key == last:
                if is_same:
                    self._chains[want.key] = sent[-1].seq + 1
                break
            if is_same:
                del self._chains[want.key]

    async def _send_texts(self, hashes: list[str]) -> None:
        self._note(self._absent, hashes)
        for digest, data in (await self._database.read(lambda c: texts.data_of(c, hashes))).items():
            self._absent.pop(digest, None)
            self._send_text(data)

    def _send_text(self, data: bytes) -> None:
        if len(data) > limits.TEXT_BYTES_MAX:
            self._session.send_listing(data)
        else:
            self._session.send_text(data)


def _take(noted: dict[str, None], count: int) -> list[str]:
    """Return the first of what is noted, and note it no more."""
    taken = [name for name, _ in zip(noted, range(count), strict=False)]
    for name in taken:
        del noted[name]
    return taken
