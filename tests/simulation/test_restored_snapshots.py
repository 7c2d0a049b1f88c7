"""A node that lost its store and its locks is no danger if it first asks its peers for its own chain."""

from dataclasses import replace

from tests.simulation.design import HONEST
from tests.simulation.mutants import DROPPED_SIGN_LOCK
from tests.simulation.runs import run
from tests.simulation.scenario import BallotPlan, Crash, Scenario
from tests.simulation.schedules import usurped_after_decision

EVERYONE = frozenset(range(4))
RESTORED_EVERYWHERE = Scenario(
    seed=11,
    tellers=4,
    closes=1_000,
    grace_ms=100,
    stabilises_at=4_000,
    ballots=(BallotPlan(200, 0, 0, EVERYONE), BallotPlan(700, 1, 0, EVERYONE)),
    crashes=tuple(Crash(node, "old-snapshot", 300, at=1_105 + 500 * node, snapshot_at=500) for node in range(4)),
)


def test_more_tellers_than_f_restored_from_snapshots_keep_agreement_by_adopting_their_chains() -> None:
    undone = usurped_after_decision(DROPPED_SIGN_LOCK, restarted=True)
    assert set(undone.decided()) == {0, 1, 3}
    kept = usurped_after_decision(DROPPED_SIGN_LOCK, restarted=True, adopts=True)
    assert kept.decided() == {0: kept.values[0]}


def test_a_federation_restored_node_by_node_still_closes_its_round() -> None:
    verdict = run(replace(RESTORED_EVERYWHERE, tolerates_restored=True), HONEST)
    assert verdict.broken == ()
