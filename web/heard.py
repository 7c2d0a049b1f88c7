"""Who was heard: how much of an agenda the members of each constituency approved, beside plain approval counting."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from consensus.ballots import ApprovalBallot
from consensus.outcome import Outcome
from web.constituencies import shown
from web.fairness_values import taken_by
from web.ports import MemberView, RoundView


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


def who_was_heard(
    found: RoundView,
    outcome: Outcome,
    plain_outcome: Outcome,
    ballots: Mapping[str, ApprovalBallot],
    members: Sequence[MemberView],
) -> Heard:
    """Return who was heard in a certified prioritisation, beside what plain approval counting makes of the ballots."""
    minutes = {option.id: option.minutes for option in found.options}
    taken = taken_by(outcome)
    is_plain = outcome.rule == "approval"
    plain = taken_by(plain_outcome)
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


def _average(voters: Sequence[ApprovalBallot], taken: frozenset[str], minutes: Mapping[str, int]) -> int:
    if not voters:
        return 0
    total = sum(minutes.get(option, 0) for ballot in voters for option in ballot.approves if option in taken)
    return round(Fraction(total, len(voters)))


def _gap(values: Sequence[int]) -> int:
    return max(values) - min(values) if values else 0
