"""All peers of this node: dials those it was told of, takes those who dial in, and passes on what is stored.

Also answers the question a starting node must ask before it signs: how far do others hold my own chain? An ordinary
start gives others a few seconds to answer. A node whose store was restored from a backup waits until they have: what it
signed after the backup is theirs to tell, and a second event in a place that is taken would be a fork.
"""

import asyncio
import logging
import secrets
from collections.abc import Iterable
from contextlib import suppress

import aiohttp
from aiohttp import web as aioweb

from consensus.agreement.inputs import Certified
from node.deliveries import Batch
from node.gossip import Conversation, PeerState, Shared
from node.register import Entry
from protocol import limits
from protocol.errors import Rejection, RejectionKind, RemoteError
from protocol.ids import EventId
from protocol.keys import Signer
from protocol.sync import PeerLeft, SyncSession

_LOG = logging.getLogger(__name__)
SYNC_PATH = "/federation/v1/sync"
_MESSAGE_BYTES_MAX = limits.PACKET_WIRE_BYTES_MAX + 1024
_HEARTBEAT_SECONDS = 20
_DIAL_SECONDS = 10
_RETRY_SECONDS = (0.2, 0.5, 1, 2, 5, 10, 30)
_INBOUND_MAX = 256
_OWN_HEAD_PEERS = 2


