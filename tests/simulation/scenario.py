"""What happens to a simulated federation, all drawn from one seed: weather, faults, ballots and traitors."""

import random
from dataclasses import dataclass, field
from typing import Literal

CrashKind = Literal["kept", "last-writes-lost", "old-snapshot"]
SignPoint = Literal["before-lock", "after-lock", "after-store"]


@dataclass(frozen=True, slots=True)
class Partition:
    """From start to end no message passes between the group and the others. Milliseconds of true time."""

    start: int
    end: int
    group: frozenset[int]


@dataclass(frozen=True, slots=True)
class Crash:
    """A node stops at a time, or at its k-th signature before, between or after the steps of signing."""

    node: int
    kind: CrashKind
    down_ms: int
    at: int | None = None
    at_signature: int | None = None
    point: SignPoint = "after-lock"
    snapshot_at: int = 0


@dataclass(frozen=True, slots=True)
class BallotPlan:
    """A ballot: who casts it when, on which chain place, and which tellers it is sent to."""

    at: int
    voter: int
    seq: int
    targets: frozenset[int]
    key: int = 0
    replaces: int | None = None
    """Which earlier plan, by place, it names as replaced."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One history but for the rolls of the network's dice, which follow from the seed as well."""

    seed: int
    tellers: int
    closes: int = 2_000
    grace_ms: int = 800
    stabilises_at: int = 0
    ends_at: int = 90_000
    delay_ms: tuple[int, int] = (5, 60)
    """Before stabilisation; afterwards delays are within calm_delay_ms."""
    calm_delay_ms: tuple[int, int] = (5, 60)
    loss: float = 0.0
    duplication: float = 0.0
    skews: tuple[int, ...] = ()
    partitions: tuple[Partition, ...] = ()
    crashes: tuple[Crash, ...] = ()
    ballots: tuple[BallotPlan, ...] = ()
    traitors: dict[int, str] = field(default_factory=dict)
    """Place on the bench, and which intrigue of traitors.py it follows."""
    by_request: bool = False
    """Whether the round begins with a request instead of a certified record."""
    with_agenda: bool = False
    tolerates_restored: bool = False
    """Whether everything is promised of nodes restored from old snapshots as well."""

    @property
    def faulty(self) -> frozenset[int]:
        """Tellers for whom nothing is promised: traitors, and nodes restored from old snapshots."""
        restored = {crash.node for crash in self.crashes if crash.kind == "old-snapshot"}
        return frozenset(self.traitors) | (frozenset() if self.tolerates_restored else restored)

    @property
    def is_gentle(self) -> bool:
        """Whether the grace time suffices for delivery to every honest teller."""
        spread = max(self.skews, default=0) - min(self.skews, default=0)
        return (
            not (self.loss or self.partitions or self.crashes)
            and 2 * self.delay_ms[1] + spread + _RECEIPT_ROOM_MS < self.grace_ms
        )


_RECEIPT_ROOM_MS = 350
INTRIGUES = ("silent", "selective", "two-faced", "back-dater", "turncoat", "usurper", "mixed")
_SIEGE_INTRIGUES = ("two-faced", "turncoat", "usurper", "usurper")


def draw(seed: int, tellers: int) -> Scenario:
    """Return the scenario of a seed: one in four gentle, one in four a siege while the tellers decide."""
    rng = random.Random(seed)
    kind = rng.choice(("gentle", "rough", "rough", "siege"))
    if kind == "gentle":
        return _gentle(rng, seed, tellers)
    return _siege(rng, seed, tellers) if kind == "siege" else _rough(rng, seed, tellers)


