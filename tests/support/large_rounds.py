"""Large approval rounds and CPU times for benchmarks, and elections rich in ties for comparisons."""

import random
from collections.abc import Callable
from time import process_time

from consensus.ballots import ApprovalBallot, Option, Question

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
