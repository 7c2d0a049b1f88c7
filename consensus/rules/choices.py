"""Yes, no and abstain as counts: what each entitled member did, in all and by constituency. Decides nothing."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Literal

from consensus.ballots import Ballot, ChoiceBallot, Fault, Question, ballot_fault
from consensus.outcome import ConstituencyTally, Tally
from consensus.rules.counting import Ballots, Circumstances, Electorate, known_constituencies

Vote = Literal["in_favour", "against", "abstain", "spoiled", "silent", "absent"]
"""Spoiled: a ballot that can't be counted. Silent: recorded as present, but no ballot."""

_VOTES: Mapping[str, Vote] = {"yes": "in_favour", "no": "against", "abstain": "abstain"}


def count_choices(
    question: Question,
    ballots: Ballots,
    electorate: Electorate,
    circumstances: Circumstances,
    *,
    reasons_required: bool,
) -> tuple[dict[str, Vote], Counter[str]]:
    """Return what each entitled member did, and how many ballots weren't counted for which reason.

    With reasons_required a vote against counts only with a reason.
    """
    votes: dict[str, Vote] = {
        member: "silent" if member in circumstances.present else "absent" for member in electorate
    }
    uncounted: Counter[str] = Counter()
    ids = frozenset(question.option_ids)
    for member, ballot in ballots.items():
        if member not in electorate:
            uncounted["not_entitled"] += 1
            continue
        vote = _vote(ballot, ids, reasons_required=reasons_required)
        if isinstance(vote, Fault):
            uncounted[vote.code] += 1
            votes[member] = "spoiled"
        else:
            votes[member] = vote
    return votes, uncounted


def _vote(ballot: Ballot | Fault, option_ids: frozenset[str], *, reasons_required: bool) -> Vote | Fault:
    fault = ballot_fault(ballot, "choice", option_ids)
    if fault is not None:
        return fault
    assert isinstance(ballot, ChoiceBallot)
    if reasons_required and ballot.choice == "no" and not ballot.has_reason:
        return Fault("reason_missing", "A vote against counts only with a reason.")
    return _VOTES[ballot.choice]


def one_each(_member: str) -> int:
    """Return the weight of a member where every member has one vote."""
    return 1


def no_base(_counts: Tally) -> int:
    """Return the base of a tally that no share is measured against."""
    return 0


def tally_votes(
    votes: Mapping[str, Vote], base_of: Callable[[Tally], int], weigh: Callable[[str], int] = one_each
) -> Tally:
    """Return the sums of votes, in heads or in weight, with the base that a rule makes of them."""
    sums = Counter[str]()
    for member, vote in votes.items():
        sums[vote] += weigh(member)
    valid = sums["in_favour"] + sums["against"] + sums["abstain"]
    cast = valid + sums["spoiled"]
    present = cast + sums["silent"]
    counts = Tally(
        entitled=present + sums["absent"],
        present=present,
        cast=cast,
        valid=valid,
        in_favour=sums["in_favour"],
        against=sums["against"],
        abstain=sums["abstain"],
        base=0,
    )
    return counts.model_copy(update={"base": base_of(counts)})


def tally_constituencies(
    votes: Mapping[str, Vote],
    electorate: Electorate,
    base_of: Callable[[Tally], int],
    besides: frozenset[str] = frozenset(),
) -> tuple[ConstituencyTally, ...]:
    """Return the tally in heads of every constituency and of those named besides, ascending by name."""
    groups: dict[str, dict[str, Vote]] = {name: {} for name in sorted(known_constituencies(electorate) | besides)}
    for member, of_member in electorate.items():
        for name in of_member:
            groups[name][member] = votes[member]
    return tuple(
        ConstituencyTally(constituency=name, tally=tally_votes(group, base_of)) for name, group in groups.items()
    )