class SocketWire:
    """A WebSocket as a wire of packets."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse | aioweb.WebSocketResponse) -> None:
        self._socket = socket

    async def send(self, packet: bytes) -> None:
        """Send one packet. Raises OSError once the connection is gone."""
        try:
            await self._socket.send_bytes(packet)
        except RuntimeError as error:
            raise ConnectionResetError("the connection is closed") from error

    async def receive(self) -> bytes | None:
        """Return the next packet, or None once the connection is closed or carries something else."""
        message = await self._socket.receive()
        return message.data if message.type is aiohttp.WSMsgType.BINARY else None

    async def close(self) -> None:
        """Close the connection."""
        await self._socket.close()


class Peers:
    """The connections of one node."""

    def __init__(
        self, shared: Shared, signer: Signer, addresses: Iterable[str], own_head_wait_seconds: float | None
    ) -> None:
        """Take what to dial, and how long a start waits for others to tell one's own heads: None for no end."""
        self._shared = shared
        self._signer = signer
        self._own_head_wait_seconds = own_head_wait_seconds
        self._compared: set[str] = set()
        self._seen: set[str] = set()
        self._publishing: asyncio.Future[list[None]] | None = None
        self._conversations: set[Conversation] = set()
        self._dialled = {address: PeerState(address, is_outbound=True) for address in addresses}
        self.heads_needed = self._heads_needed()
        """With how many other nodes this one compares its own chains before it signs."""
        self._dialling: dict[str, asyncio.Task[None]] = {}
        self._waiting: asyncio.Task[None] | None = None
        self._http: aiohttp.ClientSession | None = None
        shared.ledger.listen(self._on_batch)
        shared.register.listen(self._on_record)
        shared.register.listen_for_conflicts(self._on_conflict)

    async def start(self) -> None:
        """Begin to dial."""
        self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None, sock_connect=_DIAL_SECONDS))
        self._dialling = {address: asyncio.create_task(self._keep_dialling(address)) for address in self._dialled}
        self._waiting = asyncio.create_task(self._stop_waiting_for_own_heads(), name="own-heads")

    async def stop(self) -> None:
        """End all conversations."""
        tasks = [*self._dialling.values(), *([self._waiting] if self._waiting else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for conversation in list(self._conversations):
            await conversation.end()
        if self._http is not None:
            await self._http.close()

    @property
    def states(self) -> tuple[PeerState, ...]:
        """What is known of each peer, dialled ones first."""
        inbound = [c.state for c in self._conversations if not c.state.is_outbound]
        return (*self._dialled.values(), *inbound)

    @property
    def heads_compared(self) -> int:
        """How many other nodes have told this one how far they hold its own chains, and it has caught up with."""
        return len(self._compared)

    @property
    def is_waiting_for_own_heads(self) -> bool:
        """Whether nothing may be signed until enough others have been heard, however long that takes."""
        return self._own_head_wait_seconds is None and not self._shared.ledger.may_sign

    @property
    def members_seen(self) -> frozenset[str]:
        """The members whose nodes have had a line to this one since it started."""
        return frozenset(self._seen)

    def dial(self, address: str) -> None:
        """Begin to dial another address, and go on until it is hung up. One that is dialled already stays."""
        if address not in self._dialled:
            self._dialled[address] = PeerState(address, is_outbound=True)
            self._dialling[address] = asyncio.create_task(self._keep_dialling(address))

    async def hang_up(self, address: str) -> None:
        """Dial an address no longer, and end the conversation with it."""
        self._dialled.pop(address, None)
        task = self._dialling.pop(address, None)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def accept(self, request: aioweb.Request) -> aioweb.StreamResponse:
        """Hold a conversation with a peer that dialled in."""
        if sum(not c.state.is_outbound for c in self._conversations) >= _INBOUND_MAX:
            return aioweb.Response(status=503, text="too many connections; try again later")
        socket = aioweb.WebSocketResponse(
            max_msg_size=_MESSAGE_BYTES_MAX, compress=False, heartbeat=_HEARTBEAT_SECONDS, autoping=True
        )
        await socket.prepare(request)
        await self._converse(SocketWire(socket), PeerState(request.remote or "?", is_outbound=False))
        return socket

    def ask_events(self, ids: Iterable[EventId]) -> None:
        """Ask everybody for single events."""
        wanted = list(ids)
        for conversation in self._ready():
            conversation.ask_events(wanted)

    def ask_texts(self, hashes: Iterable[str]) -> None:
        """Ask for texts or listings, each of one peer at a time."""
        wanted = list(hashes)
        for conversation in self._ready():
            conversation.ask_texts(wanted)

    def _ready(self) -> list[Conversation]:
        return [c for c in self._conversations if c.session.peer is not None]

    def _on_batch(self, batch: Batch) -> None:
        for conversation in self._conversations:
            conversation.push(batch)

    def _on_record(self, entry: Entry, certified: Certified) -> None:
        del certified
        for conversation in self._conversations:
            conversation.push_record(entry)

    def _on_conflict(self, first: Certified, second: Certified) -> None:
        del first, second
        self._publishing = asyncio.gather(*(conversation.send_conflict() for conversation in self._ready()))

    async def _keep_dialling(self, address: str) -> None:
        state = self._dialled[address]
        failures = 0
        while True:
            before = state.last_heard
            with suppress(aiohttp.ClientError, OSError, TimeoutError):
                await self._dial(address, state)
            failures = 0 if state.last_heard != before else failures + 1
            await asyncio.sleep(_RETRY_SECONDS[min(failures, len(_RETRY_SECONDS) - 1)])

    async def _dial(self, address: str, state: PeerState) -> None:
        assert self._http is not None
        try:
            async with self._http.ws_connect(
                address.rstrip("/") + SYNC_PATH,
                max_msg_size=_MESSAGE_BYTES_MAX,
                heartbeat=_HEARTBEAT_SECONDS,
            ) as socket:
                await self._converse(SocketWire(socket), state)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            state.last_error = f"{type(error).__name__}: {error}"[:200]
            raise

    async def _converse(self, wire: SocketWire, state: PeerState) -> None:
        shared = self._shared
        session = SyncSession(shared.ledger.federation, self._signer, shared.ledger.ring, secrets.token_hex(32))
        conversation = Conversation(
            shared, session, wire, state, lambda: self._note_compared(conversation), self._seen.add
        )
        self._conversations.add(conversation)
        state.last_error = ""
        try:
            await conversation.run()
        except PeerLeft as error:
            state.last_error = str(error)
        except RemoteError as error:
            state.last_error = str(error)
            shared.refusals.note(conversation.name, [Rejection(RejectionKind.BAD_FRAME, str(error))])
        except (OSError, TimeoutError) as error:
            state.last_error = f"{type(error).__name__}: {error}"[:200]
        except Exception as error:  # noqa: BLE001 - one conversation's fault must not end the dialling of others
            state.last_error = f"{type(error).__name__}: {error}"[:200]
            _LOG.exception("the conversation with %s ended by a fault of this node", conversation.name)
        finally:
            self._conversations.discard(conversation)

    def _heads_needed(self) -> int:
        """Return with how many to compare: of an ordinary start's no more than it dials, else of all other members."""
        if self._own_head_wait_seconds is not None:
            return min(_OWN_HEAD_PEERS, len(self._dialled))
        members = {holder.member for holder in self._shared.ledger.ring.holders.values()}
        return min(_OWN_HEAD_PEERS, len(members) - 1)

    def _note_compared(self, conversation: Conversation) -> None:
        self._compared.add(conversation.name)
        if len(self._compared) >= self.heads_needed:
            self._shared.ledger.allow_signing()

    async def _stop_waiting_for_own_heads(self) -> None:
        """Allow signing where nobody answers in time, or nobody is to be asked."""
        if self.heads_needed and self._own_head_wait_seconds is None:
            return
        if self._dialled:
            await asyncio.sleep(self._own_head_wait_seconds or 0)
        self._shared.ledger.allow_signing()
