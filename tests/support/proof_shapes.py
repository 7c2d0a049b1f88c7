"""Good full proofs of several shapes, each from a federation of its own; the same bytes of content every time."""

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from pydantic import JsonValue

from consensus.proof.format import FullProof, write_proof
from protocol.ids import EventId
from protocol.policy import Procedure, TrackPolicy
from tests.support.builders import (
    CONSTITUENCIES,
    EQUAL_SHARES,
    SIMPLE_MAJORITY,
    ballot_body,
    build_federation,
    track_policy,
)
from tests.support.proof_world import Content, ProofWorld, approvals, choices, rankings, spec_under

Rule = dict[str, JsonValue]


def ratio(numerator: int, denominator: int) -> dict[str, JsonValue]:
    """Return an exact fraction as settings hold it."""
    return {"numerator": numerator, "denominator": denominator}


CONSENSUS: Final[Rule] = {
    "rule": "consensus", "support": ratio(1, 2), "max_stand_asides": ratio(1, 3), "quorum": ratio(1, 3),
}  # fmt: skip
SILENCE: Final[Rule] = {"rule": "silence", "objections_to_break": 2, "reasons_required": True}
RAISED: Final[Rule] = {
    "rule": "equal-shares", "completion": ["raised-shares", "most-approved"], "ties": "lot", "quorum": ratio(1, 4),
}  # fmt: skip
APPROVAL: Final[Rule] = {"rule": "approval", "ties": "id"}
SCHULZE: Final[Rule] = {"rule": "schulze", "measure": "winning-votes"}
RUNOFF: Final[Rule] = {"rule": "instant-runoff"}
SCORE: Final[Rule] = {"rule": "score", "maximum": 5, "criteria": [{"id": "impact", "weight": 2}, {"id": "equity"}]}
DOUBLE_MAJORITY: Final[Rule] = {
    "rule": "threshold", "base": "valid", "threshold": ratio(1, 2), "strict": True, "quorum": ratio(1, 3),
    "abstentions": "excluded", "reasons_required": True, "max_against": ratio(2, 5), "min_in_favour": 2,
    "concurrent": {"constituencies": [*CONSTITUENCIES[:2]], "threshold": ratio(1, 3), "strict": False},
}  # fmt: skip


def policy(rules: dict[str, Rule], capacity_minutes: int = 60, **changes: Any) -> TrackPolicy:
    """Return a track's policy with these procedures."""
    procedures = {
        name: Procedure(rule=dict(rule), voting_ms=10_000, proxies_per_holder=2) for name, rule in rules.items()
    }
    return track_policy(capacity_minutes=capacity_minutes, procedures=procedures, **changes)


