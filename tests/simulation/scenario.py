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

    @property
    def faulty(self) -> frozenset[int]:
        """Tellers for whom nothing is promised: traitors, and nodes restored from old snapshots."""
        restored = {crash.node for crash in self.crashes if crash.kind == "old-snapshot"}
        return frozenset(self.traitors) | restored

    @property
    def is_gentle(self) -> bool:
        """Whether the grace time suffices for delivery to every honest teller."""
        spread = max(self.skews, default=0) - min(self.skews, default=0)
        return (
            not (self.loss or self.partitions or self.crashes)
            and 2 * self.delay_ms[1] + spread + _RECEIPT_ROOM_MS < self.grace_ms
        )


_RECEIPT_ROOM_MS = 350
INTRIGUES = ("silent", "selective", "two-faced", "back-dater", "turncoat", "mixed")


def draw(seed: int, tellers: int) -> Scenario:
    """Return the scenario of a seed. Half of them are gentle, so that what is promised then is tested often."""
    rng = random.Random(seed)  # noqa: S311
    closes = rng.choice((1_000, 2_000))
    budget = (tellers - 1) // 3
    traitors = {at: rng.choice(INTRIGUES) for at in rng.sample(range(tellers), rng.randint(0, budget))}
    is_gentle = rng.random() < 0.3
    stabilises_at = 0 if is_gentle else rng.randint(closes // 2, closes + 6_000)
    spread = rng.choice((0, 20, 150)) if is_gentle else rng.choice((0, 20, 150, 1_500))
    by_request = rng.random() < 0.15
    if by_request:
        closes += stabilises_at + 2 * spread + 2_000
    crashes = () if is_gentle else _crashes(rng, tellers, traitors, budget, stabilises_at)
    return Scenario(
        seed=seed,
        tellers=tellers,
        closes=closes,
        grace_ms=rng.choice((700, 900)) if is_gentle else rng.choice((50, 400, 900)),
        stabilises_at=stabilises_at,
        delay_ms=(2, 60) if is_gentle else (2, rng.choice((60, 400, 2_000))),
        loss=0.0 if is_gentle else rng.choice((0.0, 0.05, 0.3)),
        duplication=rng.choice((0.0, 0.05)),
        skews=tuple(rng.randint(-spread, spread) for _ in range(tellers)),
        partitions=() if is_gentle else _partitions(rng, tellers, stabilises_at),
        crashes=crashes,
        ballots=_ballots(rng, tellers, closes),
        traitors=traitors,
        by_request=by_request,
        with_agenda=rng.random() < 0.1,
    )


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
