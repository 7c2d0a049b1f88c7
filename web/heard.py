"""Who was heard: how much of an agenda the members of each constituency approved, beside plain approval counting."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from consensus.ballots import ApprovalBallot, Option, Question
from consensus.outcome import Outcome
from consensus.rules.proportional import ApprovalSettings, evaluate_selection
from web.constituencies import shown
from web.ports import MemberView, RoundView

_REMEMBERED_MAX = 64


@dataclass(frozen=True, slots=True)
class HeardRow:
    """One constituency: its members, how many voted, and the minutes that they approved on average, rounded."""

    constituency: str
    members: int
    voted: int
    minutes: int
    plain: int


@dataclass(frozen=True, slots=True)
class Heard:
    """All constituencies, with the gap between the most and the least heard. Plain is None where it is the rule."""

    rows: tuple[HeardRow, ...]
    gap: int
    plain_gap: int | None
    plain_options: frozenset[str] | None


class Comparisons:
    """Remembers the comparison of certified rounds, which never change."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Heard] = OrderedDict()

    def of(self, found: RoundView, outcome: Outcome, members: Sequence[MemberView]) -> Heard:
        """Return who was heard in a certified prioritisation."""
        known = self._known.get(found.summary.id)
        if known is None:
            known = self._known[found.summary.id] = who_was_heard(found, outcome, members)
            if len(self._known) > _REMEMBERED_MAX:
                self._known.popitem(last=False)
        return known


def who_was_heard(found: RoundView, outcome: Outcome, members: Sequence[MemberView]) -> Heard:
    """Return who was heard in a certified prioritisation, from its roll call."""
    ballots = {
        ballot.member: ballot.content for ballot in found.roll_call if isinstance(ballot.content, ApprovalBallot)
    }
    minutes = {option.id: option.minutes for option in found.options}
    taken = _taken(outcome)
    is_plain = outcome.rule == "approval"
    plain = taken if is_plain else _taken(_plainly(found, ballots, members))
    rows = []
    for constituency in shown(dict.fromkeys(name for member in members for name in member.constituencies)):
        those = [member.id for member in members if constituency in member.constituencies]
        voters = [ballots[member] for member in those if member in ballots]
        rows.append(
            HeardRow(
                constituency,
                len(those),
                len(voters),
                _average(voters, taken, minutes),
                _average(voters, plain, minutes),
            )
        )
    voting = [row for row in rows if row.voted]
    return Heard(
        rows=tuple(rows),
        gap=_gap([row.minutes for row in voting]),
        plain_gap=None if is_plain else _gap([row.plain for row in voting]),
        plain_options=None if is_plain else plain,
    )


def _taken(outcome: Outcome) -> frozenset[str]:
    return frozenset(entry.option for entry in outcome.selection.chosen) if outcome.selection else frozenset()


def _plainly(found: RoundView, ballots: Mapping[str, ApprovalBallot], members: Sequence[MemberView]) -> Outcome:
    """Return what plain approval counting makes of the same ballots."""
    asked = found.spec.question
    question = Question(
        options=tuple(Option(id=option.id, cost=option.minutes) for option in asked.options),
        capacity=asked.capacity_minutes,
    )
    electorate = {member.id: member.constituencies for member in members}
    return evaluate_selection(question, ApprovalSettings(), ballots, electorate)


def _average(voters: Sequence[ApprovalBallot], taken: frozenset[str], minutes: Mapping[str, int]) -> int:
    if not voters:
        return 0
    total = sum(minutes.get(option, 0) for ballot in voters for option in ballot.approves if option in taken)
    return round(Fraction(total, len(voters)))


def _gap(values: Sequence[int]) -> int:
    return max(values) - min(values) if values else 0