LONG: Final[dict[str, Rule]] = {
    "vote": SIMPLE_MAJORITY, "consent": CONSENSUS, "inclusion": SILENCE, "prioritisation": RAISED,
    "alternatives": SCHULZE, "ratification": SIMPLE_MAJORITY, "review": SIMPLE_MAJORITY,
}  # fmt: skip
SHORT: Final[dict[str, Rule]] = {
    "vote": DOUBLE_MAJORITY, "prioritisation": APPROVAL, "alternatives": RUNOFF, "scoring": SCORE,
    "ratification": SIMPLE_MAJORITY,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class GoodProof:
    """A proof that holds, with what it is made of."""

    world: ProofWorld
    proof: FullProof

    @property
    def data(self) -> bytes:
        """The file."""
        return write_proof(self.proof)

    @property
    def fingerprint(self) -> str:
        """The federation's."""
        return self.world.federation.id


@cache
def small() -> GoodProof:
    """Return five members, four tellers, two rounds, two versions of the agenda, the second in an order of its own."""
    world = ProofWorld(build_federation(5, 4, seed=61))
    vote(world, "long", "vote", choices(5, 1, yes=9, no=1))
    prioritise(world, "long", approvals(5, 6, 2), 6, number=1)
    world.publish()
    vote(world, "short", "vote", choices(5, 3, yes=9, no=1), number=2)
    world.publish(order=_last_round_first)
    return GoodProof(world, world.proof())


def _last_round_first(subjects: list[EventId]) -> list[EventId]:
    """Put the last of two rounds' long-term items first; the short-term one stays last."""
    return [*subjects[1:-1], subjects[0], subjects[-1]]


@cache
def one_round() -> GoodProof:
    """Return the proof of one round alone, the last of two."""
    world = ProofWorld(build_federation(4, seed=62))
    vote(world, "long", "vote", choices(4, 1))
    round_id = vote(world, "long", "vote", choices(4, 8, yes=1, no=5), number=1)
    return GoodProof(world, world.proof([round_id], []))


@cache
def all_rules() -> GoodProof:
    """Return twelve members that decide by each rule, with proxies, spoiled ballots, changed and late ones."""
    world = ProofWorld(build_federation(12, 7, seed=63, policies={"long": policy(LONG), "short": policy(SHORT)}))
    for number, (procedure, no) in enumerate([("vote", 2), ("consent", 0), ("consent", 3), ("inclusion", 0)]):
        vote(world, "long", procedure, choices(12, number, no=no), number=number)
    vote(world, "short", "vote", _with_proxies(choices(12, 14, yes=8, no=1)), number=4)
    vote(world, "short", "vote", [None] * 12, number=5)
    prioritise(world, "long", approvals(12, 9, 6), 9, number=6)
    prioritise(world, "short", approvals(12, 9, 7), 9, number=7)
    choose(world, "long", rankings(12, 4, 8), 4, number=8)
    choose(world, "short", rankings(12, 4, 9), 4, number=9)
    _change_of_mind(world, number=10)
    world.publish()
    return GoodProof(world, world.proof())


def _with_proxies(contents: list[Content | None]) -> list[Content | None]:
    """Let the last members vote through the first two, one of them too many, and spoil one ballot."""
    holders = ["member-001", "member-001", "member-001", "member-002", None]
    proxies: list[Content | None] = [{"form": "proxy", "holder": holder} for holder in holders]
    spoiled: Content = {"form": "choice", "choice": "maybe", "reason": None}
    voting: list[Content | None] = [{"form": "choice", "choice": "yes", "reason": None}] * 2
    return [*voting, spoiled, *contents[3 : 12 - len(holders)], *proxies]


def _change_of_mind(world: ProofWorld, number: int) -> None:
    """Hold a vote in which everybody votes twice and one ballot comes too late."""
    round_id = world.open(spec_under(world.federation, "long", "vote", number=number))
    ballots = world.vote(round_id, choices(12, 21)) + world.vote(round_id, choices(12, 22, yes=9, no=0))
    late = world.node(0).write(ballot_body(round_id, {"form": "choice", "choice": "no", "reason": "late"}))
    world.close(round_id, ballots, late=[late])


@cache
def long_seals() -> GoodProof:
    """Return a round of so many ballots that the seals' lists stand beside them."""
    world = ProofWorld(build_federation(4, seed=64))
    round_id = world.open(spec_under(world.federation, "long", "vote"))
    ballots = [ballot for seed in range(176) for ballot in world.vote(round_id, choices(4, seed, silent=0))]
    world.close(round_id, ballots)
    return GoodProof(world, world.proof())


@cache
def alone() -> GoodProof:
    """Return a federation of one, whose newest record opens a round: nothing is counted again."""
    world = ProofWorld(build_federation(1, seed=65))
    world.open(spec_under(world.federation, "long", "vote"))
    return GoodProof(world, world.proof())


@cache
def large(members: int = 200, tellers: int = 67) -> GoodProof:
    """Return an agenda of a large federation: a prioritisation of twenty topics in which every member votes."""
    policies = {"long": policy({"prioritisation": EQUAL_SHARES})}
    world = ProofWorld(build_federation(members, tellers, seed=66, policies=policies))
    prioritise(world, "long", approvals(members, 20, 1), 20)
    world.publish()
    return GoodProof(world, world.proof())


SHAPES: Final = {
    "small": small,
    "one-round": one_round,
    "all-rules": all_rules,
    "long-seals": long_seals,
    "alone": alone,
}
"""Every shape by its name, but the large one, which is for measuring."""


def vote(world: ProofWorld, track: str, procedure: str, contents: list[Content | None], number: int = 0) -> Any:
    """Hold a round on one text and return its id."""
    round_id = world.open(spec_under(world.federation, track, procedure, number=number))
    world.close(round_id, world.vote(round_id, contents))
    return round_id


def prioritise(world: ProofWorld, track: str, contents: list[Content | None], options: int, number: int = 0) -> Any:
    """Hold a prioritisation and return its id."""
    round_id = world.open(spec_under(world.federation, track, "prioritisation", options, number=number))
    world.close(round_id, world.vote(round_id, contents))
    return round_id


def choose(world: ProofWorld, track: str, contents: list[Content | None], options: int, number: int = 0) -> Any:
    """Hold a choice of alternatives and return its id."""
    round_id = world.open(spec_under(world.federation, track, "alternatives", options, number=number))
    world.close(round_id, world.vote(round_id, contents))
    return round_id
