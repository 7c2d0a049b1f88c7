"""Several nodes of one federation that dial each other over real HTTP, and a peer that says what a test has it say."""

import asyncio
import secrets
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp

from node.deliveries import Beside, Delivery, Draft, Report
from node.peers import SYNC_PATH
from protocol import frames, sync
from protocol.envelope import Envelope
from protocol.events.consultation import Proposal
from protocol.frames import Frame
from protocol.sync import Output, SyncSession
from protocol.texts import text_ref
from tests.support.builders import Federation, build_federation, document
from tests.support.hand_clock import HandClock
from tests.support.small_node import SmallNode, small_node
from tests.support.until import until


class Lab:
    """Starts nodes of one federation."""

    def __init__(self, where: Path, stack: AsyncExitStack) -> None:
        self.federation: Federation = build_federation(4)
        self.clock = HandClock()
        self.where = where
        self.stack = stack

    async def node(self, which: int, *dials: SmallNode) -> SmallNode:
        return await self.stack.enter_async_context(
            small_node(
                self.federation, which, self.where / f"{which}.sqlite3", self.clock, tuple(n.address for n in dials)
            )
        )

    async def alike(self, *nodes: SmallNode) -> None:
        await until(lambda: len({node.digest for node in nodes}) == 1, "nodes hold the same")

    async def give(self, node: SmallNode, *envelopes: Envelope) -> Report:
        return await node.ledger.take(Delivery("test", envelopes))


def proposal_draft(node: SmallNode, title: str) -> tuple[Draft, str]:
    data = document(title)
    ref = text_ref(data, "en")
    body = Proposal(track="long", text=ref, goals=(6,), suggested=None, minutes=30, vector=None, merges=())
    return Draft("proposal", body, node.member.node, texts=(Beside(data, "en"),)), ref.sha256


class Stranger:
    """A peer that says what a test has it say."""

    def __init__(self, federation: Federation, address: str, which: int = 3) -> None:
        self._address = address
        member = federation.member(which)
        self.session = SyncSession(federation.id, member.node, federation.ring, secrets.token_hex(32))

    async def __aenter__(self) -> "Stranger":
        self._http = aiohttp.ClientSession()
        try:
            self.socket = await self._http.ws_connect(self._address + SYNC_PATH)
        except BaseException:
            await self._http.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.close()

    async def flush(self) -> None:
        for packet in self.session.bytes_to_send():
            await self.socket.send_bytes(packet)

    async def greet(self) -> None:
        """Shake hands and go on until the node has said what it holds."""
        await self.heard(sync.StateSeen)

    async def heard(self, kind: type[Output]) -> Output:
        """Read on until the node says something of a kind, and return it. Raises OSError if it ends before."""
        async with asyncio.timeout(10):
            while True:
                await self.flush()
                message = await self.socket.receive()
                if message.type is not aiohttp.WSMsgType.BINARY:
                    raise ConnectionResetError("the node has closed the connection")
                outputs = self.session.receive(message.data)
                await self.flush()
                for output in outputs:
                    if isinstance(output, kind):
                        return output

    async def say(self, *said: Frame) -> None:
        await self.socket.send_bytes(frames.pack(said))

    async def rest(self) -> list[bytes]:
        """Return the packets that come until the connection ends."""
        found = []
        async with asyncio.timeout(10):
            while (message := await self.socket.receive()).type is aiohttp.WSMsgType.BINARY:
                found.append(message.data)
        return found

    async def is_closed(self) -> bool:
        async with asyncio.timeout(10):
            while True:
                message = await self.socket.receive()
                if message.type is not aiohttp.WSMsgType.BINARY:
                    return True
