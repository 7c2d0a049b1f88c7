"""A certificate of fairness: which guarantees to groups a selection keeps, and who was wronged where it doesn't.

A group's share of the capacity is as large as its share of the voters, those whose ballots approve something. All
guarantees speak of a group whose members all approve an option that was not selected. In the words of committees and
with n voters, capacity b, and an option of cost c, a group of s members that won a set of options is wronged

- jr, justified representation (Aziz et al. 2017), if s·b ≥ n·c and no member won anything;
- pjr_plus, PJR+ (Brill and Peters 2023), if s·b ≥ n·c·k and the members together won fewer than k options;
- ejr_plus, EJR+ (Brill and Peters 2023), if s·b ≥ n·c·k and every single member won fewer than k options;
- own_share, the same idea in units of capacity, if s·b ≥ n·(c + what all options cost that any member won).

Where all options cost alike, the first three are those papers' axioms word for word. EJR+ implies PJR+, and that or
own_share implies JR. Each is checked in polynomial time: members who won the least are the ones to look at for EJR+,
and a maximum flow finds the group for PJR+ and own_share. Integers only.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final, Literal

from consensus.ballots import ApprovalBallot, Id, Listed, Question
from consensus.fairness.wronged import Wronged, WrongedGroups
from consensus.outcome import Reason, reason
from consensus.rules.counting import NOTHING_ELSE, Ballots, Electorate
from consensus.rules.profile import count_approvals
from protocol.model import Frozen, Natural

Axiom = Literal["ejr_plus", "pjr_plus", "own_share", "jr"]

AXIOMS: Final[tuple[Axiom, ...]] = ("ejr_plus", "pjr_plus", "own_share", "jr")

GUARANTEED: Final[Mapping[str, frozenset[Axiom]]] = MappingProxyType(
    {
        "equal-shares": frozenset(AXIOMS),
        "phragmen": frozenset({"pjr_plus", "own_share", "jr"}),
        "approval": frozenset(),
    }
)
"""What each rule keeps whatever the ballots and whatever completions follow."""


class Witness(Frozen):
    """A group that was wronged."""

    option: Id
    """What all of them approve and didn't get."""
    cost: Natural
    members: Listed[Id]
    """Ascending."""
    owed: Natural
    """How many options of that cost the group's share pays for; for own_share, the whole share rounded down."""
    got: Natural
    """The most options that one member won; for pjr_plus, that all won together; for own_share, what these cost."""


class Finding(Frozen):
    """Whether one guarantee was kept."""

    axiom: Axiom
    holds: bool
    witness: Witness | None
    """Of all groups that were wronged one that misses most; None if the guarantee was kept."""


class Certificate(Frozen):
    """Which guarantees a selection keeps."""

    voters: Natural
    """Members whose ballots approve something; each holds the same share of the capacity."""
    capacity: Natural
    findings: Listed[Finding]

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """What was found as reasons, worded by FAIRNESS_SENTENCES."""
        return tuple(_reason(finding) for finding in self.findings)


def certify(question: Question, ballots: Ballots, electorate: Electorate, selected: Iterable[str]) -> Certificate:
    """Return which guarantees a selection keeps for the members whose ballots count.

    Blank ballots and those that can't be counted hold no share. Raises ValueError if something is selected that the
    question doesn't have.
    """
    profile = count_approvals(question, ballots, electorate, NOTHING_ELSE).profile
    check = WrongedGroups(question, profile, selected)
    found = {
        "ejr_plus": check.short_each(),
        "pjr_plus": check.short_together(),
        "own_share": check.short_of_own_share(),
        "jr": check.left_out(),
    }
    roll = _Roll(question, ballots, electorate)
    findings = (
        Finding(axiom=axiom, holds=found[axiom] is None, witness=roll.witness(found[axiom])) for axiom in AXIOMS
    )
    return Certificate(voters=profile.voters, capacity=question.capacity, findings=tuple(findings))


class _Roll:
    """Who cast which approvals."""

    def __init__(self, question: Question, ballots: Ballots, electorate: Electorate) -> None:
        known = frozenset(question.option_ids)
        self._options = question.options
        self._approvals = {
            member: frozenset(ballot.approves)
            for member, ballot in ballots.items()
            if member in electorate and isinstance(ballot, ApprovalBallot) and known.issuperset(ballot.approves)
        }

    def witness(self, group: Wronged | None) -> Witness | None:
        """Return a group with its members' names."""
        if group is None:
            return None
        option = self._options[group.option]
        won = frozenset(self._options[place].id for place in group.won)
        within = None if group.within is None else frozenset(self._options[place].id for place in group.within)
        members = (
            member
            for member, approves in self._approvals.items()
            if option.id in approves and _is_in(approves & won, within, group.at_most)
        )
        return Witness(
            option=option.id, cost=option.cost, members=tuple(sorted(members)), owed=group.owed, got=group.got
        )


def _is_in(won: frozenset[str], within: frozenset[str] | None, at_most: int) -> bool:
    return len(won) <= at_most if within is None else won <= within


def _reason(finding: Finding) -> Reason:
    witness = finding.witness
    if witness is None:
        return reason(f"{finding.axiom}_holds")
    known: dict[str, int | str] = {"members": len(witness.members), "option": witness.option}
    if finding.axiom != "jr":
        known |= {"owed": witness.owed, "got": witness.got}
    if finding.axiom == "own_share":
        known["cost"] = witness.cost
    return Reason(code=f"{finding.axiom}_fails", parameters=known)
