"""Whose voice is heard: what each constituency proposes, by goal, beside its share of the members.

A member may belong to several constituencies; its proposals count in each, so that shares may add up to more than
one. SIGNALS.md tells when a goal is called quiet.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from topics.chance import at_most

QUIET_SHARE = 1 / 3
"""Of the share expected; below it, a goal may be quiet."""
QUIET_CHANCE = 0.05
PROPOSALS_ENOUGH = 20
SPEAKERS_ENOUGH = 5
GOALS = range(1, 18)


class Spoken(Protocol):
    """A proposal, as far as voices go."""

    @property
    def member(self) -> str:
        """Who submitted it."""
        ...

    @property
    def goals(self) -> tuple[int, ...]:
        """The goals that its author confirmed."""
        ...


@dataclass(frozen=True, slots=True)
class Voice:
    """One constituency: how many of the members, how many of the proposals, and of those how many by goal."""

    constituency: str
    members: int
    proposals: int
    members_share: float
    proposals_share: float
    by_goal: dict[int, int]
    quiet: tuple[int, ...]


def is_enough(said: Sequence[Spoken]) -> bool:
    """Whether there are enough proposals, from enough members, for shares to say something."""
    return len(said) >= PROPOSALS_ENOUGH and len({each.member for each in said}) >= SPEAKERS_ENOUGH


def voices(said: Sequence[Spoken], members: Mapping[str, Collection[str]]) -> tuple[Voice, ...]:
    """Return a row for each constituency, by name. `members` has every member's constituencies, silent ones too.

    Proposals of others than these members don't count.
    """
    tally = _Tally(len(members))
    for each in said:
        if each.member in members:
            tally.count(each)
    of: dict[str, set[str]] = {}
    for member, names in members.items():
        for name in names:
            of.setdefault(name, set()).add(member)
    return tuple(_voice(name, own, tally) for name, own in sorted(of.items()))


class _Tally:
    """What is counted once for all constituencies."""

    def __init__(self, members: int) -> None:
        self.members = members
        self.proposals: Counter[str] = Counter()
        """By member."""
        self.by_goal: dict[int, Counter[str]] = {goal: Counter() for goal in GOALS}

    def count(self, said: Spoken) -> None:
        self.proposals[said.member] += 1
        for goal in said.goals:
            self.by_goal[goal][said.member] += 1


def _voice(name: str, own: Collection[str], tally: _Tally) -> Voice:
    proposals = sum(tally.proposals[member] for member in own)
    by_goal = {goal: sum(counts[member] for member in own) for goal, counts in tally.by_goal.items()}
    return Voice(
        constituency=name,
        members=len(own),
        proposals=proposals,
        members_share=len(own) / tally.members,
        proposals_share=proposals / total if (total := tally.proposals.total()) else 0.0,
        by_goal={goal: count for goal, count in by_goal.items() if count},
        quiet=tuple(goal for goal in GOALS if _is_quiet(by_goal[goal], tally.by_goal[goal], own, tally.members)),
    )


def _is_quiet(proposals: int, of_all: Counter[str], own: Collection[str], members: int) -> bool:
    """Whether a constituency says too little of a goal, and too few of its members speak of it for chance."""
    if proposals >= QUIET_SHARE * of_all.total() * len(own) / members:
        return False
    speaking = sum(member in of_all for member in own)
    return at_most(members, len(own), len(of_all), speaking) <= QUIET_CHANCE
