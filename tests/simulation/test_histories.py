"""Seeded histories across all sizes from 4 to 10 tellers: every promise is kept, none is left undecided.

A run that fails names its seed; ``python -m tests.simulation.run --seed S --n N`` plays it again.
"""

import os

import pytest

from tests.simulation.runs import run_seed
from tests.simulation.scenario import draw

SIZES = range(4, 11)
CHUNK = 100
CHUNKS = 22
SOAK_RUNS = int(os.environ.get("COMITIA_SOAK_RUNS", "50000"))
SOAK_CHUNK = 500
FIRST_SOAK_SEED = 1_000_000
FAILED_ONCE = ((1_001_217, 4),)
"""A seal outlived the ballots that it lists: what is sealed must be durable before the seal is signed."""


def failures(first: int, count: int) -> list[str]:
    verdicts = (run_seed(seed, SIZES[seed % len(SIZES)]) for seed in range(first, first + count))
    return [str(verdict) for verdict in verdicts if verdict.broken]


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_every_promise_is_kept(chunk: int) -> None:
    assert failures(chunk * CHUNK, CHUNK) == []


@pytest.mark.parametrize(("seed", "tellers"), FAILED_ONCE)
def test_what_once_failed_is_played_again(seed: int, tellers: int) -> None:
    assert not run_seed(seed, tellers).broken


@pytest.mark.soak
@pytest.mark.parametrize("chunk", range(-(-SOAK_RUNS // SOAK_CHUNK)))
def test_every_promise_is_kept_in_a_long_run(chunk: int) -> None:
    first = chunk * SOAK_CHUNK
    assert failures(FIRST_SOAK_SEED + first, min(SOAK_CHUNK, SOAK_RUNS - first)) == []


def test_the_seeds_cover_every_fault() -> None:
    scenarios = [draw(seed, SIZES[seed % len(SIZES)]) for seed in range(CHUNK * CHUNKS)]
    crashes = [crash for scenario in scenarios for crash in scenario.crashes]
    assert {crash.kind for crash in crashes} == {"kept", "last-writes-lost", "old-snapshot"}
    points = {crash.point for crash in crashes if crash.at_signature is not None}
    assert points == {"before-lock", "after-lock", "after-store"}
    intrigues = {intrigue for scenario in scenarios for intrigue in scenario.traitors.values()}
    assert intrigues == {"silent", "selective", "two-faced", "back-dater", "turncoat", "usurper", "mixed"}
    for has_fault in (
        lambda scenario: scenario.loss > 0,
        lambda scenario: scenario.duplication > 0,
        lambda scenario: bool(scenario.partitions),
        lambda scenario: any(skew != 0 for skew in scenario.skews),
        lambda scenario: scenario.is_gentle,
        lambda scenario: scenario.by_request,
        lambda scenario: scenario.with_agenda,
        lambda scenario: scenario.delay_ms[1] > scenario.grace_ms,
    ):
        assert sum(map(has_fault, scenarios)) > 50


def test_one_seed_gives_one_history() -> None:
    for seed in (3, 58):
        assert run_seed(seed, 7) == run_seed(seed, 7)
