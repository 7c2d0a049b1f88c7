"""Virtual time and a hostile network: messages are delayed, lost, doubled and cut off, by one seeded generator."""

import hashlib
import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass

from consensus.agreement.inputs import Certified
from consensus.agreement.settings import Bench, Timing
from consensus.agreement.statements import Statement
from protocol.events.kinds import Body
from protocol.ids import EventId, KeyId, MemberId, RecordId
from tests.simulation.design import Design
from tests.simulation.federation import bench_of
from tests.simulation.node import Item, Node
from tests.simulation.scenario import Scenario

Action = Callable[[], None]


@dataclass(slots=True)
class Reached:
    """When a ballot reached an honest teller in time by that teller's own clock, and whether it was still there at
    the seal: a crash that loses the last writes may have taken it away."""

    kept: bool = True


class World:
    """One run: the queue of what happens next, the nodes, and what an all-seeing observer notes down."""

    def __init__(self, scenario: Scenario, design: Design) -> None:
        self.scenario = scenario
        self.design = design
        self.rng = random.Random(scenario.seed ^ 0x5EED)
        self.now = 0
        self.bench: Bench = bench_of(scenario.tellers)
        self.timing = Timing(grace_ms=scenario.grace_ms, stall_ms=5_000, receipt_window_ms=100)
        self.nodes: list[Node] = []
        self.statements: dict[EventId, Statement] = {}
        self.reached: dict[EventId, dict[int, Reached]] = {}
        self.certified: dict[int, dict[int, Certified]] = {}
        """By height, by honest node: what it holds certified."""
        self._queue: list[tuple[int, int, Action]] = []
        self._order = 0
        self._issued = 0

    def at(self, time: int, action: Action) -> None:
        """Do something at a true time in milliseconds."""
        self._order += 1
        heapq.heappush(self._queue, (max(time, self.now), self._order, action))

    def run(self, is_done: Callable[[], bool]) -> None:
        """Let time pass until the run is done or its time is over."""
        steps = 0
        while self._queue:
            time, _, action = heapq.heappop(self._queue)
            if time > self.scenario.ends_at:
                break
            self.now = time
            action()
            steps += 1
            if steps % 16 == 0 and is_done():
                break

    def state(self, member: MemberId, key: KeyId, seq: int, body: Body) -> Statement:
        """Return a new statement with an id of its own."""
        self._issued += 1
        event = EventId(hashlib.sha256(b"%d %d" % (self.scenario.seed, self._issued)).hexdigest())
        statement = Statement(event, member, key, seq, self.now, body)
        self.statements[event] = statement
        return statement

    def send(self, sender: int, target: int, item: Item) -> None:
        """Pass something on, through whatever the network does to it."""
        if target == sender or self.is_cut(sender, target):
            return
        is_calm = self.now >= self.scenario.stabilises_at
        if not is_calm and self.rng.random() < self.scenario.loss:
            return
        low, high = self.scenario.calm_delay_ms if is_calm else self.scenario.delay_ms
        node = self.nodes[target]
        self.at(self.now + self.rng.randint(low, high), lambda: node.deliver(item))
        if self.scenario.duplication and self.rng.random() < self.scenario.duplication:
            self.at(self.now + self.rng.randint(low, 2 * high), lambda: node.deliver(item))

    def is_cut(self, one: int, other: int) -> bool:
        """Whether a partition lies between two nodes now."""
        return any(
            cut.start <= self.now < cut.end and (one in cut.group) != (other in cut.group)
            for cut in self.scenario.partitions
        )

    def note_reached(self, node: int, ballot: EventId, is_timely: bool) -> None:
        """Note that a ballot is at an honest teller, in time by its clock or not."""
        if is_timely:
            self.reached.setdefault(ballot, {}).setdefault(node, Reached())

    def note_lost(self, node: int, lost: frozenset[str]) -> None:
        """Note what a crash has taken from an honest teller's store."""
        for ballot, tellers in self.reached.items():
            if ballot in lost and node in tellers:
                tellers[node].kept = False

    def note_certified(self, node: int, certified: Certified) -> None:
        """Note what an honest node holds certified."""
        self.certified.setdefault(certified.record.height, {})[node] = certified

    def honest(self) -> list[Node]:
        """Return the nodes of which something is promised."""
        return [node for node in self.nodes if node.at not in self.scenario.faulty]

    def round_ids(self) -> list[RecordId]:
        """Return the rounds that any honest node knows opened."""
        return [
            certified.id
            for by_node in self.certified.values()
            for certified in list(by_node.values())[:1]
            if certified.record.kind == "open"
        ]
