"""Approval ballots as arrays: equal ballots are one group, and each option has the groups that approve it.

Integer counting only; nothing here decides.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt

from consensus.ballots import ApprovalBallot, Ballot, Fault, Question
from consensus.rules.counting import Ballots, Circumstances, Electorate

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """Groups of voters with the same approvals; blank ballots are in no group."""

    voters: int
    """How many ballots approve at least one option."""
    weights: Integers
    """How many voters each group has."""
    supporters: tuple[Integers, ...]
    """For each option in the question's order, the groups that approve it, ascending."""
    supporter_counts: tuple[int, ...]
    """For each option, how many voters approve it."""


@dataclass(frozen=True, slots=True, eq=False)
class ApprovalCount:
    """The approvals that count, and how many ballots did not, and why."""

    profile: Profile
    blank: int
    invalid: int
    """Ballots of entitled members that can't be counted."""
    uncounted: Counter[str]
    silent: int
    """Entitled members recorded as present who cast no ballot."""


def count_approvals(
    question: Question, ballots: Ballots, electorate: Electorate, circumstances: Circumstances
) -> ApprovalCount:
    """Return the approvals of the entitled members' valid ballots, grouped."""
    strangers = ballots.keys() - electorate.keys()
    groups: Counter[tuple[str, ...]] = Counter()
    uncounted: Counter[str] = Counter()
    counted = [ballots[member] for member in ballots.keys() & electorate.keys()] if strangers else ballots.values()
    for ballot, count in Counter(map(_grouped, counted)).items():
        if isinstance(ballot, tuple):
            groups[ballot] = count
        else:
            uncounted[ballot] += count
    for approves in _with_unknown_options(groups, frozenset(question.option_ids)):
        uncounted["unknown_option"] += groups.pop(approves)
    blank = groups.pop((), 0)
    invalid = uncounted.total()
    uncounted["not_entitled"] += len(strangers)
    silent = len((circumstances.present & electorate.keys()) - ballots.keys())
    return ApprovalCount(profile_of(question.option_ids, groups), blank, invalid, uncounted, silent)


def _grouped(ballot: Ballot | Fault) -> tuple[str, ...] | str:
    """Return what a ballot approves, or the code of why it can't be counted."""
    if isinstance(ballot, ApprovalBallot):
        return ballot.approves
    return ballot.code if isinstance(ballot, Fault) else "wrong_form"


def _with_unknown_options(groups: Iterable[tuple[str, ...]], known: frozenset[str]) -> list[tuple[str, ...]]:
    return [approves for approves in groups if not known.issuperset(approves)]


def profile_of(option_ids: tuple[str, ...], groups: Mapping[tuple[str, ...], int]) -> Profile:
    """Return the arrays of grouped approvals. Every approved option is one of option_ids, and no group is blank."""
    index = {option_id: position for position, option_id in enumerate(option_ids)}
    sizes = np.fromiter(map(len, groups), dtype=np.int64, count=len(groups))
    approved = np.fromiter(map(index.__getitem__, chain.from_iterable(groups)), dtype=np.int64, count=int(sizes.sum()))
    weights = np.fromiter(groups.values(), dtype=np.int64, count=len(groups))
    group_of = np.repeat(np.arange(len(groups), dtype=np.int64), sizes)
    by_option = group_of[np.argsort(approved.astype(np.int16), kind="stable")]
    ends = np.cumsum(np.bincount(approved, minlength=len(option_ids)))
    supporters = tuple(np.split(by_option, ends[:-1]))
    return Profile(
        voters=sum(groups.values()),
        weights=weights,
        supporters=supporters,
        supporter_counts=tuple(int(weights[of_option].sum()) for of_option in supporters),
    )
