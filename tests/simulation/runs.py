"""One run from its scenario to its verdict: what happened, and which promises were broken, if any."""

from dataclasses import dataclass
from functools import partial

from consensus.agreement.inputs import Certified
from consensus.agreement.statements import Statement
from protocol.canonical import sha256_hex
from protocol.events.consultation import AgendaDraft
from protocol.events.rounds import OpenRequest
from protocol.ids import EventId, RecordId, TextHash
from tests.simulation.design import HONEST, Design
from tests.simulation.federation import (
    SECRETARIAT,
    VOTERS,
    ballot_body,
    key_of,
    open_record,
    round_spec,
)
from tests.simulation.node import Item, Node
from tests.simulation.promises import broken_promises
from tests.simulation.scenario import Scenario, draw
from tests.simulation.traitors import Traitor
from tests.simulation.world import World


@dataclass(frozen=True, slots=True)
class Verdict:
    """Which promises a run broke: each with its name and what was seen."""

    seed: int
    tellers: int
    broken: tuple[tuple[str, str], ...]
    finished_at: int

    @property
    def names(self) -> frozenset[str]:
        """Return the names of the broken promises."""
        return frozenset(name for name, _ in self.broken)

    def __str__(self) -> str:
        how = "; ".join(f"{name}: {what}" for name, what in self.broken) or "every promise kept"
        return f"--seed {self.seed} --n {self.tellers}: {how}"


def run(scenario: Scenario, design: Design = HONEST) -> Verdict:
    """Run a scenario to its end and judge it."""
    world = build(scenario, design)
    world.run(lambda: is_done(world))
    return Verdict(scenario.seed, scenario.tellers, tuple(broken_promises(world)), world.now)


def run_seed(seed: int, tellers: int, design: Design = HONEST) -> Verdict:
    """Run the scenario that a seed draws."""
    return run(draw(seed, tellers), design)


def build(scenario: Scenario, design: Design) -> World:
    """Return a world in which everything that the scenario plans is waiting to happen."""
    world = World(scenario, design)
    for at in range(scenario.tellers):
        intrigue = scenario.traitors.get(at)
        world.nodes.append(Node(world, at) if intrigue is None else Traitor(world, at, intrigue))
    for node in world.nodes:
        if not scenario.by_request:
            _begin_open(world, node)
        node.start()
        world.at(node.at * 13 + 100, node.begin_sync)
    _plan_crashes(world)
    secretariat = _Author(world, str(SECRETARIAT))
    if scenario.by_request:
        secretariat.plan(0, 0, OpenRequest(spec=round_spec(scenario.closes)))
        world.at(1, lambda: _plan_ballots_when_open(world))
    else:
        _plan_ballots(world, open_record(scenario.closes)[1])
    if scenario.with_agenda:
        document = TextHash(sha256_hex(b"the agenda"))
        secretariat.plan(scenario.closes // 3, 1, AgendaDraft(version=1, document=document, size=3, order=None))
    return world


def is_done(world: World) -> bool:
    """Whether every honest node has certified all that was asked for."""
    scenario = world.scenario
    goal = 2 + scenario.with_agenda
    return world.now > scenario.closes and all(node.core.register.height > goal for node in world.honest())


class _Author:
    """Someone who isn't a teller and whose statements are handed to tellers."""

    def __init__(self, world: World, name: str) -> None:
        self.world = world
        self.name = name

    def plan(self, at: int, seq: int, body: OpenRequest | AgendaDraft) -> None:
        def act() -> None:
            statement = self.world.state(SECRETARIAT, key_of(self.name), seq, body)
            hand_out(self.world, statement, frozenset(range(self.world.scenario.tellers)))

        self.world.at(at, act)


def hand_out(world: World, statement: Statement, targets: frozenset[int]) -> None:
    """Have a statement reach some tellers, each after a delay of its own; the network may not lose it."""
    item = Item(statement.id, statement)
    for target in sorted(targets):
        node = world.nodes[target]
        world.at(world.now + world.rng.randint(*world.scenario.calm_delay_ms), partial(node.deliver, item))


def _begin_open(world: World, node: Node) -> None:
    record, value = open_record(world.scenario.closes)
    certified = Certified(record, value, 0, frozenset(world.bench.tellers))
    node.keep(Item(f"certificate 1 {value}", certified))
    if node.at not in world.scenario.faulty:
        world.note_certified(node.at, certified)


def _plan_crashes(world: World) -> None:
    for crash in world.scenario.crashes:
        node = world.nodes[crash.node]
        if crash.at is not None:
            world.at(crash.snapshot_at, node.take_snapshot)
            world.at(crash.at, partial(node.crash, crash))


def _plan_ballots_when_open(world: World) -> None:
    rounds = world.round_ids()
    if rounds:
        _plan_ballots(world, rounds[0])
    elif world.now < world.scenario.closes:
        world.at(world.now + 20, lambda: _plan_ballots_when_open(world))


def _plan_ballots(world: World, round_id: RecordId) -> None:
    cast: dict[int, EventId] = {}

    def act(place: int) -> None:
        plan = world.scenario.ballots[place]
        voter = VOTERS[plan.voter]
        replaces = None if plan.replaces is None else cast.get(plan.replaces)
        body = ballot_body(round_id, f"choice {place}", replaces)
        statement = world.state(voter, key_of(f"{voter} {plan.key}"), plan.seq, body)
        cast[place] = statement.id
        hand_out(world, statement, plan.targets)

    for place, plan in enumerate(world.scenario.ballots):
        world.at(plan.at, partial(act, place))
