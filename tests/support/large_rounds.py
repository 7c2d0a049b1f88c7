"""Approval rounds, large or rich in ties, for benchmarks and comparisons: for our rules, and for pabutools."""

import gc
import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from time import process_time
from typing import Any

from pabutools import election as pb
from pabutools.tiebreaking import TieBreakingRule

from consensus.ballots import ApprovalBallot, Option, Question
from consensus.outcome import Outcome
from consensus.rules.profile import Profile, profile_of

Approvals = dict[str, ApprovalBallot]


def large_round(
    voters: int, topics: int, approved: int, capacity: int, *, costs_one: bool = False
) -> tuple[Question, Approvals]:
    """Return a round with popular and unpopular topics, costs of 5 to 120 or of 1, and about so many approvals each."""
    rng = random.Random(voters + topics)
    options = tuple(
        Option(id=f"t{number:03d}", cost=1 if costs_one else 5 * rng.randint(1, 24)) for number in range(topics)
    )
    ids = [option.id for option in options]
    popularity = [rng.random() ** 2 for _ in ids]
    ballots = {
        f"m{voter}": ApprovalBallot(
            approves=tuple(sorted(set(rng.choices(ids, popularity, k=rng.randint(1, 2 * approved)))))
        )
        for voter in range(voters)
    }
    return Question(options=options, capacity=capacity), ballots


def seconds(work: Callable[[], object], rounds: int) -> float:
    """Return the least CPU time of several rounds."""
    best = float("inf")
    for _ in range(rounds):
        gc.collect()
        start = process_time()
        work()
        best = min(best, process_time() - start)
    return best


def random_election(seed: int) -> tuple[list[int], list[list[int]], int]:
    """Return costs, approvals and capacity of a profile rich in ties: few distinct costs, blocs that vote alike."""
    rng = random.Random(seed)
    option_count, voter_count = rng.randint(4, 14), rng.randint(1, 40)
    prices = [rng.randint(1, 12) for _ in range(rng.randint(1, 2))]
    costs = [rng.choice(prices) for _ in range(option_count)]
    capacity = max(*costs, rng.randint(sum(costs) // 3, sum(costs)))
    blocs = [rng.sample(range(option_count), rng.randint(1, option_count)) for _ in range(rng.randint(1, 6))]
    approvals = []
    for _ in range(voter_count):
        approved = set(rng.choice(blocs))
        if rng.random() < 0.15:
            approved ^= {rng.randrange(option_count)}
        approvals.append(sorted(approved))
    return costs, approvals, capacity


def as_round(costs: Sequence[int], approvals: Iterable[Iterable[int]], capacity: int) -> tuple[Question, Approvals]:
    """Return options numbered t0000 and so on with these costs, and a ballot for each voter's approvals."""
    ids = [f"t{number:04d}" for number in range(len(costs))]
    options = tuple(Option(id=option_id, cost=cost) for option_id, cost in zip(ids, costs, strict=True))
    ballots = {
        f"m{voter}": ApprovalBallot(approves=tuple(ids[option] for option in sorted(set(approved))))
        for voter, approved in enumerate(approvals)
    }
    return Question(options=options, capacity=capacity), ballots


def grouped(costs: Sequence[int], approvals: Iterable[Iterable[int]], capacity: int) -> Profile:
    """Return such a round's ballots counted."""
    question, ballots = as_round(costs, approvals, capacity)
    return profile_of(question.option_ids, Counter(b.approves for b in ballots.values() if b.approves))


@dataclass(frozen=True)
class ForPabutools:
    """A round as pabutools takes it. Ties go by name; ballots that approve nothing are left out."""

    instance: Any
    profile: Any
    by_name: Any


def for_pabutools(question: Question, ballots: Approvals, *, supported_only: bool = False) -> ForPabutools:
    """Return a round for pabutools, with all options or only those that somebody approves."""
    projects = {option.id: pb.Project(option.id, option.cost) for option in question.options}
    supported = {option for ballot in ballots.values() for option in ballot.approves}
    wanted = [project for option, project in projects.items() if option in supported or not supported_only]
    profile = [pb.ApprovalBallot([projects[option] for option in b.approves]) for b in ballots.values() if b.approves]
    return ForPabutools(
        instance=pb.Instance(wanted, budget_limit=question.capacity),
        profile=pb.ApprovalProfile(profile),
        by_name=TieBreakingRule(lambda _instance, _profile, project: str(project)),
    )


def chosen(outcome: Outcome) -> list[str]:
    """Return the options that an outcome selects, in order."""
    assert outcome.selection is not None
    return [entry.option for entry in outcome.selection.chosen]
