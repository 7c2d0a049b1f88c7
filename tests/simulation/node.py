"""A simulated node: the shell around the core, with a disk that survives crashes and a chance to fail in between.

It does what the real shell does, in the stated order: lock, sign, store, publish, feed back. Replication is push by
the author and, from every honest node, a regular look at what each peer lacks.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from consensus.agreement.inputs import Certified, History, Input, ListingSeen, StatementSeen, Tick
from consensus.agreement.outputs import Decided, Halt, Lock, Need, Output, Sign, Slot, Stalled, Unstalled, Wake
from consensus.agreement.statements import Statement
from consensus.agreement.teller import TellerState, restore
from protocol.events.rounds import Ballot
from protocol.ids import MemberId, RecordId
from tests.simulation.federation import SimulatedRules, key_of
from tests.simulation.scenario import Crash

if TYPE_CHECKING:
    from tests.simulation.world import World

SYNC_EVERY_MS = 300
SYNC_AGE_MS = 150
_RULES = SimulatedRules()


@dataclass(frozen=True, slots=True)
class Item:
    """What travels and is stored: a statement, a listing or a certificate, under a name of its own."""

    name: str
    content: Statement | Certified | bytes


@dataclass(slots=True)
class Disk:
    """What is on a node's disk. A lock is durable at once, and all that was written before it; what was written after
    may be lost in a crash."""

    items: dict[str, tuple[Item, int]] = field(default_factory=dict)
    """Everything stored, and when it reached the node by its own clock."""
    log: list[tuple[int, Item]] = field(default_factory=list)
    """The same in order, with the true time."""
    locks: dict[Slot, Lock] = field(default_factory=dict)
    seq: int = 0
    synced: int = 0
    """How much of the log is durable."""

    def copy(self) -> "Disk":
        return Disk(dict(self.items), list(self.log), dict(self.locks), self.seq, self.synced)


class Crashed(Exception):
    """The node has stopped in the middle of something."""


class Node:
    """An honest teller's node."""

    def __init__(self, world: "World", at: int) -> None:
        self.world = world
        self.at = at
        self.member: MemberId = world.bench.tellers[at]
        self.key = key_of(self.member)
        self.skew = world.scenario.skews[at] if world.scenario.skews else 0
        self.disk = Disk()
        self.snapshot: Disk | None = None
        self.is_up = True
        self.answers = True
        """Whether peers can ask it for what it holds: when it is up, or starting and asking peers itself."""
        self.halts: list[Halt] = []
        self.stalls: dict[RecordId, frozenset[MemberId]] = {}
        self.was_stalled: list[Stalled] = []
        self.signatures = 0
        self.core: TellerState
        self._early: dict[int, Item] = {}
        self._wake = 0
        self._lag: dict[int, list[tuple[int, Item]]] = {}
        self._cursor: dict[int, int] = {}
        self._crashes = [crash for crash in world.scenario.crashes if crash.node == at]

    @property
    def clock(self) -> int:
        """The node's own idea of the time."""
        return self.world.now + self.skew

    def start(self) -> None:
        """Build the core from what is on disk."""
        self._early.clear()
        self._lag.clear()
        self._cursor.clear()
        certified = sorted(
            (item.content for item, _ in self.disk.items.values() if isinstance(item.content, Certified)),
            key=lambda certified: certified.record.height,
        )
        history = History(
            certified=tuple(certified),
            locks=tuple(self.disk.locks.values()),
            listings=tuple(item.content for item, _ in self.disk.items.values() if isinstance(item.content, bytes)),
            statements=tuple(
                (item.content, reached)
                for item, reached in self.disk.items.values()
                if isinstance(item.content, Statement)
            ),
        )
        self.core, outputs = restore(
            bench=self.world.bench,
            timing=self.world.timing,
            rules=_RULES,
            me=self.member,
            history=history,
            now=self.clock,
            quorum=self.world.design.quorum(self.world.scenario.tellers),
            machine=self.world.design.machine,
        )
        self._guarded(deque(outputs), deque())

    def begin_sync(self) -> None:
        """Look at what peers lack, again and again."""
        if self.is_up:
            for peer in self.world.nodes:
                if peer.at != self.at and peer.is_up:
                    self._sync_with(peer)
        self.world.at(self.world.now + SYNC_EVERY_MS, self.begin_sync)

    def deliver(self, item: Item) -> None:
        """Take something from the network."""
        if not self.is_up:
            return
        if isinstance(item.content, Certified):
            self._deliver_certificate(item)
        elif item.name not in self.disk.items:
            self.take(item)
        elif isinstance(item.content, Statement):
            self.feed(StatementSeen(item.content))

    def take(self, item: Item) -> None:
        """Store something new and tell the core."""
        self.keep(item)
        content = item.content
        if isinstance(content, Statement):
            if isinstance(content.body, Ballot):
                is_timely = self.clock <= self.world.scenario.closes
                self.world.note_reached(self.at, content.id, is_timely)
            self.feed(StatementSeen(content))
        elif isinstance(content, bytes):
            self.feed(ListingSeen(content))

    def keep(self, item: Item) -> None:
        """Store something."""
        if item.name not in self.disk.items:
            self.disk.items[item.name] = (item, self.clock)
            self.disk.log.append((self.world.now, item))

    def feed(self, *inputs: Input) -> None:
        """Give the core inputs and do what it asks for."""
        self._guarded(deque(), deque(inputs))

    def publish(self, item: Item) -> None:
        """Send something new to every peer."""
        for peer in range(len(self.world.nodes)):
            self.world.send(self.at, peer, item)

    def crash(self, crash: Crash) -> None:
        """Stop, lose what this kind of crash loses, and start again later."""
        if not self.is_up:
            return
        self.is_up = self.answers = False
        self._wake += 1
        if crash.kind == "last-writes-lost":
            self._lose_last_writes()
        elif crash.kind == "old-snapshot" and self.snapshot is not None:
            self.disk = self.snapshot.copy()
        if not self.world.design.keeps_locks:
            self.disk.locks.clear()
        self.world.at(self.world.now + crash.down_ms, self.come_back)

    def come_back(self) -> None:
        """Start again; first ask peers for one's own statements, as the start-up check does."""
        self.answers = True
        if self.world.design.checks_heads and not self._adopt_own():
            self.world.at(self.world.now + 200, self.come_back)
            return
        self.is_up = True
        self.start()

    def take_snapshot(self) -> None:
        """Make a backup."""
        self.snapshot = self.disk.copy()

    def sign(self, sign: Sign) -> None:
        """Do what a Sign asks for, step by step, and maybe crash between two of them."""
        self.signatures += 1
        self._maybe_crash("before-lock")
        lock = sign.lock
        self.disk.synced = len(self.disk.log)
        if lock is not None:
            self.disk.locks[lock.slot] = lock
        self._maybe_crash("after-lock")
        statement = self.world.state(self.member, self.key, self.disk.seq, sign.body)
        self.disk.seq += 1
        items = [Item(statement.id, statement)]
        if lock is not None and lock.listing is not None:
            items.insert(0, Item(statement.body.listing, lock.listing))  # type: ignore[union-attr]
        for item in items:
            self.keep(item)
        self._maybe_crash("after-store")
        for item in items:
            self.publish(item)
            self._inputs.append(
                ListingSeen(item.content) if isinstance(item.content, bytes) else StatementSeen(statement)
            )

    def _guarded(self, outputs: deque[Output], inputs: deque[Input]) -> None:
        self._inputs = inputs
        try:
            while outputs or inputs:
                while outputs:
                    self._carry_out(outputs.popleft())
                if inputs:
                    outputs.extend(self.core.step(inputs.popleft(), self.clock))
        except Crashed:
            return

    def _carry_out(self, output: Output) -> None:
        if isinstance(output, Sign):
            self.sign(output)
        elif isinstance(output, Wake):
            self._wake += 1
            token = self._wake
            self.world.at(output.at_ms - self.skew, lambda: self._tick(token))
        elif isinstance(output, Decided):
            self._certify(Certified(output.record, output.id, output.view, output.voters))
        elif isinstance(output, Need):
            held = [self.disk.items[event][0].content for event in output.events if event in self.disk.items]
            self._inputs.extend(StatementSeen(content) for content in held if isinstance(content, Statement))
        elif isinstance(output, Stalled):
            self.stalls[output.round] = output.absent
            self.was_stalled.append(output)
        elif isinstance(output, Unstalled):
            del self.stalls[output.round]
        elif isinstance(output, Halt):
            self.halts.append(output)

    def _tick(self, token: int) -> None:
        if self.is_up and token == self._wake:
            self.feed(Tick())

    def _certify(self, certified: Certified) -> None:
        item = Item(f"certificate {certified.record.height} {certified.id}", certified)
        self.world.note_certified(self.at, certified)
        if self.world.design.shares_certificates:
            self.keep(item)
            self.publish(item)

    def _deliver_certificate(self, item: Item) -> None:
        certified = item.content
        if not isinstance(certified, Certified) or item.name in self.disk.items:
            return
        height = self.core.register.height
        if certified.record.height > height:
            self._early[certified.record.height] = item
            return
        self.keep(item)
        if certified.record.height == height:
            self.world.note_certified(self.at, certified)
        self.feed(certified)
        following = self._early.pop(certified.record.height + 1, None)
        if following is not None and self.is_up:
            self._deliver_certificate(following)

    def _sync_with(self, peer: "Node") -> None:
        if self.world.is_cut(self.at, peer.at):
            return
        log = self.disk.log
        start = self._cursor.get(peer.at, 0)
        self._cursor[peer.at] = len(log)
        candidates = [*self._lag.get(peer.at, ()), *log[start:]]
        lacking = [entry for entry in candidates if entry[1].name not in peer.disk.items]
        self._lag[peer.at] = lacking
        for time, item in lacking:
            if self.world.now - time >= SYNC_AGE_MS:
                self.world.send(self.at, peer.at, item)

    def forget_peer(self, peer: int) -> None:
        """Compare everything with a peer anew: it has lost something."""
        self._cursor.pop(peer, None)
        self._lag.pop(peer, None)

    def _lose_last_writes(self) -> None:
        since = self.world.now - self.world.rng.randint(0, 500)
        unsynced = self.disk.log[self.disk.synced :]
        lost = {item.name for time, item in unsynced if time >= since}
        self.disk.items = {name: entry for name, entry in self.disk.items.items() if name not in lost}
        self.disk.log = [entry for entry in self.disk.log if entry[1].name not in lost]
        self.disk.synced = len(self.disk.log)
        self.world.note_lost(self.at, frozenset(lost))
        for peer in self.world.nodes:
            peer.forget_peer(self.at)

    def _adopt_own(self) -> bool:
        """Take one's own statements that peers have; return whether enough peers could be asked."""
        peers = [p for p in self.world.nodes if p.at != self.at and p.answers and not self.world.is_cut(self.at, p.at)]
        if len(peers) < min(2, len(self.world.nodes) - 1):
            return False
        for peer in peers:
            for item, _ in list(peer.disk.items.values()):
                if isinstance(item.content, Statement) and item.content.key == self.key:
                    self.keep(item)
        for peer in self.world.nodes:
            peer.forget_peer(self.at)
        return True

    def _maybe_crash(self, point: str) -> None:
        for crash in self._crashes:
            if crash.at_signature == self.signatures and crash.point == point:
                self._crashes.remove(crash)
                self.crash(crash)
                raise Crashed
