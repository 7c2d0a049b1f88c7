"""What an operator looks at: how much is stored, who is connected, what was refused."""

import shutil
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from node.clock import Clock
from node.clustering import TopicsWorker
from node.gossip import PeerState
from node.ledger import Ledger
from node.peers import Peers
from node.refusals import Refusals
from node.register import Register
from node.storage.database import Connection, Database
from node.teller import Teller
from protocol.frontier import Frontier
from protocol.roll import KeyRing
from web import ports


@dataclass(frozen=True, slots=True)
class StatusReader:
    """Reads the state of one node."""

    database: Database
    ledger: Ledger
    register: Register
    peers: Peers
    refusals: Refusals
    teller: Teller
    worker: TopicsWorker
    clock: Clock
    ring: KeyRing
    started: int
    is_teller: bool

    async def read(self) -> ports.NodeStatus:
        """Return the state of this moment."""
        texts, forks = await self.database.read(self._stored)
        path = self.database.path
        return ports.NodeStatus(
            version=metadata.version("comitia"),
            started=self.started,
            now=self.clock.now(),
            height=self.register.height,
            events=self.ledger.position,
            texts=texts,
            bytes_stored=sum(_size(path.with_name(path.name + end)) for end in ("", "-wal")),
            bytes_free=shutil.disk_usage(path.parent).free,
            chains=len(self.ledger.frontier),
            forks=forks,
            peers=tuple(_peer(state, self.ledger.frontier) for state in self.peers.states),
            refusals=tuple(ports.RefusalView(r.at, r.source, r.kind, r.reason) for r in self.refusals.latest),
            refusal_counts=self.refusals.counts,
            is_teller=self.is_teller,
            topics_worker=self.worker.state,
            halted=self.teller.halted,
        )

    def _stored(self, connection: Connection) -> tuple[int, tuple[tuple[str, str, int], ...]]:
        held = connection.value("SELECT count(*) FROM texts WHERE data IS NOT NULL")
        forks = []
        for key, seq in connection.rows("SELECT key, seq FROM forks ORDER BY key"):
            holder = self.ring.holder(str(key))
            forks.append(("" if holder is None else str(holder.member), str(key), int(seq or 0)))
        return int(held or 0), tuple(forks)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _peer(state: PeerState, frontier: Frontier) -> ports.PeerView:
    return ports.PeerView(
        address=state.address,
        member=state.member,
        is_connected=state.is_connected,
        is_outbound=state.is_outbound,
        last_heard=state.last_heard,
        events_in=state.events_in,
        events_out=state.events_out,
        lag=state.lag(frontier),
        last_error=state.last_error,
    )
