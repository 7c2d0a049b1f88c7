"""Nodes without pages and topics, in this process: store, ledger, register and peers over real HTTP on loopback."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web as aioweb

from node.asked import Asked
from node.clock import Clock
from node.gossip import Shared
from node.ledger import Ledger
from node.peers import SYNC_PATH, Peers
from node.refusals import Refusals
from node.register import Register
from node.storage import events as store
from node.storage import texts
from node.storage.database import Database
from protocol.ids import KeyId
from tests.support.builders import BuiltMember, Federation


@dataclass(frozen=True, slots=True)
class SmallNode:
    """A running node."""

    member: BuiltMember
    address: str
    database: Database
    ledger: Ledger
    register: Register
    peers: Peers
    refusals: Refusals

    @property
    def digest(self) -> str:
        return self.ledger.frontier.digest

    async def events(self) -> set[str]:
        stored = await self.database.read(lambda c: store.after(c, 0, 100_000))
        return {item.envelope.id for item in stored}

    async def text(self, digest: str) -> bytes | None:
        row = await self.database.read(lambda c: texts.get(c, digest))
        return None if row is None else row.data

    async def cursors(self) -> int:
        rows = await self.database.read(lambda c: c.rows("SELECT peer FROM cursors"))
        return len(rows)


@asynccontextmanager
async def small_node(
    federation: Federation,
    which: int,
    path: Path,
    clock: Clock,
    dials: tuple[str, ...] = (),
    *,
    own_head_wait_seconds: float | None = 2.0,
) -> AsyncIterator[SmallNode]:
    """Run one member's node on a store, dialling these addresses."""
    member = federation.member(which)
    database = Database(path)
    await database.open()
    refusals = Refusals(clock)
    ledger = Ledger(database, federation.id, federation.ring, clock, refusals)
    register = Register(database, federation.id, federation.ring, refusals)
    await register.start()
    own = frozenset({KeyId(member.node.key)})
    shared = Shared(database, ledger, register, refusals, clock, Asked(), f"{which:032x}", own)
    peers = Peers(shared, member.node, dials, own_head_wait_seconds)
    app = aioweb.Application()
    app.router.add_get(SYNC_PATH, peers.accept)
    runner = aioweb.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await aioweb.TCPSite(runner, "127.0.0.1", 0).start()
    await ledger.start()
    await peers.start()
    try:
        address = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield SmallNode(member, address, database, ledger, register, peers, refusals)
    finally:
        await peers.stop()
        await runner.cleanup()
        await ledger.stop()
        await database.close()