def _gentle(rng: random.Random, seed: int, tellers: int) -> Scenario:
    """Nothing is lost and the grace time suffices; traitors may be there all the same."""
    spread = rng.choice((0, 20, 150))
    closes = rng.choice((1_000, 2_000))
    return Scenario(
        seed=seed,
        tellers=tellers,
        closes=closes,
        grace_ms=rng.choice((800, 900)),
        delay_ms=(2, 60),
        duplication=rng.choice((0.0, 0.05)),
        skews=_skews(rng, tellers, spread),
        ballots=_ballots(rng, tellers, closes),
        traitors=_traitors(rng, tellers, INTRIGUES, (tellers - 1) // 3),
    )


def _rough(rng: random.Random, seed: int, tellers: int) -> Scenario:
    """Bad weather from the start to some time around or after the deadline."""
    closes = rng.choice((1_000, 2_000))
    budget = (tellers - 1) // 3
    traitors = _traitors(rng, tellers, INTRIGUES, rng.randint(0, budget))
    stabilises_at = rng.randint(closes // 2, closes + 6_000)
    spread = rng.choice((0, 20, 150, 1_500))
    by_request = rng.random() < 0.2
    if by_request:
        closes += stabilises_at + 2 * spread + 20_000
    return Scenario(
        seed=seed,
        tellers=tellers,
        closes=closes,
        grace_ms=rng.choice((50, 400, 900)),
        stabilises_at=stabilises_at,
        delay_ms=(2, rng.choice((60, 400, 2_000))),
        loss=rng.choice((0.0, 0.05, 0.3)),
        duplication=rng.choice((0.0, 0.05)),
        skews=_skews(rng, tellers, spread),
        partitions=_partitions(rng, tellers, stabilises_at),
        crashes=_crashes(rng, tellers, traitors, budget, stabilises_at),
        ballots=_ballots(rng, tellers, closes),
        traitors=traitors,
        by_request=by_request,
        with_agenda=rng.random() < 0.2,
    )


def _siege(rng: random.Random, seed: int, tellers: int) -> Scenario:
    """Quiet until the seals are due; then cuts, crashes and as many traitors as there may be."""
    closes = 500
    grace = rng.choice((50, 200))
    due = closes + grace
    traitors = _traitors(rng, tellers, _SIEGE_INTRIGUES, (tellers - 1) // 3)
    honest = [at for at in range(tellers) if at not in traitors]
    rng.shuffle(honest)
    crashes = [
        Crash(node, rng.choice(("kept", "last-writes-lost")), rng.randint(50, 800), at=due + rng.randint(20, 2_500))
        for node in honest[: rng.choice((0, 0, 1, 2, len(honest)))]
    ]
    cuts: list[Partition] = []
    for _ in range(rng.choice((1, 2, 3))):
        start = due + rng.randint(0, 3_000 if cuts else 200)
        group = rng.sample(range(tellers), rng.choice((1, tellers // 2, (tellers + 1) // 2)))
        cuts.append(Partition(start, start + rng.randint(300, 5_000), frozenset(group)))
    return Scenario(
        seed=seed,
        tellers=tellers,
        closes=closes,
        grace_ms=grace,
        stabilises_at=max(cut.end for cut in cuts),
        delay_ms=(2, rng.choice((20, 60))),
        loss=rng.choice((0.0, 0.1)),
        skews=_skews(rng, tellers, rng.choice((0, 20))),
        partitions=tuple(cuts),
        crashes=tuple(crashes),
        ballots=_ballots(rng, tellers, closes)[:2],
        traitors=traitors,
    )


def _skews(rng: random.Random, tellers: int, spread: int) -> tuple[int, ...]:
    return tuple(rng.randint(-spread, spread) for _ in range(tellers))


def _traitors(rng: random.Random, tellers: int, intrigues: tuple[str, ...], count: int) -> dict[int, str]:
    return {at: rng.choice(intrigues) for at in rng.sample(range(tellers), count)}


def _partitions(rng: random.Random, tellers: int, stabilises_at: int) -> tuple[Partition, ...]:
    cuts = []
    for _ in range(rng.choice((0, 0, 1, 2))):
        start = rng.randint(0, stabilises_at)
        end = min(stabilises_at, start + rng.randint(200, 4_000))
        cuts.append(Partition(start, end, frozenset(rng.sample(range(tellers), rng.randint(1, tellers - 1)))))
    return tuple(cuts)


def _crashes(
    rng: random.Random, tellers: int, traitors: dict[int, str], budget: int, stabilises_at: int
) -> tuple[Crash, ...]:
    crashes = []
    honest = [at for at in range(tellers) if at not in traitors]
    rng.shuffle(honest)
    spare = budget - len(traitors)
    for node in honest[: rng.choice((0, 1, 1, 2, 3))]:
        kinds: list[CrashKind] = ["kept", "last-writes-lost"]
        if spare > 0 and rng.random() < 0.3:
            kinds, spare = ["old-snapshot"], spare - 1
        down = rng.randint(50, 3_000)
        kind = rng.choice(kinds)
        if rng.random() < 0.5:
            point: SignPoint = rng.choice(("before-lock", "after-lock", "after-store"))
            crashes.append(Crash(node, kind, down, at_signature=rng.randint(1, 8), point=point))
        else:
            at = rng.randint(200, max(400, stabilises_at))
            crashes.append(Crash(node, kind, down, at=at, snapshot_at=rng.randint(0, at)))
    return tuple(crashes)


def _ballots(rng: random.Random, tellers: int, closes: int) -> tuple[BallotPlan, ...]:
    everyone = frozenset(range(tellers))
    plans: list[BallotPlan] = []
    for voter in range(4):
        what = rng.choice(("once", "once", "changes", "other-key", "doubles", "selective", "late", "abstains"))
        at = rng.randint(0, closes - 1)
        some = frozenset(rng.sample(range(tellers), rng.randint(1, tellers)))
        if what == "once":
            plans.append(BallotPlan(at, voter, 0, everyone))
        elif what == "changes":
            plans.append(BallotPlan(at // 2, voter, 0, everyone))
            plans.append(BallotPlan(at, voter, 1, some))
        elif what == "other-key":
            plans.append(BallotPlan(at // 2, voter, 0, everyone))
            replaces = len(plans) - 1 if rng.random() < 0.7 else None
            plans.append(BallotPlan(at, voter, 0, everyone, key=1, replaces=replaces))
        elif what == "doubles":
            plans.append(BallotPlan(at, voter, 0, some))
            plans.append(BallotPlan(at, voter, 0, (everyone - some) or everyone))
        elif what == "selective":
            plans.append(BallotPlan(at, voter, 0, some))
        elif what == "late":
            plans.append(BallotPlan(closes + rng.randint(-80, 400), voter, 0, some))
    return tuple(plans)
